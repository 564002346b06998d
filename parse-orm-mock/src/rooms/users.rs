//! `/users`, logging in and out, passwords and mails.

use chrono::{Duration, Utc};
use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict, classes};
use crate::access::rights::no_session;
use crate::clock;
use crate::cloud::{self, Subject, Trigger};
use crate::keys::Auth;
use crate::live;
use crate::query::find::{self, Reader};
use crate::query::options::{Shape, parameters};
use crate::refusal::{Refusal, code};
use crate::store::path::Path;
use crate::store::{Row, Store};
use crate::user::mail::{Mail, MailKind};
use crate::user::session::{self, NewSession, created_with, random_text};
use crate::user::{password, provider, whole};

pub(crate) async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let answer = match (call.method, segments.as_slice()) {
        ("GET", ["users", "me"]) => me(call),
        ("GET" | "POST", ["login"]) => log_in(call).await,
        ("POST", ["loginAs"]) => log_in_as(call),
        ("POST", ["logout"]) => log_out(call).await,
        ("GET" | "POST", ["verifyPassword"]) => verify_password(call),
        ("POST", ["requestPasswordReset"]) => request_password_reset(call).await,
        ("POST", ["verificationEmailRequest"]) => request_verification(call),
        ("POST", ["challenge"]) => challenge(call),
        (_, ["users", ..]) => return classes::enter_own(call, "_User").await,
        _ => return None,
    };
    Some(answer.map(Reply::Done))
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

fn id_of(row: &Row) -> String {
    text(row, "objectId").unwrap_or_default().to_owned()
}

/// A user as an asker sees it.
fn seen(call: &Call<'_>, store: &Store, auth: &Auth, id: &str) -> Result<Value, Refusal> {
    let options = &call.state.options;
    let reader = Reader { store, options, auth };
    find::get(reader, "_User", id, Shape::default())
}

fn me(call: &Call<'_>) -> Result<Answer, Refusal> {
    let refuse = || no_session(&call.state.options);
    let token = call.auth.session_token.as_deref().ok_or_else(refuse)?;
    let store = call.state.store();
    let row = session::find(&store, token).ok_or_else(refuse)?;
    let user = row.get("user").and_then(|user| user.get("objectId")?.as_str());
    let mut user = seen(call, &store, call.auth, user.ok_or_else(refuse)?)?;
    user["sessionToken"] = json!(token);
    Ok(Answer::ok(user))
}

/// What a log-in says of the user: in the body, else in the query string.
fn credentials(call: &Call<'_>) -> Map<String, Value> {
    let body = call.body.as_ref().and_then(Value::as_object);
    let query = parameters(None, call.query);
    let given = |object: &Map<String, Value>, key: &str| object.get(key).is_some_and(crate::number::truthy);
    let in_query = |key: &&str| !body.is_some_and(|body| given(body, key)) && given(&query, key);
    if ["username", "email"].iter().any(in_query) {
        // What stands in a query string is text, whatever it looks like.
        let pairs = call.query.iter().cloned();
        return pairs.map(|(key, value)| (key, Value::String(value))).collect();
    }
    body.cloned().unwrap_or_default()
}

