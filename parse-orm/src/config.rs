//! The server's configuration: parameters that every program of the application reads, and that the master key
//! writes.

use crate::client::{Call, MasterKey, Method, NoParams, Path, unexpected};
use crate::value::{AnyValue, ParseValue};
use crate::{Client, DecodeError, Error, Result};
use futures::future::{BoxFuture, FutureExt as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What errors call the configuration, where they name a class.
const NAME: &str = "config";

/// The parameters of the server's configuration, as one request read them.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// use parse_orm::Config;
///
/// /// The whole configuration, or the part of it that matters here.
/// #[derive(ParseValue, Clone, Debug, PartialEq)]
/// struct Settings {
///     welcome_text: String, // the parameter `welcomeText`
///     opened_at: Option<DateTime<Utc>>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let (client, master) = (server.client(), server.master_client());
/// Config::change()
///     .set("welcomeText", "hello")
///     .set_master_only("dailyBudget", 250)
///     .save(&master)
///     .await?;
///
/// let config = client.config().await?;
/// let settings: Settings = config.read()?;
/// assert_eq!(settings, Settings { welcome_text: "hello".into(), opened_at: None });
/// assert_eq!(config.get::<i64>("dailyBudget")?, None); // only the master key sees it
/// assert_eq!(master.config().await?.get("dailyBudget")?, Some(250));
/// # Ok(()) }
/// ```
///
/// A parameter has any type that a field has. A type that goes through serde is wrapped: `config.read::<Json<Settings>>()`.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    master_key_only: BTreeMap<String, Value>,
}

impl Client {
    /// The server's configuration: all parameters that this client may see. One GET, wire form `GET /config`.
    ///
    /// # Errors
    /// Whatever the server answers.
    pub async fn config(&self) -> Result<Config> {
        let body = self.read(Path::Plain("/config"), &NoParams {}).await?;
        serde_json::from_slice(&body).map_err(|_| unexpected(200, &body))
    }
}

impl Config {
    /// One parameter; `None` where there is none, or this client may not see it.
    ///
    /// # Errors
    /// [`Error::Decode`] when it is of another type.
    pub fn get<V: ParseValue>(&self, name: &str) -> Result<Option<V>> {
        let value = self.params.get(name).filter(|value| !value.is_null());
        value.map(|value| decode(Some(name), value)).transpose()
    }

    /// All parameters as one value: a struct with `#[derive(ParseValue)]`, or `Json<..>` of any serde type. What the
    /// struct does not name is passed over.
    ///
    /// # Errors
    /// [`Error::Decode`] when a parameter is of another type, or missing and not an `Option`.
    pub fn read<V: ParseValue>(&self) -> Result<V> {
        decode(None, &Value::Object(self.params.clone()))
    }

    /// The wire form of one parameter.
    pub fn json(&self, name: &str) -> Option<&Value> {
        self.params.get(name)
    }

    /// The names of the parameters that the client was shown.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.params.keys().map(String::as_str)
    }

    /// True when only the master key sees the parameter, which only the master key is told.
    pub fn is_master_only(&self, name: &str) -> bool {
        self.master_key_only.get(name) == Some(&Value::Bool(true))
    }

    /// Starts a change of the configuration.
    pub fn change() -> ConfigChange {
        ConfigChange::default()
    }
}

fn decode<V: ParseValue>(name: Option<&str>, value: &Value) -> Result<V> {
    V::decode(value).map_err(|error| {
        Error::from(DecodeError {
            class_name: NAME,
            id: None,
            field: name.map(Into::into),
            expected: name.map_or_else(|| std::any::type_name::<V>().into(), |_| V::TYPE.to_string()),
            found: without_texts(&error.to_string()),
        })
    })
}

