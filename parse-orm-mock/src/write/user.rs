//! What the write of a user does beside its row: the proofs of other services, the password, the names that are
//! taken, and the sessions.

use serde_json::{Map, Value, json};

use super::Change;
use crate::cloud::{self, Subject, Trigger};
use crate::keys::Auth;
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::rooms::Call;
use crate::store::path::Path;
use crate::store::{Row, Store};
use crate::user::mail::{Mail, MailKind};
use crate::user::session::{NewSession, close_all, created_with, random_text};
use crate::user::{password, provider, whole};

/// What is still to be done for a user when its row is written.
#[derive(Debug, Default)]
pub(crate) struct UserWrite {
    /// The hash of the new password.
    hash: Option<String>,
    /// The proofs, when they were checked: the answer then says so.
    auth_data: Option<Map<String, Value>>,
    checked: bool,
    /// The server made the name up, and tells it.
    named: bool,
    mail: Option<Mail>,
    pub(super) log_in: Option<Box<LogIn>>,
}

/// The proofs belong to a user who is there: nothing is written but a session.
#[derive(Debug)]
pub(crate) struct LogIn {
    user: String,
    auth_data: Map<String, Value>,
}

/// The checks before the data is touched.
pub(crate) async fn prepare(call: &Call<'_>, change: &mut Change) -> Result<UserWrite, Refusal> {
    let (state, auth) = (call.state, call.auth);
    let mut write = UserWrite::default();
    let (id, object) = match change {
        Change::Delete(_) if auth.unauthenticated() => {
            let message = "Insufficient auth to delete user";
            return Err(Refusal::new(code::SESSION_MISSING, message));
        }
        Change::Delete(_) => return Ok(write),
        Change::Create(object) => (None, object),
        Change::Update(id, object) => (Some(id.as_str()), object),
    };
    object.shift_remove("sessionToken");
    let proven = object.get("authData").and_then(Value::as_object);
    let proven = proven.is_some_and(provider::says_something);
    if id.is_none() && !proven {
        check_names(object)?;
    }
    let auth_data = provider::of_write(object)?;
    if let Some(given) = auth_data {
        let text = |key: &str| object.get(key).is_some_and(Value::is_string);
        let named = text("username") && text("password");
        if !proven && !named && !auth.master && id.is_none() && auth.user.is_none() {
            return Err(provider::refuse_empty());
        }
        prove(call, id, given, &mut write).await?;
        if write.log_in.is_some() {
            return Ok(write);
        }
        if let Some(given) = &write.auth_data {
            object.insert("authData".to_owned(), Value::Object(given.clone()));
        }
    }
    if !auth.unrestricted() && object.contains_key("emailVerified") {
        let reason = "Clients aren't allowed to manually update email verification.";
        let sanitized = state.options.sanitized_errors;
        return Err(Refusal::access(code::OPERATION_FORBIDDEN, reason, sanitized));
    }
    if let Some(Value::String(given)) = object.get("password") {
        write.hash = Some(password::hash(given)?);
    }
    Ok(write)
}

fn check_names(object: &Map<String, Value>) -> Result<(), Refusal> {
    let filled = |key: &str| {
        object
            .get(key)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.is_empty())
    };
    if !filled("username") {
        return Err(Refusal::new(code::USERNAME_MISSING, "bad or missing username"));
    }
    if !filled("password") {
        return Err(Refusal::new(code::PASSWORD_MISSING, "password is required"));
    }
    Ok(())
}

