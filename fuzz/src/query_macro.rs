//! What stands within `query!` and `q!`, and what is derived from: Rust's tokens, in any order. Whatever they are, the
//! macros come back with Rust.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::DeriveInput;

pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(tokens) = text.parse::<TokenStream>() else {
        return;
    };
    for (name, made) in queries(tokens.clone()) {
        let block = quote::quote!({ #made });
        if let Err(error) = syn::parse2::<syn::Block>(block) {
            panic!("{name} of `{text}`: {error}: {made}");
        }
    }
    is_file(
        "cloud_function",
        text,
        crate::function::expand(TokenStream::new(), tokens.clone()),
    );
    is_file(
        "cloud_function",
        text,
        crate::function::expand(tokens.clone(), ITEM.parse().expect("Rust")),
    );
    if let Ok(mut item) = syn::parse2::<DeriveInput>(tokens) {
        is_file("ParseView", text, crate::view::derive(&item));
        crate::types::name_self(&mut item);
        is_file("ParseObject", text, crate::model::derive(&item));
        is_file("ParseValue", text, crate::value::derive(&item));
    }
}

/// What the macros of queries make of tokens.
pub(crate) fn queries(tokens: TokenStream) -> [(&'static str, TokenStream); 4] {
    // the outer macro puts its crate in front
    let krate = TokenTree::from(proc_macro2::Ident::new("parse_orm", Span::call_site()));
    let inner: TokenStream = std::iter::once(krate).chain(tokens).collect();
    [
        ("query", crate::query::query(inner.clone())),
        ("q", crate::query::q(inner.clone())),
        ("query in the editor", crate::query::editor::query(inner.clone())),
        ("q in the editor", crate::query::editor::q(inner)),
    ]
}

const ITEM: &str = "async fn greet(client: &Client, name: &str) -> Result<String>;";

fn is_file(name: &str, text: &str, made: TokenStream) {
    if let Err(error) = syn::parse2::<syn::File>(made.clone()) {
        panic!("{name} of `{text}`: {error}: {made}");
    }
}