/// A reason without the texts that it quotes: a parameter may be a secret of the server.
fn without_texts(reason: &str) -> String {
    let mut kept = String::with_capacity(reason.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in reason.chars() {
        match c {
            '"' if !escaped => {
                kept.push_str(if quoted { "..\"" } else { "\"" });
                quoted = !quoted;
            }
            _ if !quoted => kept.push(c),
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    kept
}

/// The names alone: a parameter may be a secret of the server.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: BTreeSet<&str> = self.names().collect();
        write!(f, "Config({names:?})")
    }
}

/// Parameters to write and to delete: made by [`Config::change`]. What it does not name stays as it is.
#[derive(Default)]
#[must_use = "nothing changes until `.save(&master).await`"]
pub struct ConfigChange {
    params: BTreeMap<String, Result<Value, String>>,
    /// Who sees what, where that is said.
    master_only: BTreeMap<String, bool>,
}

impl ConfigChange {
    /// Writes a parameter. Who sees it stays as it is; a new one is seen by everyone.
    pub fn set(mut self, name: impl Into<String>, value: impl AnyValue) -> Self {
        let name = name.into();
        self.master_only.remove(&name);
        let value = value.json().unwrap_or_else(|| {
            let message = "nothing is no value: `delete` takes the parameter away";
            Err(message.into())
        });
        self.params.insert(name, value);
        self
    }

    /// Writes a parameter that only the master key sees from here on.
    pub fn set_master_only(self, name: impl Into<String>, value: impl AnyValue) -> Self {
        self.set_for(name.into(), value, true)
    }

    /// Writes a parameter that everyone sees from here on.
    pub fn set_public(self, name: impl Into<String>, value: impl AnyValue) -> Self {
        self.set_for(name.into(), value, false)
    }

    fn set_for(self, name: String, value: impl AnyValue, master_only: bool) -> Self {
        let mut change = self.set(name.clone(), value);
        change.master_only.insert(name, master_only);
        change
    }

    /// Deletes a parameter. One that is not there is no error.
    pub fn delete(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.master_only.insert(name.clone(), false);
        self.params.insert(name, Ok(json!({"__op": "Delete"})));
        self
    }

    /// Sends the change: one PUT, wire form `PUT /config` with `{"params": {..}, "masterKeyOnly": {..}}`.
    ///
    /// The server takes a parameter that is written for one that everyone sees, unless it is told otherwise each time.
    /// So where [`set`](Self::set) leaves that open, a GET before the PUT finds out who sees the parameter now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or a value that the server cannot take; nothing is sent then.
    pub fn save<'a>(&'a self, master: &'a impl MasterKey) -> BoxFuture<'a, Result<()>> {
        let client = master.client();
        async move { self.send(client).await }.boxed()
    }

    async fn send(&self, client: &Client) -> Result<()> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            params: BTreeMap<&'a str, &'a Value>,
            master_key_only: BTreeMap<&'a str, bool>,
        }
        let mut params = BTreeMap::new();
        for (name, value) in &self.params {
            let invalid = |reason: &str| Error::invalid(NAME, Some(name), reason);
            if name.is_empty() || name.contains(['.', '$']) {
                return Err(invalid(
                    "a parameter's name is not empty, and holds neither `.` nor `$`",
                ));
            }
            params.insert(name.as_str(), value.as_ref().map_err(|reason| invalid(reason))?);
        }
        if params.is_empty() {
            return Ok(());
        }
        let open = |name: &&str| !self.master_only.contains_key(*name);
        let known = if params.keys().any(open) {
            client.config().await?
        } else {
            Config::default()
        };
        let master_only = params.keys().map(|name| {
            let said = self.master_only.get(*name).copied();
            (*name, said.unwrap_or_else(|| known.is_master_only(name)))
        });
        let master_key_only = master_only.filter(|(_, hidden)| *hidden).collect();
        let body = serde_json::to_vec(&Body {
            params,
            master_key_only,
        });
        let call = Call {
            method: Method::Put,
            path: Path::Plain("/config"),
            body: Some(body.map_err(|error| Error::invalid(NAME, None, error.to_string()))?),
        };
        client.request(call).await.map(drop)
    }
}

/// The names alone: a parameter may be a secret of the server.
impl fmt::Debug for ConfigChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: BTreeSet<&String> = self.params.keys().collect();
        write!(f, "ConfigChange({names:?})")
    }
}
