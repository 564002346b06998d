//! The description of a model, checked: what the attributes and the struct say, before any code.

use crate::attr::{Container, FieldAttrs, Given, On, serde_rename};
use crate::error::Errors;
use crate::expand;
use crate::naming::{Case, is_valid};
use crate::types::{Shape, mistake, shape, without_option};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Ident, Path, Type, Visibility};

/// The most fields of a model: the set of changed fields is one machine word of 128 bits.
const MOST_FIELDS: usize = 128;

pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) class_name: String,
    pub(crate) krate: Path,
    /// Stored fields, in order: the position is the field's number.
    pub(crate) fields: Vec<Field<'a>>,
    /// Fields that are not stored, or were reported and are left out.
    pub(crate) skipped: Vec<Skipped<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) docs: Vec<&'a Attribute>,
    /// The name on the server.
    pub(crate) name: String,
    pub(crate) default: Option<Option<Expr>>,
    pub(crate) read_only: bool,
    pub(crate) json: bool,
}

pub(crate) struct Skipped<'a> {
    pub(crate) ident: &'a Ident,
    /// Never built, because a mistake in it was reported.
    pub(crate) broken: bool,
}

impl Field<'_> {
    /// The Rust name without `r#`.
    pub(crate) fn plain(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Its type behind an `Option`, whether there was one, and the type's shape.
    pub(crate) fn shape(&self) -> (&Type, bool, Shape) {
        let (inner, optional) = without_option(self.ty);
        (
            inner,
            optional,
            if self.json { Shape::Other } else { shape(inner) },
        )
    }
}

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let model = Model::read(input, &mut errors);
    let code = model.map(|model| expand::model(&model)).unwrap_or_default();
    let errors = errors.to_tokens();
    quote!(#errors #code)
}

/// The named fields of a struct, or a report of what it is instead.
pub(crate) fn named_fields<'a>(
    input: &'a DeriveInput,
    derive: &str,
    errors: &mut Errors,
) -> Option<&'a syn::FieldsNamed> {
    let ident = &input.ident;
    let example = format!("write `struct {ident} {{ name: String }}`");
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                if let Some(parameter) = input.generics.params.first() {
                    errors.at(
                        parameter,
                        format!("`{derive}` cannot be derived for a generic struct: its fields decide how it is stored"),
                    );
                    return None;
                }
                return Some(fields);
            }
            Fields::Unnamed(fields) => errors.at(
                fields,
                format!("`{derive}` needs named fields, because stored fields have names; {example}"),
            ),
            Fields::Unit => errors.at(ident, format!("`{derive}` needs a struct with named fields; {example}")),
        },
        Data::Enum(data) => errors.at(
            data.enum_token,
            format!(
                "`{derive}` is for structs with named fields; an enum can be the value of a field by `#[derive(ParseValue)]`"
            ),
        ),
        Data::Union(data) => {
            errors.at(data.union_token, format!("`{derive}` is for structs with named fields; {example}"));
        }
    }
    None
}

impl<'a> Model<'a> {
    fn read(input: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        let container = Container::read(&input.attrs, On::Model, errors);
        let named = named_fields(input, "ParseObject", errors)?;
        let case = container
            .rename_all
            .as_ref()
            .map_or(Case::Camel, |given| given.value);
        let (fields, skipped) = read_fields(named, case, Names::Model, errors);
        if let Some(field) = named
            .named
            .iter()
            .filter(|field| is_stored(field))
            .nth(MOST_FIELDS)
        {
            errors.at(
                &field.ident,
                format!(
                    "a model can have at most {MOST_FIELDS} stored fields; move some into an embedded struct with `#[derive(ParseValue)]`"
                ),
            );
            return None;
        }
        accessor_clashes(&fields, errors);
        Some(Self {
            ident: &input.ident,
            vis: &input.vis,
            class_name: class_name(input, container.class_name, errors),
            krate: krate(container.krate),
            fields,
            skipped,
        })
    }
}

fn is_stored(field: &syn::Field) -> bool {
    FieldAttrs::read(&field.attrs, &mut Errors::default())
        .skip
        .is_none()
}

pub(crate) fn krate(given: Option<Given<Path>>) -> Path {
    given.map_or_else(|| syn::parse_quote!(::parse_orm), |given| given.value)
}

/// Where the fields' names must be unique, and which are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Model,
    Embedded,
}

