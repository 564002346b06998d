//! What the editor sees instead of the real expansion: `parse_orm` takes these macros where rust-analyzer
//! analyses it, which sets `cfg(rust_analyzer)`.
//!
//! Here every token of the user's occurs once, and nothing else carries its span, so that completion, hover and
//! go-to-definition have one answer. A lookup becomes a field access on a struct that has a field for each
//! lookup. What is being typed is completed to an expression with the same tokens before the cursor,
//! because rust-analyzer compares the expansion of what is there with that of what could be.

use super::chain::{OF_FIELDS, is_all, is_type};
use super::lookup::{LOOKUPS, dotted, holds_assign, is_q, segment, segments};
use super::{Paths, Stored, split};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::Parse;
use syn::{BinOp, Expr, ExprMethodCall, UnOp, parse_quote};

/// `query!`, as the editor sees it.
pub(crate) fn query(input: TokenStream) -> TokenStream {
    let Some((paths, user)) = split(input) else {
        return TokenStream::new();
    };
    let (expr, error) = match read::<Expr>(user) {
        Ok(read) => read,
        Err(error) => return error,
    };
    let (set, name) = (set(&paths, &expr), set_name());
    quote!({ let #name = #set; #error #name })
}

/// `q!`, as the editor sees it.
pub(crate) fn q(input: TokenStream) -> TokenStream {
    let Some((paths, user)) = split(input) else {
        return TokenStream::new();
    };
    let (Stored { model, conditions }, error) = match read(user) {
        Ok(read) => read,
        Err(error) => return error,
    };
    let codegen = paths.codegen();
    let set = set_name();
    let Seen { names, values } = conditions.iter().map(|expr| condition(&paths, expr)).collect();
    quote! {{
        #values
        match #codegen::QuerySet::<#model>::new() {
            #set => { #names #error #codegen::Q::<#model>::default() }
        }
    }}
}

/// The macro's input, with the error if it had to be completed.
fn read<T: Parse>(user: TokenStream) -> Result<(T, Option<TokenStream>), TokenStream> {
    let error = match syn::parse2(user.clone()) {
        Ok(read) => return Ok((read, None)),
        Err(error) => error.to_compile_error(),
    };
    match syn::parse2(completed(user)) {
        Ok(read) => Ok((read, Some(quote!(#error;)))),
        Err(_) => Err(error),
    }
}

/// With a name after every operator that lacks what it applies to: `a.filter(b = ).` becomes
/// `a.filter(b = name).name`.
fn completed(tokens: TokenStream) -> TokenStream {
    let mut whole = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut dots = 0;
    while let Some(token) = tokens.next() {
        let ends = match tokens.peek() {
            None => true,
            Some(TokenTree::Punct(next)) => next.as_char() == ',',
            Some(_) => false,
        };
        let operator = match &token {
            TokenTree::Punct(punct) => Some(punct.as_char()),
            _ => None,
        };
        dots = if operator == Some('.') { dots + 1 } else { 0 };
        whole.push(match token {
            TokenTree::Group(group) => Group::new(group.delimiter(), completed(group.stream())).into(),
            token => token,
        });
        // the end of a range may be missing
        if ends && dots < 2 && operator.is_some_and(|operator| !matches!(operator, ',' | '?')) {
            whole.push(unfinished().into());
        }
    }
    whole.into_iter().collect()
}

/// Stands where something is still to be typed.
fn unfinished() -> Ident {
    Ident::new("__parse_unfinished", Span::call_site())
}

fn set_name() -> Ident {
    Ident::new("__parse_qs", Span::mixed_site())
}

/// A query set expression.
fn set(paths: &Paths, expr: &Expr) -> TokenStream {
    let codegen = paths.codegen();
    match expr {
        Expr::Path(path) if is_type(expr) => quote!(#codegen::QuerySet::<#path>::new()),
        Expr::MethodCall(call) => method(paths, call),
        Expr::Index(index) if matches!(&*index.index, Expr::Range(_)) => {
            let (set, range) = (set(paths, &index.expr), &index.index);
            quote!(#set.slice(#range))
        }
        Expr::Field(field) => {
            let (base, member) = (set(paths, &field.base), &field.member);
            quote!(#base.#member)
        }
        Expr::Await(inner) => {
            let base = set(paths, &inner.base);
            quote!(#base.await)
        }
        Expr::Try(inner) => {
            let base = set(paths, &inner.expr);
            quote!(#base?)
        }
        Expr::Paren(inner) => set(paths, &inner.expr),
        Expr::Group(inner) => set(paths, &inner.expr),
        other => quote!(#other),
    }
}

fn method(paths: &Paths, call: &ExprMethodCall) -> TokenStream {
    let receiver = set(paths, &call.receiver);
    let (name, generics, arguments) = (&call.method, &call.turbofish, &call.args);
    let text = name.to_string();
    let read: fn(&Paths, &Expr) -> Seen = match text.as_str() {
        "filter" | "exclude" => condition,
        "order_by" => |_, argument| match argument {
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => token(&unary.expr, "inner_fields"),
            argument => token(argument, "inner_fields"),
        },
        "select_related" => |_, argument| match argument {
            argument if is_all(argument) => Seen::default(),
            argument => token(argument, "model_fields"),
        },
        "exclude_keys" => |_, argument| token(argument, "model_fields"),
        "watch" => |_, argument| token(argument, "inner_fields"),
        _ if OF_FIELDS.contains(&text.as_str()) && arguments.len() == 2 => {
            let (codegen, set) = (paths.codegen(), set_name());
            let (Seen { values, .. }, Seen { names, .. }) = (value(&arguments[0]), columns(&arguments[1]));
            return quote! {{
                #values
                match #receiver { #set => { #names #set.#name #generics (#codegen::any(), #codegen::any()) } }
            }};
        }
        "update" => |paths, argument| {
            let (names, values) = super::update::in_editor(&paths.codegen(), &set_name(), argument);
            Seen { names, values }
        },
        // a method that is misspelled, or has a name of its own for conditions
        _ if arguments.iter().any(holds_assign) => condition,
        _ => return quote!(#receiver.#name #generics (#arguments)),
    };
    // where the next argument may be typed
    let next = arguments.empty_or_trailing().then(unfinished);
    let next: Option<Expr> = next.map(|name| parse_quote!(#name));
    let (codegen, set) = (paths.codegen(), set_name());
    let Seen { names, values } = arguments
        .iter()
        .chain(&next)
        .map(|argument| read(paths, argument))
        .collect();
    quote! {{
        #values
        match #receiver { #set => { #names #set.#name(#codegen::any()) } }
    }}
}

/// The statements that stand for a condition.
#[derive(Default)]
struct Seen {
    /// The fields and lookups, which are looked up in the query set.
    names: TokenStream,
    /// The values, which know nothing of the query set.
    values: TokenStream,
}

impl FromIterator<Self> for Seen {
    fn from_iter<I: IntoIterator<Item = Self>>(all: I) -> Self {
        let mut seen = Self::default();
        for Self { names, values } in all {
            seen.names.extend(names);
            seen.values.extend(values);
        }
        seen
    }
}

fn value(value: &Expr) -> Seen {
    Seen {
        values: quote!(let _ = #value;),
        ..Seen::default()
    }
}

/// What the editor sees of a condition.
fn condition(paths: &Paths, expr: &Expr) -> Seen {
    match expr {
        Expr::Assign(assign) => Seen {
            names: lookup(paths, &assign.left),
            ..value(&assign.right)
        },
        Expr::Binary(binary) if is_connective(&binary.op) || holds_assign(expr) => {
            [&binary.left, &binary.right]
                .map(|side| condition(paths, side))
                .into_iter()
                .collect()
        }
        Expr::Paren(inner) => condition(paths, &inner.expr),
        Expr::Group(inner) => condition(paths, &inner.expr),
        Expr::Unary(unary) => condition(paths, &unary.expr),
        Expr::Call(call) if is_q(&call.func) => call
            .args
            .iter()
            .map(|argument| condition(paths, argument))
            .collect(),
        // the name of a stored condition, or a lookup whose value is still to be typed
        Expr::Path(_) | Expr::Field(_) => {
            let lookup = lookup(paths, expr);
            Seen {
                names: quote!(#lookup let _ = #expr;),
                ..Seen::default()
            }
        }
        other => value(other),
    }
}

fn is_connective(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::BitAnd(_) | BinOp::And(_) | BinOp::BitOr(_) | BinOp::Or(_)
    )
}

/// The left side of a condition.
fn lookup(paths: &Paths, left: &Expr) -> TokenStream {
    let (codegen, set) = (paths.codegen(), set_name());
    let Some(mut path) = dotted(left) else {
        return TokenStream::new();
    };
    let Some(last) = path.pop() else {
        return TokenStream::new();
    };
    let behind = |base: TokenStream, field: &Ident| quote!(#codegen::behind(#base.#field));
    let base = path.iter().fold(quote!(#set.lookups()), behind);
    // as it stands; and as a path, if it can be one
    let whole = quote!(let _ = #base.#last;);
    let mut steps = segments(&last);
    if let [.., field, last] = &*steps
        && LOOKUPS
            .iter()
            .any(|(lookup, _)| *last == segment(lookup, last.span()))
    {
        let name = format_ident!("{}__{}", field.unraw(), last.unraw(), span = last.span());
        steps.truncate(steps.len() - 2);
        steps.push(name);
    }
    let through = steps
        .split_last()
        .filter(|(_, before)| !before.is_empty())
        .map(|(last, before)| {
            // the last step alone carries the user's span, or the name would have several definitions
            let base = before
                .iter()
                .fold(base, |base, step| behind(base, &unmarked(step)));
            quote!(let _ = #base.#last;)
        });
    quote!(#whole #through)
}

/// The same name, which the editor does not take for the user's.
fn unmarked(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(Span::call_site());
    name
}

/// A field or a tuple of them.
fn columns(argument: &Expr) -> Seen {
    match argument {
        Expr::Tuple(tuple) => tuple.elems.iter().map(columns).collect(),
        argument => token(argument, "inner_fields"),
    }
}

/// A path of field tokens.
fn token(path: &Expr, open: &str) -> Seen {
    let (set, open) = (set_name(), Ident::new(open, Span::call_site()));
    let Some(path) = dotted(path) else {
        return value(path);
    };
    let steps = path.iter().flat_map(|name| {
        let mut steps = segments(name);
        let last = steps.pop();
        steps.iter().map(unmarked).chain(last).collect::<Vec<_>>()
    });
    let path = steps.enumerate().map(|(number, field)| {
        let open = (number > 0).then(|| quote!(.#open()));
        quote!(#open.#field)
    });
    Seen {
        names: quote!(let _ = #set.fields() #(#path)*;),
        ..Seen::default()
    }
}
