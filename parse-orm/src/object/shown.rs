//! An object as the server shows it.

use super::encode::FieldRef;
use super::{FieldSet, Object, ParseObject};
use crate::value::{Form, iso};
use crate::{Error, Result};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;

impl<T: ParseObject> Object<T> {
    /// The object as the server shows it, `{"__type": "Object", "className": .., "objectId": .., "score": ..}`, with
    /// the changes that were made here and the objects that were included: what Cloud Code returns and other programs
    /// read. (By serde an object is [kept](#impl-Serialize-for-Object<T>) instead, unsaved changes apart.)
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::{CloudCode, MockServer};
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let code = CloudCode::new().function("best", |call| async move {
    ///     let best = query!(GameScore.order_by(-score)).first(&call.client()).await?;
    ///     Ok(best.map(|best| best.to_json()).transpose()?)
    /// });
    /// let server = MockServer::builder().cloud_code(code).start().await?;
    /// # let client = server.client();
    /// GameScore { score: 7 }.create(&client).await?;
    /// let best: Option<Object<GameScore>> = client.call("best", ()).await?;
    /// assert_eq!(best.unwrap().score, 7);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] when a value has no wire form, or is a new object or file that is not stored yet.
    pub fn to_json(&self) -> Result<Value> {
        serde_json::to_value(Shown(self, Form::Shown))
            .map_err(|error| Error::invalid(T::CLASS_NAME, None, error.to_string()))
    }
}

/// An object with everything it holds.
pub(super) struct Shown<'a, T>(pub(super) &'a Object<T>, pub(super) Form);

impl<T: ParseObject> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Object { meta, value, .. } = self.0;
        let date = |date| iso(date).map_err(S::Error::custom);
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("__type", "Object")?;
        map.serialize_entry("className", T::CLASS_NAME)?;
        map.serialize_entry("objectId", &meta.id)?;
        map.serialize_entry("createdAt", date(&meta.created_at)?.as_str())?;
        map.serialize_entry("updatedAt", date(&meta.updated_at)?.as_str())?;
        if let Some(acl) = &meta.acl {
            map.serialize_entry("ACL", acl)?;
        }
        fields(value, &mut map, self.1)?;
        map.end()
    }
}

/// Every field that has a value.
pub(super) fn fields<T: ParseObject, M: SerializeMap>(
    value: &T,
    map: &mut M,
    form: Form,
) -> Result<(), M::Error> {
    let mut all = FieldSet::EMPTY;
    (0..T::SCHEMA.fields.len()).for_each(|field| all.put(field, true));
    for field in all.without(value.__absent()).iter() {
        let name = T::SCHEMA.fields[field].name;
        map.serialize_entry(name, &FieldRef(value, field, form))?;
    }
    Ok(())
}
