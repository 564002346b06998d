//! `#[derive(ParseValue)]`: enums without data as texts, structs as embedded objects.

use crate::attr::{Container, FieldAttrs, On};
use crate::error::Errors;
use crate::expand::{self, Tokens};
use crate::model::{Names, Sorted, krate, named_fields, read_fields};
use crate::naming::Case;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use std::collections::HashMap;
use syn::{Data, DataEnum, DeriveInput, Fields, Ident, Path};

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let on = if matches!(input.data, Data::Enum(_)) {
        On::Enum
    } else {
        On::Embedded
    };
    let mut container = Container::read(&input.attrs, on, &mut errors);
    let case = container.rename_all.take().map(|given| given.value);
    let krate = krate(container.krate);
    let code = match &input.data {
        Data::Enum(data) => text_enum(input, data, case.unwrap_or(Case::Verbatim), &krate, &mut errors),
        _ => named_fields(input, "ParseValue", &mut errors).map(|named| {
            let fields = read_fields(named, case.unwrap_or(Case::Camel), Names::Embedded, &mut errors);
            embedded(input, &fields, &krate)
        }),
    };
    let code = code.unwrap_or_else(|| expand::stub_value(input, &krate));
    let errors = errors.to_tokens();
    quote!(#errors #code)
}

fn text_enum(
    input: &DeriveInput,
    data: &DataEnum,
    case: Case,
    krate: &Path,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let before = errors.count();
    let owner = &input.ident;
    let codegen = quote!(#krate::codegen);
    let quiet = expand::quiet(krate);
    let (mut variants, mut names) = (Vec::new(), Vec::new());
    let mut taken: HashMap<String, &Ident> = HashMap::new();
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics.params,
            "`ParseValue` cannot be derived for a generic enum: its variants are stored as texts\nremove the parameters",
        );
    }
    if data.variants.is_empty() {
        errors.at(
            owner,
            "an enum without variants has no value that could be stored\nadd a variant",
        );
    }
    for variant in &data.variants {
        let attrs = FieldAttrs::read(&variant.attrs, errors);
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                format!(
                    "`{}` carries data, and the variants of an enum are stored as texts\nremove the data; or derive serde's `Serialize` and `Deserialize` instead, and put `#[parse(json)]` on the field that holds the enum",
                    variant.ident
                ),
            );
            continue;
        }
        for (key, span) in [
            ("default", attrs.default.as_ref().map(|given| given.span)),
            ("skip", attrs.skip.as_ref().map(|given| given.span)),
            ("read_only", attrs.read_only.as_ref().map(|given| given.span)),
            ("json", attrs.json.as_ref().map(|given| given.span)),
        ] {
            if let Some(span) = span {
                errors.at_span(
                    span,
                    format!(
                        "`{key}` belongs on a field, not on a variant\nthe only key of a variant is `rename`"
                    ),
                );
            }
        }
        let name = attrs
            .rename
            .map_or_else(|| case.apply(&variant.ident), |given| given.value);
        if let Some(other) = taken.get(&name) {
            errors.at(
                &variant.ident,
                format!(
                    "the variants `{other}` and `{}` would both be stored as `{name}`\ngive one of them another name: `#[parse(rename = \"..\")]`",
                    variant.ident
                ),
            );
        } else {
            taken.insert(name.clone(), &variant.ident);
        }
        variants.push(&variant.ident);
        names.push(name);
    }
    if errors.count() > before {
        return None;
    }
    let expected = format!(
        "one of {}",
        crate::naming::list(&names.iter().map(String::as_str).collect::<Vec<_>>())
    );
    let cloned = quote!(where for<'never> #owner: #codegen::ParseValue);
    Some(quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            #quiet
            impl #codegen::ParseValue for #owner {
                const TYPE: #codegen::FieldType = #codegen::FieldType::String;
                fn decode<'de, D: #codegen::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                    #codegen::decode_name(
                        from,
                        |name| ::core::option::Option::Some(match name {
                            #(#names => #owner::#variants,)*
                            _ => return ::core::option::Option::None,
                        }),
                        #expected,
                    )
                }
                fn encode<S: #codegen::Serializer>(&self, _: #codegen::Form, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                    to.serialize_str(match self { #(#owner::#variants => #names,)* })
                }
                fn same(&self, other: &Self) -> bool {
                    ::core::mem::discriminant(self) == ::core::mem::discriminant(other)
                }
            }
            // the bounds keep an enum that is not `Clone` from being reported for these as well
            #quiet
            impl #codegen::Nullable for #owner {}
            #quiet
            impl #codegen::Comparable for #owner #cloned { type Kind = #owner; }
            #quiet
            impl #codegen::Sortable for #owner #cloned {}
            #quiet
            impl #codegen::Collected for #owner #cloned { type Element = #owner; type Present = #owner; }
            #quiet
            impl #codegen::OperandOf<#owner> for #owner {
                fn operand(self) -> #codegen::Operand { #codegen::Operand::of(&self) }
            }
            #quiet
            impl #codegen::OperandOf<#owner> for &#owner {
                fn operand(self) -> #codegen::Operand { #codegen::Operand::of(self) }
            }
        };
    })
}

