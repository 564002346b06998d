//! Triggers: when they run, what they are given, and what they may change.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::call::Info;
use super::{Caller, Triggered, webhook};
use crate::keys::Auth;
use crate::operations::{Effect, apply};
use crate::refusal::Refusal;
use crate::rooms::Call;
use crate::state::State;

/// The moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trigger {
    BeforeSave,
    AfterSave,
    BeforeDelete,
    AfterDelete,
    BeforeFind,
    AfterFind,
    BeforeLogin,
    AfterLogin,
    AfterLogout,
    BeforePasswordResetRequest,
    BeforeConnect,
    BeforeSubscribe,
    AfterEvent,
}

impl Trigger {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BeforeSave => "beforeSave",
            Self::AfterSave => "afterSave",
            Self::BeforeDelete => "beforeDelete",
            Self::AfterDelete => "afterDelete",
            Self::BeforeFind => "beforeFind",
            Self::AfterFind => "afterFind",
            Self::BeforeLogin => "beforeLogin",
            Self::AfterLogin => "afterLogin",
            Self::AfterLogout => "afterLogout",
            Self::BeforePasswordResetRequest => "beforePasswordResetRequest",
            Self::BeforeConnect => "beforeConnect",
            Self::BeforeSubscribe => "beforeSubscribe",
            Self::AfterEvent => "afterEvent",
        }
    }

    /// Under which validators are kept.
    pub(super) fn key(self, class: &str) -> String {
        format!("{}.{class}", self.name())
    }
}

/// What a trigger is about.
#[derive(Clone, Default)]
pub(crate) struct Subject {
    /// What is to be written, operations included; of anything else the object itself.
    pub(crate) sent: Map<String, Value>,
    /// The object as it was.
    pub(crate) original: Option<Map<String, Value>>,
    /// The parameters of a find.
    pub(crate) query: Option<Map<String, Value>>,
    /// Whether one object is asked for by its id.
    pub(crate) is_get: bool,
    /// The rows that were found.
    pub(crate) objects: Option<Vec<Value>>,
    /// What `afterSave` behind a webhook wants to be answered.
    pub(crate) answer: Option<Value>,
    /// The name of a LiveQuery event that is to be sent; then `sent` is the whole object.
    pub(crate) event: Option<&'static str>,
}

/// Only names: a new user's password is among the values.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("sent", &self.sent.keys().collect::<Vec<_>>())
            .field("objects", &self.objects.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

impl Subject {
    /// An object that is only shown.
    pub(crate) fn shown(object: Map<String, Value>) -> Self {
        Self {
            sent: object,
            ..Self::default()
        }
    }

    /// The object with what is sent applied.
    pub(crate) fn object(&self) -> Map<String, Value> {
        let whole = self.event.is_some();
        let mut object = self.original.clone().filter(|_| !whole).unwrap_or_default();
        for (key, value) in &self.sent {
            let effect = match self.original {
                Some(_) if !whole => Effect::of_update(value.clone()),
                _ => Effect::of_create(value.clone()),
            };
            // what cannot be applied the write will refuse
            if let Ok(effect) = effect {
                let _ = apply(&mut object, key, effect);
            }
        }
        object
    }
}

/// What a trigger is given. Clones speak of the same object.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TriggerCall {
    /// The moment: `beforeSave`, ..
    pub trigger: &'static str,
    /// The class; `@File` for files.
    pub class: String,
    /// Who asks.
    pub caller: Caller,
    subject: Arc<Mutex<Subject>>,
    context: Arc<Mutex<Map<String, Value>>>,
}

impl TriggerCall {
    fn subject(&self) -> MutexGuard<'_, Subject> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object's id; none before it is created.
    pub fn id(&self) -> Option<String> {
        let object = self.subject().object();
        object.get("objectId")?.as_str().map(str::to_owned)
    }

    /// A field of the object as it will be, or is; null where it has none.
    pub fn get(&self, field: &str) -> Value {
        self.subject().object().remove(field).unwrap_or_default()
    }

    /// The object as it will be, or is.
    pub fn object(&self) -> Value {
        Value::Object(self.subject().object())
    }

    /// The object as it was before an update.
    pub fn original(&self) -> Option<Value> {
        self.subject().original.clone().map(Value::Object)
    }

    /// The names of the fields that are written, in their order.
    pub fn changed(&self) -> Vec<String> {
        let subject = self.subject();
        let own = ["objectId", "createdAt", "updatedAt"];
        let keys = subject.sent.keys().filter(|key| !own.contains(&key.as_str()));
        keys.cloned().collect()
    }

    /// In `beforeSave`: what the field will hold.
    pub fn set(&self, field: impl Into<String>, value: impl Into<Value>) {
        self.subject().sent.insert(field.into(), value.into());
    }

