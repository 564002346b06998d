//! A class's definition: what the server holds, or what an application wants it to hold.

use super::change::SchemaChange;
use super::diff::SchemaDiff;
use super::field::{ClassField, ClassFieldType};
use super::index::ClassIndex;
use super::name::{BUILT_IN, check_class, check_field, is_given};
use super::permissions::ClassPermissions;
use crate::client::{Call, MasterKey, Method, NoParams, Path, unexpected};
use crate::object::{ParseObject, Schema};
use crate::{Client, Error, ErrorCode, Result};
use futures::future::{BoxFuture, FutureExt as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The definition of a class: its fields, its permissions and its indexes. All that is done with one needs the master
/// key.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// use parse_orm::{ClassField, ClassIndex, ClassOperation, ClassPermissions, ClassSchema};
///
/// #[derive(ParseObject, Clone, Debug)]
/// struct City { name: String, population: i64, mayor: Option<Pointer<City>> }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// let cities = ClassSchema::of::<City>() // the fields of the model
///     .add_field("name", ClassField::of::<String>().required())
///     .add_index("by_size", ClassIndex::fields(["-population"]))
///     .set_permissions(ClassPermissions::new().allow(ClassOperation::READ, Who::Public));
/// let there = cities.ensure(&master).await?; // made, or completed
/// assert_eq!(there.field("mayor"), Some(&ClassField::pointer_to("City")));
///
/// let there = ClassSchema::change("City")
///     .add_field("founded", ClassField::of::<DateTime<Utc>>())
///     .delete_field("mayor")
///     .save(&master)
///     .await?;
/// assert!(there.field("mayor").is_none());
/// # Ok(()) }
/// ```
///
/// The fields `objectId`, `createdAt`, `updatedAt` and `ACL` and the index `_id_` are part of every class, and not
/// shown. Serialising gives
/// the wire form, `{"className": "City", "fields": {..}, "classLevelPermissions": {..}, "indexes": {..}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassSchema {
    class_name: String,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, ClassField>,
    #[serde(
        rename = "classLevelPermissions",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) permissions: Option<ClassPermissions>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) indexes: BTreeMap<String, ClassIndex>,
}

impl ClassSchema {
    /// A class of this name, without fields of its own.
    #[must_use = "a definition does nothing until `.create(&master).await` or `.ensure(&master).await`"]
    pub fn new(class_name: impl Into<String>) -> Self {
        Self {
            class_name: class_name.into(),
            fields: BTreeMap::new(),
            permissions: None,
            indexes: BTreeMap::new(),
        }
    }

    /// The class of a model, with its fields. None of them is required on the server, also where the model needs it:
    /// what else writes to the class may know less. Of the server's own classes only what the model adds.
    #[must_use = "a definition does nothing until `.create(&master).await` or `.ensure(&master).await`"]
    pub fn of<T: ParseObject>() -> Self {
        Self::from(T::SCHEMA)
    }

    /// Adds a field, or takes another definition for the one of this name.
    #[must_use = "a definition does nothing until `.create(&master).await` or `.ensure(&master).await`"]
    pub fn add_field(mut self, name: impl Into<String>, field: ClassField) -> Self {
        self.fields.insert(name.into(), field);
        self
    }

    /// Adds an index, or takes another definition for the one of this name.
    #[must_use = "a definition does nothing until `.create(&master).await` or `.ensure(&master).await`"]
    pub fn add_index(mut self, name: impl Into<String>, index: ClassIndex) -> Self {
        self.indexes.insert(name.into(), index);
        self
    }

    /// Who may do what with the class. Where nothing is said, everybody may do everything.
    #[must_use = "a definition does nothing until `.create(&master).await` or `.ensure(&master).await`"]
    pub fn set_permissions(mut self, permissions: ClassPermissions) -> Self {
        self.permissions = Some(permissions);
        self
    }

