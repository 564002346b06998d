//! What travels over the socket: JSON texts, each with an `op`.

use crate::ErrorCode;
use crate::query::LiveQuery;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What is sent.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub(super) enum Request<'a> {
    Connect {
        application_id: &'a str,
        #[serde(rename = "restAPIKey", skip_serializing_if = "Option::is_none")]
        rest_key: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        javascript_key: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_key: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        master_key: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        installation_id: Option<&'a str>,
    },
    Subscribe {
        request_id: u64,
        query: &'a LiveQuery,
        #[serde(skip_serializing_if = "Option::is_none")]
        session_token: Option<&'a str>,
    },
    Unsubscribe {
        request_id: u64,
    },
}

/// What is received.
#[derive(Debug)]
pub(super) enum Frame {
    Connected,
    Subscribed(u64),
    Unsubscribed(u64),
    Event(u64, Event),
    Error {
        /// The request concerned, where one is.
        request: Option<u64>,
        refusal: Refusal,
        /// What the server thinks of another try.
        reconnect: bool,
    },
}

/// What happened to an object, undecoded.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) object: Box<RawValue>,
    pub(super) original: Option<Box<RawValue>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Enter,
    Update,
    Leave,
    Delete,
}

/// The server's reason.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) code: Option<ErrorCode>,
    pub(super) message: String,
}

/// Reads a frame; `None` where it is none that a client knows.
pub(super) fn read(text: &str) -> Option<Frame> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shape<'a> {
        #[serde(borrow)]
        op: Cow<'a, str>,
        request_id: Option<u64>,
        object: Option<Box<RawValue>>,
        original: Option<Box<RawValue>>,
        code: Option<i64>,
        error: Option<Value>,
        reconnect: Option<bool>,
    }
    let shape: Shape<'_> = serde_json::from_str(text).ok()?;
    let kind = match &*shape.op {
        "connected" => return Some(Frame::Connected),
        "subscribed" => return Some(Frame::Subscribed(shape.request_id?)),
        "unsubscribed" => return Some(Frame::Unsubscribed(shape.request_id?)),
        "error" => {
            let message = match shape.error {
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => "no reason was given".into(),
            };
            return Some(Frame::Error {
                request: shape.request_id,
                refusal: Refusal {
                    code: shape.code.map(Into::into),
                    message,
                },
                reconnect: shape.reconnect.unwrap_or(true),
            });
        }
        "create" => Kind::Create,
        "enter" => Kind::Enter,
        "update" => Kind::Update,
        "leave" => Kind::Leave,
        "delete" => Kind::Delete,
        _ => return None,
    };
    let event = Event {
        kind,
        // who reads it finds that there is no object
        object: shape.object.unwrap_or_else(|| RawValue::NULL.to_owned()),
        original: shape.original,
    };
    Some(Frame::Event(shape.request_id?, event))
}
