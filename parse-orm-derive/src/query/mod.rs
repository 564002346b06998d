//! `query!` and `q!`: from Django's spelling to calls of the typed query API.
//!
//! The expansion is a chain of `match receiver { qs => .. }`, not of closures, so that `.await`, `?` and
//! moves work in values. Every token of a lookup carries the span of the user's identifier: the compiler's
//! errors then point at it, and find names that are similar.

mod chain;
pub(crate) mod editor;
mod lookup;
mod nesting;
mod subquery;
mod update;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Token, Type};

/// The path of `parse_orm` as seen from the user's crate: the `$crate` of the outer macro.
pub(crate) struct Paths {
    krate: TokenTree,
}

impl Paths {
    /// The same path where the compiler is to point at the user's token.
    fn codegen_at(&self, span: Span) -> TokenStream {
        let mut krate = self.krate.clone();
        krate.set_span(span.resolved_at(krate.span()));
        quote_spanned!(span=> #krate::codegen)
    }

    fn codegen(&self) -> TokenStream {
        let krate = &self.krate;
        quote!(#krate::codegen)
    }
}

/// Takes the first token, which the outer macro put there, off the user's.
fn split(input: TokenStream) -> Option<(Paths, TokenStream)> {
    let mut tokens = input.into_iter();
    let krate = tokens.next()?;
    Some((Paths { krate }, nesting::checked(tokens.collect())))
}

pub(crate) fn query(input: TokenStream) -> TokenStream {
    let Some((paths, user)) = split(input) else {
        return TokenStream::new();
    };
    if user.is_empty() {
        return syn::Error::new(
            Span::call_site(),
            "`query!` needs a query set\nwrite `query!(GameScore.filter(score__gte = 1000))`",
        )
        .to_compile_error();
    }
    match syn::parse2::<Expr>(user) {
        Ok(expr) => {
            let (codegen, set) = (paths.codegen(), chain::expand(&paths, &expr));
            quote!(#codegen::built(#set))
        }
        Err(error) => error.to_compile_error(),
    }
}

/// `GameScore, score__gte = 1000, ..`
struct Stored {
    model: Type,
    conditions: Vec<Expr>,
}

impl Parse for Stored {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let model = input.parse()?;
        let mut conditions = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "expected a comma after the model\nwrite `q!(GameScore, score__gte = 1000)`",
                )
            })?;
            if !input.is_empty() {
                conditions.push(input.parse()?);
            }
        }
        Ok(Self { model, conditions })
    }
}

pub(crate) fn q(input: TokenStream) -> TokenStream {
    let Some((paths, user)) = split(input) else {
        return TokenStream::new();
    };
    let codegen = paths.codegen();
    let Stored { model, conditions } = match syn::parse2(user) {
        Ok(stored) => stored,
        Err(error) => return error.to_compile_error(),
    };
    let fields = Ident::new("__parse_f", Span::call_site());
    let conditions = conditions
        .iter()
        .map(|condition| lookup::condition(&paths, &fields, condition));
    let all = std::iter::once(quote!(#codegen::Q::<#model>::default())).chain(conditions);
    let all = lookup::all(all, Span::call_site());
    quote! {
        #codegen::built({
            let __parse_qs = #codegen::rows::<#model>();
            let #fields = __parse_qs.fields();
            #all
        })
    }
}
