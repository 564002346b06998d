//! Encoding, decoding and comparing: one function each for all fields of a model.

use super::accessors::accessors;
use super::fields::value;
use super::quiet;
use crate::model::{Field, Model, Skipped, USERS};
use crate::types::{Shape, may_hold_new, spelled};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

/// For every field a function that returns its codec.
pub(crate) fn codecs(fields: &[Field<'_>], codegen: &TokenStream) -> TokenStream {
    let codecs = fields.iter().enumerate().map(|(number, field)| {
        let ty = field.ty;
        let codec = if field.json { quote!(json) } else { quote!(value) };
        codec_of(
            number,
            ty,
            &quote!(#codegen::Codec),
            &quote!(#codegen::#codec::<#ty>()),
        )
    });
    quote!(#(#codecs)*)
}

/// A function that returns the codec of one field. Its return type is the only place which says that the
/// field's type has one, and begins and ends where the user's type does: a type that has none is underlined
/// there, and reported once.
pub(crate) fn codec_of(
    number: usize,
    ty: &syn::Type,
    codec: &TokenStream,
    value: &TokenStream,
) -> TokenStream {
    let (first, last) = edges(ty);
    let codec = respan(codec, first);
    let open = quote_spanned!(first=> impl #codec<);
    let close = quote_spanned!(last=> >);
    let function = codec_name(number);
    // the `return` spares the user a note on the type that is returned
    quote! {
        #[inline(always)]
        #[allow(clippy::all, clippy::pedantic)]
        fn #function() -> #open #ty #close { return #value; }
    }
}

fn codec_name(number: usize) -> Ident {
    format_ident!("codec_{number}")
}

/// The first and the last token of a type.
fn edges(ty: &syn::Type) -> (Span, Span) {
    let mut tokens = ty.to_token_stream().into_iter().map(|token| token.span());
    let first = tokens.next().unwrap_or_else(Span::call_site);
    (first, tokens.last().unwrap_or(first))
}

/// The same tokens with another span.
fn respan(tokens: &TokenStream, span: Span) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// The codec of the field with this number.
pub(crate) fn of(number: usize) -> TokenStream {
    let function = codec_name(number);
    quote!(#function())
}

/// An expression that decodes the field from `from` to an `Option` of its type.
pub(crate) fn decode(
    field: &Field<'_>,
    number: usize,
    codegen: &TokenStream,
    schema: &TokenStream,
) -> TokenStream {
    let codec = of(number);
    if field.default.is_some() {
        quote!(#codegen::Codec::decode_or_null(#codec, from, #schema)?)
    } else {
        quote!(::core::option::Option::Some(#codegen::Codec::decode(#codec, from, #schema)?))
    }
}

/// An expression that encodes the field of `self`.
pub(crate) fn encode(field: &Field<'_>, number: usize, codegen: &TokenStream) -> TokenStream {
    let (ident, codec) = (field.ident, of(number));
    quote!(#codegen::Codec::encode(#codec, &self.#ident, form, to))
}

/// An expression that tells whether the field of `self` has no value.
pub(crate) fn absent(field: &Field<'_>, number: usize, codegen: &TokenStream) -> TokenStream {
    let (ident, codec) = (field.ident, of(number));
    quote!(#codegen::Codec::is_absent(#codec, &self.#ident))
}

/// An expression that compares the field of `self` and `other`.
pub(crate) fn same(field: &Field<'_>, number: usize, codegen: &TokenStream) -> TokenStream {
    let (ident, codec) = (field.ident, of(number));
    quote!(#codegen::Codec::same(#codec, &self.#ident, &other.#ident))
}

/// The arm that tells what differs within the field of `self` and `other`; none for a field that is no object.
fn parts(field: &Field<'_>, number: usize, codegen: &TokenStream) -> Option<TokenStream> {
    let (ident, codec) = (field.ident, of(number));
    (field.shape().2 == Shape::Other && !field.json)
        .then(|| quote!(#number => #codegen::Codec::parts(#codec, &self.#ident, &other.#ident),))
}

/// A statement that shows what has to be stored before the field of `self`, as `found` takes it; none for a field
/// that cannot hold such a thing.
pub(crate) fn unstored(
    field: &Field<'_>,
    number: usize,
    codegen: &TokenStream,
    found: &TokenStream,
) -> Option<TokenStream> {
    let (ident, codec) = (field.ident, of(number));
    (!field.json && !field.read_only && may_hold_new(field.ty))
        .then(|| quote!(#codegen::Codec::unstored(#codec, &self.#ident, #found);))
}

/// An expression for the field's value, of the `Option` in `partial`.
pub(crate) fn finish(field: &Field<'_>, number: usize, codegen: &TokenStream) -> TokenStream {
    let Field { ident, ty, .. } = field;
    let default = match field.default.as_ref().map(|given| &given.value) {
        None => {
            let codec = of(number);
            return quote!(#codegen::Codec::or_missing(#codec, partial.#ident, #number)?);
        }
        Some(None) => quote!(#codegen::default::<#ty>()),
        // the annotation gives a wrong type the user's span, and shows the field's type
        Some(Some(expr)) => quote_spanned!(expr.span()=> { let default: #ty = #expr; default }),
    };
    quote! {
        match partial.#ident {
            ::core::option::Option::Some(value) => value,
            ::core::option::Option::None => #default,
        }
    }
}

/// `field: value` for what is not stored: its default; nothing for a field with a mistake, whose code never
/// runs.
pub(crate) fn not_stored(
    skipped: &[Skipped<'_>],
    broken: &[Field<'_>],
    codegen: &TokenStream,
) -> TokenStream {
    let skipped = skipped
        .iter()
        .map(|Skipped { ident, ty }| quote!(#ident: #codegen::default::<#ty>(),));
    let broken = broken
        .iter()
        .map(|Field { ident, .. }| quote!(#ident: ::core::unreachable!(),));
    quote!(#(#skipped)* #(#broken)*)
}

/// `impl ParseObject`.
pub(super) fn model(model: &Model<'_>, codegen: &TokenStream, tokens: &Ident) -> TokenStream {
    let Model {
        ident,
        class_name,
        fields,
        ..
    } = model;
    let numbers: Vec<usize> = (0..fields.len()).collect();
    let names: Vec<&String> = fields.iter().map(|field| &field.name).collect();
    let idents: Vec<&Ident> = fields.iter().map(|field| field.ident).collect();
    let types = fields.iter().map(|field| field.ty);
    let schema = fields
        .iter()
        .enumerate()
        .map(|(number, field)| schema(field, number, class_name, codegen));
    let tokens_value = value(tokens, codegen, fields, &model.broken, true);

    let numbered = || fields.iter().enumerate();
    let decoded = numbered().map(|(number, field)| {
        let schema = quote!(&SCHEMA.fields[#number]);
        decode(field, number, codegen, &schema)
    });
    let encoded = numbered().map(|(number, field)| encode(field, number, codegen));
    let compared = numbered().map(|(number, field)| same(field, number, codegen));
    let finished = numbered().map(|(number, field)| finish(field, number, codegen));
    let merged = numbered().map(|(number, field)| {
        let (ident, codec) = (field.ident, of(number));
        quote!(#codegen::Codec::merge(#codec, &mut self.#ident, partial.#ident);)
    });
    let absent = numbered().map(|(number, field)| {
        let absent = absent(field, number, codegen);
        quote!(set.put(#number, #absent);)
    });
    let not_stored = not_stored(&model.skipped, &model.broken, codegen);
    let skipped: Vec<&Ident> = model.skipped.iter().map(|field| field.ident).collect();
    let carry = (!skipped.is_empty()).then(|| {
        quote! {
            fn __carry(&mut self, from: Self) {
                #(self.#skipped = from.#skipped;)*
            }
        }
    });
    let parts: Vec<_> = numbered()
        .filter_map(|(number, field)| parts(field, number, codegen))
        .collect();
    let parts = (!parts.is_empty()).then(|| {
        quote! {
            fn __parts(&self, other: &Self, field: usize) -> ::core::option::Option<#codegen::Parts> {
                match field {
                    #(#parts)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    });
    let unstored: Vec<_> = numbered()
        .filter_map(|(number, field)| {
            unstored(field, number, codegen, &quote!(&mut |new| found(#number, new)))
        })
        .collect();
    let unstored = (!unstored.is_empty()).then(|| {
        quote! {
            fn __unstored<'a>(&'a self, found: &mut dyn ::core::ops::FnMut(usize, #codegen::Unstored<'a>)) {
                #(#unstored)*
            }
        }
    });
    let codecs = codecs(fields, codegen);
    let accessors = accessors(model, codegen);
    let quiet = quiet(&model.krate);
    let built_in = match class_name.as_str() {
        USERS => Some("ParseUser"),
        "_Installation" => Some("ParseInstallation"),
        _ => None,
    };
    let built_in = built_in.map(|name| {
        let name = format_ident!("{name}");
        quote! {
            #quiet
            #[automatically_derived]
            impl #codegen::#name for #ident {}
        }
    });

    quote! {
        const _: () = {
            #codecs

            const SCHEMA: &#codegen::Schema = &#codegen::Schema::new(#class_name, &[#(#schema),*]);

            #[doc(hidden)]
            #[allow(private_interfaces, non_snake_case)]
            pub struct Partial { #(#idents: ::core::option::Option<#types>,)* }

            #quiet
            #[automatically_derived]
            #[allow(unused_variables, unused_mut, unreachable_code, private_interfaces, clippy::all, clippy::pedantic)]
            impl #codegen::ParseObject for #ident {
                const CLASS_NAME: &'static str = #class_name;
                const SCHEMA: &'static #codegen::Schema = SCHEMA;
                type Fields = #tokens;
                const F: #tokens = #tokens_value;
                type Partial = Partial;

                fn __partial() -> Partial {
                    Partial { #(#idents: ::core::option::Option::None,)* }
                }
                fn __index(key: &str) -> ::core::option::Option<usize> {
                    ::core::option::Option::Some(match key {
                        #(#names => #numbers,)*
                        _ => return ::core::option::Option::None,
                    })
                }
                fn __decode<'de, D: #codegen::Deserializer<'de>>(
                    partial: &mut Partial,
                    field: usize,
                    from: D,
                ) -> ::core::result::Result<(), D::Error> {
                    match field {
                        #(#numbers => partial.#idents = #decoded,)*
                        _ => return ::core::result::Result::Err(#codegen::no_such_field()),
                    }
                    ::core::result::Result::Ok(())
                }
                fn __finish(partial: Partial) -> ::core::result::Result<Self, usize> {
                    ::core::result::Result::Ok(Self { #(#idents: #finished,)* #not_stored })
                }
                fn __merge(&mut self, partial: Partial) {
                    #(#merged)*
                }
                fn __encode<S: #codegen::Serializer>(
                    &self,
                    field: usize,
                    form: #codegen::Form,
                    to: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    match field {
                        #(#numbers => #encoded,)*
                        _ => ::core::result::Result::Err(#codegen::no_such_field_to_write()),
                    }
                }
                #carry
                #parts
                #unstored
                fn __diff(&self, other: &Self) -> #codegen::FieldSet {
                    let mut set = #codegen::FieldSet::EMPTY;
                    #(set.put(#numbers, !#compared);)*
                    set
                }
                fn __absent(&self) -> #codegen::FieldSet {
                    let mut set = #codegen::FieldSet::EMPTY;
                    #(#absent)*
                    set
                }
                fn __copy(&mut self, from: &Self, field: usize) {
                    match field {
                        #(#numbers => self.#idents = ::core::clone::Clone::clone(&from.#idents),)*
                        _ => {}
                    }
                }
            }

            // a bound that is never met, and is looked at only where the model stands as a field's type
            #quiet
            #[allow(clippy::all, clippy::pedantic)]
            impl #codegen::ParseValue for #ident
            where
                for<'never> #ident: #codegen::WrappedInPointer + ::core::clone::Clone,
            {
                const TYPE: #codegen::FieldType = #codegen::FieldType::Object;
                fn decode<'de, D: #codegen::Deserializer<'de>>(_: D) -> ::core::result::Result<Self, D::Error> {
                    ::core::result::Result::Err(#codegen::no_such_field())
                }
                fn encode<S: #codegen::Serializer>(
                    &self,
                    _: #codegen::Form,
                    _: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    ::core::result::Result::Err(#codegen::no_such_field_to_write())
                }
                fn same(&self, _: &Self) -> bool {
                    true
                }
            }

            #accessors
            #built_in
        };
    }
}

/// One field's entry in a schema.
pub(crate) fn schema(
    field: &Field<'_>,
    number: usize,
    class_name: &str,
    codegen: &TokenStream,
) -> TokenStream {
    let Field { name, read_only, .. } = field;
    let (rust, ty, codec) = (field.plain(), spelled(field.ty), of(number));
    let has_default = field.default.is_some();
    quote! {
        #codegen::FieldSchema::new(
            [#class_name, #rust, #ty, #name],
            [#read_only, #has_default],
            || #codegen::Codec::kind(#codec),
        )
    }
}
