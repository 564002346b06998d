//! One condition: `path__lookup = value`, `path.to.field__lookup = value`, `Q(..)`, `&`, `|`, `!`.

use super::Paths;
use crate::types::spelled;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprAssign, ExprBinary, Member, UnOp};

/// The lookups by their names in queries, and the methods of `Field` that they stand for.
pub(super) const LOOKUPS: [(&str, &str); 31] = [
    ("exact", "eq"),
    ("ne", "ne"),
    ("gt", "gt"),
    ("gte", "gte"),
    ("lt", "lt"),
    ("lte", "lte"),
    ("range", "range"),
    ("in", "is_in"),
    ("nin", "nin"),
    ("isnull", "isnull"),
    ("contains", "contains"),
    ("icontains", "icontains"),
    ("startswith", "startswith"),
    ("istartswith", "istartswith"),
    ("endswith", "endswith"),
    ("iendswith", "iendswith"),
    ("regex", "regex"),
    ("iregex", "iregex"),
    ("search", "search"),
    ("all", "all"),
    ("contained_by", "contained_by"),
    ("startswith_all", "startswith_all"),
    ("exists", "exists"),
    ("near", "near"),
    ("within_km", "within_km"),
    ("within_miles", "within_miles"),
    ("within_radians", "within_radians"),
    ("within_sphere", "within_radians"),
    ("within_box", "within_box"),
    ("within_polygon", "within_polygon"),
    ("intersects", "intersects"),
];

/// The field of a lookup, segment by segment, and the method.
pub(super) struct Target {
    /// Never empty.
    pub(super) path: Vec<Ident>,
    pub(super) method: Ident,
    /// The last segment, if it looks like a lookup that was misspelled.
    pub(super) misspelled: Option<(Ident, &'static str)>,
}

/// An identifier for a segment of a path, raw where it must be.
pub(super) fn segment(name: &str, span: Span) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(_) => Ident::new(name, span),
        Err(_) if matches!(name, "self" | "Self" | "super" | "crate" | "_" | "") => {
            Ident::new("_empty", span)
        }
        Err(_) if name.starts_with(|first: char| first.is_ascii_digit()) => {
            Ident::new(&format!("_{name}"), span)
        }
        Err(_) => Ident::new_raw(name, span),
    }
}

/// Splits `player__name` into its segments.
pub(super) fn segments(ident: &Ident) -> Vec<Ident> {
    let name = ident.unraw().to_string();
    name.split("__").map(|part| segment(part, ident.span())).collect()
}

/// The identifiers of `a.b.c`, as far as it is that.
pub(super) fn dotted(expr: &Expr) -> Option<Vec<Ident>> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => {
            let ident = path.path.get_ident()?;
            // no field has such a name
            let keyword = ["self", "Self", "super", "crate"]
                .iter()
                .any(|word| ident == word);
            (!keyword).then(|| vec![ident.clone()])
        }
        Expr::Field(field) => {
            let Member::Named(last) = &field.member else {
                return None;
            };
            let mut path = dotted(&field.base)?;
            path.push(last.clone());
            Some(path)
        }
        Expr::Paren(inner) => dotted(&inner.expr),
        Expr::Group(inner) => dotted(&inner.expr),
        _ => None,
    }
}

impl Target {
    fn read(left: &Expr) -> Option<Self> {
        let mut idents = dotted(left)?;
        let last = idents.pop()?;
        let mut path: Vec<Ident> = idents.iter().flat_map(segments).collect();
        let mut tail = segments(&last);
        let name = tail.last()?.unraw().to_string();
        let method = LOOKUPS
            .iter()
            .find(|(lookup, _)| *lookup == name && tail.len() > 1);
        let mut misspelled = None;
        let method = if let Some((_, method)) = method {
            tail.pop();
            Ident::new(method, last.span())
        } else {
            if tail.len() > 1 {
                let known = LOOKUPS.map(|(lookup, _)| lookup);
                misspelled =
                    crate::naming::nearest(&name, &known).map(|near| (segment(&name, last.span()), near));
            }
            Ident::new("eq", last.span())
        };
        path.extend(tail);
        Some(Self {
            path,
            method,
            misspelled,
        })
    }
}

