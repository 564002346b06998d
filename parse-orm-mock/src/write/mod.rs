//! Writing an object, in three steps. [`Write`] is made from a request by the checks that come before: they may
//! wait, a trigger is the application's own code. [`Write::apply`] changes the data and never waits, so that a
//! transaction can apply several in one go. [`Written::finish`] is what follows, and may wait again.

pub(crate) mod canonical;
mod installation;
mod rows;
mod session;
mod triggers;
pub(crate) mod user;

use serde_json::{Map, Value, json};

use crate::access::rights::{self, Rights};
use crate::access::{self, Action};
use crate::clock;
use crate::cloud::Info;
use crate::keys::Auth;
use crate::live::{self, Happened};
use crate::number;
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::rooms::{Answer, Call, Reply};
use crate::state::State;
use crate::store::permissions::Operation;
use crate::store::{Row, Store};
use crate::user::mail::Mail;
use crate::user::session::find as find_session;
use crate::value::is_typed;
use triggers::Triggered;
use user::UserWrite;

/// A write that passed its checks and waits for its turn at the data.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) state: &'a State,
    pub(crate) auth: &'a Auth,
    info: &'a Info,
    pub(crate) class: String,
    pub(crate) change: Change,
    user: UserWrite,
    triggered: Box<Triggered>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Change {
    Create(Map<String, Value>),
    Update(String, Map<String, Value>),
    Delete(String),
}

/// What a write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Created,
    Changed,
    LoggedIn,
}

/// A write that is done.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) state: &'a State,
    pub(crate) auth: &'a Auth,
    info: &'a Info,
    pub(crate) class: String,
    pub(crate) id: String,
    outcome: Outcome,
    /// What is answered.
    pub(crate) body: Value,
    mail: Option<Mail>,
    triggered: Box<Triggered>,
    /// For LiveQuery, while somebody listens.
    happened: Option<Box<Happened>>,
}

