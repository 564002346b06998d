//! What can be told of a type by its spelling: which accessors it gets, and mistakes worth a message of
//! their own. Everything else is up to the compiler and the traits.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Data, DeriveInput, GenericArgument, Ident, Meta, PathArguments, Type};

/// The last name of a path and its type arguments: `std::vec::Vec<T>` is `("Vec", [T])`.
pub(crate) fn named(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(angled) => angled
            .args
            .iter()
            .filter_map(|argument| {
                if let GenericArgument::Type(ty) = argument {
                    Some(ty)
                } else {
                    None
                }
            })
            .collect(),
        _ => Vec::new(),
    };
    Some((last.ident.to_string(), arguments))
}

/// Without parentheses and the invisible groups of macros.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        ty => ty,
    }
}

/// The only argument of `name<..>`.
pub(crate) fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    match named(ty)? {
        (found, arguments) if found == name => arguments.first().copied(),
        _ => None,
    }
}

/// Behind an `Option`, if it is one.
pub(crate) fn without_option(ty: &Type) -> (&Type, bool) {
    argument(ty, "Option").map_or((ty, false), |inner| (inner, true))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Whole,
    Real,
    Text,
    Flag,
    Array,
    Relation,
    Pointer,
    Date,
    Point,
    Area,
    Other,
}

/// The shape of a type that is not an `Option`.
pub(crate) fn shape(ty: &Type) -> Shape {
    let Some((name, _)) = named(ty) else {
        return Shape::Other;
    };
    match name.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => Shape::Whole,
        "f32" | "f64" => Shape::Real,
        "String" => Shape::Text,
        "bool" => Shape::Flag,
        "Vec" => Shape::Array,
        "Relation" => Shape::Relation,
        "Pointer" => Shape::Pointer,
        "DateTime" => Shape::Date,
        "GeoPoint" => Shape::Point,
        "Polygon" => Shape::Area,
        _ => Shape::Other,
    }
}

/// Whether a value of the type may hold a new object or file, as far as its spelling tells: what is surely plain is
/// left out of the search for these.
pub(crate) fn may_hold_new(ty: &Type) -> bool {
    const PLAIN: [&str; 8] = [
        "ObjectId", "GeoPoint", "Polygon", "Bytes", "Value", "Json", "Acl", "Number",
    ];
    let Some((name, arguments)) = named(ty) else {
        return true;
    };
    match (name.as_str(), arguments.as_slice()) {
        ("Option" | "Vec", [inner]) | ("HashMap" | "BTreeMap", [_, inner, ..]) => may_hold_new(inner),
        (name, _) if PLAIN.contains(&name) => false,
        _ => !matches!(
            shape(ty),
            Shape::Whole | Shape::Real | Shape::Text | Shape::Flag | Shape::Date
        ),
    }
}

