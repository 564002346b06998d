//! What a write is to each subscription: an event, or nothing.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::access::{asker, group, reads, user_of};
use super::conversation::{Failure, head};
use super::hub::{Client, Hub, Subscription};
use super::javascript::Thrown;
use crate::access::protected::Protection;
use crate::cloud::{self, Info, Subject, Trigger};
use crate::keys::Auth;
use crate::query::find;
use crate::refusal::Refusal;
use crate::state::State;
use crate::store::permissions::Operation;
use crate::store::{Class, Row, Store};
use crate::value::{is_typed, type_tag};

/// A write that is done: the row as it was and as it is.
#[derive(Debug, Default)]
pub(crate) struct Happened {
    pub(crate) before: Option<Arc<Row>>,
    pub(crate) after: Option<Arc<Row>>,
    /// The relations that a create wrote: of others it says nothing.
    pub(crate) relations: Vec<String>,
}

/// The two objects of an event, as they are published.
struct Objects {
    original: Option<Value>,
    /// None when it is deleted.
    current: Option<Value>,
}

/// An event on its way to a subscription.
struct Delivery {
    connection: u64,
    client: String,
    request_id: Number,
    event: &'static str,
    object: Map<String, Value>,
    original: Option<Map<String, Value>>,
}

/// Tells all who listen of a session that the server opened, or ended, itself.
pub(crate) fn publish_session(state: &State, store: &Store, session: &Row, ended: bool) {
    if !state.live.is_heard() {
        return;
    }
    let id = session
        .get("objectId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stored = store.class("_Session").and_then(|class| class.get(id)).cloned();
    let happened = Happened {
        before: ended.then(|| Arc::new(session.clone())),
        after: stored.filter(|_| !ended),
        ..Happened::default()
    };
    let mut server = Auth::default();
    server.master = true;
    publish(state, store, &server, "_Session", &happened);
}

/// Tells all who listen of a write by `writer`.
pub(crate) fn publish(state: &State, store: &Store, writer: &Auth, class: &str, happened: &Happened) {
    if !state.options.live_classes.has(class) {
        return;
    }
    let triggered = state.cloud().find_trigger(Trigger::AfterEvent, class).is_some();
    let Some(known) = store.class(class) else { return };
    let objects = objects(state, store, known, writer, class, happened);
    let mut deliveries = Vec::new();
    let mut hub = state.live.hub();
    let mut failures = Vec::new();
    for (number, client) in hub.clients() {
        let subscriptions = client.subscriptions.iter();
        for (request_id, subscription) in
            subscriptions.filter(|(_, subscription)| subscription.class == class)
        {
            let listener = Listener {
                store,
                class: known,
                client,
                subscription,
            };
            match listener.hears(&objects, state.options.sanitized_errors) {
                Ok(None) => {}
                Ok(Some((event, object, original))) => deliveries.push(Delivery {
                    connection: number,
                    client: client.id.clone(),
                    request_id: request_id.clone(),
                    event,
                    object,
                    original,
                }),
                Err(refusal) => failures.push((number, Failure::of(&refusal, Some(request_id.clone())))),
            }
        }
    }
    for (number, failure) in failures {
        hub.send(number, failure.frame());
    }
    if !triggered {
        for delivery in deliveries {
            deliver(store, &mut hub, delivery);
        }
        return;
    }
    let Some(state) = state.me() else { return };
    tokio::spawn(async move {
        for delivery in deliveries {
            deliver_triggered(&state, delivery).await;
        }
    });
}

/// The objects as their writer sees them, for whom fields may be hidden that were not written.
fn objects(
    state: &State,
    store: &Store,
    known: &Class,
    writer: &Auth,
    class: &str,
    happened: &Happened,
) -> Objects {
    let id = [&happened.after, &happened.before].into_iter().flatten().next();
    let id = id.and_then(|row| row.get("objectId").and_then(Value::as_str));
    let protection = Protection::of(store, writer, class, id);
    let shown = |row: &Row| find::shown(&state.options, row, &known.schema);
    let finish = |mut object: Map<String, Value>| {
        object.insert("className".to_owned(), Value::from(class));
        Value::Object(object)
    };
    let original = happened.before.as_ref().map(|row| {
        let mut object = shown(row);
        protection.apply(&mut object, row);
        object
    });
    let current = happened.after.as_ref().map(|row| {
        let mut object = shown(row);
        match (&original, &happened.before) {
            (Some(seen), Some(before)) => object.retain(|key, value| {
                seen.contains_key(key) || before.get(key).is_none_or(|was| was != value)
            }),
            _ => object.retain(|key, value| !is_typed(value, "Relation") || happened.relations.contains(key)),
        }
        // a pointer that is null is told when it becomes so, and never again
        let was = |key: &String| happened.before.as_ref().and_then(|before| before.get(key));
        let nulls = row
            .iter()
            .filter(|(key, value)| value.is_null() && !key.starts_with('_') && was(key) != Some(value));
        for (key, value) in nulls {
            object.insert(key.clone(), value.clone());
        }
        object
    });
    Objects {
        original: original.map(finish),
        current: current.map(finish),
    }
}

/// A subscription, and what is needed to judge for it.
struct Listener<'a> {
    store: &'a Store,
    class: &'a Class,
    client: &'a Client,
    subscription: &'a Subscription,
}