impl<'a> Write<'a> {
    /// Everything that is looked at before the data is touched. It may turn out another write: a new user with the
    /// proof of another service may be a known one, who logs in.
    pub(crate) async fn prepare(
        call: &Call<'a>,
        class: &str,
        mut change: Change,
    ) -> Result<Reply<'a>, Refusal> {
        let (state, auth) = (call.state, call.auth);
        let options = &state.options;
        let action = match &change {
            Change::Create(_) => Action::Create,
            Change::Update(..) => Action::Update,
            Change::Delete(_) => Action::Delete,
        };
        access::check(class, auth, action, options)?;
        if let Change::Create(object) = &change {
            rows::check_new_id(object, options.allow_custom_object_id)?;
        }
        if action != Action::Delete {
            access::check_class_exists(class, auth, options, &state.store())?;
        }
        let mut user = UserWrite::default();
        match class {
            "_User" => {
                let write = user::prepare(call, &mut change).await;
                user = write.map_err(|refusal| hide_missing_user(refusal, &change, auth, options))?;
            }
            "_Session" => {
                if let Some(answer) = session::prepare(state, auth, &mut change)? {
                    return Ok(Reply::Done(answer));
                }
            }
            _ => {}
        }
        // a log-in saves no user
        let (change, triggered) = match user.log_in {
            None => triggers::before(call, class, change).await?,
            Some(_) => (change, Triggered::default()),
        };
        Ok(Reply::Write(Self {
            state,
            auth,
            info: call.info,
            class: class.to_owned(),
            change,
            user,
            triggered: Box::new(triggered),
        }))
    }

    /// A write of the server's own, on behalf of a call, without the checks of one.
    pub(crate) fn by_server(call: &Call<'a>, class: &str, change: Change) -> Self {
        Self {
            state: call.state,
            auth: call.auth,
            info: call.info,
            class: class.to_owned(),
            change,
            user: UserWrite::default(),
            triggered: Box::default(),
        }
    }

    /// Changes the data.
    pub(crate) fn apply(mut self, store: &mut Store) -> Result<Written<'a>, Refusal> {
        if let Some(log_in) = self.user.log_in.take() {
            let (id, body) = log_in.apply(store, self.auth);
            // the real server tells of it as of a new user
            let user = store.class("_User").and_then(|class| class.get(&id));
            let happened = self.state.live.is_heard().then(|| Happened {
                after: user.cloned(),
                ..Happened::default()
            });
            return Ok(Written {
                state: self.state,
                auth: self.auth,
                info: self.info,
                class: self.class,
                id,
                outcome: Outcome::LoggedIn,
                body,
                mail: None,
                triggered: self.triggered,
                happened: happened.map(Box::new),
            });
        }
        let mut change = std::mem::replace(&mut self.change, Change::Delete(String::new()));
        if self.class == "_Installation" {
            let asker = self.auth.installation_id.as_deref();
            change = installation::settle(store, asker.filter(|_| !self.auth.unrestricted()), change)?;
        }
        let created = matches!(change, Change::Create(_));
        let deleted = matches!(change, Change::Delete(_));
        let mut happened = self
            .state
            .live
            .is_heard()
            .then(|| Box::new(self.before(store, &change)));
        let (id, mut body) = match change {
            Change::Create(object) => self.create(store, object)?,
            Change::Update(id, object) => {
                let body = self.update(store, &id, object);
                let body = body.map_err(|refusal| self.hide(refusal))?;
                (id, body)
            }
            Change::Delete(id) => {
                self.delete(store, &id).map_err(|refusal| self.hide(refusal))?;
                (id, json!({}))
            }
        };
        let Self {
            state,
            auth,
            info,
            class,
            user,
            triggered,
            ..
        } = self;
        triggered.tell(&mut body);
        let mut mail = None;
        if class == "_User" && !deleted {
            mail = user.follow(store, &state.options, auth, &id, created, &mut body);
        }
        if let Some(happened) = &mut happened {
            happened.after = store.class(&class).and_then(|class| class.get(&id)).cloned();
        }
        Ok(Written {
            state,
            auth,
            info,
            class,
            id,
            outcome: if created {
                Outcome::Created
            } else {
                Outcome::Changed
            },
            body,
            mail,
            triggered,
            happened,
        })
    }

    /// What LiveQuery is to know of the state before.
    fn before(&self, store: &Store, change: &Change) -> Happened {
        let mut happened = Happened::default();
        match change {
            Change::Create(object) => {
                let written = object.iter().filter(|(_, value)| value.get("__op").is_some());
                happened.relations = written.map(|(key, _)| key.clone()).collect();
            }
            Change::Update(id, _) | Change::Delete(id) => {
                let class = store.class(&self.class);
                happened.before = class.and_then(|class| class.get(id)).cloned();
            }
        }
        happened
    }

    fn create(
        &mut self,
        store: &mut Store,
        mut object: Map<String, Value>,
    ) -> Result<(String, Value), Refusal> {
        let (auth, options, class) = (self.auth, &self.state.options, &self.class);
        rights::check_new_fields(store, auth, options, class, &object, false)?;
        let mut defaults = rows::admit(store, class, &mut object, false)?;
        let acl = object.get("ACL").is_none_or(|acl| !number::truthy(acl));
        let default_acl = store
            .class(class)
            .filter(|_| acl)
            .and_then(|class| class.schema.permissions.default_acl(auth.user.as_deref()));
        let id = match object.shift_remove("objectId") {
            Some(Value::String(id)) if !id.is_empty() => id,
            _ => store.draw_id(),
        };
        if let Some(acl) = default_acl {
            object.insert("ACL".to_owned(), acl);
            defaults.push("ACL".to_owned());
        }
        Rights::of(store, auth, options, class, Operation::Create)?;
        let mut internal = Map::new();
        if auth.maintenance {
            internal = chosen_dates(&object)?;
        }
        if class == "_User" {
            internal.extend(self.user.complete(store, options, None, &mut object)?);
            UserWrite::own_acl(options, auth, &id, true, &mut object);
        }
        let created = rows::create(store, class, id, object, internal, &defaults)?;
        Ok((created.id, created.body))
    }

    fn update(
        &mut self,
        store: &mut Store,
        id: &str,
        mut object: Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let (auth, options, class) = (self.auth, &self.state.options, &self.class);
        let adds = rights::check_new_fields(store, auth, options, class, &object, true)?;
        if let Some(key) = object
            .keys()
            .find(|key| class == "_User" && key.starts_with("authData."))
        {
            return Err(Refusal::bad_key(format!("Invalid field name for update: {key}")));
        }
        rows::admit(store, class, &mut object, true)?;
        let mut internal = Map::new();
        if class == "_User" {
            internal = self.user.complete(store, options, Some(id), &mut object)?;
            if auth.unauthenticated() {
                let reason = format!("Cannot modify user {id}.");
                let sanitized = options.sanitized_errors;
                return Err(Refusal::access(code::SESSION_MISSING, reason, sanitized));
            }
            UserWrite::own_acl(options, auth, id, false, &mut object);
        }
        let updates = Rights::of(store, auth, options, class, Operation::Update)?;
        let adds = adds
            .then(|| Rights::of(store, auth, options, class, Operation::AddField))
            .transpose()?;
        let may = |row: &Row| updates.cover(row) && adds.as_ref().is_none_or(|adds| adds.cover(row));
        rows::update(store, class, id, object, internal, may)
    }

    fn delete(&self, store: &mut Store, id: &str) -> Result<(), Refusal> {
        let (auth, options, class) = (self.auth, &self.state.options, &self.class);
        let rights = Rights::of(store, auth, options, class, Operation::Delete)?;
        if class == "_Session" {
            let row = store.class(class).and_then(|class| class.get(id));
            if !row.is_some_and(|row| rights.cover(row)) {
                let message = "Object not found for delete.";
                return Err(Refusal::new(code::OBJECT_NOT_FOUND, message));
            }
        }
        rows::delete(store, class, id, |row| rights.cover(row))
    }

    fn hide(&self, refusal: Refusal) -> Refusal {
        if self.class == "_User" {
            hide_user(refusal, self.auth, &self.state.options)
        } else {
            refusal
        }
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
    pub(crate) async fn finish(mut self) -> Result<Answer, Refusal> {
        if let Some(happened) = self.happened.take() {
            let store = self.state.store();
            live::publish(self.state, &store, self.auth, &self.class, &happened);
            // a user who is new, or has a new password, has a new session
            let token = self.body.get("sessionToken").filter(|_| self.class == "_User");
            let token = token.and_then(Value::as_str);
            if let Some(session) = token.and_then(|token| find_session(&store, token)) {
                live::publish_session(self.state, &store, session, false);
            }
        }
        if let Some(mail) = self.mail.take() {
            self.state.post(mail);
        }
        if self.outcome != Outcome::LoggedIn {
            triggers::after(&mut self).await?;
        }
        if self.outcome == Outcome::Changed {
            return Ok(Answer::ok(self.body));
        }
        let room = match &*self.class {
            "_User" => "users".to_owned(),
            class => format!("classes/{class}"),
        };
        let created = self.outcome == Outcome::Created;
        Ok(Answer {
            status: if created { 201 } else { 200 },
            location: Some(format!("{}/{room}/{}", self.state.options.url, self.id)),
            ..Answer::ok(self.body)
        })
    }
}

