//! How deep tokens nest: what reads them goes down with every level, and the compiler's stack has an end.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// Groups within groups.
const DEEPEST: usize = 100;
/// Tokens without a comma, a semicolon or a brace between them: each may be an operator, one level deeper.
const LONGEST: usize = 1_000;

/// The tokens; or, where they nest too deep, an error in their place.
pub(super) fn checked(tokens: TokenStream) -> TokenStream {
    match too_deep(&tokens) {
        None => tokens,
        Some(span) => syn::Error::new(
            span,
            "this is nested too deep\ngive a part of it a name with `let`, or as a condition with `q!`, and use that",
        )
        .to_compile_error(),
    }
}

fn too_deep(tokens: &TokenStream) -> Option<Span> {
    // without recursion, or this would be what goes too deep
    let mut open = vec![(tokens.clone().into_iter(), 0)];
    while let Some((tokens, run)) = open.last_mut() {
        let Some(token) = tokens.next() else {
            open.pop();
            continue;
        };
        *run = match &token {
            TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => 0,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => 0,
            // a path in one word
            TokenTree::Ident(ident) => *run + 1 + ident.to_string().matches("__").count(),
            _ => *run + 1,
        };
        if *run > LONGEST || open.len() > DEEPEST {
            return Some(token.span());
        }
        if let TokenTree::Group(group) = token {
            open.push((group.stream().into_iter(), 0));
        }
    }
    None
}
