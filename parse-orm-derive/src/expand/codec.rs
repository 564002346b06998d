//! Encoding, decoding and comparing: one function each for all fields of a model.

use super::fields::value;
use crate::model::{Field, Model};
use crate::types::spelled;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

/// The codec of one field's type. The type keeps the user's span: if it cannot be stored, that is where it
/// is said.
fn of(field: &Field<'_>, codegen: &TokenStream) -> TokenStream {
    let ty = field.ty;
    quote_spanned!(ty.span()=> #codegen::value::<#ty>())
}

/// An expression that decodes the field from `from` to an `Option` of its type.
pub(crate) fn decode(field: &Field<'_>, codegen: &TokenStream, schema: &TokenStream) -> TokenStream {
    let Field {
        ty, json, default, ..
    } = field;
    if *json {
        return match default {
            Some(_) => quote!(#codegen::decode_json::<_, ::core::option::Option<#ty>>(from)?),
            None => quote!(::core::option::Option::Some(#codegen::decode_json::<_, #ty>(from)?)),
        };
    }
    let codec = of(field, codegen);
    match default {
        Some(_) => quote!(#codegen::Codec::decode_or_null(#codec, from, #schema)?),
        None => quote!(::core::option::Option::Some(#codegen::Codec::decode(#codec, from, #schema)?)),
    }
}

/// An expression that encodes the field of `self`.
pub(crate) fn encode(field: &Field<'_>, codegen: &TokenStream) -> TokenStream {
    let ident = field.ident;
    if field.json {
        return quote!(#codegen::encode_json(&self.#ident, to));
    }
    let codec = of(field, codegen);
    quote!(#codegen::Codec::encode(#codec, &self.#ident, form, to))
}

/// An expression that tells whether the field of `self` has no value.
pub(crate) fn absent(field: &Field<'_>, codegen: &TokenStream) -> TokenStream {
    if field.json {
        return quote!(false);
    }
    let (ident, codec) = (field.ident, of(field, codegen));
    quote!(#codegen::Codec::is_absent(#codec, &self.#ident))
}

/// An expression that compares the field of `self` and `other`.
pub(crate) fn same(field: &Field<'_>, codegen: &TokenStream) -> TokenStream {
    let ident = field.ident;
    if field.json {
        return quote!(#codegen::same_json(&self.#ident, &other.#ident));
    }
    let codec = of(field, codegen);
    quote!(#codegen::Codec::same(#codec, &self.#ident, &other.#ident))
}

/// An expression for the field's value, of the `Option` in `partial`.
pub(crate) fn finish(field: &Field<'_>, number: usize, codegen: &TokenStream) -> TokenStream {
    let Field { ident, ty, .. } = field;
    match &field.default {
        Some(None) => quote!(partial.#ident.unwrap_or_default()),
        Some(Some(expr)) => {
            // the function gives a wrong type the user's span and the field's type
            quote_spanned!(expr.span()=> match partial.#ident {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => { let default: #ty = #expr; default }
            })
        }
        None if field.json => quote!(partial.#ident.ok_or(#number)?),
        None => {
            let codec = of(field, codegen);
            quote!(#codegen::Codec::or_missing(#codec, partial.#ident, #number)?)
        }
    }
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
    let schema = fields.iter().map(|field| schema(field, class_name, codegen));
    let tokens_value = value(tokens, codegen, fields, true);

    let decoded = fields.iter().enumerate().map(|(number, field)| {
        let schema = quote!(&<#ident as #codegen::ParseObject>::SCHEMA.fields[#number]);
        decode(field, codegen, &schema)
    });
    let encoded = fields.iter().map(|field| encode(field, codegen));
    let compared = fields.iter().map(|field| same(field, codegen));
    let finished = fields
        .iter()
        .enumerate()
        .map(|(number, field)| finish(field, number, codegen));
    let merged = fields.iter().map(|field| {
        let ident = field.ident;
        if field.json {
            quote!(if let ::core::option::Option::Some(newer) = partial.#ident { self.#ident = newer; })
        } else {
            let codec = of(field, codegen);
            quote!(#codegen::Codec::merge(#codec, &mut self.#ident, partial.#ident);)
        }
    });
    let absent = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !field.json)
        .map(|(number, field)| {
            let absent = absent(field, codegen);
            quote!(set.put(#number, #absent);)
        });
    let skipped = model.skipped.iter().map(|field| {
        let ident = field.ident;
        if field.broken {
            quote!(#ident: ::core::unreachable!())
        } else {
            quote!(#ident: ::core::default::Default::default())
        }
    });

    quote! {
        const _: () = {
            #[doc(hidden)]
            #[allow(private_interfaces)]
            pub struct Partial { #(#idents: ::core::option::Option<#types>,)* }

            #[automatically_derived]
            #[allow(unused_variables, unused_mut, unreachable_code, private_interfaces, clippy::all, clippy::pedantic)]
            impl #codegen::ParseObject for #ident {
                const CLASS_NAME: &'static str = #class_name;
                const SCHEMA: &'static #codegen::Schema = &#codegen::Schema::new(#class_name, &[#(#schema),*]);
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
                    ::core::result::Result::Ok(Self { #(#idents: #finished,)* #(#skipped,)* })
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
        };
    }
}

/// One field's entry in a schema.
pub(crate) fn schema(field: &Field<'_>, class_name: &str, codegen: &TokenStream) -> TokenStream {
    let Field { name, read_only, .. } = field;
    let (rust, ty) = (field.plain(), spelled(field.ty));
    let has_default = field.default.is_some();
    let kind = if field.json {
        quote!(|| (#codegen::FieldType::Object, false))
    } else {
        let codec = of(field, codegen);
        quote!(|| #codegen::Codec::kind(#codec))
    };
    quote!(#codegen::FieldSchema::new([#class_name, #rust, #ty, #name], [#read_only, #has_default], #kind))
}
