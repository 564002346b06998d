//! `#[derive(ParseValue)]`: enums without data as texts, structs as embedded objects.

use crate::attr::{Container, FieldAttrs, On};
use crate::error::Errors;
use crate::expand::{self, Tokens};
use crate::model::{Field, Names, Skipped, krate, named_fields, read_fields};
use crate::naming::Case;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use std::collections::HashMap;
use syn::{Data, DataEnum, DeriveInput, Fields, Ident, Path};

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut container = Container::read(&input.attrs, On::Value, &mut errors);
    let case = container.rename_all.take().map(|given| given.value);
    let krate = krate(container.krate);
    let code = match &input.data {
        Data::Enum(data) => Some(text_enum(
            input,
            data,
            case.unwrap_or(Case::Verbatim),
            &krate,
            &mut errors,
        )),
        _ => named_fields(input, "ParseValue", &mut errors).map(|named| {
            let (fields, skipped) =
                read_fields(named, case.unwrap_or(Case::Camel), Names::Embedded, &mut errors);
            embedded(input, &fields, &skipped, &krate)
        }),
    };
    let errors = errors.to_tokens();
    quote!(#errors #code)
}

fn text_enum(
    input: &DeriveInput,
    data: &DataEnum,
    case: Case,
    krate: &Path,
    errors: &mut Errors,
) -> TokenStream {
    let owner = &input.ident;
    let codegen = quote!(#krate::codegen);
    let (mut variants, mut names) = (Vec::new(), Vec::new());
    let mut taken: HashMap<String, &Ident> = HashMap::new();
    if let Some(parameter) = input.generics.params.first() {
        errors.at(
            parameter,
            "`ParseValue` cannot be derived for a generic enum: its variants are stored as texts",
        );
        return TokenStream::new();
    }
    if data.variants.is_empty() {
        errors.at(
            owner,
            "an enum without variants has no value that could be stored",
        );
        return TokenStream::new();
    }
    for variant in &data.variants {
        let attrs = FieldAttrs::read(&variant.attrs, errors);
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                format!(
                    "`{}` carries data, and variants are stored as texts; store the enum by serde instead: `#[parse(json)]` on the field that holds it",
                    variant.ident
                ),
            );
            continue;
        }
        for (key, given) in [
            ("default", attrs.default.is_some()),
            ("skip", attrs.skip.is_some()),
            ("read_only", attrs.read_only.is_some()),
            ("json", attrs.json.is_some()),
        ] {
            if given {
                errors.at(
                    variant,
                    format!("`{key}` means nothing on a variant; the only key of a variant is `rename`"),
                );
            }
        }
        let name = attrs
            .rename
            .map_or_else(|| case.apply(&variant.ident), |given| given.value);
        if let Some(other) = taken.insert(name.clone(), &variant.ident) {
            errors.at(
                &variant.ident,
                format!(
                    "the variants `{other}` and `{}` would both be stored as `{name}`",
                    variant.ident
                ),
            );
        }
        variants.push(&variant.ident);
        names.push(name);
    }
    let expected = format!(
        "one of {}",
        crate::naming::list(&names.iter().map(String::as_str).collect::<Vec<_>>())
    );
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
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
            impl #codegen::Comparable for #owner { type Kind = #owner; }
            impl #codegen::Sortable for #owner {}
            impl #codegen::OperandOf<#owner> for #owner {
                fn operand(self) -> #codegen::Operand { #codegen::Operand::of(&self) }
            }
            impl #codegen::OperandOf<#owner> for &#owner {
                fn operand(self) -> #codegen::Operand { #codegen::Operand::of(self) }
            }
        };
    }
}

fn embedded(input: &DeriveInput, fields: &[Field<'_>], skipped: &[Skipped<'_>], krate: &Path) -> TokenStream {
    let owner = &input.ident;
    let codegen = quote!(#krate::codegen);
    let names = Tokens {
        codegen: &codegen,
        owner,
        vis: &input.vis,
        name: format_ident!("{owner}Fields"),
        doc: format!("The field tokens of [`{owner}`], for lookups into a field that holds one."),
        of_rows: false,
    };
    let tokens = expand::tokens(&names, fields);
    let tokens_name = &names.name;
    let editor = expand::lookups(&codegen, owner, &input.vis, fields, false);
    let numbers: Vec<usize> = (0..fields.len()).collect();
    let idents: Vec<&Ident> = fields.iter().map(|field| field.ident).collect();
    let stored: Vec<&String> = fields.iter().map(|field| &field.name).collect();
    let owner_name = owner.to_string();
    let schema = fields
        .iter()
        .map(|field| expand::schema(field, &owner_name, &codegen));
    let types = fields.iter().map(|field| field.ty);
    let decoded = fields
        .iter()
        .enumerate()
        .map(|(number, field)| expand::decode(field, &codegen, &quote!(&SCHEMA[#number])));
    let finished = fields
        .iter()
        .enumerate()
        .map(|(number, field)| expand::finish(field, number, &codegen));
    let encoded = fields.iter().map(|field| expand::encode(field, &codegen));
    let absent = fields.iter().map(|field| expand::absent(field, &codegen));
    let compared = fields.iter().map(|field| expand::same(field, &codegen));
    let compared_skips = skipped.iter().map(|field| {
        let ident = field.ident;
        if field.broken {
            quote!(#ident: ::core::unreachable!())
        } else {
            quote!(#ident: ::core::default::Default::default())
        }
    });
    let tokens_value = expand::tokens_value(tokens_name, &codegen, fields, false);
    let private = quote_spanned!(owner.span()=> #owner);
    quote! {
        #tokens
        #editor
        #[automatically_derived]
        #[allow(unused_variables, unused_mut, unreachable_code, clippy::all, clippy::pedantic)]
        const _: () = {
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
                    ::core::result::Result::Ok(#owner { #(#idents: #finished,)* #(#compared_skips,)* })
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
            }
            impl #codegen::Traversable for #owner {
                type Target = #owner;
                type Fields = #tokens_name;
                const FIELDS: #tokens_name = #tokens_value;
                fn wrap(name: &'static str, condition: #codegen::Q<#owner>) -> #codegen::Through {
                    #codegen::Through::embedded(name, condition)
                }
            }
            impl #codegen::Embedded for #owner {}
        };
    }
}
