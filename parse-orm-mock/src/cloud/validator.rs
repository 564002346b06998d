//! What is checked before Cloud Code runs.

use serde_json::{Map, Value};

use super::Caller;
use crate::refusal::{Refusal, code};

/// The checks before a function or a `beforeSave`: as the object that is the last argument of `Parse.Cloud.define`.
/// The master key passes all of them.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "give it to `CloudCode::validate`"]
pub struct Validator {
    user: bool,
    master: bool,
    /// Names, and the types of JavaScript that their values must have.
    fields: Vec<(String, Option<String>)>,
}

impl Validator {
    /// No check.
    pub fn new() -> Self {
        Self::default()
    }

    /// `requireUser`
    pub fn require_user(mut self) -> Self {
        self.user = true;
        self
    }

    /// `requireMaster`
    pub fn require_master(mut self) -> Self {
        self.master = true;
        self
    }

    /// A parameter, or a field, that must be there.
    pub fn field(mut self, name: impl Into<String>) -> Self {
        self.fields.push((name.into(), None));
        self
    }

    /// One that must be there and be of a type: `number`, `string`, `boolean`, `array` or `object`.
    pub fn field_of(mut self, name: impl Into<String>, kind: impl Into<String>) -> Self {
        self.fields.push((name.into(), Some(kind.into())));
        self
    }

    pub(crate) fn check(&self, caller: &Caller, params: &Map<String, Value>) -> Result<(), Refusal> {
        let refuse = |message: String| Err(Refusal::new(code::VALIDATION_ERROR, message));
        if caller.master {
            return Ok(());
        }
        if self.user && caller.user.is_none() {
            return refuse("Validation failed. Please login to continue.".into());
        }
        if self.master {
            return refuse("Validation failed. Master key is required to complete this request.".into());
        }
        for (name, kind) in &self.fields {
            let Some(value) = params.get(name).filter(|value| !value.is_null()) else {
                return refuse(format!("Validation failed. Please specify data for {name}."));
            };
            if let Some(kind) = kind.as_deref().filter(|kind| *kind != type_of(value)) {
                return refuse(format!(
                    "Validation failed. Invalid type for {name}. Expected: {kind}"
                ));
            }
        }
        Ok(())
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Object(_) => "object",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
    }
}
