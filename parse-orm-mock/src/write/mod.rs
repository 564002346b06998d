//! Writing an object, in three steps. [`Write`] is made from a request by the checks that come before: they may
//! wait, a trigger is the application's own code. [`Write::apply`] changes the data and never waits, so that a
//! transaction can apply several in one go. [`Written::finish`] is what follows, and may wait again.

pub(crate) mod canonical;
mod rows;

use serde_json::{Map, Value, json};

use crate::access::{self, Action};
use crate::keys::Auth;
use crate::refusal::Refusal;
use crate::rooms::{Answer, Call};
use crate::state::State;
use crate::store::Store;

/// A write that passed its checks and waits for its turn at the data.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) state: &'a State,
    pub(crate) auth: &'a Auth,
    pub(crate) class: String,
    pub(crate) change: Change,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Change {
    Create(Map<String, Value>),
    Update(String, Map<String, Value>),
    Delete(String),
}

/// A write that is done.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) state: &'a State,
    #[allow(dead_code, reason = "what follows a write will ask who wrote")]
    pub(crate) auth: &'a Auth,
    pub(crate) class: String,
    pub(crate) id: String,
    pub(crate) created: bool,
    /// What is answered.
    pub(crate) body: Value,
}

impl<'a> Write<'a> {
    /// Everything that is looked at before the data is touched.
    #[allow(clippy::unused_async, reason = "triggers will be waited for here")]
    pub(crate) async fn prepare(call: &Call<'a>, class: &str, change: Change) -> Result<Self, Refusal> {
        let action = match &change {
            Change::Create(_) => Action::Create,
            Change::Update(..) => Action::Update,
            Change::Delete(_) => Action::Delete,
        };
        access::check(class, call.auth, action)?;
        if action != Action::Delete {
            access::check_class_exists(class, call.auth, &call.state.options, &call.state.store())?;
        }
        Ok(Self {
            state: call.state,
            auth: call.auth,
            class: class.to_owned(),
            change,
        })
    }

    /// Changes the data.
    pub(crate) fn apply(self, store: &mut Store) -> Result<Written<'a>, Refusal> {
        let Self {
            state,
            auth,
            class,
            change,
        } = self;
        let (id, created, body) = match change {
            Change::Create(object) => {
                let custom_ids = state.options.allow_custom_object_id;
                let created = rows::create(store, &class, object, custom_ids)?;
                (created.id, true, created.body)
            }
            Change::Update(id, object) => {
                let body = rows::update(store, &class, &id, object)?;
                (id, false, body)
            }
            Change::Delete(id) => {
                rows::delete(store, &class, &id)?;
                (id, false, json!({}))
            }
        };
        Ok(Written {
            state,
            auth,
            class,
            id,
            created,
            body,
        })
    }

    /// All steps, for a write that is no part of a transaction.
    pub(crate) async fn run(self) -> Result<Answer, Refusal> {
        let written = {
            let state = self.state;
            self.apply(&mut state.store())?
        };
        written.finish().await
    }
}

impl Written<'_> {
    /// What follows when the data is changed, and the answer.
    #[allow(clippy::unused_async, reason = "triggers will be waited for here")]
    pub(crate) async fn finish(self) -> Result<Answer, Refusal> {
        if !self.created {
            return Ok(Answer::ok(self.body));
        }
        let location = format!("{}/classes/{}/{}", self.state.options.url, self.class, self.id);
        Ok(Answer {
            status: 201,
            body: self.body,
            location: Some(location),
        })
    }
}