    /// The name of the class.
    pub fn class_name(&self) -> &str {
        &self.class_name
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&ClassField> {
        self.fields.get(name)
    }

    /// The fields by name, without those that every class has.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &ClassField)> {
        self.fields.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// The indexes by name, without that on the ids.
    pub fn indexes(&self) -> impl Iterator<Item = (&str, &ClassIndex)> {
        self.indexes.iter().map(|(name, index)| (name.as_str(), index))
    }

    /// Who may do what; of what the server holds, always said.
    pub fn permissions(&self) -> Option<&ClassPermissions> {
        self.permissions.as_ref()
    }

    /// The classes that the server holds. One GET, wire form `GET /schemas`.
    ///
    /// # Errors
    /// Whatever the server answers.
    pub fn all(master: &impl MasterKey) -> BoxFuture<'_, Result<Vec<Self>>> {
        #[derive(Deserialize)]
        struct Answer {
            results: Vec<ClassSchema>,
        }
        let client = master.client();
        async move {
            let body = client.read(Path::Plain("/schemas"), &NoParams {}).await?;
            let Answer { results } = read(&body)?;
            Ok(results.into_iter().map(Self::shown).collect())
        }
        .boxed()
    }

    /// The class of this name that the server holds; `None` where it holds none. One GET, wire form
    /// `GET /schemas/City`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that no class can have, and whatever the server answers.
    pub fn fetch(
        master: &impl MasterKey,
        class_name: impl AsRef<str>,
    ) -> BoxFuture<'_, Result<Option<Self>>> {
        let client = master.client();
        let class_name = class_name.as_ref().to_owned();
        async move { held(client, &class_name).await }.boxed()
    }

    /// Makes the class, and returns what the server made. One POST, wire form `POST /schemas/City`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what the server would refuse; nothing is sent then. Code 103 where the class is there:
    /// [`ensure`](Self::ensure) does not mind.
    pub fn create<'a>(&'a self, master: &'a impl MasterKey) -> BoxFuture<'a, Result<Self>> {
        let client = master.client();
        async move {
            self.check()?;
            send(client, Method::Post, &self.class_name, self).await
        }
        .boxed()
    }

    /// Makes the class, or adds the fields and the indexes that the server's lacks, and returns what the server
    /// holds then. One GET, and a POST or a PUT where something is missing: an application can do this at each start.
    ///
    /// Nothing is deleted, and nothing that is there is changed, such as a field's options: [`diff`](Self::diff) tells
    /// what differs.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what the server would refuse, where a field of the server's class is of another type,
    /// and where the class is there with other permissions than the definition gives it: nothing is changed then.
    pub fn ensure<'a>(&'a self, master: &'a impl MasterKey) -> BoxFuture<'a, Result<Self>> {
        let client = master.client();
        async move {
            self.check()?;
            let mut there = held(client, &self.class_name).await?;
            if there.is_none() {
                match send(client, Method::Post, &self.class_name, self).await {
                    // another program was quicker
                    Err(error) if error.code() == Some(ErrorCode::InvalidClassName) => {
                        there = held(client, &self.class_name).await?;
                        if there.is_none() {
                            return Err(error);
                        }
                    }
                    made => return made,
                }
            }
            let Some(there) = there else {
                return Err(unexpected(200, b"no class"));
            };
            let diff = self.diff(&there);
            diff.check(self)?;
            self.check_permissions(&there)?;
            SchemaDiff::check_places(self, &there)?;
            match diff.missing() {
                Some(missing) => missing.send(client).await,
                None => Ok(there),
            }
        }
        .boxed()
    }

    /// A lock that the program counts on is there, or the program is told.
    fn check_permissions(&self, there: &Self) -> Result<()> {
        if self.permissions.is_none() || self.permissions == there.permissions {
            return Ok(());
        }
        let name = &self.class_name;
        let reason = format!(
            "the class has other permissions, and `ensure` changes none: `ClassSchema::change(\"{name}\").set_permissions(..).save(&master)` does"
        );
        Err(Error::invalid(name, None, reason))
    }

    /// Starts a change of the class of this name.
    pub fn change(class_name: impl Into<String>) -> SchemaChange {
        SchemaChange::new(class_name.into())
    }

    /// **Deletes every object of the class**, and keeps its definition. One DELETE, wire form `DELETE /purge/City`; no
    /// trigger runs. A class that does not exist is no error.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that no class can have, and whatever the server answers.
    pub fn purge(master: &impl MasterKey, class_name: impl AsRef<str>) -> BoxFuture<'_, Result<()>> {
        delete(master.client(), "/purge", class_name.as_ref().to_owned())
    }

    /// Deletes a class that has no objects: [`purge`](Self::purge) it before. One DELETE, wire form
    /// `DELETE /schemas/City`. A class that does not exist is no error.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that no class can have. Code 255 where the class has objects.
    pub fn delete(master: &impl MasterKey, class_name: impl AsRef<str>) -> BoxFuture<'_, Result<()>> {
        delete(master.client(), "/schemas", class_name.as_ref().to_owned())
    }

    /// Everything that the server would refuse.
    pub(super) fn check(&self) -> Result<()> {
        let class = self.class_name.as_str();
        check_class(class)?;
        check_new_fields(class, &self.fields)?;
        let mut places = self.fields.iter().filter(|(_, field)| is_place(field));
        if let (Some((first, _)), Some((second, _))) = (places.next(), places.next()) {
            return Err(second_place(class, second, first));
        }
        // the fields that the server itself gives to its own classes are the server's business
        let known = |name: &str| {
            let given = is_given(class, name).then(|| ClassFieldType::Other("built-in field".into()));
            self.fields
                .get(name)
                .map(|field| field.field_type().clone())
                .or(given)
        };
        let permissions = self.permissions.as_ref();
        if let Some((field, reason)) = permissions.and_then(|permissions| permissions.mistake(&known)) {
            return Err(Error::invalid(class, field.as_deref(), reason));
        }
        for (name, index) in &self.indexes {
            check_index(class, name, index)?;
            for (field, _) in index.keys() {
                if known(field.strip_prefix("_p_").unwrap_or(field)).is_none() {
                    let reason = format!("the index `{name}` is over it, and the class has no such field");
                    return Err(Error::invalid(class, Some(field), reason));
                }
            }
        }
        Ok(())
    }

    /// Without the fields and the index that every class has.
    fn shown(mut self) -> Self {
        self.fields.retain(|name, _| !BUILT_IN.contains(&name.as_str()));
        self.indexes.remove("_id_");
        self
    }
}