    /// In `beforeSave`: the object will not have the field.
    pub fn unset(&self, field: impl Into<String>) {
        self.set(field, json!({"__op": "Delete"}));
    }

    /// In `beforeFind`, `afterFind` and `beforeSubscribe`: the parameters, `where` and the others.
    pub fn query(&self) -> Value {
        self.subject().query.clone().map_or(Value::Null, Value::Object)
    }

    /// In `beforeFind`: another parameter, such as `where` or `limit`.
    pub fn set_query(&self, parameter: impl Into<String>, value: impl Into<Value>) {
        let mut subject = self.subject();
        subject
            .query
            .get_or_insert_default()
            .insert(parameter.into(), value.into());
    }

    /// In `afterEvent`: `create`, `enter`, `update`, `leave` or `delete`; none when it is not to be sent.
    pub fn event(&self) -> Option<&'static str> {
        self.subject().event
    }

    /// In `afterEvent`: the event is not sent, `sendEvent = false`.
    pub fn cancel_event(&self) {
        self.subject().event = None;
    }

    /// In `beforeFind` and `afterFind`: whether one object is asked for by its id.
    pub fn is_get(&self) -> bool {
        self.subject().is_get
    }

    /// In `afterFind`: the rows.
    pub fn objects(&self) -> Vec<Value> {
        self.subject().objects.clone().unwrap_or_default()
    }

    /// In `afterFind`: what is answered instead.
    pub fn set_objects(&self, objects: Vec<Value>) {
        self.subject().objects = Some(objects);
    }

    /// Adds to the context, for the triggers that follow.
    pub fn set_context(&self, key: impl Into<String>, value: impl Into<Value>) {
        let mut context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        context.insert(key.into(), value.into());
    }

    /// A client of this server with the master key, for the trigger's own work.
    #[cfg(feature = "client")]
    pub fn client(&self) -> parse_orm::MasterClient {
        self.caller.client()
    }
}

/// Runs a trigger, if there is one, and gives what it made of its subject; `None` where there is none.
pub(crate) async fn run(
    state: &State,
    auth: &Auth,
    info: &Info,
    (trigger, class): (Trigger, &str),
    subject: Subject,
) -> Result<Option<Subject>, Refusal> {
    let Some(found) = state.cloud().find_trigger(trigger, class) else {
        return Ok(None);
    };
    let caller = Caller::new(state, auth, info);
    let (code, validator) = match found {
        Triggered::Own(code, validator) => (code, validator),
        Triggered::Hooked(hook) => {
            let made = webhook::trigger(state, &hook, &caller, trigger, class, subject).await?;
            return Ok(Some(made));
        }
    };
    if let Some(validator) = validator {
        validator.check(&caller, &subject.object())?;
    }
    let call = TriggerCall {
        trigger: trigger.name(),
        class: class.to_owned(),
        context: Arc::new(Mutex::new(caller.context.clone())),
        caller,
        subject: Arc::new(Mutex::new(subject)),
    };
    code(call.clone()).await?;
    let context = call
        .context
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    info.context().extend(context);
    let made = call.subject().clone();
    Ok(Some(made))
}

/// Whether there is something to run: only then are the rows copied for it.
fn is_there(call: &Call<'_>, trigger: Trigger, class: &str) -> bool {
    call.state.cloud().find_trigger(trigger, class).is_some()
}

/// Before a find: the parameters, as the trigger wants them.
pub(crate) async fn before_find(
    call: &Call<'_>,
    class: &str,
    query: Map<String, Value>,
    is_get: bool,
) -> Result<Map<String, Value>, Refusal> {
    if !is_there(call, Trigger::BeforeFind, class) {
        return Ok(query);
    }
    let mut shown = query.clone();
    shown.entry("where").or_insert_with(|| json!({}));
    let subject = Subject {
        query: Some(shown),
        is_get,
        ..Subject::default()
    };
    let made = run(
        call.state,
        call.auth,
        call.info,
        (Trigger::BeforeFind, class),
        subject,
    )
    .await?;
    Ok(made.and_then(|made| made.query).unwrap_or(query))
}

/// Behind a find: the rows, as the trigger wants them.
pub(crate) async fn after_find(
    call: &Call<'_>,
    class: &str,
    query: &Map<String, Value>,
    rows: Vec<Value>,
    is_get: bool,
) -> Result<Vec<Value>, Refusal> {
    if !is_there(call, Trigger::AfterFind, class) {
        return Ok(rows);
    }
    let subject = Subject {
        query: Some(query.clone()),
        is_get,
        objects: Some(rows.clone()),
        ..Subject::default()
    };
    let made = run(
        call.state,
        call.auth,
        call.info,
        (Trigger::AfterFind, class),
        subject,
    )
    .await?;
    Ok(made.and_then(|made| made.objects).unwrap_or(rows))
}
