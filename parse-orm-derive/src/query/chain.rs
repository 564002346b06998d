//! The chain of query set methods around the conditions.

use super::Paths;
use super::lookup::{all, condition, dotted, holds_assign, segments};
use crate::naming::did_you_mean;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, UnOp};

/// The methods whose arguments are lookups, orders or paths.
const REWRITTEN: [&str; 7] = [
    "filter",
    "exclude",
    "order_by",
    "select_related",
    "exclude_keys",
    "update",
    "watch",
];
/// The terminals whose second argument is a field, or a tuple of fields.
pub(super) const OF_FIELDS: [&str; 4] = ["values_list", "earliest", "latest", "distinct"];
/// Other methods of a query set, for the did-you-mean.
const OTHERS: [&str; 30] = [
    "limit",
    "skip",
    "slice",
    "after",
    "select_related_all",
    "read_preference",
    "include_read_preference",
    "subquery_read_preference",
    "hint",
    "comment",
    "page_size",
    "all",
    "stream",
    "page",
    "first",
    "last",
    "earliest",
    "latest",
    "get",
    "get_by_id",
    "count",
    "exists",
    "values_list",
    "explain",
    "delete",
    "subscribe",
    "subscribe_values",
    "distinct",
    "group_by",
    "aggregate",
];

