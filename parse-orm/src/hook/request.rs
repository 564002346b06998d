//! What the server posts to a webhook.

use super::{Answer, Posted, TriggerName};
use crate::object::body_of;
use crate::value::{Decode, ObjectId, ParseValue};
use crate::{Error, File, Object, ParseObject, Result, Secret};
use serde::de::{DeserializeSeed, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// What is posted, of a function and of all triggers together.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    function_name: Option<String>,
    trigger_name: Option<TriggerName>,
    params: Option<Value>,
    object: Option<Map<String, Value>>,
    original: Option<Map<String, Value>>,
    objects: Option<Vec<Map<String, Value>>>,
    query: Option<Map<String, Value>>,
    count: Option<bool>,
    is_get: Option<bool>,
    file: Option<Value>,
    file_size: Option<u64>,
    #[serde(flatten)]
    caller: Caller,
}

/// On whose behalf the server asks.
#[derive(Clone, Deserialize)]
#[serde(from = "WireCaller")]
#[non_exhaustive]
pub struct Caller {
    /// Whether the master key was used.
    pub master: bool,
    /// Whether it was the one that only reads.
    pub read_only: bool,
    /// The user, where one was logged in.
    pub user_id: Option<ObjectId>,
    /// The session of the user: [`Client::with_session`](crate::Client::with_session) acts on the user's behalf.
    pub session_token: Option<Secret>,
    /// The installation that asked, where it said so.
    pub installation_id: Option<String>,
    /// The address that asked.
    pub ip: Option<String>,
    /// What the request [told besides](crate::Client::with_context).
    pub context: Map<String, Value>,
    user: Option<Map<String, Value>>,
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCaller {
    master: Option<bool>,
    is_read_only: Option<bool>,
    user: Option<Map<String, Value>>,
    installation_id: Option<String>,
    ip: Option<String>,
    context: Option<Map<String, Value>>,
    headers: Option<BTreeMap<String, Value>>,
}

impl From<WireCaller> for Caller {
    fn from(wire: WireCaller) -> Self {
        let mut user = wire.user;
        let mut text = |key: &str| match user.as_mut()?.remove(key)? {
            Value::String(text) => Some(text),
            _ => None,
        };
        let session_token = text("sessionToken").map(Secret::from);
        let user_id = user
            .as_ref()
            .and_then(|user| user.get("objectId")?.as_str())
            .map(ObjectId::from);
        let header = |(name, value): (String, Value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        };
        Self {
            master: wire.master.unwrap_or_default(),
            read_only: wire.is_read_only.unwrap_or_default(),
            user_id,
            session_token,
            installation_id: wire.installation_id,
            ip: wire.ip,
            context: wire.context.unwrap_or_default(),
            user,
            headers: wire.headers.into_iter().flatten().filter_map(header).collect(),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // no headers: keys are among them
        f.debug_struct("Caller")
            .field("master", &self.master)
            .field("user_id", &self.user_id)
            .field("installation_id", &self.installation_id)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl Caller {
    /// The user as an object of the application's user class.
    ///
    /// # Errors
    /// [`Error::Decode`] when the user does not fit the model.
    pub fn user<U: ParseObject>(&self) -> Result<Option<Object<U>>> {
        let Some(user) = &self.user else { return Ok(None) };
        Posted::new(user.clone(), None)
            .object()
            .map(Some)
            .map_err(Error::from)
    }

    /// A header of the request that the server was sent, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A call of a function: read the body of the POST as this.
///
/// The parameters are the same type as in [`Client::call`](crate::Client::call). On the way the server turns a date into a
/// text and takes the class off a pointer: both are read as what they were.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FunctionRequest<P> {
    /// The function.
    pub function_name: String,
    /// The parameters.
    pub params: P,
    /// Who calls it.
    pub caller: Caller,
}

impl<'de, P: ParseValue> Deserialize<'de> for FunctionRequest<P> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(from)?;
        let function_name = wire
            .function_name
            .ok_or_else(|| D::Error::custom("this is no call of a function: it has no `functionName`"))?;
        let params = Decode::<P>::new().deserialize(wire.params.unwrap_or_default());
        let params = params.map_err(|error| {
            D::Error::custom(format_args!("the parameters of `{function_name}`: {error}"))
        })?;
        Ok(Self {
            function_name,
            params,
            caller: wire.caller,
        })
    }
}

/// A trigger: read the body of the POST as this. `T` is the class that the webhook was registered for; what a request
/// holds depends on the trigger.
///
/// | trigger | `object` | `original` | others |
/// | --- | --- | --- | --- |
/// | `beforeSave` | as it will be | as it is, in an update | |
/// | `afterSave` | as it is now | as it was, in an update | |
/// | `beforeDelete`, `afterDelete` | the object | | |
/// | `beforeFind` | | | `query`, `count`, `is_get` |
/// | `afterFind` | | | `objects`, `query`, `is_get` |
/// | `beforeLogin`, `afterLogin`, `beforePasswordResetRequest` | the user | | |
/// | `afterLogout` | the session | | |
/// | those of `@File` | | | `file`, `file_size` |
#[non_exhaustive]
pub struct TriggerRequest<T> {
    /// The moment.
    pub trigger: TriggerName,
    /// The object that it is about.
    pub object: Option<Posted<T>>,
    /// The object as it was before an update.
    pub original: Option<Posted<T>>,
    /// The rows that were found.
    pub objects: Vec<Posted<T>>,
    /// What is looked for: `where`, `limit`, `order`, `keys`, ..
    pub query: Option<Map<String, Value>>,
    /// Whether the number of rows is asked for.
    pub count: bool,
    /// Whether one object is asked for by its id.
    pub is_get: bool,
    /// The file.
    pub file: Option<File>,
    /// The size that its upload declares, in bytes.
    pub file_size: Option<u64>,
    /// Who asks.
    pub caller: Caller,
}

impl<T> fmt::Debug for TriggerRequest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TriggerRequest")
            .field("trigger", &self.trigger)
            .field("object", &self.object)
            .field("original", &self.original)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl<'de, T> Deserialize<'de> for TriggerRequest<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(from)?;
        let trigger = wire
            .trigger_name
            .ok_or_else(|| D::Error::custom("this is no trigger: it has no `triggerName`"))?;
        let original = wire.original.map(|original| Posted::new(original, None));
        let file = wire.file.map(|file| Decode::<File>::new().deserialize(file));
        Ok(Self {
            trigger,
            object: wire.object.map(|object| Posted::new(object, original.as_ref())),
            original,
            objects: wire
                .objects
                .into_iter()
                .flatten()
                .map(|object| Posted::new(object, None))
                .collect(),
            query: wire.query,
            count: wire.count.unwrap_or_default(),
            is_get: wire.is_get.unwrap_or_default(),
            file: file.transpose().map_err(D::Error::custom)?,
            file_size: wire.file_size,
            caller: wire.caller,
        })
    }
}