/// The user whose name and password these are.
fn authenticate(call: &Call<'_>, store: &mut Store) -> Result<String, Refusal> {
    let given = credentials(call);
    let value = |key: &str| given.get(key).filter(|value| crate::number::truthy(value));
    let (name, email) = (value("username"), value("email"));
    if name.is_none() && email.is_none() {
        let message = "username/email is required.";
        return Err(Refusal::new(code::USERNAME_MISSING, message));
    }
    let secret = value("password");
    let secret = secret.ok_or_else(|| Refusal::new(code::PASSWORD_MISSING, "password is required."))?;
    let wrong = || Refusal::new(code::OBJECT_NOT_FOUND, "Invalid username/password.");
    let all_text = [name, email, Some(secret)]
        .into_iter()
        .flatten()
        .all(Value::is_string);
    let secret = secret.as_str().filter(|_| all_text).ok_or_else(wrong)?;
    let is = |row: &Row, key: &str, value: &Value| row.get(key) == Some(value);
    let matches = |row: &Row| match (name, email) {
        (Some(name), Some(email)) => is(row, "username", name) && is(row, "email", email),
        (None, Some(email)) => is(row, "email", email),
        (Some(name), None) => is(row, "username", name) || is(row, "email", name),
        (None, None) => false,
    };
    let names = name.map(|name| (Path::new("username"), name));
    let emails = email.or(name).map(|email| (Path::new("email"), email));
    let mut found = store.rows_with("_User", &names.into_iter().chain(emails).collect::<Vec<_>>());
    found.retain(|row| matches(row));
    // The name of one may be the address of another: the name counts.
    let row = match found.as_slice() {
        [] => return Err(wrong()),
        [row] => *row,
        rows => rows
            .iter()
            .find(|row| name.is_some_and(|name| is(row, "username", name)))
            .ok_or_else(wrong)?,
    };
    let id = id_of(row);
    let right = text(row, "_hashed_password").is_some_and(|hash| password::matches(secret, hash));
    let locked_out = row
        .get("ACL")
        .and_then(Value::as_object)
        .is_some_and(Map::is_empty);
    let verified = row.get("emailVerified") == Some(&Value::Bool(true));
    count_attempt(call, store, &id, right)?;
    if !right || locked_out && !call.auth.master {
        return Err(wrong());
    }
    let users = &call.state.options.users;
    let ignored = call.auth.unrestricted() && value("ignoreEmailVerification").is_some();
    if users.verify_emails && users.prevent_unverified_login && !verified && !ignored {
        return Err(Refusal::new(code::EMAIL_NOT_FOUND, "User email is not verified."));
    }
    Ok(id)
}

/// `accountLockout`: after too many wrong passwords even the right one is refused for a while.
fn count_attempt(call: &Call<'_>, store: &mut Store, id: &str, right: bool) -> Result<(), Refusal> {
    const COUNT: &str = "_failed_login_count";
    const UNTIL: &str = "_account_lockout_expires_at";
    let Some(lockout) = call.state.options.users.lockout else {
        return Ok(());
    };
    let threshold = u64::from(lockout.threshold);
    let locked = || {
        let minutes = lockout.minutes;
        let message = format!(
            "Your account is locked due to multiple failed login attempts. Please try again after {minutes} minute(s)"
        );
        Refusal::new(code::OBJECT_NOT_FOUND, message)
    };
    let row = store.class("_User").and_then(|class| class.get(id));
    let count = row.and_then(|row| row.get(COUNT)?.as_u64()).unwrap_or(0);
    let until = row.and_then(|row| clock::read(text(row, UNTIL)?));
    if until.is_some_and(|until| until > Utc::now()) && count >= threshold {
        return Err(locked());
    }
    let count = if right { 0 } else { count + 1 };
    store.amend("_User", id, |row| {
        row.insert(COUNT.to_owned(), json!(count));
        if count >= threshold {
            let until = Utc::now() + Duration::minutes(i64::from(lockout.minutes));
            row.insert(UNTIL.to_owned(), json!(clock::spell(until)));
        }
    });
    if count > threshold { Err(locked()) } else { Ok(()) }
}

/// Runs a trigger that is about a user or a session.
async fn trigger(
    call: &Call<'_>,
    auth: &Auth,
    moment: (Trigger, &str),
    object: Map<String, Value>,
) -> Result<(), Refusal> {
    let subject = Subject::shown(object);
    let made = cloud::run(call.state, auth, call.info, moment, subject);
    made.await.map(drop)
}

async fn log_in(call: &Call<'_>) -> Result<Answer, Refusal> {
    let (id, user) = {
        let mut store = call.state.store();
        let id = authenticate(call, &mut store)?;
        let user = whole(&store, &id);
        (id, user)
    };
    trigger(call, call.auth, (Trigger::BeforeLogin, "_User"), user).await?;
    let answer = let_in(call, &id)?;
    let mut own = call.auth.of_user(&id);
    let token = answer.get("sessionToken").and_then(Value::as_str);
    own.session_token = token.map(str::to_owned);
    let mut user = whole(&call.state.store(), &id);
    user.extend(token.map(|token| ("sessionToken".to_owned(), json!(token))));
    trigger(call, &own, (Trigger::AfterLogin, "_User"), user).await?;
    Ok(Answer::ok(answer))
}

