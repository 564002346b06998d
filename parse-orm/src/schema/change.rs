//! Changing a class that the server holds.

use super::class::{ClassSchema, check_index, check_new_fields, is_place, second_place, send};
use super::field::ClassField;
use super::index::ClassIndex;
use super::name::{check_class, check_field};
use super::permissions::ClassPermissions;
use crate::client::{MasterKey, Method};
use crate::{Client, Error, Result};
use futures::future::{BoxFuture, FutureExt as _};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What is to be added to a class, deleted from it, and changed: made by [`ClassSchema::change`]. What it does not
/// name stays as it is.
///
/// Serialising gives the wire form:
///
/// ```
/// use parse_orm::{ClassField, ClassIndex, ClassSchema};
/// let change = ClassSchema::change("City")
///     .add_field("mayor", ClassField::pointer_to("Person"))
///     .delete_field("major")
///     .delete_index("by_major");
/// assert_eq!(
///     serde_json::to_value(&change).unwrap(),
///     serde_json::json!({
///         "className": "City",
///         "fields": {"mayor": {"type": "Pointer", "targetClass": "Person"}, "major": {"__op": "Delete"}},
///         "indexes": {"by_major": {"__op": "Delete"}},
///     })
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing changes until `.save(&master).await`"]
pub struct SchemaChange {
    class_name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, Part<ClassField>>,
    #[serde(rename = "classLevelPermissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<ClassPermissions>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    indexes: BTreeMap<String, Part<ClassIndex>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part<V> {
    Add(V),
    Delete,
}

impl<V: Serialize> Serialize for Part<V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Delete {
            __op: &'static str,
        }
        match self {
            Self::Add(value) => value.serialize(to),
            Self::Delete => Delete { __op: "Delete" }.serialize(to),
        }
    }
}

impl SchemaChange {
    pub(super) fn new(class_name: String) -> Self {
        Self {
            class_name,
            fields: BTreeMap::new(),
            permissions: None,
            indexes: BTreeMap::new(),
        }
    }

    /// Adds a field; or changes what is said of one of the same type: whether it is required, and its default value.
    pub fn add_field(mut self, name: impl Into<String>, field: ClassField) -> Self {
        self.fields.insert(name.into(), Part::Add(field));
        self
    }

    /// **Deletes a field, with its values in every object.**
    pub fn delete_field(mut self, name: impl Into<String>) -> Self {
        self.fields.insert(name.into(), Part::Delete);
        self
    }

    /// Adds an index. One of the same name has to be deleted before, by a change of its own.
    pub fn add_index(mut self, name: impl Into<String>, index: ClassIndex) -> Self {
        self.indexes.insert(name.into(), Part::Add(index));
        self
    }

    /// Deletes an index.
    pub fn delete_index(mut self, name: impl Into<String>) -> Self {
        self.indexes.insert(name.into(), Part::Delete);
        self
    }

    /// Puts these permissions in the place of those that the class has: start from
    /// [what it has](ClassSchema::permissions) to keep them.
    pub fn set_permissions(mut self, permissions: ClassPermissions) -> Self {
        self.permissions = Some(permissions);
        self
    }

    /// The name of the class.
    pub fn class_name(&self) -> &str {
        &self.class_name
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.permissions.is_none() && self.indexes.is_empty()
    }

    /// Changes the class, and returns what the server holds then. One PUT, wire form `PUT /schemas/City`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what no server would take; nothing is sent then. Code 103 where the class does not exist;
    /// 255 for a field to add that is there with another type, and for one to delete that is not there; 102 for an
    /// index that is there, is not, or is over a field that is not. The server deletes and adds fields one by one: what
    /// it did before it refused stays done.
    pub fn save<'a>(&'a self, master: &'a impl MasterKey) -> BoxFuture<'a, Result<ClassSchema>> {
        self.send(master.client())
    }

    pub(super) fn send<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Result<ClassSchema>> {
        async move {
            self.check()?;
            send(client, Method::Put, &self.class_name, self).await
        }
        .boxed()
    }

    fn check(&self) -> Result<()> {
        let class = self.class_name.as_str();
        check_class(class)?;
        let mut added = BTreeMap::new();
        for (name, part) in &self.fields {
            match part {
                Part::Add(field) => drop(added.insert(name.clone(), field.clone())),
                Part::Delete => check_field(class, name)?,
            }
        }
        check_new_fields(class, &added)?;
        let mut places = added.iter().filter(|(_, field)| is_place(field));
        if let (Some((first, _)), Some((second, _))) = (places.next(), places.next()) {
            return Err(second_place(class, second, first));
        }
        for (name, part) in &self.indexes {
            if let Part::Add(index) = part {
                check_index(class, name, index)?;
            }
        }
        // which other fields there are, the server knows
        let permissions = self.permissions.as_ref();
        match permissions.and_then(ClassPermissions::unsendable) {
            Some(reason) => Err(Error::invalid(class, None, reason)),
            None => Ok(()),
        }
    }
}
