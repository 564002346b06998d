//! The struct of field tokens.

use crate::model::Field;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
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

pub(crate) fn tokens(names: &Tokens<'_>, fields: &[Field<'_>]) -> TokenStream {
    let Tokens {
        codegen,
        owner,
        vis,
        name,
        doc,
        of_rows,
    } = names;
    let declared = fields.iter().map(|field| {
        let Field {
            ident,
            vis,
            ty,
            docs,
            name,
            ..
        } = field;
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
        #[allow(dead_code, private_interfaces, clippy::all, clippy::pedantic)]
        #vis struct #name { #(#declared,)* #own }
    }
}

/// The value of the struct of tokens.
pub(crate) fn value(
    names: &Ident,
    codegen: &TokenStream,
    fields: &[Field<'_>],
    of_rows: bool,
) -> TokenStream {
    let idents = fields.iter().map(|field| field.ident);
    let stored = fields.iter().map(|field| &field.name);
    let own = of_rows.then(|| {
        quote! {
            object_id: #codegen::Field::new("objectId"),
            created_at: #codegen::Field::new("createdAt"),
            updated_at: #codegen::Field::new("updatedAt"),
        }
    });
    quote!(#names { #(#idents: #codegen::Field::new(#stored),)* #own })
}