/// Checks the proofs of other services, and whose they are.
async fn prove(
    call: &Call<'_>,
    id: Option<&str>,
    given: Map<String, Value>,
    write: &mut UserWrite,
) -> Result<(), Refusal> {
    let auth = call.auth;
    let options = &call.state.options.users;
    let (owner, several) = {
        let store = call.state.store();
        let mut owners = provider::users(&store, options, &given)?;
        // Who is locked out by an empty ACL is not found.
        let open = |row: &Row| {
            row.get("ACL")
                .and_then(Value::as_object)
                .is_none_or(|acl| !acl.is_empty())
        };
        owners.retain(|row| auth.unrestricted() || open(row));
        let id_of = |row: &Row| row.get("objectId").and_then(Value::as_str).map(str::to_owned);
        let owner = owners.first().and_then(|row| id_of(row));
        let owner = owner.map(|owner| (whole(&store, &owner), owner));
        (owner, owners.len() > 1)
    };
    let asker = id.or(auth.user.as_deref());
    let another = |owner: &str| asker.is_some_and(|asker| asker != owner);
    if several || owner.as_ref().is_some_and(|(_, owner)| another(owner)) {
        provider::check(options, &given)?;
        let message = "this auth is already used";
        return Err(Refusal::new(code::ACCOUNT_ALREADY_LINKED, message));
    }
    let Some((user, owner)) = owner else {
        provider::check(options, &given)?;
        write.checked = true;
        write.auth_data = Some(given);
        return Ok(());
    };
    let known = user.get("authData").cloned();
    if id.is_some() {
        let changes = provider::changes(&given, known.as_ref());
        let own = auth.master || auth.user.as_deref() == Some(&*owner);
        if changes.is_empty() || !own {
            write.auth_data = Some(given);
            return Ok(());
        }
        provider::check(options, &changes)?;
        write.checked = true;
        write.auth_data = Some(changes);
        return Ok(());
    }
    let moment = (Trigger::BeforeLogin, "_User");
    cloud::run(call.state, auth, call.info, moment, Subject::shown(user)).await?;
    provider::check_additional(options, Some(&given), known.as_ref())?;
    provider::check(options, &given)?;
    write.log_in = Some(Box::new(LogIn {
        user: owner,
        auth_data: given,
    }));
    Ok(())
}

impl LogIn {
    /// Keeps what the user proved, and opens the session: the user's id, and what is answered.
    pub(super) fn apply(self, store: &mut Store, auth: &Auth) -> (String, Value) {
        let Self { user, auth_data } = self;
        store.amend("_User", &user, |row| provider::merge(row, &auth_data));
        let session = NewSession {
            user: &user,
            created_with: Some(created_with("login", &provider::names(&auth_data))),
            installation_id: auth.installation_id.as_deref(),
            more: Map::new(),
        }
        .open(store);
        let mut body = whole(store, &user);
        body.extend(session.into_iter().filter(|(key, _)| key == "sessionToken"));
        body.insert("authDataResponse".to_owned(), json!({}));
        (user, Value::Object(body))
    }
}

impl UserWrite {
    /// Completes the row of a new or a changed user; the fields that nobody sees are the answer.
    pub(crate) fn complete(
        &mut self,
        store: &Store,
        options: &Options,
        id: Option<&str>,
        object: &mut Map<String, Value>,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut internal = Map::new();
        let changes_secret = object.contains_key("password") || object.contains_key("email");
        if id.is_some() && changes_secret {
            internal.insert("_perishable_token".to_owned(), Value::Null);
            internal.insert("_perishable_token_expires_at".to_owned(), Value::Null);
        }
        if object.shift_remove("password").is_some() {
            // Anything but text is more than the real server's hash function can take.
            let hash = self.hash.as_ref().ok_or_else(Refusal::crash)?;
            internal.insert("_hashed_password".to_owned(), json!(hash));
        }
        match object.get("username") {
            Some(Value::String(name)) if !name.is_empty() => {
                check_free(store, id, "username", name)?;
            }
            _ if id.is_none() => {
                object.insert("username".to_owned(), json!(random_text(25)));
                self.named = true;
            }
            _ => {}
        }
        if let Some(email) = object.get("email").and_then(Value::as_str).map(str::to_owned)
            && !email.is_empty()
        {
            check_email(store, id, &email)?;
            self.verify(options, &email, object, &mut internal);
        }
        if id.is_some() {
            // One provider after the other: the others stay.
            if let Some(Value::Object(providers)) = object.shift_remove("authData") {
                for (name, data) in providers {
                    let data = if data.is_null() {
                        json!({"__op": "Delete"})
                    } else {
                        data
                    };
                    object.insert(format!("authData.{name}"), data);
                }
            }
        }
        Ok(internal)
    }

