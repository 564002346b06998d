//! Webhooks: functions and triggers that another program answers.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Map, Value, json};

use super::{Caller, FunctionCall, Subject, Trigger};
use crate::refusal::{Refusal, code};
use crate::state::State;

/// What a webhook is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Function(String),
    Trigger { class: String, trigger: String },
}

/// Every trigger there is; not all of them have their moment on this server.
pub(super) const TRIGGERS: [&str; 13] = [
    "beforeLogin",
    "afterLogin",
    "afterLogout",
    "beforePasswordResetRequest",
    "beforeSave",
    "afterSave",
    "beforeDelete",
    "afterDelete",
    "beforeFind",
    "afterFind",
    "beforeConnect",
    "beforeSubscribe",
    "afterEvent",
];

/// Whether a class can have a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Good,
    /// There is no such trigger.
    Unknown,
    Misplaced,
}

pub(crate) fn place(trigger: &str, class: &str) -> Place {
    if !TRIGGERS.contains(&trigger) {
        return Place::Unknown;
    }
    let only = match trigger {
        "beforeLogin" | "afterLogin" | "beforePasswordResetRequest" => Some("_User"),
        "afterLogout" => Some("_Session"),
        _ => None,
    };
    let misplaced = only.is_some_and(|only| only != class)
        || (class == "_Session" && trigger != "afterLogout")
        || (class == "_PushStatus" && trigger == "beforeSave");
    if misplaced { Place::Misplaced } else { Place::Good }
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) asked: Asked,
    pub(crate) url: String,
}

impl Hook {
    pub(crate) fn function(&self) -> Option<&str> {
        match &self.asked {
            Asked::Function(name) => Some(name),
            Asked::Trigger { .. } => None,
        }
    }

    pub(crate) fn is_of(&self, class: &str, trigger: &str) -> bool {
        matches!(&self.asked, Asked::Trigger { class: of, trigger: at } if of == class && at == trigger)
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.asked == other.asked
    }

    pub(crate) fn json(&self) -> Value {
        match &self.asked {
            Asked::Function(name) => json!({"functionName": name, "url": self.url}),
            Asked::Trigger { class, trigger } => {
                json!({"className": class, "triggerName": trigger, "url": self.url})
            }
        }
    }
}

/// What every webhook is told.
fn told(caller: &Caller) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("master", json!(caller.master));
    put("isReadOnly", json!(false));
    let headers: Map<String, Value> = caller
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    put("headers", Value::Object(headers));
    put("ip", json!(caller.ip));
    put("context", Value::Object(caller.context.clone()));
    if let Some(user) = &caller.user {
        put("user", user.clone());
    }
    if let Some(id) = &caller.installation_id {
        put("installationId", json!(id));
    }
    body
}

/// Asks for a function's result; `None` where it returned nothing.
pub(crate) async fn function(
    state: &State,
    hook: &Hook,
    call: FunctionCall,
) -> Result<Option<Value>, Refusal> {
    let mut body = told(&call.caller);
    body.insert("functionName".to_owned(), json!(call.name));
    body.insert("params".to_owned(), plain(call.params));
    post(state, hook, body).await
}

/// Dates and objects lose their types on their way through the server's own objects.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(map) => match map.get("__type").and_then(Value::as_str) {
            Some("Date") => map.get("iso").cloned().unwrap_or_default(),
            Some("Pointer") => json!({"objectId": map.get("objectId")}),
            _ => Value::Object(map.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        },
        other => other,
    }
}

/// Asks what becomes of a trigger's subject.
pub(super) async fn trigger(
    state: &State,
    hook: &Hook,
    caller: &Caller,
    trigger: Trigger,
    class: &str,
    mut subject: Subject,
) -> Result<Subject, Refusal> {
    let mut body = told(caller);
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("triggerName", json!(trigger.name()));
    let named = |mut object: Map<String, Value>| {
        object.insert("className".to_owned(), json!(class));
        Value::Object(object)
    };
    match (trigger, class) {
        (Trigger::BeforeFind, _) => {
            let mut query = subject.query.clone().unwrap_or_default();
            let count = query.shift_remove("count").is_some();
            query.entry("where").or_insert_with(|| json!({}));
            put("query", Value::Object(query));
            put("count", json!(count));
            put("isGet", json!(subject.is_get));
        }
        (Trigger::AfterFind, _) => {
            put("object", Value::Null);
            put("objects", json!(subject.objects));
            put("query", json!(subject.query));
            put("isGet", json!(subject.is_get));
        }
        (_, "@File") => {
            for (key, value) in &subject.sent {
                put(key, value.clone());
            }
        }
        _ => {
            // operations are shown as they are, not as what they come to
            let mut object = subject.original.clone().unwrap_or_default();
            object.extend(subject.sent.clone());
            put("object", named(object));
            if let Some(original) = subject.original.clone() {
                put("original", named(original));
            }
        }
    }
    let answer = post(state, hook, body).await?;
    match (trigger, answer) {
        (Trigger::BeforeSave, Some(Value::Object(mut object))) if class != "@File" => {
            for key in ["createdAt", "updatedAt", "className"] {
                object.shift_remove(key);
            }
            subject.sent = object;
        }
        (Trigger::BeforeSave, Some(Value::Null)) => {
            let message = "Cannot convert undefined or null to object";
            return Err(Refusal::new(code::SCRIPT_FAILED, message));
        }
        (Trigger::AfterSave, Some(object @ Value::Object(_))) => subject.answer = Some(object),
        // rows that come as plain JSON are no objects to the server, and it answers empty ones
        (Trigger::AfterFind, Some(Value::Array(rows))) => {
            subject.objects = Some(rows.iter().map(|_| json!({})).collect());
        }
        _ => {}
    }
    Ok(subject)
}

/// Posts, and reads the answer: `success`, or nothing; or the error.
async fn post(state: &State, hook: &Hook, body: Map<String, Value>) -> Result<Option<Value>, Refusal> {
    let failed = |error: &dyn std::error::Error| {
        let mut cause = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        Refusal::new(code::SCRIPT_FAILED, cause.to_string())
    };
    let mut request = Request::post(&hook.url).header("content-type", "application/json");
    if !state.options.webhook_key.is_empty() {
        request = request.header("x-parse-webhook-key", &state.options.webhook_key);
    }
    let request = request.body(Body::from(Value::Object(body).to_string()));
    let request = request.map_err(|error| failed(&error))?;
    let answer = state.home.http().request(request).await;
    let answer = answer.map_err(|error| failed(&error))?;
    let answer = to_bytes(Body::new(answer.into_body()), usize::MAX).await;
    let answer = answer.map_err(|error| failed(&error))?;
    // what is no JSON says nothing
    let mut answer: Map<String, Value> = serde_json::from_slice(&answer).unwrap_or_default();
    match answer.shift_remove("error").filter(crate::number::truthy) {
        Some(error) => Err(super::CloudError::details(error).into()),
        None => Ok(answer.shift_remove("success")),
    }
}
