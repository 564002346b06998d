//! The description of a model, checked: what the attributes and the struct say, before any code.

use crate::attr::{Container, FieldAttrs, Given, On, serde_rename};
use crate::error::Errors;
use crate::expand;
use crate::naming::{Case, did_you_mean, is_valid, list};
use crate::types::{Shape, mistake, shape, without_option};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Ident, Path, Type, Visibility};

/// The most fields of a model: the set of changed fields is one machine word of 128 bits.
const MOST_FIELDS: usize = 128;

/// The class of the users.
pub(crate) const USERS: &str = "_User";

pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) class_name: String,
    pub(crate) krate: Path,
    /// Stored fields, in order: the position is the field's number.
    pub(crate) fields: Vec<Field<'a>>,
    /// Fields that are not stored.
    pub(crate) skipped: Vec<Skipped<'a>>,
    /// Fields with a mistake, which was reported.
    pub(crate) broken: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) docs: Vec<&'a Attribute>,
    /// The name on the server.
    pub(crate) name: String,
    /// `default`, or `default = expr`.
    pub(crate) default: Option<Given<Option<Expr>>>,
    pub(crate) read_only: bool,
    pub(crate) json: bool,
    /// Whether the type itself is the mistake that was reported.
    pub(crate) reported_type: bool,
}

pub(crate) struct Skipped<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
}

/// The fields of a struct, sorted.
#[derive(Default)]
pub(crate) struct Sorted<'a> {
    pub(crate) stored: Vec<Field<'a>>,
    pub(crate) skipped: Vec<Skipped<'a>>,
    pub(crate) broken: Vec<Field<'a>>,
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
    let mut container = Container::read(&input.attrs, On::Model, &mut errors);
    let krate = krate(container.krate.take());
    let code = match named_fields(input, "ParseObject", &mut errors) {
        Some(named) => expand::model(&Model::read(input, container, named, krate, &mut errors)),
        None => expand::stub_model(input, &krate),
    };
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
    let on_enum = if derive == "ParseObject" {
        format!("an enum can be the value of a field: derive `ParseValue` for it; for a model {example}")
    } else {
        example.clone()
    };
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                if input.generics.params.is_empty() {
                    return Some(fields);
                }
                errors.at(
                    &input.generics.params,
                    format!("`{derive}` cannot be derived for a generic struct: its class has fields of certain types\nwrite a struct for each of the types"),
                );
            }
            Fields::Unnamed(fields) => errors.at(
                fields,
                format!("`{derive}` needs named fields, because stored fields have names\n{example}"),
            ),
            Fields::Unit => errors.at(
                ident,
                format!("`{derive}` needs a struct with named fields\n{example}, or `struct {ident} {{}}` if there are none"),
            ),
        },
        Data::Enum(data) => errors.at(
            data.enum_token,
            format!("`{derive}` is for structs with named fields\n{on_enum}"),
        ),
        Data::Union(data) => errors.at(
            data.union_token,
            format!("`{derive}` is for structs with named fields\n{example}"),
        ),
    }
    None
}