    /// A new address is to be verified, if the server wants that and no other service vouches for the user.
    fn verify(
        &mut self,
        options: &Options,
        email: &str,
        object: &mut Map<String, Value>,
        internal: &mut Map<String, Value>,
    ) {
        let vouched = self
            .auth_data
            .as_ref()
            .is_some_and(|providers| !providers.is_empty() && providers.keys().ne(["anonymous"]));
        if !options.users.verify_emails || vouched {
            return;
        }
        let token = random_text(25);
        object.insert("emailVerified".to_owned(), json!(false));
        self.mail = Some(Mail::new(
            MailKind::Verification,
            email,
            &options.url,
            &options.app_id,
            &token,
        ));
        internal.insert("_email_verify_token".to_owned(), json!(token));
    }

    /// The ACL of a user who brings none, and that no user locks itself out.
    pub(crate) fn own_acl(
        options: &Options,
        auth: &Auth,
        id: &str,
        created: bool,
        object: &mut Map<String, Value>,
    ) {
        let own = json!({"read": true, "write": true});
        match object.get_mut("ACL") {
            Some(Value::Object(acl)) if created || !auth.unrestricted() => {
                acl.insert(id.to_owned(), own);
            }
            None | Some(Value::Null) if created => {
                let mut acl = Map::new();
                if !options.users.enforce_private {
                    acl.insert("*".to_owned(), json!({"read": true}));
                }
                acl.insert(id.to_owned(), own);
                object.insert("ACL".to_owned(), Value::Object(acl));
            }
            _ => {}
        }
    }

    /// Ends and opens sessions, and completes the answer. The mail is to be sent.
    pub(crate) fn follow(
        self,
        store: &mut Store,
        options: &Options,
        auth: &Auth,
        id: &str,
        created: bool,
        body: &mut Value,
    ) -> Option<Mail> {
        let providers = self.auth_data.as_ref().filter(|providers| !providers.is_empty());
        let by_proof = providers.map(|providers| created_with("login", &provider::names(providers)));
        // Who has to verify the mail address first gets no session yet.
        let waits = options.users.verify_emails && options.users.prevent_unverified_login;
        // The master key links without logging in.
        let linked = providers.is_some() && auth.user.is_none() && (created || !auth.unrestricted());
        let mut opens = !waits && (linked || created && providers.is_none());
        let mut with = by_proof.or_else(|| created.then(|| created_with("signup", "password")));
        if !created && self.hash.is_some() {
            if options.users.revoke_sessions {
                close_all(store, id);
            }
            if !auth.unrestricted() {
                opens = true;
            }
        }
        if opens {
            let session = NewSession {
                user: id,
                created_with: with.take(),
                installation_id: auth.installation_id.as_deref(),
                more: Map::new(),
            }
            .open(store);
            body["sessionToken"] = session.get("sessionToken").cloned().unwrap_or_default();
        }
        if self.named {
            let row = store.class("_User").and_then(|class| class.get(id));
            body["username"] = row
                .and_then(|row| row.get("username").cloned())
                .unwrap_or_default();
        }
        if self.checked {
            body["authDataResponse"] = json!({});
        }
        self.mail
    }
}

/// Names are taken whatever their case.
pub(crate) fn check_free(store: &Store, id: Option<&str>, field: &str, value: &str) -> Result<(), Refusal> {
    let wanted = value.to_lowercase();
    let taken = store.rows_with("_User", &[(Path::new(field), &json!(value))]);
    let taken = taken.into_iter().any(|row| {
        let known = row.get(field).and_then(Value::as_str);
        known.is_some_and(|known| known.to_lowercase() == wanted)
            && row.get("objectId").and_then(Value::as_str) != id
    });
    match (taken, field) {
        (false, _) => Ok(()),
        (true, "username") => {
            let message = "Account already exists for this username.";
            Err(Refusal::new(code::USERNAME_TAKEN, message))
        }
        (true, _) => {
            let message = "Account already exists for this email address.";
            Err(Refusal::new(code::EMAIL_TAKEN, message))
        }
    }
}

fn check_email(store: &Store, id: Option<&str>, email: &str) -> Result<(), Refusal> {
    let inside = email
        .char_indices()
        .any(|(place, letter)| letter == '@' && place > 0 && place + 1 < email.len());
    if !inside {
        let message = "Email address format is invalid.";
        return Err(Refusal::new(code::INVALID_EMAIL_ADDRESS, message));
    }
    check_free(store, id, "email", email)
}