/// Why a type cannot be stored, where its spelling says so, and what to use instead; with the part of the
/// type that is to blame.
pub(crate) fn mistake(ty: &Type) -> Option<(&Type, String)> {
    let instead = |what: &str, instead: &str| {
        Some((
            ty,
            format!("`{what}` cannot be stored in a field of a Parse class\nuse {instead}"),
        ))
    };
    match bare(ty) {
        Type::Reference(_) => return instead(&spelled(ty), "`String` for a text, or another owned type"),
        Type::Tuple(_) => {
            return instead(
                &spelled(ty),
                "a struct with `#[derive(ParseValue)]`, or `#[parse(json)]` on the field",
            );
        }
        Type::Array(_) | Type::Slice(_) => return instead(&spelled(ty), "`Vec<T>`"),
        _ => {}
    }
    let (name, arguments) = named(ty)?;
    match (name.as_str(), arguments.as_slice()) {
        ("usize", _) => instead(
            "usize",
            "`u64` or `u32`, which are the same size on every machine",
        ),
        ("isize", _) => instead(
            "isize",
            "`i64` or `i32`, which are the same size on every machine",
        ),
        ("i128" | "u128", _) => instead(
            &name,
            "`i64` or `u64`: the server's numbers are exact up to 2^53 only; or `String`",
        ),
        ("char" | "str" | "PathBuf", _) => instead(&name, "`String`"),
        ("NaiveDateTime" | "NaiveDate" | "SystemTime" | "Instant", _) => {
            instead(&name, "`DateTime<Utc>`: the server's dates are points in time")
        }
        ("DateTime", [zone]) if named(zone).is_some_and(|(zone, _)| zone != "Utc") => {
            instead(&spelled(ty), "`DateTime<Utc>`: the server keeps no time zone")
        }
        ("HashSet" | "BTreeSet", _) => instead(
            &name,
            "`Vec<T>`, with the accessor `add_unique_..` to keep its elements unique",
        ),
        ("HashMap" | "BTreeMap", [key, _, ..]) if named(key).is_none_or(|(key, _)| key != "String") => {
            Some((
                key,
                format!(
                    "the keys of a stored map are texts, and `{}` is not `String`\nuse `{name}<String, ..>`, or put `#[parse(json)]` on the field",
                    spelled(key)
                ),
            ))
        }
        ("HashMap" | "BTreeMap", [_, value, ..]) => mistake(value),
        ("Option", [inner]) if argument(inner, "Option").is_some() => Some((
            ty,
            "an `Option` of an `Option` has no wire form of its own\nuse one `Option`".into(),
        )),
        ("Option" | "Vec", [inner]) if argument(inner, "Relation").is_some() => Some((
            ty,
            "a relation is a table of its own: it is never missing, and cannot be listed\n\
             use `Relation<T>` by itself, for any number of objects; or `Vec<Pointer<T>>`, for a few in a certain order within the row"
                .into(),
        )),
        ("Relation" | "Pointer", [inner]) if wrapped(inner).is_some() => {
            let model = spelled(innermost(inner));
            let fix = match (name.as_str(), wrapped(inner)) {
                ("Relation", _) => format!("write `Relation<{model}>`: it holds any number of objects"),
                (_, Some("Option")) => format!("write `Option<Pointer<{model}>>`: one object or none"),
                (_, Some("Vec")) => format!(
                    "write `Vec<Pointer<{model}>>` for a few objects in a certain order, `Relation<{model}>` for any number"
                ),
                _ => format!("write `Pointer<{model}>`: one object"),
            };
            Some((ty, format!("`{}`: a `{name}` refers to a model\n{fix}", spelled(ty))))
        }
        ("Object", [model]) => {
            let model = spelled(model);
            Some((ty, format!("a stored object cannot be stored inside another one\nrefer to it: `Pointer<{model}>`, or `Option<Pointer<{model}>>` for one or none")))
        }
        ("Option" | "Vec", [inner]) => mistake(inner),
        _ => None,
    }
}

/// Writes the struct's name where its field types and their `#[parse(..)]` say `Self`, which would be
/// something else within the generated code.
pub(crate) fn name_self(input: &mut DeriveInput) {
    let Data::Struct(data) = &mut input.data else {
        return;
    };
    for field in &mut data.fields {
        let named = named_self(field.ty.to_token_stream(), &input.ident);
        if let Some(ty) = named.and_then(|tokens| syn::parse2(tokens).ok()) {
            field.ty = ty;
        }
        for attr in field
            .attrs
            .iter_mut()
            .filter(|attr| attr.path().is_ident("parse"))
        {
            if let Meta::List(list) = &mut attr.meta
                && let Some(tokens) = named_self(list.tokens.clone(), &input.ident)
            {
                list.tokens = tokens;
            }
        }
    }
}

/// The tokens with the name, if there is a `Self` in them.
fn named_self(tokens: TokenStream, name: &Ident) -> Option<TokenStream> {
    let mut found = false;
    let named = tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                found = true;
                let mut name = name.clone();
                name.set_span(ident.span());
                name.into()
            }
            TokenTree::Group(group) => match named_self(group.stream(), name) {
                Some(stream) => {
                    found = true;
                    let mut named = Group::new(group.delimiter(), stream);
                    named.set_span(group.span());
                    named.into()
                }
                None => group.into(),
            },
            other => other,
        })
        .collect();
    found.then_some(named)
}

/// The name of the wrapper, if a type is one that stands around models.
fn wrapped(ty: &Type) -> Option<&'static str> {
    let (name, _) = named(ty)?;
    ["Option", "Vec", "Pointer", "Relation", "Object"]
        .into_iter()
        .find(|wrapper| *wrapper == name)
}

/// Without such wrappers.
fn innermost(ty: &Type) -> &Type {
    match named(ty) {
        Some((_, arguments)) if wrapped(ty).is_some() => {
            arguments.first().map_or(ty, |inner| innermost(inner))
        }
        _ => ty,
    }
}

/// A type, or an expression, as the user would write it.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let text = [
        (" :: ", "::"),
        (" . ", "."),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
        (" ?", "?"),
    ]
    .into_iter()
    .fold(text, |text, (spaced, tight)| text.replace(spaced, tight));
    // a call
    let mut spelled = String::new();
    for (place, letter) in text.char_indices() {
        if letter == '(' && spelled.ends_with(' ') {
            let name = text[..place].trim_end();
            if name.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '!' | '>')) {
                spelled.pop();
            }
        }
        spelled.push(letter);
    }
    spelled
}