impl<'a> Model<'a> {
    fn read(
        input: &'a DeriveInput,
        container: Container,
        named: &'a syn::FieldsNamed,
        krate: Path,
        errors: &mut Errors,
    ) -> Self {
        let case = container.rename_all.map_or(Case::Camel, |given| given.value);
        let Sorted {
            stored: mut fields,
            skipped,
            mut broken,
        } = read_fields(named, case, Names::Model, errors);
        if let Some(field) = fields.get(MOST_FIELDS) {
            errors.at(
                field.ident,
                format!(
                    "a model can have at most {MOST_FIELDS} stored fields, and this one is too many\nmove some into an embedded struct with `#[derive(ParseValue)]`"
                ),
            );
            broken.extend(fields.drain(MOST_FIELDS..));
        }
        accessor_clashes(&fields, errors);
        let class_name = class_name(input, container.class_name, errors);
        if class_name == USERS {
            check_user(&input.ident, &mut fields, &mut broken, errors);
        }
        Self {
            ident: &input.ident,
            vis: &input.vis,
            class_name,
            krate,
            fields,
            skipped,
            broken,
        }
    }
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
    declared: &'a syn::FieldsNamed,
    case: Case,
    names: Names,
    errors: &mut Errors,
) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    let mut taken: HashMap<String, &Ident> = HashMap::new();
    for field in &declared.named {
        let Some(ident) = &field.ident else { continue };
        let before = errors.count();
        let attrs = FieldAttrs::read(&field.attrs, errors);
        if attrs.skip.is_some() {
            sorted.skipped.push(Skipped { ident, ty: &field.ty });
            continue;
        }
        let name = match &attrs.rename {
            Some(given) => given.value.clone(),
            None => case.apply(ident),
        };
        check_name(ident, &name, attrs.rename.as_ref(), names, errors);
        if let Some(other) = taken.get(&name) {
            errors.at_span(
                attrs.rename.as_ref().map_or_else(|| ident.span(), |given| given.span),
                format!("the fields `{other}` and `{ident}` would both be stored as `{name}`\ngive one of them another name: `#[parse(rename = \"..\")]`"),
            );
        } else {
            taken.insert(name.clone(), ident);
        }
        if let Some(serde) = serde_rename(&field.attrs).filter(|serde| serde.value() != name) {
            errors.at(
                &serde,
                format!(
                    "serde calls this field `{0}` and Parse `{name}`: serde's attributes do not apply to what is stored\nadd `#[parse(rename = \"{0}\")]` to store it as `{0}`, or `#[serde(rename = \"{name}\")]`",
                    serde.value()
                ),
            );
        }
        if let (Some(default), true) = (&attrs.default, without_option(&field.ty).1) {
            errors.at_span(
                default.span,
                "`default` on an `Option` says nothing: a missing field is `None` already\nremove one of the two",
            );
        }
        let before_type = errors.count();
        if attrs.json.is_none()
            && let Some((part, message)) = mistake(&field.ty)
        {
            errors.at(part, message);
        }
        let read = Field {
            ident,
            vis: &field.vis,
            ty: &field.ty,
            docs: field
                .attrs
                .iter()
                .filter(|attr| attr.path().is_ident("doc"))
                .collect(),
            name,
            default: attrs.default,
            read_only: attrs.read_only.is_some(),
            json: attrs.json.is_some(),
            reported_type: errors.count() > before_type,
        };
        // a field with a mistake gets no working code, so that the mistake is reported once
        if errors.count() > before {
            sorted.broken.push(read);
        } else {
            sorted.stored.push(read);
        }
    }
    sorted
}

fn check_name(ident: &Ident, name: &str, rename: Option<&Given<String>>, names: Names, errors: &mut Errors) {
    let span = rename.map_or_else(|| ident.span(), |given| given.span);
    let rust = ident.unraw().to_string();
    if rust.contains("__") {
        errors.at(
            ident,
            format!(
                "the field name `{rust}` holds `__`, which separates fields from lookups in queries\nname it `{}`; where the server's name differs add `#[parse(rename = \"..\")]`",
                rust.split("__").filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
            ),
        );
    }
    if names == Names::Model {
        let own = match (rust.as_str(), name) {
            ("object_id", _) | (_, "objectId") => Some(("objectId", "id()")),
            ("created_at", _) | (_, "createdAt") => Some(("createdAt", "created_at()")),
            ("updated_at", _) | (_, "updatedAt") => Some(("updatedAt", "updated_at()")),
            (_, "ACL") => Some(("ACL", "acl()` and `set_acl(..)")),
            _ => None,
        };
        if let Some((own, method)) = own {
            errors.at_span(
                span,
                format!("every object has `{own}` already\nremove the field and call `{method}` on the stored object"),
            );
            return;
        }
    }
    if matches!(name, "__type" | "__op") || (names == Names::Model && name == "className") {
        errors.at_span(
            span,
            format!("`{name}` belongs to the protocol, and no field can be stored under it\ngive the field another name"),
        );
        return;
    }
    let fix = if rename.is_some() {
        "write another name here"
    } else {
        "give it another name on the server: `#[parse(rename = \"..\")]`"
    };
    if !is_valid(name) {
        errors.at_span(
            span,
            format!(
                "`{name}` is not a valid name for a stored field: one begins with a letter from a to z, and holds such letters, digits and `_`\n{fix}"
            ),
        );
    }
}

