//! `/sessions` and `/upgradeToRevocableSession`.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict, classes};
use crate::keys::Auth;
use crate::live;
use crate::query::find::{self, Reader};
use crate::query::options::Shape;
use crate::refusal::{Refusal, code};
use crate::user::session::{self, NewSession};

pub(crate) async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method, segments.as_slice()) {
        ("GET", ["sessions", "me"]) => Some(me(call).map(Reply::Done)),
        ("POST", ["upgradeToRevocableSession"]) => Some(upgrade(call).map(Reply::Done)),
        (_, ["sessions", ..]) => classes::enter_own(call, "_Session").await,
        _ => None,
    }
}

fn me(call: &Call<'_>) -> Result<Answer, Refusal> {
    let refuse = |message: &'static str| Refusal::new(code::INVALID_SESSION_TOKEN, message);
    let token = call.auth.session_token.as_deref();
    let token = token.ok_or_else(|| refuse("Session token required."))?;
    let missing = || refuse("Session token not found.");
    let store = call.state.store();
    let row = session::find(&store, token).ok_or_else(missing)?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let id = text(row.get("objectId")).ok_or_else(missing)?;
    let user = text(row.get("user").and_then(|user| user.get("objectId"))).ok_or_else(missing)?;
    let own = call.auth.of_user(&user);
    let auth = if call.auth.unrestricted() { call.auth } else { &own };
    answer(call, auth, &store, &id)
}

fn answer(call: &Call<'_>, auth: &Auth, store: &crate::store::Store, id: &str) -> Result<Answer, Refusal> {
    let options = &call.state.options;
    let reader = Reader { store, options, auth };
    find::get(reader, "_Session", id, Shape::default()).map(Answer::ok)
}

fn upgrade(call: &Call<'_>) -> Result<Answer, Refusal> {
    let user = call.auth.user.as_deref();
    let user = user.ok_or_else(|| Refusal::new(code::OBJECT_NOT_FOUND, "invalid session"))?;
    let mut store = call.state.store();
    let session = NewSession {
        user,
        created_with: Some(json!({"action": "upgrade"})),
        installation_id: call.auth.installation_id.as_deref(),
        more: Map::new(),
    }
    .open(&mut store);
    live::publish_session(call.state, &store, &session, false);
    let id = session
        .get("objectId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    answer(call, call.auth, &store, id)
}
