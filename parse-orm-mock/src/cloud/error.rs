//! What Cloud Code throws.

use std::fmt;

use serde_json::Value;

use crate::refusal::{Refusal, code};

/// An error of a function, a job or a trigger.
///
/// A text becomes code 141, or 142 in a validator; [`new`](Self::new) is `new Parse.Error(code, message)`;
/// [`details`](Self::details) throws an object.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudError {
    code: Option<i64>,
    error: Value,
}

impl CloudError {
    /// An error with a code of the application's own.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code: Some(code),
            error: Value::String(message.into()),
        }
    }

    /// An object that is thrown: code 141, and `error` is the object, or its `message` if it has one.
    pub fn details(object: impl Into<Value>) -> Self {
        let object = object.into();
        let error = match object.get("message") {
            Some(message @ Value::String(_)) => message.clone(),
            _ => object,
        };
        Self { code: None, error }
    }
}

/// The answer.
impl From<CloudError> for Refusal {
    fn from(error: CloudError) -> Self {
        let code = error.code.unwrap_or(code::SCRIPT_FAILED);
        match error.error {
            Value::String(message) => Self::new(code, message),
            error => Self::detailed(code, &error),
        }
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Value::String(message) => f.write_str(message),
            error => error.fmt(f),
        }
    }
}

impl From<&str> for CloudError {
    fn from(message: &str) -> Self {
        Self::details(message)
    }
}

impl From<String> for CloudError {
    fn from(message: String) -> Self {
        Self::details(message)
    }
}

/// As an error that is not caught.
#[cfg(feature = "client")]
impl From<parse_orm::Error> for CloudError {
    fn from(error: parse_orm::Error) -> Self {
        let message = match &error {
            parse_orm::Error::Server(refused) => refused.message.clone(),
            other => other.to_string(),
        };
        Self {
            code: error.code().map(parse_orm::ErrorCode::number),
            error: Value::String(message),
        }
    }
}