/// The maintenance key may say when an object came to be.
fn chosen_dates(object: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let date = |key: &str| {
        let date = object.get(key).filter(|date| is_typed(date, "Date"));
        date.and_then(|date| clock::respell(date.get("iso")?.as_str()?))
    };
    let Some(created) = date("createdAt") else {
        return Ok(Map::new());
    };
    let updated = date("updatedAt").unwrap_or_else(|| created.clone());
    if updated < created {
        let message = "updatedAt cannot occur before createdAt";
        return Err(Refusal::new(code::VALIDATION_ERROR, message));
    }
    Ok(Map::from_iter([
        ("createdAt".to_owned(), json!(created)),
        ("updatedAt".to_owned(), json!(updated)),
    ]))
}

fn hide_missing_user(refusal: Refusal, change: &Change, auth: &Auth, options: &Options) -> Refusal {
    if matches!(change, Change::Create(_)) {
        refusal
    } else {
        hide_user(refusal, auth, options)
    }
}

/// Whether a user is not there or not one's own is nobody's business.
fn hide_user(refusal: Refusal, auth: &Auth, options: &Options) -> Refusal {
    if refusal.code != Some(code::OBJECT_NOT_FOUND) || auth.unrestricted() {
        return refusal;
    }
    Refusal::access(
        code::SESSION_MISSING,
        "Insufficient auth.",
        options.sanitized_errors,
    )
}
