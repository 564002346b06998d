//! What a recorded request shows of itself: everything but for secrets.

use std::fmt;

use serde_json::Value;

use crate::state::RecordedRequest;

/// In the place of a secret.
const HIDDEN: &str = "(hidden)";

/// The names of what is secret end so, in lower case: `X-Parse-Session-Token`, `new_password`, `authData`.
const SECRETS: [&str; 5] = ["password", "token", "authdata", "challengedata", "authorization"];

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|end| name.ends_with(end)) || name.starts_with("_auth_data_")
}

fn header((name, value): &(String, String)) -> (&str, &str) {
    let key = name.starts_with("x-parse-") && name.ends_with("-key");
    (name, if key || is_secret(name) { HIDDEN } else { value })
}

/// A parameter may be JSON: a condition on a token.
fn parameter((name, value): &(String, String)) -> (&str, String) {
    if is_secret(name) {
        return (name, HIDDEN.to_owned());
    }
    match serde_json::from_str(value) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => (name, shown(&json).to_string()),
        _ => (name, value.clone()),
    }
}

fn shown(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let hidden = is_secret(name) && !value.is_null();
                (name.clone(), if hidden { HIDDEN.into() } else { shown(value) })
            })
            .collect(),
        Value::Array(elements) => elements.iter().map(shown).collect(),
        other => other.clone(),
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("wire_method", &self.wire_method)
            .field("path", &self.path)
            .field("query", &self.query.iter().map(parameter).collect::<Vec<_>>())
            .field("headers", &self.headers.iter().map(header).collect::<Vec<_>>())
            .field("body", &self.body.as_ref().map(shown))
            .finish()
    }
}