type Heard = (&'static str, Map<String, Value>, Option<Map<String, Value>>);

impl Listener<'_> {
    /// The event that the objects are to the subscription.
    fn hears(&self, objects: &Objects, sanitized: bool) -> Result<Option<Heard>, Refusal> {
        let Ok((was, is)) = self.matches(objects) else {
            return Ok(None);
        };
        let Some(current) = &objects.current else {
            let Some(deleted) = objects.original.as_ref().filter(|_| was) else {
                return Ok(None);
            };
            let heard = self.may(deleted, sanitized)? && self.reads(deleted);
            return Ok(heard.then(|| ("delete", fields(deleted), None)));
        };
        if !self.may(current, sanitized)? {
            return Ok(None);
        }
        let original = objects.original.as_ref();
        let readable = (
            original.is_some_and(|original| self.reads(original)),
            self.reads(current),
        );
        let event = match (was && readable.0, is && readable.1) {
            (true, true) => "update",
            (true, false) => "leave",
            (false, true) if original.is_some() => "enter",
            (false, true) => "create",
            (false, false) => return Ok(None),
        };
        if matches!(event, "create" | "update") && !self.watches(current, original) {
            return Ok(None);
        }
        // what became readable, or is no longer, was not readable before, or is not now
        let object = match original {
            Some(original) if event == "leave" && (is || !readable.1) => original,
            _ => current,
        };
        let original = original.filter(|_| event != "enter" || !was && readable.0);
        Ok(Some((event, fields(object), original.map(fields))))
    }

    /// Whether the object matched before, and does now.
    fn matches(&self, objects: &Objects) -> Result<(bool, bool), Thrown> {
        let matches = |object: &Option<Value>| {
            let object = object.as_ref();
            object.map_or(Ok(false), |object| self.subscription.matcher.matches(object))
        };
        Ok((matches(&objects.original)?, matches(&objects.current)?))
    }

    fn reads(&self, object: &Value) -> bool {
        let row = object.as_object();
        row.is_some_and(|row| reads(self.store, self.client, self.subscription, row))
    }

    /// By the permissions of the class; refused when they changed since somebody subscribed.
    fn may(&self, object: &Value, sanitized: bool) -> Result<bool, Refusal> {
        let by_id = self.subscription.filter.len() == 1
            && self
                .subscription
                .filter
                .get("objectId")
                .is_some_and(Value::is_string);
        let operation = if by_id { Operation::Get } else { Operation::Find };
        let user = user_of(self.store, self.subscription.session_token.as_deref());
        let group = group(user.as_deref());
        let permissions = &self.class.schema.permissions;
        permissions
            .check(&self.subscription.class, &group, operation, false)
            .map_err(|denial| denial.refusal(sanitized))?;
        let holders = permissions.pointer_fields(&group, operation);
        if self.client.master || holders.is_empty() {
            return Ok(true);
        }
        let Some(user) = user.as_deref() else {
            return Ok(false);
        };
        let is_user = |value: &Value| value.get("objectId").and_then(Value::as_str) == Some(user);
        Ok(holders.iter().any(|field| match object.get(*field) {
            Some(Value::Array(items)) => items.iter().any(is_user),
            Some(value) => is_user(value),
            None => false,
        }))
    }

    /// Whether a field that is watched changed.
    fn watches(&self, current: &Value, original: Option<&Value>) -> bool {
        let changed = |field: &String| {
            let value = current.get(field);
            // the id is no field of the SDK's objects
            field != "objectId"
                && (value != original.and_then(|original| original.get(field))
                    || value.is_some_and(is_never_alike))
        };
        self.subscription
            .watch
            .as_ref()
            .is_none_or(|watch| watch.iter().any(changed))
    }
}

