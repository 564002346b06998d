//! `#[derive(ParseView)]`: a part of a model's fields. Their names and types are checked against the model by
//! the compiler, through its field tokens.

use crate::attr::{Container, On};
use crate::error::Errors;
use crate::expand;
use crate::model::{krate, named_fields};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let code = view(input, &mut errors).unwrap_or_default();
    let errors = errors.to_tokens();
    quote!(#errors #code)
}

fn view(input: &DeriveInput, errors: &mut Errors) -> Option<TokenStream> {
    let container = Container::read(&input.attrs, On::View, errors);
    let fields = named_fields(input, "ParseView", errors)?;
    for field in &fields.named {
        for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("parse")) {
            errors.at(
                attr,
                "the fields of a view have no `#[parse(..)]` keys: how they are stored is up to the model",
            );
        }
    }
    let Some(model) = container.model else {
        // a misspelled key was reported already
        if errors.count() == 0 {
            errors.at(
                &input.ident,
                format!(
                    "a view is a part of a model: add `#[parse(model = ..)]` to `{}`",
                    input.ident
                ),
            );
        }
        return None;
    };
    let (owner, model, name) = (&input.ident, model.value, input.ident.to_string());
    let krate = krate(container.krate);
    let codegen = quote!(#krate::codegen);
    let numbers: Vec<usize> = (0..fields.named.len()).collect();
    let idents: Vec<_> = fields
        .named
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect();
    let types: Vec<_> = fields.named.iter().map(|field| &field.ty).collect();
    // the field of the model, by the user's own name: an unknown one is reported there
    let tokens: Vec<_> = idents
        .iter()
        .map(|ident| quote_spanned!(ident.span()=> FIELDS.#ident))
        .collect();
    let codecs: Vec<_> = numbers.iter().map(|number| expand::codec(*number)).collect();
    let functions = tokens
        .iter()
        .zip(&types)
        .zip(&numbers)
        .map(|((token, ty), number)| {
            expand::codec_of(*number, ty, &quote!(#codegen::ViewCodec), &quote!(#token.view()))
        });
    Some(quote! {
        #[automatically_derived]
        #[allow(unused_variables, unused_mut, non_snake_case, clippy::all, clippy::pedantic)]
        const _: () = {
            const FIELDS: <#model as #codegen::ParseObject>::Fields = <#model as #codegen::ParseObject>::F;

            #(#functions)*

            struct Partial { #(#idents: ::core::option::Option<#types>,)* }

            struct Read;
            impl #codegen::EmbeddedObject for Read {
                type Partial = Partial;
                type Value = #owner;
                const NAME: &'static str = #name;
                fn name(field: usize) -> &'static str {
                    match field {
                        #(#numbers => #tokens.name(),)*
                        _ => "",
                    }
                }
                fn partial() -> Partial {
                    Partial { #(#idents: ::core::option::Option::None,)* }
                }
                fn index(key: &str) -> ::core::option::Option<usize> {
                    #(if key == #tokens.name() { return ::core::option::Option::Some(#numbers); })*
                    ::core::option::Option::None
                }
                fn decode<'de, D: #codegen::Deserializer<'de>>(
                    partial: &mut Partial,
                    field: usize,
                    from: D,
                ) -> ::core::result::Result<(), D::Error> {
                    match field {
                        #(#numbers => partial.#idents = ::core::option::Option::Some(#codegen::ViewCodec::decode(#codecs, from)?),)*
                        _ => return ::core::result::Result::Err(#codegen::no_such_field()),
                    }
                    ::core::result::Result::Ok(())
                }
                fn finish(partial: Partial) -> ::core::result::Result<#owner, usize> {
                    ::core::result::Result::Ok(#owner {
                        #(#idents: #codegen::ViewCodec::or_missing(#codecs, partial.#idents, #numbers)?,)*
                    })
                }
            }

            impl #codegen::ParseView for #owner {
                type Model = #model;
                fn __request(request: &mut #codegen::Request) {
                    #(#codegen::ViewCodec::request(#codecs, request);)*
                }
                fn __decode<'de, D: #codegen::Deserializer<'de>>(
                    from: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    #codegen::decode_embedded::<D, Read>(from)
                }
            }
        };
    })
}