/// The expression of type `Q<_>` for a condition; `fields` names the field tokens.
pub(super) fn condition(paths: &Paths, fields: &Ident, expr: &Expr) -> TokenStream {
    match expr {
        Expr::Assign(assign) => lookup(paths, fields, assign),
        Expr::Binary(binary) => combination(paths, fields, binary),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
            let inner = condition(paths, fields, &unary.expr);
            quote_spanned!(expr.span()=> ::core::ops::Not::not(#inner))
        }
        Expr::Paren(inner) => condition(paths, fields, &inner.expr),
        Expr::Group(inner) => condition(paths, fields, &inner.expr),
        Expr::Call(call) if is_q(&call.func) => {
            if call.args.is_empty() {
                return error(expr, "`Q()` needs a condition\nsuch as `Q(score__gte = 1000)`");
            }
            all(
                call.args
                    .iter()
                    .map(|argument| condition(paths, fields, argument)),
                expr.span(),
            )
        }
        // a condition that was made elsewhere
        other => quote!(#other),
    }
}

/// All of them: by functions, because parentheses would be reported as needless where there is one only.
pub(super) fn all(conditions: impl Iterator<Item = TokenStream>, span: Span) -> TokenStream {
    conditions
        .reduce(|all, next| quote_spanned!(span=> ::core::ops::BitAnd::bitand(#all, #next)))
        .unwrap_or_default()
}

pub(super) fn is_q(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.is_ident("Q"))
}

fn error(at: impl quote::ToTokens, message: impl std::fmt::Display) -> TokenStream {
    syn::Error::new_spanned(at, message).to_compile_error()
}

/// True where a `=` is hidden inside, because it binds less than the operator around it.
pub(super) fn holds_assign(expr: &Expr) -> bool {
    match expr {
        Expr::Assign(_) => true,
        Expr::Binary(binary) => holds_assign(&binary.left) || holds_assign(&binary.right),
        Expr::Paren(inner) => holds_assign(&inner.expr),
        Expr::Unary(unary) => holds_assign(&unary.expr),
        Expr::Call(call) if is_q(&call.func) => true,
        _ => false,
    }
}

fn lookup(paths: &Paths, fields: &Ident, assign: &ExprAssign) -> TokenStream {
    let left = &assign.left;
    let value = &assign.right;
    if let Expr::Unary(unary) = &**left
        && matches!(unary.op, UnOp::Not(_))
    {
        let condition = format!("{} = {}", spelled(&unary.expr), spelled(value));
        return error(
            assign,
            format!("`!` binds tighter than `=`\nwrite `!Q({condition})`"),
        );
    }
    if holds_assign(value) {
        return error(
            assign,
            format!(
                "`|` and `&` bind tighter than `=`, so each condition needs a `Q(..)`\nwrite `{}`",
                in_q(assign)
            ),
        );
    }
    let Some(target) = Target::read(left) else {
        return error(
            left,
            "expected a field or a lookup on the left of `=`\nsuch as `score = 5`, `score__gte = 5` or `player.name = \"Ann\"`",
        );
    };
    if let Some(message) = option(&target, left, value).or_else(|| relative(&target, left, value)) {
        return error(value, message);
    }
    if matches!(&*target.method.to_string(), "is_in" | "nin")
        && let Some(error) = super::subquery::beyond_conditions(value)
    {
        return error.to_compile_error();
    }
    let mut path = target.path.iter();
    let Some(first) = path.next() else {
        return TokenStream::new();
    };
    // the fields are named anew with the user's span: the compiler would widen its errors to the whole
    // macro call otherwise, and the name would not be seen where a macro of the user's supplies the field
    let (outer, fields) = (fields, Ident::new("__parse_f", first.span()));
    let condition = through(
        paths,
        quote_spanned!(first.span()=> #fields.#first),
        path.as_slice(),
        &target,
        value,
    );
    quote_spanned!(first.span()=> match #outer { #fields => #condition })
}

/// What to write instead where the value is a plain `None` or `Some(..)`.
fn option(target: &Target, left: &Expr, value: &Expr) -> Option<String> {
    let method = target.method.to_string();
    match value {
        Expr::Path(path) if path.path.is_ident("None") => {
            let yes = match method.as_str() {
                "eq" => true,
                "ne" => false,
                _ => return None,
            };
            let field = target
                .path
                .iter()
                .map(|segment| segment.unraw().to_string())
                .collect::<Vec<_>>()
                .join(".");
            Some(format!(
                "no field compares with `None`: whether there is a value is asked by a lookup\nwrite `{field}__isnull = {yes}`"
            ))
        }
        Expr::Call(call)
            if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Some"))
                && call.args.len() == 1 =>
        {
            let (left, inner) = (spelled(left), spelled(&call.args[0]));
            Some(format!(
                "a field compares with the bare value, also where it is an `Option`\nwrite `{left} = {inner}`"
            ))
        }
        _ => None,
    }
}

/// What to write instead where a relative time is not a bound.
fn relative(target: &Target, left: &Expr, value: &Expr) -> Option<String> {
    let Expr::Call(call) = value else { return None };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let function = &function.path.segments.last()?.ident;
    let bounds = ["gt", "gte", "lt", "lte"];
    let is_equality = matches!(&*target.method.to_string(), "eq" | "ne" | "is_in" | "nin");
    if !is_equality || !(function == "ago" || function == "from_now") {
        return None;
    }
    let field = spelled(left);
    let field = bounds
        .iter()
        .chain(&["exact", "ne", "in", "nin"])
        .find_map(|lookup| field.strip_suffix(&format!("__{lookup}")))
        .unwrap_or(&field);
    Some(format!(
        "no date equals a relative time, which the server computes when it looks\nwrite `{field}__gt = {function}(..)`, or the same with `gte`, `lt` or `lte`"
    ))
}

/// `a = 1 | b = 2` as it should be: `Q(a = 1) | Q(b = 2)`.
fn in_q(assign: &ExprAssign) -> String {
    let (mut parts, mut operators) = (vec![TokenStream::new()], Vec::new());
    for token in quote!(#assign) {
        let last = parts.len().saturating_sub(1);
        match &token {
            TokenTree::Punct(punct) if matches!(punct.as_char(), '|' | '&') => {
                // the second half of `||`, or a reference
                let before = parts[last].clone().into_iter().last();
                match before {
                    None => {}
                    Some(TokenTree::Punct(_)) => parts[last].extend([token]),
                    Some(_) => {
                        operators.push(punct.as_char());
                        parts.push(TokenStream::new());
                    }
                }
            }
            _ => parts[last].extend([token]),
        }
    }
    let mut operators = operators.into_iter();
    let mut whole = String::new();
    for part in parts {
        whole.extend(["Q(", &spelled(&part), ")"]);
        if let Some(operator) = operators.next() {
            whole.extend([' ', operator, ' ']);
        }
    }
    whole
}

/// `F.player.has(Player::F.name.eq(value))`, without naming the types.
fn through(paths: &Paths, field: TokenStream, rest: &[Ident], target: &Target, value: &Expr) -> TokenStream {
    let method = &target.method;
    match rest.split_first() {
        None => quote_spanned!(method.span()=> #field.#method(#value)),
        Some((next, rest)) => {
            let span = next.span();
            let step = Ident::new("__parse_step", span);
            let field = match &target.misspelled {
                Some((wrong, near)) if rest.is_empty() => unknown_lookup(paths, &field, wrong, near),
                _ => field,
            };
            let inner = quote_spanned!(span=> #step.target(#step).#next);
            let inner = through(paths, inner, rest, target, value);
            quote_spanned!(span=> match #field { #step => #step.has(#inner) })
        }
    }
}

/// The field, through a trait of this one place whose message names the lookup that was probably meant. It is
/// met by every field that can be gone through, where the name is a field's, not a lookup's; where it is
/// not, the compiler does not speak of what follows.
fn unknown_lookup(paths: &Paths, field: &TokenStream, wrong: &Ident, near: &str) -> TokenStream {
    let span = wrong.span();
    let codegen = paths.codegen();
    let known = crate::naming::list(&LOOKUPS.map(|(lookup, _)| lookup));
    let message = format!("unknown lookup `{wrong}`; did you mean `{near}`?");
    let note = format!("the lookups are: {known}");
    quote_spanned! {span=>
        {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = "neither a lookup, nor a field behind this one",
                note = #note
            )]
            trait __ParseLookup {
                type Through;
                fn __parse_through(self) -> Self::Through;
            }
            #[diagnostic::do_not_recommend]
            impl<R, V: #codegen::Traversable> __ParseLookup for #codegen::Field<R, V> {
                type Through = Self;
                fn __parse_through(self) -> Self {
                    self
                }
            }
            __ParseLookup::__parse_through(#field)
        }
    }
}

fn combination(paths: &Paths, fields: &Ident, binary: &ExprBinary) -> TokenStream {
    let ExprBinary { left, op, right, .. } = binary;
    let (operator, suffix) = match op {
        BinOp::BitAnd(_) | BinOp::And(_) => {
            let (left, right) = (condition(paths, fields, left), condition(paths, fields, right));
            return quote_spanned!(binary.span()=> ::core::ops::BitAnd::bitand(#left, #right));
        }
        BinOp::BitOr(_) | BinOp::Or(_) => {
            let (left, right) = (condition(paths, fields, left), condition(paths, fields, right));
            return quote_spanned!(binary.span()=> ::core::ops::BitOr::bitor(#left, #right));
        }
        BinOp::Eq(_) => ("==", ""),
        BinOp::Ne(_) => ("!=", "__ne"),
        BinOp::Lt(_) => ("<", "__lt"),
        BinOp::Le(_) => ("<=", "__lte"),
        BinOp::Gt(_) => (">", "__gt"),
        BinOp::Ge(_) => (">=", "__gte"),
        _ => {
            return error(
                binary,
                "expected a condition, such as `score__gte = 5`\na computed value stands on the right: `score = a + b`",
            );
        }
    };
    let name = dotted(left).map_or_else(
        || "field".into(),
        |path| path.iter().map(ToString::to_string).collect::<Vec<_>>().join("."),
    );
    let value = spelled(right);
    error(
        binary,
        format!("conditions are written with `=`, not with `{operator}`\nwrite `{name}{suffix} = {value}`"),
    )
}