impl<T> TriggerRequest<T> {
    /// The names of the fields that a save changes, as they are on the server; all of them where the object is about
    /// to be created.
    pub fn changed(&self) -> Vec<&str> {
        let changed = self
            .object
            .iter()
            .flat_map(|object| object.changed(self.original.as_ref()));
        changed.collect()
    }
}

impl<T: ParseObject> TriggerRequest<T> {
    /// The object's value, with the operations of an update applied.
    ///
    /// # Errors
    /// [`Error::Decode`] when it does not fit the model, [`Error::Invalid`] when the trigger is about no object.
    pub fn value(&self) -> Result<T> {
        Ok(self.about()?.value()?)
    }

    /// The answer to `beforeSave` that stores this value: what the request changes, and what differs between the
    /// value and [`value`](Self::value). Atomic operations of the request stay atomic where the value leaves them alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the value cannot be stored, or the trigger is another one: only `beforeSave` may change
    /// an object. [`Error::Decode`] when the object does not fit the model.
    pub fn save(&self, value: &T) -> Result<Answer> {
        let object = self.about()?;
        if self.trigger != TriggerName::BeforeSave {
            let trigger = self.trigger;
            let message = format!("`{trigger}` cannot change an object: answer `Answer::done()`");
            return Err(Error::invalid(T::CLASS_NAME, None, message));
        }
        let mut fields = Map::new();
        for name in self.changed() {
            fields.extend(object.sent(name).map(|value| (name.to_owned(), value.clone())));
        }
        fields.extend(body_of(value, object.differing(value)?)?);
        Ok(Answer::object(fields))
    }

    fn about(&self) -> Result<&Posted<T>> {
        self.object.as_ref().ok_or_else(|| {
            let message = format!("`{}` is about no object", self.trigger);
            Error::invalid(T::CLASS_NAME, None, message)
        })
    }
}
