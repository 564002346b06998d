//! What only the editor sees. Only the user's own tokens carry the user's spans here, so that completion,
//! hover and go-to-definition have one answer.

use super::Paths;
use super::lookup::dotted;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Expr;

/// One statement for every lookup in a condition.
pub(super) fn conditions(paths: &Paths, expr: &Expr) -> TokenStream {
    match expr {
        Expr::Assign(assign) => conditions(paths, &assign.left),
        Expr::Binary(binary) => {
            let (left, right) = (conditions(paths, &binary.left), conditions(paths, &binary.right));
            quote!(#left #right)
        }
        Expr::Paren(inner) => conditions(paths, &inner.expr),
        Expr::Unary(unary) => conditions(paths, &unary.expr),
        Expr::Call(call) => call
            .args
            .iter()
            .map(|argument| conditions(paths, argument))
            .collect(),
        Expr::Path(_) | Expr::Field(_) => path(paths, expr),
        _ => TokenStream::new(),
    }
}

/// A field, or the beginning of one that is being typed.
pub(super) fn path(paths: &Paths, expr: &Expr) -> TokenStream {
    let Some(path) = dotted(expr).filter(|path| path.len() == 1) else {
        return TokenStream::new();
    };
    let codegen = paths.codegen();
    let set = Ident::new("__parse_qs", Span::call_site());
    quote! {
        #[allow(unexpected_cfgs)]
        {
            #[cfg(rust_analyzer)]
            let _ = #codegen::lookups(&#set).#(#path)*;
        }
    }
}
