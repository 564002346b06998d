//! What a definition has and the server's class has not.

use super::change::SchemaChange;
use super::class::{ClassSchema, is_place, second_place};
use crate::{Error, Result};
use std::fmt;

/// How the class that the server holds differs from the one that an application wants: what [`ClassSchema::diff`]
/// returns. Its text is a list of the differences, one a line.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # use parse_orm::{ClassField, ClassSchema};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// let there = ClassSchema::new("City")
///     .add_field("name", ClassField::of::<i64>())
///     .create(&master)
///     .await?;
/// let wanted = ClassSchema::new("City")
///     .add_field("name", ClassField::of::<String>())
///     .add_field("population", ClassField::of::<i64>());
/// let diff = wanted.diff(&there);
/// assert_eq!(
///     diff.to_string(),
///     "field `population` (Number) is missing\nfield `name` is a Number, not a String"
/// );
/// assert!(diff.missing().is_some());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaDiff {
    missing: SchemaChange,
    lines: Vec<String>,
    /// The first field of another type, with the reason.
    conflict: Option<(String, String)>,
}

impl ClassSchema {
    /// How the server's class differs from this definition. Fields and indexes that only the server's class has are no
    /// difference, and neither are permissions where this definition says nothing of them.
    pub fn diff(&self, there: &Self) -> SchemaDiff {
        let mut missing = Self::change(self.class_name());
        let mut lines = Vec::new();
        let mut different = Vec::new();
        let mut conflict = None;
        for (name, field) in self.fields() {
            let Some(held) = there.field(name) else {
                lines.push(format!("field `{name}` ({}) is missing", field.field_type()));
                missing = missing.add_field(name, field.clone());
                continue;
            };
            if held.field_type() != field.field_type() {
                let reason = format!("is a {}, not a {}", held.field_type(), field.field_type());
                different.push(format!("field `{name}` {reason}"));
                conflict.get_or_insert((name.to_owned(), reason));
                continue;
            }
            if held.is_required() != field.is_required() {
                let not = if held.is_required() { "" } else { "not " };
                different.push(format!("field `{name}` is {not}required"));
            }
            if held.default_json() != field.default_json() {
                let default = held.default_json().map_or("none".into(), ToString::to_string);
                different.push(format!("the default value of field `{name}` is {default}"));
            }
        }
        for (name, index) in self.indexes() {
            match there.indexes.get(name) {
                None => {
                    lines.push(format!("index `{name}` is missing"));
                    missing = missing.add_index(name, index.clone());
                }
                Some(held) if held != index => different.push(format!("index `{name}` is another one")),
                Some(_) => {}
            }
        }
        if self.permissions.is_some() && self.permissions != there.permissions {
            different.push("the permissions are others".into());
        }
        lines.append(&mut different);
        SchemaDiff {
            missing,
            lines,
            conflict,
        }
    }
}

impl SchemaDiff {
    /// True when there is no difference.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The change that adds what is missing; `None` where nothing is.
    pub fn missing(&self) -> Option<&SchemaChange> {
        (!self.missing.is_empty()).then_some(&self.missing)
    }

    /// Refuses to go on where a field is of another type.
    pub(super) fn check(&self, wanted: &ClassSchema) -> Result<()> {
        match &self.conflict {
            Some((field, reason)) => {
                let reason = format!(
                    "on the server it {reason}: a field's type cannot change; delete the field there, or use another name"
                );
                Err(Error::invalid(wanted.class_name(), Some(field), reason))
            }
            None => Ok(()),
        }
    }

    /// Refuses a second `GeoPoint`, which only both definitions together show.
    pub(super) fn check_places(wanted: &ClassSchema, there: &ClassSchema) -> Result<()> {
        let held = there.fields().find(|(_, field)| is_place(field));
        let new = wanted.fields().find(|(_, field)| is_place(field));
        match (held, new) {
            (Some((first, _)), Some((second, _))) if first != second => {
                Err(second_place(wanted.class_name(), second, first))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for SchemaDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}
