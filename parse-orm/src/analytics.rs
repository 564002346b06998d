//! Analytics: events that an application counts.

use crate::client::{Call, Method, Path};
use crate::{Client, Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// Something that happened in an application, for the server's analytics: [`Client::track`] reports it.
///
/// Wire form: `POST /events/Search` with `{"dimensions":{"category":"books"}}`.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// use parse_orm::Event;
///
/// client.track(Event::app_opened()).await?;
/// client.track("Logout").await?;
/// client.track(Event::new("Search").dimension("category", "books").dimension("source", "home")).await?;
/// assert_eq!(server.events()[2].parameters["dimensions"]["category"], "books");
/// # Ok(()) }
/// ```
///
/// What becomes of it is the server's analytics adapter's business; Parse Server's own does nothing with it.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an event is reported by `client.track`"]
pub struct Event {
    name: String,
    at: Option<DateTime<Utc>>,
    dimensions: Map<String, Value>,
    push_hash: Option<String>,
}

impl Event {
    /// An event of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            at: None,
            dimensions: Map::new(),
            push_hash: None,
        }
    }

    /// The app was opened.
    pub fn app_opened() -> Self {
        Self::new("AppOpened")
    }

    /// A property by which events of the name are told apart. Numbers and the like are best given as ranges:
    /// `"1000-1500"`.
    pub fn dimension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.dimensions.insert(name.into(), Value::String(value.into()));
        self
    }

    /// When it happened, if that is not now.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// The hash of the push (`push_hash` in its payload) by which the app was opened.
    pub fn push_hash(mut self, hash: impl Into<String>) -> Self {
        self.push_hash = Some(hash.into());
        self
    }

    fn body(&self) -> Value {
        let mut body = json!({});
        if !self.dimensions.is_empty() {
            body["dimensions"] = Value::Object(self.dimensions.clone());
        }
        if let Some(time) = self.at {
            let iso = time.to_rfc3339_opts(SecondsFormat::Millis, true);
            body["at"] = json!({"__type": "Date", "iso": iso});
        }
        if let Some(hash) = &self.push_hash {
            body["push_hash"] = json!(hash);
        }
        body
    }
}

impl From<&str> for Event {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Event {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl Client {
    /// Reports an event, or the name of one. One POST, which is not tried again when its answer is lost.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an event whose name, or that of a dimension, is blank; nothing is sent then.
    pub async fn track(&self, event: impl Into<Event>) -> Result<()> {
        let event = event.into();
        let blank = |message| Err(Error::invalid("events", None, message));
        if event.name.trim().is_empty() {
            return blank("an event needs a name, as in `client.track(\"Search\")`");
        }
        if event.dimensions.keys().any(|name| name.trim().is_empty()) {
            return blank(
                "a dimension of an event needs a name, as in `.dimension(\"category\", \"books\")`",
            );
        }
        let body = event.body().to_string().into_bytes();
        let path = Path::Named("/events", &event.name);
        let call = Call {
            method: Method::Post,
            path,
            body: Some(body),
        };
        self.request(call).await.map(drop)
    }
}