/// Opens a session for a user who proved to be it.
fn let_in(call: &Call<'_>, id: &str) -> Result<Value, Refusal> {
    let mut store = call.state.store();
    let options = &call.state.options.users;
    let given = call
        .body
        .as_ref()
        .and_then(|body| body.get("authData")?.as_object());
    let known = store.class("_User").and_then(|class| class.get(id));
    provider::check_additional(options, given, known.and_then(|row| row.get("authData")))?;
    if let Some(given) = given {
        provider::check(options, given)?;
        store.amend("_User", id, |row| provider::merge(row, given));
    }
    let session = NewSession {
        user: id,
        created_with: Some(created_with("login", "password")),
        installation_id: call.auth.installation_id.as_deref(),
        more: Map::new(),
    }
    .open(&mut store);
    live::publish_session(call.state, &store, &session, false);
    let mut user = seen_by_itself(call, &store, id);
    user["sessionToken"] = session.get("sessionToken").cloned().unwrap_or_default();
    if given.is_some() {
        user["authDataResponse"] = json!({});
    }
    Ok(user)
}

/// Who may not even read itself learns its id.
fn seen_by_itself(call: &Call<'_>, store: &Store, id: &str) -> Value {
    if call.auth.unrestricted() {
        return Value::Object(whole(store, id));
    }
    let own = call.auth.of_user(id);
    seen(call, store, &own, id).unwrap_or_else(|_| json!({"objectId": id}))
}

fn log_in_as(call: &Call<'_>) -> Result<Answer, Refusal> {
    let denied = |reason: &'static str| {
        let sanitized = call.state.options.sanitized_errors;
        Refusal::access(code::OPERATION_FORBIDDEN, reason, sanitized)
    };
    if !call.auth.master {
        return Err(denied("master key is required"));
    }
    if call.auth.read_only {
        return Err(denied(
            "read-only masterKey isn't allowed to login as another user.",
        ));
    }
    let given = parameters(call.body.as_ref(), call.query);
    let id = given
        .get("userId")
        .filter(|id| crate::number::truthy(id))
        .ok_or_else(|| {
            Refusal::new(
                code::INVALID_VALUE,
                "userId must not be empty, null, or undefined",
            )
        })?;
    let missing = || Refusal::new(code::OBJECT_NOT_FOUND, "user not found");
    let id = id.as_str().ok_or_else(missing)?;
    let mut store = call.state.store();
    let known = store.class("_User").is_some_and(|class| class.get(id).is_some());
    if !known {
        return Err(missing());
    }
    let session = NewSession {
        user: id,
        created_with: Some(created_with("login", "masterkey")),
        installation_id: call.auth.installation_id.as_deref(),
        more: Map::new(),
    }
    .open(&mut store);
    live::publish_session(call.state, &store, &session, false);
    let mut user = whole(&store, id);
    user.extend(session.into_iter().filter(|(key, _)| key == "sessionToken"));
    Ok(Answer::ok(Value::Object(user)))
}

async fn log_out(call: &Call<'_>) -> Result<Answer, Refusal> {
    let ended = call.auth.session_token.as_deref().and_then(|token| {
        let mut store = call.state.store();
        let row = session::find(&store, token).cloned()?;
        store.remove("_Session", &id_of(&row));
        live::publish_session(call.state, &store, &row, true);
        Some(row)
    });
    if let Some(row) = ended {
        trigger(call, call.auth, (Trigger::AfterLogout, "_Session"), row).await?;
    }
    Ok(Answer::ok(json!({})))
}

fn verify_password(call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut store = call.state.store();
    let id = authenticate(call, &mut store)?;
    Ok(Answer::ok(seen_by_itself(call, &store, &id)))
}

