//! What is answered to the frames of a client.

use serde_json::{Map, Number, Value, json};

use super::frame::{Connect, Frame, Subscribe};
use super::hub::{Client, Hub};
use super::{access, subscribe};
use crate::cloud::{self, Info, Subject, Trigger};
use crate::options::Options;
use crate::refusal::Refusal;
use crate::state::State;
use crate::user::session::random_text;

/// Answers a frame.
pub(super) async fn hear(state: &State, number: u64, frame: Value) {
    let refuse = |error: Failure| state.live.hub().send(number, error.frame());
    match Frame::read(frame) {
        Err(message) => refuse(Failure::new(1, message)),
        Ok(Frame::Connect(connect)) => {
            if let Err(failure) = enter(state, number, connect).await {
                refuse(failure);
            }
        }
        Ok(Frame::Subscribe(wanted)) => begin(state, number, wanted).await,
        Ok(Frame::Update(wanted)) => {
            // a subscription that is not there begins all the same
            if let Err(failure) = end(state, number, &wanted.request_id, "unsubscribing") {
                refuse(failure);
            }
            begin(state, number, wanted).await;
        }
        Ok(Frame::Unsubscribe(request_id)) => match end(state, number, &request_id, "unsubscribing") {
            Ok(()) => state
                .live
                .change(|hub| answer(hub, number, "unsubscribed", Some(&request_id))),
            Err(failure) => refuse(failure),
        },
    }
}

/// Why a frame is refused.
pub(super) struct Failure {
    code: i64,
    error: Value,
    /// Whether the client should connect anew.
    reconnect: bool,
    request_id: Option<Number>,
}

impl Failure {
    fn new(code: i64, error: impl Into<String>) -> Self {
        Self {
            code,
            error: Value::String(error.into()),
            reconnect: true,
            request_id: None,
        }
    }

    /// A refusal by Parse proper, which is final.
    pub(super) fn of(refusal: &Refusal, request_id: Option<Number>) -> Self {
        let error = refusal.in_batch();
        Self {
            code: refusal.code.unwrap_or(crate::refusal::code::INTERNAL),
            error: error
                .get("error")
                .cloned()
                .unwrap_or_else(|| json!(refusal.message)),
            reconnect: false,
            request_id,
        }
    }

    pub(super) fn frame(&self) -> String {
        json!({
            "op": "error",
            "error": self.error,
            "code": self.code,
            "reconnect": self.reconnect,
            "requestId": self.request_id,
        })
        .to_string()
    }
}

/// A new client, if one of the keys is right.
async fn enter(state: &State, number: u64, connect: Connect) -> Result<(), Failure> {
    let options = &state.options;
    if !has_key(options, &connect.said) {
        return Err(Failure::new(4, "Key in request is not valid"));
    }
    let client = Client {
        id: new_id(),
        master: connect.said.get("masterKey").and_then(Value::as_str) == Some(&options.master_key),
        session_token: connect.session_token,
        installation_id: connect.installation_id,
        subscriptions: indexmap::IndexMap::new(),
    };
    let auth = access::asker(&state.store(), &client, None);
    let moment = (Trigger::BeforeConnect, "@Connect");
    cloud::run(state, &auth, &Info::none(), moment, Subject::default())
        .await
        .map_err(|refusal| Failure::of(&refusal, None))?;
    state.live.change(|hub| {
        if let Some(connection) = hub.connections.get_mut(&number) {
            connection.clients.push(client);
        }
        answer(hub, number, "connected", None);
    });
    Ok(())
}

/// Any key will do, and the application id is not looked at: that is how the real server is with `keyPairs`.
fn has_key(options: &Options, said: &Map<String, Value>) -> bool {
    let keys = [
        ("restAPIKey", &options.rest_key),
        ("javascriptKey", &options.javascript_key),
        ("clientKey", &options.client_key),
        ("masterKey", &options.master_key),
    ];
    keys.iter()
        .any(|(name, key)| !key.is_empty() && said.get(*name).and_then(Value::as_str) == Some(key))
}

/// A random UUID.
fn new_id() -> String {
    let text = random_text(32);
    let (a, b, c, d) = (&text[..8], &text[8..12], &text[13..16], &text[17..20]);
    format!("{a}-{b}-4{c}-8{d}-{}", &text[20..])
}

async fn begin(state: &State, number: u64, wanted: Subscribe) {
    let request_id = wanted.request_id.clone();
    let client = state.live.hub().client(number).cloned();
    let Some(client) = client else {
        let message = "Can not find this client, make sure you connect to server before subscribing";
        let failure = Failure::new(2, message);
        return state.live.hub().send(number, failure.frame());
    };
    let subscription = subscribe::judge(state, &client, wanted).await;
    state.live.change(|hub| match subscription {
        Ok(subscription) => {
            let known = hub.client(number).filter(|now| now.id == client.id);
            if let Some(client) = known {
                client.subscriptions.insert(request_id.clone(), subscription);
            }
            answer(hub, number, "subscribed", Some(&request_id));
        }
        Err(refusal) => hub.send(number, Failure::of(&refusal, Some(request_id)).frame()),
    });
}

fn end(state: &State, number: u64, request_id: &Number, what: &str) -> Result<(), Failure> {
    state.live.change(|hub| {
        let Some(client) = hub.client(number) else {
            let message = format!("Can not find this client, make sure you connect to server before {what}");
            return Err(Failure::new(2, message));
        };
        match client.subscriptions.shift_remove(request_id) {
            Some(_) => Ok(()),
            None => Err(Failure::new(
                2,
                format!(
                    "Cannot find subscription with clientId {} subscriptionId {request_id}. Make sure you subscribe \
                     to live query server before unsubscribing.",
                    client.id
                ),
            )),
        }
    })
}

/// An answer in the name of the client that speaks.
fn answer(hub: &mut Hub, number: u64, operation: &str, request_id: Option<&Number>) {
    let Some(client) = hub.client(number) else { return };
    let mut frame = head(operation, client);
    if let Some(request_id) = request_id {
        frame.insert("requestId".to_owned(), json!(request_id));
    }
    hub.send(number, Value::Object(frame).to_string());
}

/// What all frames to a client begin with.
pub(super) fn head(operation: &str, client: &Client) -> Map<String, Value> {
    let mut frame = Map::new();
    frame.insert("op".to_owned(), json!(operation));
    frame.insert("clientId".to_owned(), json!(client.id));
    if let Some(id) = &client.installation_id {
        frame.insert("installationId".to_owned(), json!(id));
    }
    frame
}