/// Whether the SDK makes something of the value that is not even equal to itself, made a second time: an object, which
/// has a number of its own, or a relation, which has a parent.
fn is_never_alike(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_never_alike),
        Value::Object(map) => {
            matches!(type_tag(map), Some("Pointer" | "Object" | "Relation"))
                || map.values().any(is_never_alike)
        }
        _ => false,
    }
}

fn fields(object: &Value) -> Map<String, Value> {
    object.as_object().cloned().unwrap_or_default()
}

/// The client and the subscription that a delivery is for, if they are still there.
fn receiver<'a>(hub: &'a Hub, delivery: &Delivery) -> Option<(&'a Client, &'a Subscription)> {
    let clients = &hub.connections.get(&delivery.connection)?.clients;
    let client = clients.iter().find(|client| client.id == delivery.client)?;
    Some((client, client.subscriptions.get(&delivery.request_id)?))
}

/// Sends an event, without the fields that are hidden from its receiver or were not asked for.
fn deliver(store: &Store, hub: &mut Hub, delivery: Delivery) {
    let Some((client, subscription)) = receiver(hub, &delivery) else {
        return;
    };
    let user = user_of(store, subscription.session_token.as_deref());
    let group = (!client.master).then(|| group(user.as_deref()));
    let asked_id = subscription.filter.get("objectId").and_then(Value::as_str);
    let protection = Protection::of_listener(store, group, &subscription.class, asked_id);
    let finish = |mut object: Map<String, Value>| {
        let row = object.clone();
        protection.apply(&mut object, &row);
        if let Some(keys) = &subscription.keys {
            object.retain(|key, _| ALWAYS.contains(&key.as_str()) || keys.contains(key));
        }
        Value::Object(object)
    };
    let mut frame = head(delivery.event, client);
    frame.insert("requestId".to_owned(), Value::Number(delivery.request_id));
    frame.insert("object".to_owned(), finish(delivery.object));
    if let Some(original) = delivery.original {
        frame.insert("original".to_owned(), finish(original));
    }
    hub.send(delivery.connection, Value::Object(frame).to_string());
}

/// The fields that are sent whatever was asked for.
const ALWAYS: [&str; 5] = ["className", "objectId", "updatedAt", "createdAt", "ACL"];

/// The same, when the application has its say before.
async fn deliver_triggered(state: &State, mut delivery: Delivery) {
    let (auth, class) = {
        let store = state.store();
        let hub = state.live.hub();
        let Some((client, subscription)) = receiver(&hub, &delivery) else {
            return;
        };
        let auth = asker(&store, client, subscription.session_token.as_deref());
        (auth, subscription.class.clone())
    };
    let subject = Subject {
        sent: delivery.object.clone(),
        original: delivery.original.clone(),
        event: Some(delivery.event),
        ..Subject::default()
    };
    let moment = (Trigger::AfterEvent, &*class);
    match cloud::run(state, &auth, &Info::none(), moment, subject).await {
        Ok(made) => {
            let Some(made) = made.filter(|made| made.event.is_some()) else {
                return;
            };
            delivery.object = made.object();
            let store = state.store();
            deliver(&store, &mut state.live.hub(), delivery);
        }
        Err(refusal) => {
            let failure = Failure::of(&refusal, Some(delivery.request_id));
            state.live.hub().send(delivery.connection, failure.frame());
        }
    }
}
