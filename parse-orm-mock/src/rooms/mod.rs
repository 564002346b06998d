//! One room per service. A room looks at a call and either takes it or leaves it to the next.

pub(crate) mod aggregate;
mod audiences;
pub(crate) mod batch;
pub(crate) mod classes;
pub(crate) mod config;
pub(crate) mod files;
mod functions;
mod hooks;
pub(crate) mod operations;
pub(crate) mod pages;
mod push;
pub(crate) mod schemas;
pub(crate) mod sessions;
pub(crate) mod users;

use serde_json::{Map, Value, json};

use crate::cloud::Info;
use crate::keys::Auth;
use crate::refusal::{Refusal, code};
use crate::state::State;
use crate::write::{Write, Written};

/// A request after the layers in front: the keys are checked, the method is the effective one.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) state: &'a State,
    pub(crate) auth: &'a Auth,
    pub(crate) info: &'a Info,
    pub(crate) method: &'a str,
    /// The decoded segments of the path below the mount.
    pub(crate) segments: Vec<String>,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Option<Value>,
}

impl Call<'_> {
    /// The body as the object that is to be written. An array is an object with numbers for keys: its
    /// first key is then refused as a field name.
    pub(crate) fn take_object(&mut self) -> Map<String, Value> {
        match self.body.take() {
            Some(Value::Object(map)) => map,
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(place, item)| (place.to_string(), item))
                .collect(),
            _ => Map::new(),
        }
    }
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
    /// A header that names the row where work that goes on is described.
    pub(crate) status_id: Option<(&'static str, String)>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body,
            location: None,
            status_id: None,
        }
    }
}

/// What a room makes of a call.
#[derive(Debug)]
pub(crate) enum Reply<'a> {
    /// It is answered.
    Done(Answer),
    /// The checks are passed, the data is still to be changed: alone, or together with others in a transaction.
    Write(Write<'a>),
}

/// What a room says about a call: `None` when it is not for this room.
pub(crate) type Verdict<'a> = Option<Result<Reply<'a>, Refusal>>;

/// Answers a call; `None` when no room takes it.
pub(crate) async fn route(call: &mut Call<'_>) -> Option<Result<Answer, Refusal>> {
    if call.segments.first().is_some_and(|room| room == "batch") {
        return batch::enter(call).await;
    }
    match enter(call).await? {
        Ok(Reply::Done(answer)) => Some(Ok(answer)),
        Ok(Reply::Write(write)) => Some(write.run().await),
        Err(refusal) => Some(Err(refusal)),
    }
}

/// Rooms that are closed to the read-only master key, but for looking; those of classes look at that themselves.
const MASTER_ROOMS: [&str; 6] = ["config", "hooks", "jobs", "purge", "push", "schemas"];

/// Asks the room of the call, which a batch can do as well: batches do not nest.
async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let room = call.segments.first()?.as_str();
    if call.auth.read_only && call.method != "GET" && MASTER_ROOMS.contains(&room) {
        let reason = format!("read-only masterKey isn't allowed to change anything in /{room}.");
        let sanitized = call.state.options.sanitized_errors;
        return Some(Err(Refusal::access(code::OPERATION_FORBIDDEN, reason, sanitized)));
    }
    match room {
        "classes" => classes::enter(call).await,
        "aggregate" => aggregate::enter(call),
        "config" => config::enter(call),
        "installations" => {
            let class = ["classes".to_owned(), "_Installation".to_owned()];
            call.segments.splice(..1, class);
            classes::enter(call).await
        }
        "push" => push::enter(call),
        "push_audiences" => audiences::enter(call).await,
        "events" | "scriptlog" | "serverInfo" | "security" | "validate_purchase" => operations::enter(call),
        "purge" | "schemas" => schemas::enter(call),
        "roles" => classes::enter_own(call, "_Role").await,
        "sessions" | "upgradeToRevocableSession" => sessions::enter(call).await,
        "users"
        | "login"
        | "loginAs"
        | "logout"
        | "verifyPassword"
        | "requestPasswordReset"
        | "verificationEmailRequest"
        | "challenge" => users::enter(call).await,
        "functions" | "jobs" | "cloud_code" => functions::enter(call).await,
        "hooks" => hooks::enter(call),
        _ => None,
    }
}

/// Changes the data by all of these writes, or by none; then does what follows for each.
async fn write_together(state: &State, writes: Vec<Write<'_>>) -> Result<Vec<Answer>, Refusal> {
    let written = state.transaction(|store| {
        let written = writes.into_iter().map(|write| write.apply(store));
        written.collect::<Result<Vec<Written<'_>>, Refusal>>()
    })?;
    let mut answers = Vec::with_capacity(written.len());
    for written in written {
        answers.push(written.finish().await?);
    }
    Ok(answers)
}

/// `GET /health`, which asks for no key.
pub(crate) fn health() -> Answer {
    Answer::ok(json!({"status": "ok"}))
}