/// The address in a request for a mail.
fn address(call: &Call<'_>) -> Result<String, Refusal> {
    let email = call.body.as_ref().and_then(|body| body.get("email"));
    let email = email.filter(|email| crate::number::truthy(email));
    let email = email.ok_or_else(|| Refusal::new(code::EMAIL_MISSING, "you must provide an email"))?;
    let email = email.as_str().map(str::to_owned);
    email.ok_or_else(|| {
        let message = "you must provide a valid email string";
        Refusal::new(code::INVALID_EMAIL_ADDRESS, message)
    })
}

/// Sends a mail with a token, which the row remembers.
fn send(call: &Call<'_>, store: &mut Store, id: &str, kind: MailKind, to: &str) {
    let token = random_text(25);
    let options = &call.state.options;
    call.state
        .post(Mail::new(kind, to, &options.url, &options.app_id, &token));
    let field = match kind {
        MailKind::PasswordReset => "_perishable_token",
        MailKind::Verification => "_email_verify_token",
    };
    store.amend("_User", id, |row| {
        row.insert(field.to_owned(), json!(token));
    });
}

/// Whether there is such a user is nobody's business: the answer is always the same.
async fn request_password_reset(call: &Call<'_>) -> Result<Answer, Refusal> {
    let email = address(call)?;
    let is = |row: &Row, key: &str| text(row, key) == Some(&email);
    let matches = |row: &Row| is(row, "email") || is(row, "username") && !row.contains_key("email");
    let found = {
        let store = call.state.store();
        find_user(&store, &email, matches).map(|id| (whole(&store, &id), id))
    };
    if let Some((user, id)) = found {
        let moment = (Trigger::BeforePasswordResetRequest, "_User");
        trigger(call, call.auth, moment, user).await?;
        send(
            call,
            &mut call.state.store(),
            &id,
            MailKind::PasswordReset,
            &email,
        );
    }
    Ok(Answer::ok(json!({})))
}

fn request_verification(call: &Call<'_>) -> Result<Answer, Refusal> {
    let email = address(call)?;
    let mut store = call.state.store();
    let unverified = |row: &Row| row.get("emailVerified") != Some(&Value::Bool(true));
    let user = find_user(&store, &email, |row| {
        text(row, "email") == Some(&email) && unverified(row)
    });
    if let Some(id) = user.filter(|_| call.state.options.users.verify_emails) {
        store.amend("_User", &id, |row| {
            row.insert("emailVerified".to_owned(), json!(false));
        });
        send(call, &mut store, &id, MailKind::Verification, &email);
    }
    Ok(Answer::ok(json!({})))
}

/// The first user with this address, or with it for a name, that matches.
fn find_user(store: &Store, address: &str, matches: impl Fn(&Row) -> bool) -> Option<String> {
    let address = json!(address);
    let places = ["email", "username"].map(|key| (Path::new(key), &address));
    let mut rows = store.rows_with("_User", &places).into_iter();
    rows.find(|row| matches(row)).map(|row| id_of(row))
}

/// No provider here asks anything before it checks: there is nothing to answer.
fn challenge(call: &Call<'_>) -> Result<Answer, Refusal> {
    let refuse = |message: &'static str| Refusal::new(code::OTHER_CAUSE, message);
    let body = call.body.as_ref().and_then(Value::as_object);
    let given = |key: &str| {
        body.and_then(|body| body.get(key))
            .filter(|value| crate::number::truthy(value))
    };
    if given("username").or(given("email")).is_some() {
        if given("password").is_none() {
            return Err(refuse(
                "You provided username or email, you need to also provide password.",
            ));
        }
        authenticate(call, &mut call.state.store())?;
    }
    match given("challengeData") {
        None => Err(refuse("Nothing to challenge.")),
        Some(Value::Object(_) | Value::Array(_)) => Ok(Answer::ok(json!({"challengeData": {}}))),
        Some(_) => Err(refuse("challengeData should be an object.")),
    }
}
