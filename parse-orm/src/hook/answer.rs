//! What a webhook answers.

use crate::{Error, FunctionParams as _, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// The answer of a webhook, to be written as JSON with status 200.
///
/// ```
/// use parse_orm::hook::Answer;
/// let json = |answer: Answer| serde_json::to_string(&answer).unwrap();
/// assert_eq!(json(Answer::done()), "{}");
/// assert_eq!(json(Answer::result(&4.5)?), r#"{"success":4.5}"#);
/// assert_eq!(json(Answer::refuse("not today")), r#"{"error":"not today"}"#);
/// # Ok::<(), parse_orm::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[must_use = "the server waits for it"]
pub struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// Only names: a new user's password may be among the values.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.success.as_ref().and_then(Value::as_object);
        f.debug_struct("Answer")
            .field("fields", &fields.map(|fields| fields.keys().collect::<Vec<_>>()))
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// Nothing to object, nothing to change: for every trigger. Wire form `{}`; a function returns nothing by it.
    pub fn done() -> Self {
        let (success, error) = (None, None);
        Self { success, error }
    }

    /// What a function returns: anything that a field of a model can hold. To return nothing, answer
    /// [`done`](Self::done).
    ///
    /// # Errors
    /// [`Error::Invalid`] when the value has no wire form, such as `f64::NAN`.
    pub fn result<V: crate::ParseValue>(value: &V) -> Result<Self> {
        let json = value.encode(crate::value::Form::Passed, serde_json::value::Serializer);
        let json = json.map_err(|error| Error::invalid("the answer", None, error.to_string()))?;
        Ok(Self {
            success: Some(json),
            error: None,
        })
    }

    /// Refuses: who called sees code 141 ([`ScriptFailed`](crate::ErrorCode::ScriptFailed)) with this message.
    pub fn refuse(message: impl Into<String>) -> Self {
        Self {
            success: None,
            error: Some(Value::String(message.into())),
        }
    }

    /// Refuses with an object, such as `json!({"code": 4242, "error": "sold out"})`: who called sees code 141, and the
    /// object as the error's [`details`](crate::ServerError::details). Of an object with the key `message` the server
    /// passes only that on.
    ///
    /// # Errors
    /// [`Error::Invalid`] when this is no object.
    pub fn refuse_with(details: Value) -> Result<Self> {
        details.json().map_err(|_| {
            Error::invalid(
                "the answer",
                None,
                "the details of an error are an object: `json!({..})`",
            )
        })?;
        Ok(Self {
            success: None,
            error: Some(details),
        })
    }

    /// What is to be stored.
    pub(super) fn object(fields: Map<String, Value>) -> Self {
        Self {
            success: Some(Value::Object(fields)),
            error: None,
        }
    }
}
