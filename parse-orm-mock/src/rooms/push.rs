//! `/push`: a push is looked at, noted in `_PushStatus`, and delivered: see [`crate::push`].

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::clock;
use crate::number::truthy;
use crate::push::{self, Notification};
use crate::refusal::{Refusal, code};

pub(crate) fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    match (call.method, call.segments.as_slice()) {
        ("POST", [_]) => Some(send(call).map(Reply::Done)),
        _ => None,
    }
}

fn send(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    call.auth.require_master(&call.state.options)?;
    let body = call.take_object();
    let notification = read(body)?;
    let id = push::send(call, notification)?;
    Ok(Answer {
        status_id: Some(("x-parse-push-status-id", id)),
        ..Answer::ok(json!({"result": true}))
    })
}

fn misconfigured(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(code::PUSH_MISCONFIGURED, message)
}

fn read(mut body: Map<String, Value>) -> Result<Notification, Refusal> {
    let filter = match (body.get("where"), body.get("channels")) {
        (Some(_), Some(_)) => {
            return Err(misconfigured(
                "Channels and query can not be set at the same time.",
            ));
        }
        (Some(filter), None) => filter.clone(),
        (None, Some(channels)) => json!({"channels": {"$in": channels}}),
        (None, None) => {
            let message = "Sending a push requires either \"channels\" or a \"where\" query.";
            return Err(misconfigured(message));
        }
    };
    let expiration_time = match body.get("expiration_time") {
        None => None,
        Some(time) => Some(millis(time)?),
    };
    let interval = body.get("expiration_interval");
    if interval.is_some_and(|interval| interval.as_f64().is_none_or(|interval| interval <= 0.0)) {
        return Err(misconfigured(
            "expiration_interval must be a number greater than 0",
        ));
    }
    if expiration_time.is_some_and(|time| time != 0) && interval.is_some() {
        return Err(misconfigured(
            "Both expiration_time and expiration_interval cannot be set",
        ));
    }
    let push_time = match body.get("push_time") {
        None => None,
        Some(time) => Some(push_time(time)?),
    };
    let now = chrono::Utc::now().timestamp_millis();
    #[allow(clippy::cast_possible_truncation, reason = "a time")]
    let expiry = match interval.and_then(Value::as_f64) {
        Some(interval) if push_time.is_none() => Some(now.saturating_add((interval * 1000.0) as i64)),
        _ => expiration_time,
    };
    let interval = interval.cloned();
    if let Some(expiry) = expiry {
        body.insert("expiration_time".to_owned(), json!(expiry));
    }
    if let Some(time) = &push_time {
        body.insert("push_time".to_owned(), json!(time));
    }
    let badge = match body.get("data").and_then(|data| data.get("badge")) {
        Some(badge) if truthy(badge) => Some(push::badge(badge).ok_or_else(Refusal::crash)?),
        _ => None,
    };
    Ok(Notification {
        body,
        filter,
        badge,
        expiry,
        interval,
        push_time,
    })
}

/// A time as milliseconds: seconds since 1970, or a date.
#[allow(clippy::cast_possible_truncation, reason = "a time")]
fn millis(time: &Value) -> Result<i64, Refusal> {
    let read = match time {
        Value::Number(seconds) => seconds.as_f64().map(|seconds| (seconds * 1000.0) as i64),
        Value::String(text) => clock::read(text).map(|instant| instant.timestamp_millis()),
        _ => None,
    };
    read.ok_or_else(|| {
        let shown = match time {
            Value::String(text) => text.clone(),
            Value::Object(_) => "[object Object]".to_owned(),
            other => other.to_string(),
        };
        misconfigured(format!("{shown} is not valid time."))
    })
}

/// A date without a time zone stays without one: every device has its own.
fn push_time(time: &Value) -> Result<String, Refusal> {
    let instant =
        clock::from_millis(millis(time)?).ok_or_else(|| misconfigured("push_time is not valid time."))?;
    let spelled = clock::spell(instant);
    let zoned = time.as_str().is_none_or(|text| {
        let offset = text.len() > 6 && {
            let tail = &text.as_bytes()[text.len() - 6..];
            matches!(tail[0], b'+' | b'-') && tail[3] == b':'
        };
        text.ends_with('Z') || offset
    });
    Ok(if zoned {
        spelled
    } else {
        spelled.trim_end_matches('Z').to_owned()
    })
}
