//! What only the editor sees: a struct whose fields are all the lookups of a model, so that `filter(score__g|)`
//! completes and go-to-definition finds the field. The derive passes the fields to a macro that is nothing
//! to the compiler; rust-analyzer, which sets `cfg(rust_analyzer)`, sees the macro that declares the struct.

use crate::model::Field;
use crate::types::{Shape, argument, shape, without_option};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, ItemStruct, Path, Type, Visibility, parenthesized};

/// The lookups of each kind of field, and what a row's value must be.
type Group = [(&'static str, &'static str)];
const ANY: &Group = &[
    ("exact", "Equal to this; the same as without a lookup."),
    ("ne", "Not equal to this."),
    ("in", "One of these."),
    ("nin", "None of these."),
    ("isnull", "Missing or null (`true`), or there (`false`)."),
    ("exists", "There, if only as null (`true`), or missing (`false`)."),
];
const RELATION: &Group = &[
    ("exact", "Holds this; the same as without a lookup."),
    ("ne", "Does not hold this."),
    ("in", "Holds one of these."),
    ("nin", "Holds none of these."),
];
const ARRAY: &Group = &[
    ("all", "Holds each of these."),
    ("contained_by", "Holds nothing but these."),
];
const TEXTS: &Group = &[(
    "startswith_all",
    "For each of these texts there is an element that begins with it.",
)];
const POINT: &Group = &[
    ("near", "The nearest to this point first."),
    ("within_km", "At most so many kilometers away: `(point, 5.0)`."),
    ("within_miles", "At most so many miles away: `(point, 5.0)`."),
    (
        "within_radians",
        "At most so far away, in radians: `(point, 0.1)`.",
    ),
    ("within_sphere", "The same as `within_radians`."),
    ("within_box", "Within `(southwest, northeast)`."),
    ("within_polygon", "In the area between these corners."),
];
const AREA: &Group = &[("intersects", "The area has this point in it.")];
const ORDER: &Group = &[
    ("gt", "Greater than this."),
    ("gte", "Greater than this, or equal to it."),
    ("lt", "Less than this."),
    ("lte", "Less than this, or equal to it."),
    ("range", "Within this range."),
];
const TEXT: &Group = &[
    ("contains", "With this somewhere in it."),
    ("icontains", "With this somewhere in it, in upper or lower case."),
    ("startswith", "Beginning with this."),
    ("istartswith", "Beginning with this, in upper or lower case."),
    ("endswith", "Ending with this."),
    ("iendswith", "Ending with this, in upper or lower case."),
    ("regex", "Matched by this regular expression."),
    (
        "iregex",
        "Matched by this regular expression, in upper or lower case.",
    ),
    ("search", "Found by a full-text search for this."),
];

/// The fields, handed to the macro that declares their lookups.
pub(crate) fn lookups(
    codegen: &TokenStream,
    owner: &Ident,
    vis: &Visibility,
    fields: &[Field<'_>],
    of_rows: bool,
) -> TokenStream {
    let declared = fields.iter().map(|field| {
        let Field { ident, ty, docs, .. } = field;
        let json = field.json.then(|| quote!(#[json]));
        quote!(#(#docs)* #json #ident: #ty,)
    });
    let own = of_rows.then(|| {
        quote! {
            /// The object's id.
            object_id: #codegen::ObjectId,
            /// When the object was created.
            created_at: #codegen::DateTime<#codegen::Utc>,
            /// When the object was last changed.
            updated_at: #codegen::DateTime<#codegen::Utc>,
        }
    });
    quote!(#codegen::lookups! { (#codegen) #vis struct #owner { #(#declared)* #own } })
}

/// What [`lookups`] hands over.
struct Handed {
    codegen: Path,
    owner: ItemStruct,
}

impl Parse for Handed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path;
        parenthesized!(path in input);
        Ok(Self {
            codegen: path.call(Path::parse_mod_style)?,
            owner: input.parse()?,
        })
    }
}

/// Declares the struct of lookups.
pub(crate) fn declare(input: TokenStream) -> TokenStream {
    let Handed { codegen, owner } = match syn::parse2(input) {
        Ok(handed) => handed,
        Err(error) => return error.to_compile_error(),
    };
    let lookups = owner.fields.iter().flat_map(|field| {
        let ident = field.ident.as_ref();
        ident.into_iter().flat_map(move |ident| of_field(field, ident))
    });
    let (vis, owner) = (&owner.vis, &owner.ident);
    let name = format_ident!("{owner}Lookups");
    quote! {
        const _: () = {
            #[allow(non_snake_case, dead_code, missing_docs)]
            #vis struct #name { #(#lookups,)* }
            impl #codegen::Lookups for #owner { type Lookups = #name; }
        };
    }
}

fn of_field(field: &syn::Field, ident: &Ident) -> Vec<TokenStream> {
    let ty = &field.ty;
    let (json, docs): (Vec<_>, Vec<_>) = field.attrs.iter().partition(|attr| attr.path().is_ident("json"));
    let shape = match shape(without_option(ty).0) {
        _ if !json.is_empty() => Shape::Other,
        shape => shape,
    };
    let groups: &[&Group] = match shape {
        Shape::Text => &[ANY, ORDER, TEXT],
        Shape::Whole | Shape::Real | Shape::Date => &[ANY, ORDER],
        Shape::Relation => &[RELATION],
        Shape::Array if of_texts(ty) => &[ANY, ARRAY, TEXTS],
        Shape::Array => &[ANY, ARRAY],
        Shape::Point => &[ANY, POINT],
        Shape::Area => &[ANY, AREA],
        _ => &[ANY],
    };
    let plain = ident.unraw();
    // all of it in the user's span: what is found is then the user's field
    let lookups = groups.concat().into_iter().map(|(lookup, meaning)| {
        let name = format_ident!("{plain}__{lookup}", span = ident.span());
        quote_spanned!(ident.span()=> #(#docs)* #[doc = ""] #[doc = #meaning] pub #name: #ty)
    });
    let field = quote_spanned!(ident.span()=> #(#docs)* pub #ident: #ty);
    std::iter::once(field).chain(lookups).collect()
}

fn of_texts(array: &Type) -> bool {
    argument(without_option(array).0, "Vec").is_some_and(|element| shape(element) == Shape::Text)
}
