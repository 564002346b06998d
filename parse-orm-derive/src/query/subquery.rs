//! A query within a query: what it cannot have, found where it is written.

use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprMethodCall, Token};

/// What the server would ignore in it.
const OPTIONS: [&str; 13] = [
    "limit",
    "skip",
    "order_by",
    "order_by_text_score",
    "select_related",
    "select_related_all",
    "exclude_keys",
    "read_preference",
    "hint",
    "comment",
    "slice",
    "after",
    "page_size",
];

/// The first method in a `query!(..)` that a sub-query cannot have, as an error.
pub(super) fn beyond_conditions(value: &Expr) -> Option<syn::Error> {
    match value {
        // `query!(..).select(..)`
        Expr::MethodCall(call) => option(call).or_else(|| beyond_conditions(&call.receiver)),
        Expr::Macro(inner)
            if inner
                .mac
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "query") =>
        {
            let set = Punctuated::<Expr, Token![,]>::parse_terminated;
            let set = set.parse2(inner.mac.tokens.clone()).ok()?;
            in_chain(set.first()?)
        }
        Expr::Reference(inner) => beyond_conditions(&inner.expr),
        Expr::Paren(inner) => beyond_conditions(&inner.expr),
        Expr::Group(inner) => beyond_conditions(&inner.expr),
        _ => None,
    }
}

fn in_chain(set: &Expr) -> Option<syn::Error> {
    match set {
        Expr::MethodCall(call) => in_chain(&call.receiver).or_else(|| option(call)),
        Expr::Index(index) => in_chain(&index.expr).or_else(|| Some(refused("[..]", &index.index))),
        Expr::Paren(inner) => in_chain(&inner.expr),
        Expr::Group(inner) => in_chain(&inner.expr),
        _ => None,
    }
}

fn option(call: &ExprMethodCall) -> Option<syn::Error> {
    let name = call.method.to_string();
    OPTIONS
        .contains(&name.as_str())
        .then(|| refused(&name, &call.method))
}

fn refused(name: &str, at: &impl ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        at,
        format!(
            "a sub-query has no `{name}`: the server looks at every row that it matches\nleave it away, or read the \
             rows first and compare with the list of them"
        ),
    )
}
