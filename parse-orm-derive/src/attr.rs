//! The `#[parse(..)]` attributes, key by key, each where the user wrote it.

use crate::error::Errors;
use crate::naming::{Case, did_you_mean, list};
use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Ident, LitStr, Path, Token};

/// A value and where it was written.
pub(crate) struct Given<V> {
    pub(crate) value: V,
    pub(crate) span: Span,
}

#[derive(Default)]
pub(crate) struct Container {
    pub(crate) class_name: Option<Given<String>>,
    pub(crate) rename_all: Option<Given<Case>>,
    pub(crate) krate: Option<Given<Path>>,
    /// The model of a view.
    pub(crate) model: Option<Given<Path>>,
}

#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) rename: Option<Given<String>>,
    /// `default`, or `default = expr`.
    pub(crate) default: Option<Given<Option<Expr>>>,
    pub(crate) skip: Option<Given<()>>,
    pub(crate) read_only: Option<Given<()>>,
    pub(crate) json: Option<Given<()>>,
}

const CONTAINER: [&str; 3] = ["class_name", "rename_all", "crate"];
const FIELD: [&str; 5] = ["rename", "default", "skip", "read_only", "json"];

/// Which keys make sense here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Model,
    Embedded,
    Enum,
    View,
}

impl On {
    fn what(self) -> &'static str {
        match self {
            Self::Model => "a model",
            Self::Embedded => "an embedded struct",
            Self::Enum => "an enum",
            Self::View => "a view",
        }
    }
}

impl Container {
    pub(crate) fn read(attrs: &[Attribute], on: On, errors: &mut Errors) -> Self {
        let mut found = Self::default();
        each(attrs, errors, |key, input, errors| {
            let name = key.to_string();
            match name.as_str() {
                "class_name" if on == On::Model => {
                    let literal = text(key, input)?;
                    once_at(
                        &mut found.class_name,
                        key,
                        literal.span(),
                        literal.value(),
                        errors,
                    );
                }
                "model" if on == On::View => {
                    input.parse::<Token![=]>()?;
                    once(&mut found.model, key, input.call(Path::parse_mod_style)?, errors);
                }
                "rename_all" if on != On::View => {
                    let literal = literal(key, input, "rename_all = \"snake_case\"")?;
                    match Case::parse(&literal.value()) {
                        Some(case) => once(&mut found.rename_all, key, case, errors),
                        None => errors.at(
                            &literal,
                            format!(
                                "unknown case `{}`{}\nthe cases are: {}",
                                literal.value(),
                                did_you_mean(&literal.value(), &Case::NAMES),
                                list(&Case::NAMES)
                            ),
                        ),
                    }
                }
                "crate" => {
                    input.parse::<Token![=]>()?;
                    once(&mut found.krate, key, input.call(Path::parse_mod_style)?, errors);
                }
                _ if FIELD.contains(&name.as_str()) => {
                    errors.at(
                        key,
                        format!("`{name}` belongs on a field, not on {what}", what = on.what()),
                    );
                    skip_value(input)?;
                }
                _ => {
                    let known = match on {
                        On::Model => &CONTAINER[..],
                        On::Embedded | On::Enum => &CONTAINER[1..],
                        On::View => &["model", "crate"],
                    };
                    unknown(key, on.what(), known, errors);
                    skip_value(input)?;
                }
            }
            Ok(())
        });
        found
    }
}

impl FieldAttrs {
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut found = Self::default();
        each(attrs, errors, |key, input, errors| {
            let name = key.to_string();
            match name.as_str() {
                "rename" => {
                    let literal = text(key, input)?;
                    once_at(&mut found.rename, key, literal.span(), literal.value(), errors);
                }
                "default" => {
                    let value = if input.peek(Token![=]) {
                        input.parse::<Token![=]>()?;
                        Some(input.parse()?)
                    } else {
                        None
                    };
                    once(&mut found.default, key, value, errors);
                }
                "skip" => once(&mut found.skip, key, flag(key, input)?, errors),
                "read_only" => once(&mut found.read_only, key, flag(key, input)?, errors),
                "json" => once(&mut found.json, key, flag(key, input)?, errors),
                _ if CONTAINER.contains(&name.as_str()) => {
                    errors.at(key, format!("`{name}` belongs on the struct, not on a field"));
                    skip_value(input)?;
                }
                _ => {
                    unknown(key, "a field", &FIELD, errors);
                    skip_value(input)?;
                }
            }
            Ok(())
        });
        found.conflicts(errors);
        found
    }

    /// Keys that contradict each other.
    fn conflicts(&self, errors: &mut Errors) {
        if let Some(skip) = &self.skip {
            let others = [
                ("rename", self.rename.is_some()),
                ("default", self.default.is_some()),
                ("read_only", self.read_only.is_some()),
                ("json", self.json.is_some()),
            ];
            for (other, _) in others.into_iter().filter(|(_, given)| *given) {
                errors.at_span(
                    skip.span,
                    format!(
                        "`skip` and `{other}` contradict each other: a skipped field is not stored at all\nremove one of the two"
                    ),
                );
            }
        }
    }
}

/// Calls `read` for every key in every `#[parse(..)]`.
fn each(
    attrs: &[Attribute],
    errors: &mut Errors,
    mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("parse")) {
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                let key = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
                read(&key, input, errors)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
}

fn once<V>(slot: &mut Option<Given<V>>, key: &Ident, value: V, errors: &mut Errors) {
    once_at(slot, key, key.span(), value, errors);
}

fn once_at<V>(slot: &mut Option<Given<V>>, key: &Ident, span: Span, value: V, errors: &mut Errors) {
    if slot.is_some() {
        errors.at(key, format!("`{key}` is given twice\nremove one of the two"));
    } else {
        *slot = Some(Given { value, span });
    }
}

fn literal(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<LitStr> {
    let wrong = || {
        let message = format!("`{key}` needs a text\nwrite `#[parse({example})]`");
        syn::Error::new(key.span(), message)
    };
    if !input.peek(Token![=]) {
        return Err(wrong());
    }
    input.parse::<Token![=]>()?;
    input.parse().map_err(|_| wrong())
}

fn text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    literal(key, input, &format!("{key} = \"..\""))
}

fn flag(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) {
        return Err(syn::Error::new(
            key.span(),
            format!("`{key}` takes no value\nwrite `#[parse({key})]`"),
        ));
    }
    Ok(())
}

/// Passes over what follows a key that was reported.
fn skip_value(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        input.parse::<Expr>()?;
    } else if input.peek(syn::token::Paren) {
        input.parse::<proc_macro2::Group>()?;
    }
    Ok(())
}

fn unknown(key: &Ident, place: &str, known: &[&str], errors: &mut Errors) {
    let name = key.to_string();
    errors.at(
        key,
        format!(
            "unknown key `{name}` in `#[parse(..)]`{}\nthe keys of {place} are: {}",
            did_you_mean(&name, known),
            list(known)
        ),
    );
}

/// The `rename` that serde was told, if any.
pub(crate) fn serde_rename(attrs: &[Attribute]) -> Option<LitStr> {
    let mut found = None;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // another crate's attribute: what cannot be read here is not ours to report
        let _ = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") && meta.input.peek(Token![=]) {
                found = Some(meta.value()?.parse()?);
            } else if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            } else if meta.input.peek(syn::token::Paren) {
                meta.input.parse::<proc_macro2::Group>()?;
            }
            Ok(())
        });
    }
    found
}
