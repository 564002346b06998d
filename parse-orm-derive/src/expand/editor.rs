//! What only the editor sees: rust-analyzer sets `cfg(rust_analyzer)`. A struct whose fields are all the
//! lookups of the model, so that `filter(score__g|)` completes and go-to-definition finds the field.

use crate::model::Field;
use crate::types::Shape;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Visibility};

const ANY: &[&str] = &["ne", "in", "nin", "isnull"];
const ORDER: &[&str] = &["gt", "gte", "lt", "lte", "range"];
const TEXT: &[&str] = &[
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "regex",
    "iregex",
];

pub(crate) fn lookups(
    codegen: &TokenStream,
    owner: &Ident,
    vis: &Visibility,
    fields: &[Field<'_>],
    of_rows: bool,
) -> TokenStream {
    let declared = fields.iter().flat_map(|field| {
        let Field { ident, ty, docs, .. } = field;
        let (_, _, shape) = field.shape();
        let groups: &[&[&str]] = match shape {
            Shape::Text => &[ANY, ORDER, TEXT],
            Shape::Whole | Shape::Real | Shape::Date => &[ANY, ORDER],
            Shape::Relation => &[],
            _ => &[ANY],
        };
        let plain = field.plain();
        let names = groups
            .concat()
            .into_iter()
            .map(move |lookup| format_ident!("{plain}__{lookup}", span = ident.span()));
        std::iter::once((*ident).clone())
            .chain(names)
            .map(move |name| quote_spanned!(ident.span()=> #(#docs)* pub #name: #ty))
            .collect::<Vec<_>>()
    });
    let own = of_rows.then(|| {
        let names = ["object_id", "created_at", "updated_at"]
            .into_iter()
            .flat_map(|name| {
                std::iter::once(format_ident!("{name}")).chain(
                    [ANY, ORDER]
                        .concat()
                        .into_iter()
                        .map(move |lookup| format_ident!("{name}__{lookup}")),
                )
            });
        quote!(#(pub #names: #codegen::ObjectId,)*)
    });
    let name = format_ident!("{owner}Lookups");
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            #[allow(non_snake_case, dead_code, missing_docs)]
            #vis struct #name { #(#declared,)* #own }
            #[cfg(rust_analyzer)]
            impl #codegen::Lookups for #owner { type Lookups = #name; }
        };
    }
}