impl From<&Schema> for ClassSchema {
    fn from(schema: &Schema) -> Self {
        let added = schema
            .fields
            .iter()
            .filter(|field| !is_given(schema.class_name, field.name));
        let fields = added.map(|field| (field.name.to_owned(), ClassField::new(field.field_type())));
        Self {
            fields: fields.collect(),
            ..Self::new(schema.class_name)
        }
    }
}

pub(super) fn is_place(field: &ClassField) -> bool {
    *field.field_type() == ClassFieldType::GeoPoint
}

pub(super) fn second_place(class_name: &str, second: &str, first: &str) -> Error {
    let reason = format!("a class has one GeoPoint field at most, and `{first}` is one already");
    Error::invalid(class_name, Some(second), reason)
}

pub(super) fn check_new_fields(class_name: &str, fields: &BTreeMap<String, ClassField>) -> Result<()> {
    for (name, field) in fields {
        check_field(class_name, name)?;
        if let Some(reason) = field.mistake() {
            return Err(Error::invalid(class_name, Some(name), reason));
        }
    }
    Ok(())
}

pub(super) fn check_index(class_name: &str, name: &str, index: &ClassIndex) -> Result<()> {
    let reason = if name.is_empty() {
        "an index needs a name".into()
    } else if index.keys().next().is_none() {
        format!("the index `{name}` is over no field")
    } else {
        return Ok(());
    };
    Err(Error::invalid(class_name, None, reason))
}

fn read<V: DeserializeOwned>(body: &[u8]) -> Result<V> {
    serde_json::from_slice(body).map_err(|_| unexpected(200, body))
}

/// The class that the server holds.
async fn held(client: &Client, class_name: &str) -> Result<Option<ClassSchema>> {
    check_class(class_name)?;
    match client
        .read(Path::Named("/schemas", class_name), &NoParams {})
        .await
    {
        Ok(body) => read(&body).map(|schema| Some(ClassSchema::shown(schema))),
        Err(error) if error.code() == Some(ErrorCode::InvalidClassName) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sends a definition, or a change of one.
pub(super) async fn send(
    client: &Client,
    method: Method,
    class_name: &str,
    body: &impl Serialize,
) -> Result<ClassSchema> {
    let body =
        serde_json::to_vec(body).map_err(|error| Error::invalid(class_name, None, error.to_string()))?;
    let call = Call {
        method,
        path: Path::Named("/schemas", class_name),
        body: Some(body),
    };
    read(&client.request(call).await?).map(ClassSchema::shown)
}

fn delete<'a>(client: &'a Client, service: &'static str, class_name: String) -> BoxFuture<'a, Result<()>> {
    async move {
        check_class(&class_name)?;
        let call = Call {
            method: Method::Delete,
            path: Path::Named(service, &class_name),
            body: None,
        };
        client.request(call).await.map(drop)
    }
    .boxed()
}
