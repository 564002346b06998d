//! The changes of an `update(..)`: `field = value`, `field += n`, `field = F(field) + n`, `field.add(x)`.

use super::lookup::{LOOKUPS, dotted, segments};
use crate::naming::nearest;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{BinOp, Expr, ExprBinary, ExprMethodCall};

/// The methods that are written behind a field, and what a beginner might write instead.
const METHODS: [&str; 7] = [
    "add",
    "add_unique",
    "remove",
    "set",
    "unset",
    "increment",
    "decrement",
];
const SYNONYMS: [(&str, &str); 5] = [
    ("push", "add"),
    ("append", "add"),
    ("insert", "add_unique"),
    ("delete", "remove"),
    ("retain", "remove"),
];

/// The call of `update`, on the query set of this name.
pub(super) fn call<'a>(
    set: &Ident,
    fields: &Ident,
    changes: impl Iterator<Item = &'a Expr>,
    span: Span,
) -> TokenStream {
    let mut seen = HashSet::new();
    let changes = changes.map(|expr| {
        Change::read(expr)
            .and_then(|change| change.once(&mut seen))
            .map_or_else(syn::Error::into_compile_error, |change| change.expand(fields))
    });
    quote_spanned!(span=> #set.update([#(#changes),*]))
}

/// One change.
enum Change<'a> {
    /// A method of the field's token. The span is that of what the user wrote for it.
    Method {
        field: Place,
        method: Ident,
        arguments: Vec<TokenStream>,
    },
    /// A change that was made elsewhere.
    Made(&'a Expr),
}

/// What is changed: a field of the row, or of a struct that is embedded in one.
#[derive(Clone)]
struct Place {
    /// The embedded struct.
    within: Option<Ident>,
    field: Ident,
}

impl Place {
    fn span(&self) -> Span {
        self.field.span()
    }

    /// As the user writes it.
    fn name(&self) -> String {
        match &self.within {
            Some(outer) => format!("{}.{}", outer.unraw(), self.field.unraw()),
            None => self.field.unraw().to_string(),
        }
    }
}

impl<'a> Change<'a> {
    fn read(expr: &'a Expr) -> syn::Result<Self> {
        match expr {
            Expr::Assign(assign) => {
                let field = field(&assign.left)?;
                if holds_change(&assign.right) {
                    return Err(commas(assign));
                }
                Self::assigned(field, &assign.right)
            }
            Expr::Binary(binary) => Self::operator(binary),
            Expr::MethodCall(call) => Self::method(call).map(|change| change.unwrap_or(Self::Made(expr))),
            Expr::Paren(inner) => Self::read(&inner.expr),
            Expr::Group(inner) => Self::read(&inner.expr),
            other => Ok(Self::Made(other)),
        }
    }

    fn one(field: Place, method: &str, argument: impl ToTokens) -> Self {
        let method = Ident::new(method, field.span());
        Self::Method {
            field,
            method,
            arguments: vec![argument.into_token_stream()],
        }
    }

    fn assigned(field: Place, value: &Expr) -> syn::Result<Self> {
        if matches!(value, Expr::Path(path) if path.path.is_ident("None")) {
            let method = Ident::new("unset", field.span());
            return Ok(Self::Method {
                field,
                method,
                arguments: Vec::new(),
            });
        }
        let Some(stored) = computed(value) else {
            return Ok(Self::one(field, "set", value));
        };
        let name = field.name();
        let only = |at: &dyn ToTokens| {
            let message = format!(
                "only `+` and `-` are computed on the server: `{name} = F({name}) + amount` or `{name} += amount`"
            );
            Err(syn::Error::new_spanned(at, message))
        };
        if let Some(other) = stored.iter().find(|other| other.name() != name) {
            let message = format!(
                "the server computes a field from itself only: `{name} = F({name}) + amount`; to combine it \
                 with `{}`, read the rows and save each",
                other.name()
            );
            return Err(syn::Error::new(other.span(), message));
        }
        let Expr::Binary(ExprBinary { left, op, right, .. }) = bare(value) else {
            return only(value);
        };
        match (stored_field(left).is_some(), op, stored_field(right).is_some()) {
            (true, BinOp::Add(_), _) if computed(right).is_none() => Ok(Self::one(field, "increment", right)),
            (true, BinOp::Sub(_), _) if computed(right).is_none() => Ok(Self::one(field, "decrement", right)),
            (_, BinOp::Add(_), true) if computed(left).is_none() => Ok(Self::one(field, "increment", left)),
            (true, BinOp::Add(_) | BinOp::Sub(_), _) => only(right),
            // `F(a) + 1 + 2`: one amount, in parentheses
            (false, BinOp::Add(_) | BinOp::Sub(_), false) => {
                let message =
                    format!("write the amount as one: `{name} = F({name}) + (a + b)` or `{name} += a + b`");
                Err(syn::Error::new_spanned(value, message))
            }
            _ => only(value),
        }
    }

    fn operator(binary: &ExprBinary) -> syn::Result<Self> {
        let ExprBinary { left, op, right, .. } = binary;
        let method = match op {
            BinOp::AddAssign(_) => "increment",
            BinOp::SubAssign(_) => "decrement",
            BinOp::Eq(_) => {
                let (name, value) = (field(left)?.name(), right.to_token_stream());
                let message = format!("a change is written with one `=`: `{name} = {value}`");
                return Err(syn::Error::new_spanned(binary, message));
            }
            BinOp::BitAnd(_) | BinOp::And(_) | BinOp::BitOr(_) | BinOp::Or(_) => {
                return Err(commas(binary));
            }
            _ => {
                let message = "only `=`, `+=` and `-=` can be done by the server: for anything else read the \
                               rows and save each";
                return Err(syn::Error::new_spanned(binary, message));
            }
        };
        let field = field(left)?;
        if holds_change(right) {
            return Err(commas(binary));
        }
        if computed(right).is_some() {
            let message = format!("`{}` adds a plain amount, without `F(..)`", op.to_token_stream());
            return Err(syn::Error::new_spanned(right, message));
        }
        Ok(Self::one(field, method, right))
    }

    /// `None`: not a method of a field.
    fn method(call: &ExprMethodCall) -> syn::Result<Option<Self>> {
        let Some(path) = dotted(&call.receiver) else {
            return Ok(None);
        };
        let name = call.method.to_string();
        if !METHODS.contains(&name.as_str()) {
            let synonym = SYNONYMS
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, meant)| *meant);
            return match synonym.or_else(|| nearest(&name, &METHODS)) {
                Some(meant) if path.len() == 1 => {
                    let message = format!("unknown change `{name}`; did you mean `{meant}`?");
                    Err(syn::Error::new(call.method.span(), message))
                }
                _ => Ok(None),
            };
        }
        if path.first().is_some_and(|first| first == "self") {
            return Ok(None);
        }
        let (field, method) = (field(&call.receiver)?, call.method.clone());
        let arguments = call.args.iter().map(ToTokens::to_token_stream).collect();
        Ok(Some(Self::Method {
            field,
            method,
            arguments,
        }))
    }

    /// The same, if it is the field's first change.
    fn once(self, seen: &mut HashSet<String>) -> syn::Result<Self> {
        let Self::Method { field, .. } = &self else {
            return Ok(self);
        };
        let name = field.name();
        let whole = field.within.as_ref().map(|outer| outer.unraw().to_string());
        let part = format!("{name}.");
        let message = if seen.contains(&name) {
            format!("`{name}` is changed twice in one update")
        } else if let Some(other) = seen
            .iter()
            .find(|other| Some(*other) == whole.as_ref() || other.starts_with(&part))
        {
            format!("an update changes `{other}` or `{name}`: the one is a part of the other")
        } else {
            seen.insert(name);
            return Ok(self);
        };
        Err(syn::Error::new(field.span(), message))
    }

    fn expand(&self, outer: &Ident) -> TokenStream {
        match self {
            Self::Made(expr) => quote!(#expr),
            Self::Method {
                field,
                method,
                arguments,
            } => {
                // named anew with the user's span, as in a lookup
                let Place { within, field } = field;
                let first = within.as_ref().unwrap_or(field);
                let fields = Ident::new("__parse_f", first.span());
                let change = match within {
                    None => quote_spanned!(method.span()=> #fields.#field.#method(#(#arguments),*)),
                    Some(whole) => {
                        let step = Ident::new("__parse_step", whole.span());
                        let inside = quote_spanned!(whole.span()=> #step.inside(#step));
                        let field = quote_spanned!(field.span()=> #inside.#field);
                        let part = quote_spanned!(method.span()=> #field.#method(#(#arguments),*));
                        quote_spanned!(whole.span()=> match #fields.#whole { #step => #step.at(#part) })
                    }
                };
                quote_spanned!(first.span()=> match #outer { #fields => #change })
            }
        }
    }
}

/// True where a change is hidden inside, because `=` and `+=` bind less than the operator around them.
fn holds_change(value: &Expr) -> bool {
    match value {
        Expr::Assign(_) => true,
        Expr::Binary(binary) => matches!(binary.op, BinOp::AddAssign(_) | BinOp::SubAssign(_)),
        _ => false,
    }
}

fn commas(at: impl ToTokens) -> syn::Error {
    syn::Error::new_spanned(
        at,
        "changes are separated by commas: `update(score += 1, level = 20)`",
    )
}

/// The field on the left: the row's own, or one of an embedded struct.
fn field(left: &Expr) -> syn::Result<Place> {
    let Some(path) = dotted(left) else {
        let message = "expected a field, as in `score = 5`, `score += 5` or `skills.add(\"flying\")`";
        return Err(syn::Error::new_spanned(left, message));
    };
    let steps: Vec<Ident> = path.iter().flat_map(segments).collect();
    let name = |steps: &[Ident]| {
        let names: Vec<_> = steps.iter().map(ToString::to_string).collect();
        names.join(".")
    };
    let is_lookup = |last: &Ident| LOOKUPS.iter().any(|(lookup, _)| last.unraw() == lookup);
    let message = match steps.as_slice() {
        [field] => {
            let (within, field) = (None, field.clone());
            return Ok(Place { within, field });
        }
        [before @ .., last] if is_lookup(last) => {
            format!(
                "`{last}` is a lookup, and an update changes fields: `{} = ..`",
                name(before)
            )
        }
        [outer, field] => {
            let (within, field) = (Some(outer.clone()), field.clone());
            return Ok(Place { within, field });
        }
        _ => format!(
            "an update reaches one level into an embedded struct, and `{}` is deeper: change `{}` as a whole",
            name(&steps),
            name(&steps[..2.min(steps.len())]),
        ),
    };
    Err(syn::Error::new_spanned(left, message))
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}

/// The field of `F(field)`.
fn stored_field(expr: &Expr) -> Option<Place> {
    match bare(expr) {
        Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("F")) => {
            let mut path = dotted(call.args.first()?)?;
            let (field, within) = (path.pop()?, path.pop());
            (call.args.len() == 1 && path.is_empty()).then_some(Place { within, field })
        }
        _ => None,
    }
}

/// The fields that a value is computed from on the server; `None`: it is an ordinary value.
fn computed(value: &Expr) -> Option<Vec<Place>> {
    fn collect(expr: &Expr, found: &mut Vec<Place>) {
        if let Some(field) = stored_field(expr) {
            found.push(field);
            return;
        }
        match bare(expr) {
            Expr::Binary(binary) => {
                collect(&binary.left, found);
                collect(&binary.right, found);
            }
            Expr::Unary(unary) => collect(&unary.expr, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(value, &mut found);
    (!found.is_empty()).then_some(found)
}

/// What the editor sees of a change: statements for the field's token with the method behind it, which are
/// looked up in the query set, and statements for the values.
pub(super) fn in_editor(codegen: &TokenStream, set: &Ident, expr: &Expr) -> (TokenStream, TokenStream) {
    let place = |Place { within, field }: &Place| match within {
        None => quote!(#set.fields().#field),
        Some(whole) => quote!(#set.fields().#whole.inside(#set.fields().#whole).#field),
    };
    let token = |field: &Expr| {
        let mut path = dotted(field)?;
        let (field, within) = (path.pop()?, path.pop());
        Some(place(&Place { within, field }))
    };
    let looked_up = |field: &Expr| {
        token(field)
            .map(|field| quote!(let _ = #field;))
            .unwrap_or_default()
    };
    let of = |left: &Expr, value: &Expr| {
        let left = looked_up(left);
        match computed(value) {
            Some(fields) => {
                let fields = fields.iter().map(place);
                (quote!(#left #(let _ = #fields;)*), TokenStream::new())
            }
            None => (left, quote!(let _ = #value;)),
        }
    };
    match expr {
        Expr::Assign(assign) => of(&assign.left, &assign.right),
        Expr::Binary(binary) => of(&binary.left, &binary.right),
        Expr::MethodCall(call) => match token(&call.receiver) {
            Some(field) => {
                let (method, arguments) = (&call.method, call.args.iter());
                let any = call.args.iter().map(|_| quote!(#codegen::any()));
                (
                    quote!(let _ = #field.#method(#(#any),*);),
                    quote!(#(let _ = #arguments;)*),
                )
            }
            None => (TokenStream::new(), quote!(let _ = #expr;)),
        },
        // a change that was made elsewhere, or a field whose change is still to be typed
        Expr::Path(_) | Expr::Field(_) => {
            // it may go on with a method of the field's, or with a field within it
            let (part, path) = (looked_up(expr), dotted(expr).unwrap_or_default());
            (
                quote!(let _ = #set.fields() #(.#path)*; #part let _ = #expr;),
                TokenStream::new(),
            )
        }
        Expr::Paren(inner) => in_editor(codegen, set, &inner.expr),
        Expr::Group(inner) => in_editor(codegen, set, &inner.expr),
        other => (TokenStream::new(), quote!(let _ = #other;)),
    }
}