fn embedded(input: &DeriveInput, sorted: &Sorted<'_>, krate: &Path) -> TokenStream {
    let Sorted {
        stored: fields,
        skipped,
        broken,
    } = sorted;
    let (owner, vis) = (&input.ident, &input.vis);
    let codegen = quote!(#krate::codegen);
    let quiet = expand::quiet(krate);
    let names = Tokens {
        codegen: &codegen,
        owner,
        vis: &input.vis,
        name: expand::fields_name(owner),
        doc: format!("The field tokens of [`{owner}`], for lookups into a field that holds one."),
        of_rows: false,
    };
    let tokens = expand::tokens(&names, fields, broken);
    let tokens_name = &names.name;
    let editor = expand::lookups(&codegen, owner, &input.vis, fields, false);
    let numbers: Vec<usize> = (0..fields.len()).collect();
    let idents: Vec<&Ident> = fields.iter().map(|field| field.ident).collect();
    let stored: Vec<&String> = fields.iter().map(|field| &field.name).collect();
    let owner_name = owner.to_string();
    let numbered = || fields.iter().enumerate();
    let schema = numbered().map(|(number, field)| expand::schema(field, number, &owner_name, &codegen));
    let types = fields.iter().map(|field| field.ty);
    let decoded =
        numbered().map(|(number, field)| expand::decode(field, number, &codegen, &quote!(&SCHEMA[#number])));
    let finished = numbered().map(|(number, field)| expand::finish(field, number, &codegen));
    let encoded = numbered().map(|(number, field)| expand::encode(field, number, &codegen));
    let absent: Vec<_> = numbered()
        .map(|(number, field)| expand::absent(field, number, &codegen))
        .collect();
    let compared: Vec<_> = numbered()
        .map(|(number, field)| expand::same(field, number, &codegen))
        .collect();
    let unstored: Vec<_> = numbered()
        .filter_map(|(number, field)| expand::unstored(field, number, &codegen, &quote!(found)))
        .collect();
    let unstored = (!unstored.is_empty()).then(|| {
        quote! {
            fn unstored<'a>(&'a self, found: #codegen::Found<'_, 'a>) {
                #(#unstored)*
            }
        }
    });
    let codecs = expand::codecs(fields, &codegen);
    let not_stored = expand::not_stored(skipped, broken, &codegen);
    let tokens_value = expand::tokens_value(tokens_name, &codegen, fields, broken, false);
    let cloned = quote!(where for<'never> #owner: #codegen::ParseValue);
    let private = quote_spanned!(owner.span()=> #owner);
    quote! {
        #tokens
        #editor
        #[automatically_derived]
        #[allow(unused_variables, unused_mut, unreachable_code, non_snake_case, clippy::all, clippy::pedantic)]
        const _: () = {
            #codecs

            #[allow(dead_code, private_interfaces)]
            impl #owner {
                /// The field tokens, for conditions, orders and changes without macros.
                #vis const F: #tokens_name = #tokens_value;
            }

            static SCHEMA: &[#codegen::FieldSchema] = &[#(#schema),*];

            struct Partial { #(#idents: ::core::option::Option<#types>,)* }

            struct Read;
            impl #codegen::EmbeddedObject for Read {
                type Partial = Partial;
                type Value = #private;
                const NAME: &'static str = #owner_name;
                const FIELDS: &'static [#codegen::FieldSchema] = SCHEMA;
                fn partial() -> Partial {
                    Partial { #(#idents: ::core::option::Option::None,)* }
                }
                fn index(key: &str) -> ::core::option::Option<usize> {
                    ::core::option::Option::Some(match key {
                        #(#stored => #numbers,)*
                        _ => return ::core::option::Option::None,
                    })
                }
                fn decode<'de, D: #codegen::Deserializer<'de>>(
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
                fn finish(partial: Partial) -> ::core::result::Result<#owner, usize> {
                    ::core::result::Result::Ok(#owner { #(#idents: #finished,)* #not_stored })
                }
            }

            /// One field, for the serializer.
            struct Write<'a>(&'a #owner, usize, #codegen::Form);
            impl #codegen::Serialize for Write<'_> {
                fn serialize<S: #codegen::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                    self.0.__write(self.1, self.2, to)
                }
            }
            trait WriteField {
                fn __write<S: #codegen::Serializer>(
                    &self,
                    field: usize,
                    form: #codegen::Form,
                    to: S,
                ) -> ::core::result::Result<S::Ok, S::Error>;
            }
            impl WriteField for #owner {
                fn __write<S: #codegen::Serializer>(
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
            }

            #quiet
            impl #codegen::ParseValue for #owner {
                const TYPE: #codegen::FieldType = #codegen::FieldType::Object;
                fn decode<'de, D: #codegen::Deserializer<'de>>(from: D) -> ::core::result::Result<Self, D::Error> {
                    #codegen::decode_embedded::<D, Read>(from)
                }
                fn encode<S: #codegen::Serializer>(
                    &self,
                    form: #codegen::Form,
                    to: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    let mut map = to.serialize_map(::core::option::Option::None)?;
                    #(if !#absent {
                        #codegen::SerializeMap::serialize_entry(&mut map, #stored, &Write(self, #numbers, form))?;
                    })*
                    #codegen::SerializeMap::end(map)
                }
                fn same(&self, other: &Self) -> bool {
                    true #(&& #compared)*
                }
                fn parts(&self, other: &Self) -> ::core::option::Option<#codegen::Parts> {
                    let mut parts = #codegen::Parts::new();
                    #(if !#compared {
                        parts.put(#stored, #absent, &Write(self, #numbers, #codegen::Form::Wire));
                    })*
                    ::core::option::Option::Some(parts)
                }
                #unstored
            }
            // the bounds keep a struct that is not `Clone` from being reported for these as well
            #[diagnostic::do_not_recommend]
            impl #codegen::Traversable for #owner #cloned {
                type Target = #owner;
                type Fields = #tokens_name;
                const FIELDS: #tokens_name = <#owner>::F;
                fn wrap(name: &'static str, condition: #codegen::Q<#owner>) -> #codegen::Through {
                    #codegen::Through::embedded(name, condition)
                }
            }
            #quiet
            impl #codegen::FunctionParams for #owner #cloned {
                fn json(&self) -> ::core::result::Result<::std::vec::Vec<u8>, ::std::string::String> {
                    #codegen::params(self)
                }
            }
            #quiet
            impl #codegen::Nullable for #owner {}
            #[diagnostic::do_not_recommend]
            impl #codegen::Embedded for #owner #cloned {}
            #quiet
            impl #codegen::Collected for #owner #cloned { type Element = #owner; type Present = #owner; }
        };
    }
}