fn class_name(input: &DeriveInput, given: Option<Given<String>>, errors: &mut Errors) -> String {
    const BUILT_IN: [(&str, &str); 4] = [
        (USERS, "users"),
        ("_Role", "roles"),
        ("_Session", "sessions"),
        ("_Installation", "installations"),
    ];
    /// Whose rows an application reads, and does not make.
    const KEPT_BY_THE_SERVER: [&str; 4] = ["_Product", "_JobStatus", "_PushStatus", "_Audience"];
    let ident = &input.ident;
    let explicit = given.is_some();
    let (name, span) = given.map_or_else(
        || (ident.unraw().to_string(), ident.span()),
        |given| (given.value, given.span),
    );
    let fix = |class: &str| {
        if explicit {
            format!("write `class_name = \"{class}\"`")
        } else {
            format!("add `#[parse(class_name = \"{class}\")]`")
        }
    };
    if let Some((class, rows)) = BUILT_IN.iter().find(|(class, _)| class[1..] == name) {
        errors.at_span(
            span,
            format!(
                "the server keeps its {rows} in the class `{class}`, and `{name}` would be another class beside it\n{}; or choose another name",
                fix(class)
            ),
        );
    } else if !is_valid(&name)
        && !KEPT_BY_THE_SERVER.contains(&name.as_str())
        && BUILT_IN.iter().all(|(class, _)| *class != name)
    {
        let known = BUILT_IN.map(|(class, _)| class);
        let (near, rule) = if name.starts_with('_') {
            let near = did_you_mean(&name, &known);
            (
                near,
                format!("only built-in classes begin with `_`: {}", list(&known)),
            )
        } else {
            let rule = "one begins with a letter from a to z, and holds such letters, digits and `_`";
            (String::new(), rule.to_owned())
        };
        errors.at_span(span, format!("`{name}` is not a valid class name{near}\n{rule}"));
    }
    name
}

/// What the users' class needs, and what never is a part of its objects.
fn check_user<'a>(
    ident: &Ident,
    fields: &mut Vec<Field<'a>>,
    broken: &mut Vec<Field<'a>>,
    errors: &mut Errors,
) {
    let secret = |name: &str| match name {
        "password" => {
            Some("give it to `sign_up(&client, password)`, `log_in(..)` or `session.set_password(..)`")
        }
        "authData" => Some("give it to `log_in_with(&client, provider, auth_data)` or `session.link(..)`"),
        "sessionToken" => Some("the `Session` that `sign_up` and `log_in` give keeps it: `session.token()`"),
        _ => None,
    };
    for field in fields.extract_if(.., |field| secret(&field.name).is_some()) {
        let (name, instead) = (&field.name, secret(&field.name).unwrap_or_default());
        errors.at(
            field.ident,
            format!(
                "`{name}` is a secret, and never a part of a user's struct, which may be printed and kept\nremove the field; {instead}"
            ),
        );
        broken.push(field);
    }
    let named = |name: &str| fields.iter().chain(&*broken).find(|field| field.name == name);
    for (name, needed) in [("username", true), ("email", false)] {
        match named(name) {
            Some(field) if field.shape().2 != Shape::Text && !field.reported_type => errors.at(
                field.ty,
                format!("the `{name}` of a user is a text\nuse `String`, or `Option<String>`"),
            ),
            None if needed => errors.at(
                ident,
                "a struct of the class `_User` needs the field by which users log in\nadd `username: String`",
            ),
            _ => {}
        }
    }
}

/// Accessors whose names would meet each other, or a method of `Object`.
fn accessor_clashes(fields: &[Field<'_>], errors: &mut Errors) {
    const OF_OBJECT: [&str; 15] = [
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
        "to_json",
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
                        "the field `{0}` would get the accessor `{accessor}()`, which every `Object` has already\nname the field otherwise, and keep its name on the server by `#[parse(rename = \"{1}\")]`",
                        field.plain(),
                        field.name
                    ),
                );
            } else if let Some(other) = taken.insert(accessor.clone(), field.plain()) {
                errors.at(
                    field.ident,
                    format!(
                        "the fields `{other}` and `{0}` would both get the accessor `{accessor}()`\nname one of them otherwise, and keep its name on the server by `#[parse(rename = \"..\")]`",
                        field.plain()
                    ),
                );
            }
        }
    }
}
