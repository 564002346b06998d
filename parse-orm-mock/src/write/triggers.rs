//! The triggers around a write.

use serde_json::{Map, Value};

use super::{Change, Written};
use crate::access::rights::Rights;
use crate::cloud::{self, Subject, Trigger};
use crate::query::find;
use crate::refusal::{Refusal, code};
use crate::rooms::Call;
use crate::state::State;
use crate::store::permissions::Operation;

/// What the triggers of a write left behind.
#[derive(Debug, Default)]
pub(crate) struct Triggered {
    /// The object as it was before.
    original: Option<Map<String, Value>>,
    /// What a trigger changed, which is told in the answer.
    changed: Map<String, Value>,
    deleted: bool,
}

impl Triggered {
    /// Adds what a trigger changed to the answer.
    pub(super) fn tell(&self, body: &mut Value) {
        let Value::Object(body) = body else { return };
        for (key, value) in &self.changed {
            match value.get("__op").and_then(Value::as_str) {
                // what an operation came to is told already
                Some(operation) if operation != "Delete" => {}
                _ => drop(body.insert(key.clone(), value.clone())),
            }
        }
    }
}

/// Whether a class has one of these triggers.
fn any(state: &State, class: &str, triggers: [Trigger; 2]) -> bool {
    let cloud = state.cloud();
    triggers
        .into_iter()
        .any(|trigger| cloud.find_trigger(trigger, class).is_some())
}

/// The row as it is, as a trigger sees it.
fn row(state: &State, class: &str, id: &str) -> Option<Map<String, Value>> {
    let store = state.store();
    let class = store.class(class)?;
    Some(find::shown(&state.options, class.get(id)?, &class.schema))
}

/// No trigger runs for what is not allowed.
fn may(call: &Call<'_>, class: &str, id: Option<&str>, operation: Operation) -> Result<(), Refusal> {
    let store = call.state.store();
    let rights = Rights::of(&store, call.auth, &call.state.options, class, operation)?;
    let row = id.and_then(|id| store.class(class)?.get(id));
    match row {
        Some(row) if !rights.cover(row) => Err(Refusal::not_found()),
        _ => Ok(()),
    }
}

/// Runs what comes before, which may change what is to be written.
pub(super) async fn before(
    call: &Call<'_>,
    class: &str,
    change: Change,
) -> Result<(Change, Triggered), Refusal> {
    let state = call.state;
    let triggers = match change {
        Change::Delete(_) => [Trigger::BeforeDelete, Trigger::AfterDelete],
        _ => [Trigger::BeforeSave, Trigger::AfterSave],
    };
    if !any(state, class, triggers) {
        // a class with LiveQuery is looked into as one with triggers
        if let Change::Delete(id) = &change
            && state.options.live_classes.names(class)
            && row(state, class, id).is_none()
        {
            return Err(nothing_to_delete());
        }
        return Ok((change, Triggered::default()));
    }
    let mut triggered = Triggered::default();
    let id = match &change {
        Change::Create(_) => None,
        Change::Update(id, _) | Change::Delete(id) => Some(id.clone()),
    };
    let operation = match &change {
        Change::Create(_) => Operation::Create,
        Change::Update(..) => Operation::Update,
        Change::Delete(_) => Operation::Delete,
    };
    may(call, class, id.as_deref(), operation)?;
    if let Some(id) = &id {
        let original = row(state, class, id).ok_or_else(|| match change {
            Change::Delete(_) => nothing_to_delete(),
            _ => Refusal::not_found(),
        })?;
        triggered.original = Some(original);
    }
    let sent = match change {
        Change::Create(sent) | Change::Update(_, sent) => sent,
        Change::Delete(id) => {
            let object = triggered.original.clone().unwrap_or_default();
            let moment = (Trigger::BeforeDelete, class);
            cloud::run(state, call.auth, call.info, moment, Subject::shown(object)).await?;
            triggered.deleted = true;
            return Ok((Change::Delete(id), triggered));
        }
    };
    let subject = Subject {
        sent: sent.clone(),
        original: triggered.original.clone(),
        ..Subject::default()
    };
    let moment = (Trigger::BeforeSave, class);
    let made = cloud::run(state, call.auth, call.info, moment, subject).await?;
    let sent = made.map_or(sent.clone(), |made| {
        let mut now = made.sent;
        if id.is_some() {
            now.shift_remove("objectId");
        }
        let differs = |(key, value): &(&String, &Value)| sent.get(key.as_str()) != Some(*value);
        let changed = now.iter().filter(differs);
        triggered.changed = changed.map(|(key, value)| (key.clone(), value.clone())).collect();
        now
    });
    let change = match id {
        Some(id) => Change::Update(id, sent),
        None => Change::Create(sent),
    };
    Ok((change, triggered))
}

/// Runs what follows.
pub(super) async fn after(written: &mut Written<'_>) -> Result<(), Refusal> {
    let Written {
        state, auth, info, ..
    } = *written;
    let Triggered {
        original, deleted, ..
    } = *std::mem::take(&mut written.triggered);
    if deleted {
        let subject = Subject::shown(original.unwrap_or_default());
        let moment = (Trigger::AfterDelete, &*written.class);
        return cloud::run(state, auth, info, moment, subject).await.map(drop);
    }
    if !any(state, &written.class, [Trigger::AfterSave; 2]) {
        return Ok(());
    }
    let Some(object) = row(state, &written.class, &written.id) else {
        return Ok(());
    };
    let subject = Subject {
        sent: object,
        original,
        ..Subject::default()
    };
    let moment = (Trigger::AfterSave, &*written.class);
    // an error comes too late: the real server only logs it
    let made = cloud::run(state, auth, info, moment, subject)
        .await
        .ok()
        .flatten();
    if let Some(answer) = made.and_then(|made| made.answer) {
        written.body = answer;
    }
    Ok(())
}

fn nothing_to_delete() -> Refusal {
    Refusal::new(code::OBJECT_NOT_FOUND, "Object not found for delete.")
}
