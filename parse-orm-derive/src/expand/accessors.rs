//! The accessors trait: what plain assignment cannot do, by name.

use crate::model::{Field, Model};
use crate::types::{Shape, argument, shape};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::collections::HashSet;
use syn::Ident;

/// The names of a field's accessors.
pub(crate) fn names(field: &Field<'_>) -> Vec<String> {
    let name = field.plain();
    let (_, optional, shape) = field.shape();
    let mut names = Vec::new();
    if shape == Shape::Relation {
        names.extend([format!("add_to_{name}"), format!("remove_from_{name}"), name]);
        return names;
    }
    if field.read_only {
        return names;
    }
    names.push(format!("set_{name}"));
    if optional {
        names.push(format!("unset_{name}"));
    }
    match shape {
        Shape::Whole | Shape::Real => names.push(format!("increment_{name}")),
        Shape::Array => {
            names.extend(["add", "add_unique", "remove"].map(|verb| format!("{verb}_{name}")));
        }
        _ => {}
    }
    names
}

/// The accessors of every field, each name once: a second one was reported.
fn all(model: &Model<'_>, codegen: &TokenStream) -> Vec<Accessor> {
    let mut taken = HashSet::new();
    let stored = model
        .fields
        .iter()
        .enumerate()
        .flat_map(|(number, field)| of_field(model, field, number, codegen));
    // so that the rest of the program has the methods of a field with a mistake as well
    let broken = model.broken.iter().flat_map(|field| {
        of_field(model, field, 0, codegen)
            .into_iter()
            .map(|accessor| Accessor {
                body: quote!(::core::unreachable!()),
                ..accessor
            })
    });
    stored
        .chain(broken)
        .filter(|accessor| taken.insert(accessor.name.clone()))
        .collect()
}

/// The trait.
pub(super) fn declared(model: &Model<'_>, codegen: &TokenStream) -> TokenStream {
    let Model { ident, vis, .. } = model;
    let trait_name = format_ident!("{ident}Accessors");
    let doc = format!("Named changes of an `Object<{ident}>`: assignments and atomic operations.");
    let declared = all(model, codegen)
        .into_iter()
        .map(|Accessor { doc, signature, .. }| quote!(#[doc = #doc] #signature;));
    quote! {
        #[doc = #doc]
        #[allow(dead_code, non_snake_case, private_interfaces, clippy::all, clippy::pedantic)]
        #vis trait #trait_name { #(#declared)* }
    }
}

/// Its implementation, which needs the codecs beside it.
pub(super) fn accessors(model: &Model<'_>, codegen: &TokenStream) -> TokenStream {
    let ident = model.ident;
    let trait_name = format_ident!("{ident}Accessors");
    let defined = all(model, codegen)
        .into_iter()
        .map(|Accessor { signature, body, .. }| quote!(#[inline] #signature { #body }));
    quote! {
        #[automatically_derived]
        #[allow(dead_code, non_snake_case, unused_variables, private_interfaces, clippy::all, clippy::pedantic)]
        impl #trait_name for #codegen::Object<#ident> { #(#defined)* }
    }
}

struct Accessor {
    name: String,
    doc: String,
    signature: TokenStream,
    body: TokenStream,
}

fn of_field(model: &Model<'_>, field: &Field<'_>, number: usize, codegen: &TokenStream) -> Vec<Accessor> {
    let (owner, ident, name) = (model.ident, field.ident, field.plain());
    let (inner, optional, kind) = field.shape();
    let mut all = Vec::new();
    let mut push = |doc: String, name: &Ident, signature: TokenStream, body: TokenStream| {
        let name = name.to_string();
        all.push(Accessor {
            name,
            doc,
            signature,
            body,
        });
    };

    if kind == Shape::Relation {
        let Some(target) = argument(field.ty, "Relation") else {
            return all;
        };
        for (verb, doc, change) in [
            ("add_to", "Adds objects to the relation", quote!(add)),
            ("remove_from", "Removes objects from the relation", quote!(remove)),
        ] {
            let method = format_ident!("{verb}_{name}");
            push(
                format!("{doc} `{name}`, at the next save."),
                &method,
                quote!(fn #method<P: ::core::convert::Into<#codegen::Pointer<#target>>>(&mut self, objects: impl ::core::iter::IntoIterator<Item = P>)),
                quote!((**self).#ident.#change(objects)),
            );
        }
        let method = ident;
        push(
            format!("The objects of the relation `{name}`, as a query."),
            method,
            quote!(fn #method(&self) -> #codegen::QuerySet<#target>),
            quote!(#codegen::related::<#owner, #target>(self, #number)),
        );
        return all;
    }
    if field.read_only {
        return all;
    }

    let set = format_ident!("set_{name}");
    let (parameter, value) = match kind {
        Shape::Text => (
            quote!(impl ::core::convert::Into<::std::string::String>),
            quote!(::core::convert::Into::into(value)),
        ),
        Shape::Pointer => (
            quote!(impl ::core::convert::Into<#inner>),
            quote!(::core::convert::Into::into(value)),
        ),
        _ => (quote!(#inner), quote!(value)),
    };
    let value = if optional {
        quote!(::core::option::Option::Some(#value))
    } else {
        value
    };
    push(
        format!("Sets `{name}`: the same as assigning to it."),
        &set,
        quote!(fn #set(&mut self, value: #parameter)),
        quote!((**self).#ident = #value;),
    );
    if optional {
        let unset = format_ident!("unset_{name}");
        push(
            format!("Removes the value of `{name}`: a Delete, at the next save."),
            &unset,
            quote!(fn #unset(&mut self)),
            quote!((**self).#ident = ::core::option::Option::None;),
        );
    }
    match kind {
        Shape::Whole | Shape::Real => {
            let method = format_ident!("increment_{name}");
            let amount = if kind == Shape::Whole {
                quote!(i64)
            } else {
                quote!(f64)
            };
            push(
                format!("Adds to `{name}`, atomically on the server; a negative amount subtracts."),
                &method,
                quote!(fn #method(&mut self, by: #amount)),
                quote!(#codegen::increment(self, #number, by)),
            );
        }
        Shape::Array => {
            let Some(element) = argument(inner, "Vec") else {
                return all;
            };
            let (ty, codec) = (field.ty, super::codec::of(number));
            // literals of numbers would not find their type through `Into`
            let plain = matches!(shape(element), Shape::Whole | Shape::Real | Shape::Flag);
            let item = if plain {
                quote!(#element)
            } else {
                quote!(impl ::core::convert::Into<#element>)
            };
            for (verb, doc) in [
                ("add", "Appends to"),
                ("add_unique", "Appends what is not there yet to"),
                ("remove", "Removes every equal element from"),
            ] {
                let (method, function) = (format_ident!("{verb}_{name}"), format_ident!("{verb}"));
                push(
                    format!("{doc} `{name}`, atomically on the server."),
                    &method,
                    quote!(fn #method(&mut self, values: impl ::core::iter::IntoIterator<Item = #item>)),
                    quote!(#codegen::#function::<#owner, #ty, #element>(self, #number, #codec, values)),
                );
            }
        }
        _ => {}
    }
    all
}
