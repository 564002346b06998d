//! Who asks, and what functions are given.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::Home;
use crate::keys::Auth;
use crate::number;
use crate::query::find;
use crate::refusal::Refusal;
use crate::state::State;

/// What a request brings besides what it asks for.
#[derive(Debug)]
pub(crate) struct Info {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) ip: String,
    /// What the triggers of one request tell each other.
    pub(crate) context: Mutex<Map<String, Value>>,
}

impl Info {
    /// From the headers, or from the body as the JavaScript SDK sends it.
    pub(crate) fn read(all: &HeaderMap, body: Option<&Value>) -> Result<Self, Refusal> {
        let malformed = || Refusal::json("Invalid object for context.");
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let sent = body.filter(|body| body.get("_ApplicationId").is_some());
        let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).map_err(|_| malformed());
        let header = all.get("x-parse-cloud-context").map(text);
        let context = match (header, sent.and_then(|body| body.get("_context"))) {
            (Some(text), _) => read(&text)?,
            (None, Some(Value::Object(context))) => context.clone(),
            (None, Some(Value::String(text))) => read(text)?,
            (None, Some(value)) if number::truthy(value) => return Err(malformed()),
            (None, _) => Map::new(),
        };
        let headers = all.iter();
        Ok(Self {
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            ip: Ipv4Addr::LOCALHOST.to_string(),
            context: Mutex::new(context),
        })
    }

    /// What a LiveQuery client brings: frames have no headers.
    pub(crate) fn none() -> Self {
        Self {
            headers: Vec::new(),
            ip: Ipv4Addr::LOCALHOST.to_string(),
            context: Mutex::default(),
        }
    }

    pub(crate) fn context(&self) -> MutexGuard<'_, Map<String, Value>> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks.
#[derive(Clone)]
#[non_exhaustive]
pub struct Caller {
    /// Whether the master key was sent.
    pub master: bool,
    /// The user of the session, as a row.
    pub user: Option<Value>,
    /// `X-Parse-Installation-Id`
    pub installation_id: Option<String>,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The address.
    pub ip: String,
    /// `X-Parse-Cloud-Context`, and what the triggers before this one added.
    pub context: Map<String, Value>,
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "only the client asks"))]
    home: Arc<Home>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("master", &self.master)
            .field("user_id", &self.user_id())
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl Caller {
    pub(crate) fn new(state: &State, auth: &Auth, info: &Info) -> Self {
        Self {
            master: auth.master,
            user: user(state, auth),
            installation_id: auth.installation_id.clone(),
            headers: info.headers.clone(),
            ip: info.ip.clone(),
            context: info.context().clone(),
            home: Arc::clone(&state.home),
        }
    }

    /// The id of the user.
    pub fn user_id(&self) -> Option<&str> {
        self.user.as_ref()?.get("objectId")?.as_str()
    }

    /// A client of this server with the master key.
    #[cfg(feature = "client")]
    pub fn client(&self) -> parse_orm::MasterClient {
        self.home.client()
    }
}

/// The row of the user who asks, with the token of the session.
fn user(state: &State, auth: &Auth) -> Option<Value> {
    let id = auth.user.as_deref()?;
    let store = state.store();
    let class = store.class("_User")?;
    let mut row = find::shown(&state.options, class.get(id)?, &class.schema);
    if let Some(token) = &auth.session_token {
        row.insert("sessionToken".to_owned(), json!(token));
    }
    Some(Value::Object(row))
}

/// A call of a function.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FunctionCall {
    /// The function.
    pub name: String,
    /// The parameters, as they came.
    pub params: Value,
    /// Who calls.
    pub caller: Caller,
}

impl FunctionCall {
    pub(crate) fn new(name: &str, params: Value, caller: Caller) -> Self {
        Self {
            name: name.to_owned(),
            params,
            caller,
        }
    }

    /// A client of this server with the master key, for the function's own work.
    #[cfg(feature = "client")]
    pub fn client(&self) -> parse_orm::MasterClient {
        self.caller.client()
    }
}
