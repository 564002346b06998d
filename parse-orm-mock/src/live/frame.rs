//! What a client says: its frames, and what the real server's schemas of them refuse.

use serde_json::{Map, Number, Value};

use crate::number::as_javascript;

/// A frame that is understood.
#[derive(Debug)]
pub(super) enum Frame {
    Connect(Connect),
    Subscribe(Subscribe),
    /// Another condition for a subscription.
    Update(Subscribe),
    Unsubscribe(Number),
}

/// The keys, and who connects.
#[derive(Debug)]
pub(super) struct Connect {
    /// All that was said, keys among it.
    pub(super) said: Map<String, Value>,
    pub(super) session_token: Option<String>,
    pub(super) installation_id: Option<String>,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Subscribe {
    pub(super) request_id: Number,
    /// `className`, `where`, `keys` and `watch`.
    pub(super) query: Map<String, Value>,
    pub(super) session_token: Option<String>,
}

/// The type that a schema wants.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Object,
    /// Of texts: at least one, and none twice.
    Names,
    Query,
}

type Schema = &'static [(&'static str, Kind)];

const CONNECT: Schema = &[
    ("op", Kind::Text),
    ("applicationId", Kind::Text),
    ("javascriptKey", Kind::Text),
    ("masterKey", Kind::Text),
    ("clientKey", Kind::Text),
    ("windowsKey", Kind::Text),
    ("restAPIKey", Kind::Text),
    ("sessionToken", Kind::Text),
    ("installationId", Kind::Text),
];
const SUBSCRIBE: Schema = &[
    ("op", Kind::Text),
    ("requestId", Kind::Number),
    ("query", Kind::Query),
    ("sessionToken", Kind::Text),
];
const UNSUBSCRIBE: Schema = &[("op", Kind::Text), ("requestId", Kind::Number)];
const QUERY: Schema = &[
    ("className", Kind::Text),
    ("where", Kind::Object),
    ("keys", Kind::Names),
    ("watch", Kind::Names),
];

impl Frame {
    /// Reads a frame; the error is what the client is told.
    pub(super) fn read(frame: Value) -> Result<Self, String> {
        let Value::Object(said) = frame else {
            return Err(mistyped(&frame, "object"));
        };
        match said.get("op") {
            None => return Err(missing("op")),
            Some(Value::String(_)) => {}
            Some(other) => return Err(mistyped(other, "string")),
        }
        match said.get("op").and_then(Value::as_str) {
            Some("connect") => {
                check(&said, &["applicationId"], CONNECT)?;
                Ok(Self::Connect(Connect {
                    session_token: text(&said, "sessionToken"),
                    installation_id: text(&said, "installationId"),
                    said,
                }))
            }
            Some("subscribe") => Subscribe::read(said).map(Self::Subscribe),
            Some("update") => Subscribe::read(said).map(Self::Update),
            Some("unsubscribe") => {
                check(&said, &["requestId"], UNSUBSCRIBE)?;
                Ok(Self::Unsubscribe(request_id(&said)))
            }
            _ => Err(format!("No enum match for: {}", said["op"])),
        }
    }
}

impl Subscribe {
    fn read(mut said: Map<String, Value>) -> Result<Self, String> {
        check(&said, &["requestId", "query"], SUBSCRIBE)?;
        let query = match said.shift_remove("query") {
            Some(Value::Object(query)) => query,
            _ => Map::new(),
        };
        Ok(Self {
            request_id: request_id(&said),
            query,
            session_token: text(&said, "sessionToken"),
        })
    }
}

fn text(said: &Map<String, Value>, key: &str) -> Option<String> {
    said.get(key)?.as_str().map(str::to_owned)
}

fn request_id(said: &Map<String, Value>) -> Number {
    match said.get("requestId") {
        Some(Value::Number(number)) => as_javascript(number),
        _ => Number::from(0),
    }
}

/// First what must be there, then what is there in its order.
fn check(said: &Map<String, Value>, required: &[&str], schema: Schema) -> Result<(), String> {
    if let Some(name) = required.iter().find(|name| !said.contains_key(**name)) {
        return Err(missing(name));
    }
    said.iter().try_for_each(|(key, value)| {
        let (_, kind) = schema
            .iter()
            .find(|(name, _)| name == key)
            .ok_or("Additional properties not allowed")?;
        kind.check(value)
    })
}

impl Kind {
    fn check(self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Self::Text, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Object, Value::Object(_)) => Ok(()),
            (Self::Query, Value::Object(query)) => check(query, &["where", "className"], QUERY),
            (Self::Names, Value::Array(names)) => check_names(names),
            (Self::Text, _) => Err(mistyped(value, "string")),
            (Self::Number, _) => Err(mistyped(value, "number")),
            (Self::Object | Self::Query, _) => Err(mistyped(value, "object")),
            (Self::Names, _) => Err(mistyped(value, "array")),
        }
    }
}

fn check_names(names: &[Value]) -> Result<(), String> {
    if names.is_empty() {
        return Err("Array is too short (0), minimum 1".to_owned());
    }
    for (first, name) in names.iter().enumerate() {
        if let Some(behind) = names[first + 1..].iter().position(|other| other == name) {
            let second = first + 1 + behind;
            return Err(format!(
                "Array items are not unique (indices {first} and {second})"
            ));
        }
    }
    names.iter().try_for_each(|name| Kind::Text.check(name))
}

fn missing(name: &str) -> String {
    format!("Missing required property: {name}")
}

fn mistyped(value: &Value, expected: &str) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("Invalid type: {kind} (expected {expected})")
}
