//! The struct of field tokens.

use crate::model::Field;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Visibility};

pub(crate) struct Tokens<'a> {
    pub(crate) codegen: &'a TokenStream,
    /// The struct whose fields these are.
    pub(crate) owner: &'a Ident,
    pub(crate) vis: &'a Visibility,
    /// The name of the struct of tokens.
    pub(crate) name: Ident,
    pub(crate) doc: String,
    /// Whether there are `object_id`, `created_at` and `updated_at` as well.
    pub(crate) of_rows: bool,
}

/// Whether a field with a mistake gets a token, so that queries on it are not reported as well.
fn has_token(field: &Field<'_>, of_rows: bool) -> bool {
    !of_rows || !matches!(field.plain().as_str(), "object_id" | "created_at" | "updated_at")
}

pub(crate) fn tokens(names: &Tokens<'_>, fields: &[Field<'_>], broken: &[Field<'_>]) -> TokenStream {
    let Tokens {
        codegen,
        owner,
        vis,
        name,
        doc,
        of_rows,
    } = names;
    let broken = broken.iter().filter(|field| has_token(field, *of_rows));
    let declared = fields.iter().chain(broken).map(|field| {
        let Field {
            ident,
            vis,
            docs,
            name,
            ..
        } = field;
        let ty = if field.reported_type {
            quote!(#codegen::Reported)
        } else {
            field.ty.to_token_stream()
        };
        let note = format!("The field `{name}` on the server.");
        let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        // the user's span: an unknown field is then reported with the similar name
        quote_spanned!(ident.span()=> #(#docs)* #gap #[doc = #note] #vis #ident: #codegen::Field<#owner, #ty>)
    });
    let own = of_rows.then(|| {
        quote! {
            /// The object's id.
            pub object_id: #codegen::Field<#owner, #codegen::ObjectId>,
            /// When the object was created.
            pub created_at: #codegen::Field<#owner, #codegen::DateTime<#codegen::Utc>>,
            /// When the object was last changed.
            pub updated_at: #codegen::Field<#owner, #codegen::DateTime<#codegen::Utc>>,
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #[non_exhaustive]
        #[allow(dead_code, non_snake_case, private_interfaces, clippy::all, clippy::pedantic)]
        #vis struct #name { #(#declared,)* #own }
    }
}

/// The value of the struct of tokens.
pub(crate) fn value(
    names: &Ident,
    codegen: &TokenStream,
    fields: &[Field<'_>],
    broken: &[Field<'_>],
    of_rows: bool,
) -> TokenStream {
    let broken = broken.iter().filter(|field| has_token(field, of_rows));
    let (idents, stored): (Vec<_>, Vec<_>) = fields
        .iter()
        .chain(broken)
        .map(|field| (field.ident, &field.name))
        .unzip();
    let own = of_rows.then(|| {
        quote! {
            object_id: #codegen::Field::new("objectId"),
            created_at: #codegen::Field::new("createdAt"),
            updated_at: #codegen::Field::new("updatedAt"),
        }
    });
    quote!(#names { #(#idents: #codegen::Field::new(#stored),)* #own })
}
