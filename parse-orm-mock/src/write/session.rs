//! The rules of `_Session`: a session is opened for oneself only, and most of it never changes.

use serde_json::{Map, Value, json};

use super::Change;
use crate::keys::Auth;
use crate::live;
use crate::refusal::{Refusal, code};
use crate::rooms::Answer;
use crate::state::State;
use crate::user::session::NewSession;

/// What a client may not choose about its new session.
const OWN: [&str; 5] = ["objectId", "user", "sessionToken", "expiresAt", "createdWith"];

/// The checks before the data is touched; an answer when a user opened a session.
pub(super) fn prepare(state: &State, auth: &Auth, change: &mut Change) -> Result<Option<Answer>, Refusal> {
    let object = match change {
        Change::Create(object) | Change::Update(_, object) => object,
        Change::Delete(_) => return Ok(None),
    };
    if auth.unauthenticated() {
        let message = "Session token required.";
        return Err(Refusal::new(code::INVALID_SESSION_TOKEN, message));
    }
    if object.contains_key("ACL") {
        return Err(Refusal::bad_key("Cannot set ACL on a Session."));
    }
    let object = std::mem::take(object);
    match change {
        Change::Create(place) => {
            let user = auth.user.as_deref().filter(|_| !auth.unrestricted());
            if let Some(user) = user {
                return Ok(Some(open(state, user, object)));
            }
            *place = object;
        }
        Change::Update(_, place) => {
            check_update(auth, &object)?;
            *place = object;
        }
        Change::Delete(_) => {}
    }
    Ok(None)
}

fn open(state: &State, user: &str, mut object: Map<String, Value>) -> Answer {
    object.retain(|key, _| !OWN.contains(&key.as_str()));
    let mut store = state.store();
    let session = NewSession {
        user,
        created_with: Some(json!({"action": "create"})),
        installation_id: None,
        more: object,
    }
    .open(&mut store);
    live::publish_session(state, &store, &session, false);
    let id = session
        .get("objectId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Answer {
        status: 201,
        location: Some(format!("{}/classes/_Session/{id}", state.options.url)),
        ..Answer::ok(Value::Object(session))
    }
}

fn check_update(auth: &Auth, object: &Map<String, Value>) -> Result<(), Refusal> {
    let other = object.get("user").filter(|_| !auth.master);
    let other =
        other.is_some_and(|user| user.get("objectId").and_then(Value::as_str) != auth.user.as_deref());
    let fixed = |key: &&str| match *key {
        "user" => other,
        "installationId" | "sessionToken" => object.contains_key(*key),
        _ => object.contains_key(*key) && !auth.unrestricted(),
    };
    let keys = [
        "user",
        "installationId",
        "sessionToken",
        "expiresAt",
        "createdWith",
    ];
    match keys.iter().find(|key| fixed(key)) {
        Some(key) => Err(Refusal::bad_key(format!("Invalid key name: {key}"))),
        None => Ok(()),
    }
}