pub(crate) fn read_fields<'a>(
    named: &'a syn::FieldsNamed,
    case: Case,
    names: Names,
    errors: &mut Errors,
) -> (Vec<Field<'a>>, Vec<Skipped<'a>>) {
    let (mut fields, mut skipped) = (Vec::new(), Vec::new());
    let mut taken: HashMap<String, &Ident> = HashMap::new();
    for field in &named.named {
        let Some(ident) = &field.ident else { continue };
        let before = errors.count();
        let attrs = FieldAttrs::read(&field.attrs, errors);
        if attrs.skip.is_some() {
            skipped.push(Skipped { ident, broken: false });
            continue;
        }
        let name = match &attrs.rename {
            Some(given) => given.value.clone(),
            None => case.apply(ident),
        };
        check_name(ident, &name, attrs.rename.as_ref(), names, errors);
        if let Some(other) = taken.insert(name.clone(), ident) {
            errors.at(ident, format!("the fields `{other}` and `{ident}` would both be stored as `{name}`; give one of them `#[parse(rename = \"..\")]`"));
        }
        if let Some(serde) = serde_rename(&field.attrs).filter(|serde| serde.value() != name) {
            errors.at(
                &serde,
                format!(
                    "serde calls this field `{0}` and Parse `{name}`: serde's attributes do not apply to what is stored; write `#[parse(rename = \"{0}\")]`, or the same name in both",
                    serde.value()
                ),
            );
        }
        if attrs.json.is_none() {
            if let Some((part, message)) = mistake(&field.ty) {
                errors.at(part, message);
            }
        }
        if let (Some(default), true) = (&attrs.default, without_option(&field.ty).1) {
            errors.at_span(
                default.span,
                "`default` on an `Option` says nothing: a missing field is `None` already; remove one of the two",
            );
        }
        // a field with a mistake is left out of the code, so that the mistake is reported once
        if errors.count() > before {
            skipped.push(Skipped { ident, broken: true });
            continue;
        }
        fields.push(Field {
            ident,
            vis: &field.vis,
            ty: &field.ty,
            docs: field
                .attrs
                .iter()
                .filter(|attr| attr.path().is_ident("doc"))
                .collect(),
            name,
            default: attrs.default.map(|given| given.value),
            read_only: attrs.read_only.is_some(),
            json: attrs.json.is_some(),
        });
    }
    (fields, skipped)
}

fn check_name(ident: &Ident, name: &str, rename: Option<&Given<String>>, names: Names, errors: &mut Errors) {
    let span = rename.map_or_else(|| ident.span(), |given| given.span);
    let rust = ident.unraw().to_string();
    if rust.contains("__") {
        errors.at(
            ident,
            format!(
                "the field name `{rust}` holds `__`, which separates fields from lookups in queries; name it `{}` and give it `#[parse(rename = \"..\")]` if the server's name differs",
                rust.split("__").filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
            ),
        );
    }
    if names == Names::Model {
        let own = match (rust.as_str(), name) {
            ("object_id", _) | (_, "objectId") => Some("`Object::id()`"),
            ("created_at", _) | (_, "createdAt") => Some("`Object::created_at()`"),
            ("updated_at", _) | (_, "updatedAt") => Some("`Object::updated_at()`"),
            (_, "ACL") => Some("`Object::acl()`"),
            (_, "className" | "__type" | "__op") => Some("the wire format itself"),
            _ => None,
        };
        if let Some(own) = own {
            errors.at_span(
                span,
                format!("every object has `{name}` already: remove the field and use {own}"),
            );
            return;
        }
    } else if matches!(name, "__type" | "__op") {
        errors.at_span(span, format!("`{name}` belongs to the wire format itself"));
        return;
    }
    if !is_valid(name) {
        errors.at_span(
            span,
            format!(
                "`{name}` is not a valid Parse field name: it must begin with a letter and hold letters, digits and `_` only; give another by `#[parse(rename = \"..\")]`"
            ),
        );
    }
}

fn class_name(input: &DeriveInput, given: Option<Given<String>>, errors: &mut Errors) -> String {
    const BUILT_IN: [&str; 5] = ["_User", "_Role", "_Session", "_Installation", "_Product"];
    let ident = &input.ident;
    let explicit = given.is_some();
    let (name, span) = given.map_or_else(
        || (ident.unraw().to_string(), ident.span()),
        |given| (given.value, given.span),
    );
    let built_in = format!("_{name}");
    if BUILT_IN.contains(&built_in.as_str()) && built_in != "_Product" {
        let fix = if explicit {
            format!("write `class_name = \"{built_in}\"`")
        } else {
            format!("add `#[parse(class_name = \"{built_in}\")]`")
        };
        errors.at_span(
            span,
            format!(
                "`{name}` would be a class of its own beside Parse's built-in `{built_in}`, which the server's users, roles and sessions live in; {fix}, or choose another name"
            ),
        );
    } else if !is_valid(&name) && !BUILT_IN.contains(&name.as_str()) {
        errors.at_span(
            span,
            format!(
                "`{name}` is not a valid class name: it must begin with a letter and hold letters, digits and `_` only; the built-in classes are `_User`, `_Role`, `_Session` and `_Installation`"
            ),
        );
    }
    name
}

/// Accessors whose names would meet each other, or a method of `Object`.
fn accessor_clashes(fields: &[Field<'_>], errors: &mut Errors) {
    const OF_OBJECT: [&str; 14] = [
        "id",
        "created_at",
        "updated_at",
        "acl",
        "set_acl",
        "is_dirty",
        "dirty_fields",
        "revert",
        "refresh",
        "save",
        "delete",
        "pointer",
        "into_inner",
        "clone",
    ];
    let mut taken: HashMap<String, String> = HashMap::new();
    for field in fields {
        for accessor in expand::accessor_names(field) {
            if OF_OBJECT.contains(&accessor.as_str()) {
                errors.at(
                    field.ident,
                    format!(
                        "the field `{0}` would get the accessor `{accessor}()`, which every `Object` has already; name the field otherwise and keep the stored name by `#[parse(rename = \"{1}\")]`",
                        field.plain(),
                        field.name
                    ),
                );
            } else if let Some(other) = taken.insert(accessor.clone(), field.plain()) {
                errors.at(
                    field.ident,
                    format!(
                        "the fields `{other}` and `{0}` would both get the accessor `{accessor}()`; name one of them otherwise and keep the stored name by `#[parse(rename = \"..\")]`",
                        field.plain()
                    ),
                );
            }
        }
    }
}