/// A query set expression.
pub(super) fn expand(paths: &Paths, expr: &Expr) -> TokenStream {
    match expr {
        // a type, in upper camel case, begins a query set; anything else is an expression
        Expr::Path(path) if is_type(expr) => {
            let codegen = paths.codegen_at(path.span());
            quote_spanned!(path.span()=> #codegen::rows::<#path>())
        }
        Expr::MethodCall(call) => method(paths, call),
        Expr::Index(index) if matches!(&*index.index, Expr::Range(_)) => {
            let set = expand(paths, &index.expr);
            let range = &index.index;
            if let Some(negative) = negative_end(range) {
                return syn::Error::new_spanned(
                    negative,
                    "a slice counts from the first row\nfor the last rows reverse the order, and take the first ones: `order_by(-score)[..10]`",
                )
                .to_compile_error();
            }
            quote_spanned!(index.bracket_token.span.join()=> #set.slice(#range))
        }
        Expr::Index(index) => syn::Error::new_spanned(
            &index.index,
            "a query set is sliced by a range\nwrite `[10..20]`; for a single row `[n..=n]`, or call `.first(&client)`",
        )
        .to_compile_error(),
        // `GameScore.fil|`, while it is being typed
        Expr::Field(field) => {
            let (base, member) = (expand(paths, &field.base), &field.member);
            quote!(#base.#member)
        }
        Expr::Await(inner) => {
            let base = expand(paths, &inner.base);
            quote_spanned!(expr.span()=> #base.await)
        }
        Expr::Try(inner) => {
            let base = expand(paths, &inner.expr);
            quote_spanned!(expr.span()=> #base?)
        }
        Expr::Paren(inner) => expand(paths, &inner.expr),
        Expr::Group(inner) => expand(paths, &inner.expr),
        other => quote!(#other),
    }
}

/// An end of a range that is a negative number.
fn negative_end(range: &Expr) -> Option<&Expr> {
    let Expr::Range(range) = range else { return None };
    [&range.start, &range.end]
        .into_iter()
        .filter_map(|end| end.as_deref())
        .find(|end| matches!(end, Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_))))
}

pub(super) fn is_type(expr: &Expr) -> bool {
    let Expr::Path(path) = expr else { return false };
    // a type has no attributes
    path.attrs.is_empty()
        && path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
        && !path.path.segments.last().is_some_and(|last| {
            // a constant, in upper case
            let name = last.ident.to_string();
            name.len() > 1 && name.chars().all(|letter| letter.is_uppercase() || letter == '_')
        })
}

fn method(paths: &Paths, call: &ExprMethodCall) -> TokenStream {
    let receiver = expand(paths, &call.receiver);
    let name = &call.method;
    let span = name.span();
    let (set, fields) = (Ident::new("__parse_qs", span), Ident::new("__parse_f", span));
    let arguments = &call.args;
    let text = name.to_string();
    if REWRITTEN.contains(&text.as_str()) && arguments.is_empty() {
        let example = match text.as_str() {
            "order_by" => "order_by(-score)",
            "select_related" => "select_related(player)",
            "exclude" => "exclude(cheat_mode = true)",
            "exclude_keys" => "exclude_keys(note)",
            "update" => "update(score += 1)",
            "watch" => "watch(score)",
            _ => "filter(score__gte = 1000)",
        };
        return syn::Error::new(
            span,
            format!("`{text}` needs at least one argument\nsuch as `{example}`"),
        )
        .to_compile_error();
    }
    let refined = match text.as_str() {
        "filter" => {
            // one call for each condition, so that a type error points at its condition
            let calls = arguments.iter().enumerate().map(|(place, argument)| {
                let condition = condition(paths, &fields, argument);
                let method = Ident::new(if place == 0 { "filter" } else { "__and" }, span);
                quote_spanned!(span=> .#method(#condition))
            });
            quote_spanned!(span=> #set #(#calls)*)
        }
        "exclude" => {
            let condition = all(
                arguments
                    .iter()
                    .map(|argument| condition(paths, &fields, argument)),
                span,
            );
            quote_spanned!(span=> #set.exclude(#condition))
        }
        "order_by" => {
            let keys = arguments.iter().map(|argument| order(&fields, argument));
            quote_spanned!(span=> #set.order_by([#(#keys),*]))
        }
        // a field of this name goes first
        "select_related" if arguments.len() == 1 && arguments.iter().all(is_all) => {
            quote_spanned!(span=> #set.__select_related_all())
        }
        "select_related" => {
            let includes = arguments.iter().map(|argument| include(&fields, argument));
            quote_spanned!(span=> #set.select_related([#(#includes),*]))
        }
        "exclude_keys" => {
            let excludes = arguments.iter().map(|argument| exclude(&fields, argument));
            quote_spanned!(span=> #set.exclude_keys([#(#excludes),*]))
        }
        "watch" => {
            let watched = arguments.iter().map(|argument| watched(&fields, argument));
            quote_spanned!(span=> #set.watch((#(#watched,)*)))
        }
        _ if OF_FIELDS.contains(&text.as_str()) && arguments.len() == 2 => {
            let (client, generics) = (&arguments[0], &call.turbofish);
            let columns = columns(&fields, &arguments[1]);
            quote_spanned!(span=> #set.#name #generics (#client, #columns))
        }
        "update" => super::update::call(&set, &fields, arguments.iter(), span),
        _ if arguments.iter().any(holds_assign) => {
            let message = if OTHERS.contains(&text.as_str()) {
                format!("`{text}` takes no lookups\nfilter first: `.filter(..).{text}(..)`")
            } else {
                let near = did_you_mean(&text, &REWRITTEN[..2]);
                format!(
                    "`{text}` takes no lookups{near}\nthe methods that take `field = value` are `filter`, `exclude` and `update`"
                )
            };
            return syn::Error::new(span, message).to_compile_error();
        }
        // a plain call would first be told that its argument, a field, is an unknown variable
        _ if REWRITTEN
            .iter()
            .any(|known| strsim::damerau_levenshtein(known, &text) == 1)
            && !arguments.is_empty()
            && arguments.iter().all(is_path) =>
        {
            return syn::Error::new(
                span,
                format!(
                    "a query set has no method `{text}`{}",
                    did_you_mean(&text, &REWRITTEN)
                ),
            )
            .to_compile_error();
        }
        _ => {
            let generics = &call.turbofish;
            return quote_spanned!(span=> #receiver.#name #generics (#arguments));
        }
    };
    quote_spanned! {span=>
        match &(#receiver) {
            #set => {
                let #fields = #set.fields();
                #refined
            }
        }
    }
}

/// `-score` or `address.city`, as an `Order`.
fn order(fields: &Ident, argument: &Expr) -> TokenStream {
    let (descending, path) = match argument {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => (true, &*unary.expr),
        path => (false, path),
    };
    let Some(path) = path_of(path) else {
        return syn::Error::new_spanned(
            argument,
            "expected a field, such as `score`, or `-score` for descending order",
        )
        .to_compile_error();
    };
    let direction = if descending { "desc" } else { "asc" };
    walk(fields, &path, ["inner", "within", direction])
}

/// `player.team`, as an `Include`.
fn include(fields: &Ident, argument: &Expr) -> TokenStream {
    let Some(path) = path_of(argument) else {
        return syn::Error::new_spanned(
            argument,
            "expected a pointer field, such as `player`, or a path of them, such as `player.team`",
        )
        .to_compile_error();
    };
    walk(fields, &path, ["model", "and_include", "include"])
}

/// `note` or `player.note`, as an `Exclude`.
fn exclude(fields: &Ident, argument: &Expr) -> TokenStream {
    let Some(path) = path_of(argument) else {
        return syn::Error::new_spanned(
            argument,
            "expected an optional field, such as `note`, or one of an included object, such as `player.note`",
        )
        .to_compile_error();
    };
    walk(fields, &path, ["model", "and_exclude", "exclude"])
}

/// A field of the row itself, as its token.
fn watched(fields: &Ident, argument: &Expr) -> TokenStream {
    let message = match path_of(argument).as_deref() {
        Some([_]) => return columns(fields, argument),
        Some(_) => {
            "a field of the row itself is watched, as a whole\nwhat is behind a pointer changes in a row of its own"
        }
        None => "expected a field, such as `score`",
    };
    syn::Error::new_spanned(argument, message).to_compile_error()
}

/// A field or a tuple of them, as their tokens; anything else is an expression that is one.
fn columns(fields: &Ident, argument: &Expr) -> TokenStream {
    match argument {
        Expr::Tuple(tuple) => {
            let all = tuple.elems.iter().map(|column| columns(fields, column));
            quote_spanned!(tuple.span()=> (#(#all,)*))
        }
        Expr::Paren(inner) => columns(fields, &inner.expr),
        other => match path_of(other).as_deref() {
            Some([field]) => {
                let (outer, fields) = (fields, Ident::new("__parse_f", field.span()));
                quote_spanned!(field.span()=> match #outer { #fields => #fields.#field })
            }
            Some([..]) => syn::Error::new_spanned(
                other,
                "expected a field of the row itself\nwhat is behind a pointer or in an embedded struct is read by a view: `#[derive(ParseView)]` and `.values(&client)`",
            )
            .to_compile_error(),
            None => quote!(#other),
        },
    }
}

/// The word `all`.
pub(super) fn is_all(argument: &Expr) -> bool {
    matches!(argument, Expr::Path(path) if path.path.is_ident("all"))
}

/// A field or a path of fields, with a `-` or without.
fn is_path(expr: &Expr) -> bool {
    match expr {
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_)) && is_path(&unary.expr),
        other => dotted(other).is_some(),
    }
}

fn path_of(expr: &Expr) -> Option<Vec<Ident>> {
    Some(dotted(expr)?.iter().flat_map(segments).collect())
}

/// `f.a.within(f.a.inner(f.a).b.asc())`, for a path of any length.
fn walk(fields: &Ident, path: &[Ident], names: [&str; 3]) -> TokenStream {
    fn go(field: &TokenStream, span: Span, rest: &[Ident], names: [&str; 3]) -> TokenStream {
        match rest.split_first() {
            None => {
                let last = Ident::new(names[2], span);
                quote_spanned!(span=> #field.#last())
            }
            Some((next, rest)) => {
                // both calls at the field itself: one that cannot be gone through is then reported once
                let [open, wrap, _] = names.map(|name| Ident::new(name, span));
                let step = Ident::new("__parse_step", span);
                let behind = quote_spanned!(span=> #step.#open(#step));
                let inner = quote_spanned!(next.span()=> #behind.#next);
                let inner = go(&inner, next.span(), rest, names);
                quote_spanned!(span=> match #field { #step => #step.#wrap(#inner) })
            }
        }
    }
    let Some((first, rest)) = path.split_first() else {
        return TokenStream::new();
    };
    let (outer, fields) = (fields, Ident::new("__parse_f", first.span()));
    let field = quote_spanned!(first.span()=> #fields.#first);
    let path = go(&field, first.span(), rest, names);
    quote_spanned!(first.span()=> match #outer { #fields => #path })
}
