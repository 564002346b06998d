//! Sessions: rows of `_Session`, found by their token.

use std::hash::{BuildHasher, RandomState};

use chrono::{Duration, Utc};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::refusal::{Refusal, code};
use crate::store::path::Path;
use crate::store::{Row, Store};

/// How long a session lasts, in seconds: the `sessionLength` that nobody set.
const LENGTH: i64 = 31_536_000;

/// A session that is not yet in the database.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) user: &'a str,
    /// What `createdWith` says; a changed password leaves nothing there.
    pub(crate) created_with: Option<Value>,
    pub(crate) installation_id: Option<&'a str>,
    /// Fields of the application's own.
    pub(crate) more: Map<String, Value>,
}

impl NewSession<'_> {
    /// Writes the session; its row is answered, the token within.
    ///
    /// A user has one session at each installation: the one before ends.
    pub(crate) fn open(self, store: &mut Store) -> Row {
        let expires = Utc::now() + Duration::seconds(LENGTH);
        let mut data = Row::new();
        data.insert("sessionToken".to_owned(), json!(new_token()));
        data.insert("user".to_owned(), pointer(self.user));
        if let Some(created_with) = self.created_with {
            data.insert("createdWith".to_owned(), created_with);
        }
        data.insert(
            "expiresAt".to_owned(),
            json!({"__type": "Date", "iso": clock::spell(expires)}),
        );
        let installation_id = self
            .installation_id
            .filter(|_| !self.more.contains_key("installationId"));
        if let Some(id) = installation_id {
            data.insert("installationId".to_owned(), json!(id));
        }
        data.extend(self.more);
        if let Some(id) = data.get("installationId").filter(|id| id.is_string()) {
            close_where(store, self.user, |row| row.get("installationId") == Some(id));
        }
        let id = store.draw_id();
        let now = clock::now();
        let mut row = Row::from_iter([
            ("objectId".to_owned(), json!(id)),
            ("createdAt".to_owned(), json!(now)),
            ("updatedAt".to_owned(), json!(now)),
        ]);
        row.extend(data.clone());
        // Tokens are drawn: none is there twice.
        let _ = store.insert("_Session", &id, row);
        data.insert("objectId".to_owned(), json!(id));
        data
    }
}

/// What `createdWith` says of a log-in or a sign-up.
pub(crate) fn created_with(action: &str, provider: &str) -> Value {
    json!({"action": action, "authProvider": provider})
}

pub(crate) fn pointer(user: &str) -> Value {
    json!({"__type": "Pointer", "className": "_User", "objectId": user})
}

/// A token as the real server makes it.
fn new_token() -> String {
    format!("r:{}{}", hexadecimal(), hexadecimal())
}

fn hexadecimal() -> String {
    format!("{:016x}", RandomState::new().hash_one(Utc::now()))
}

/// Letters and digits that nobody can guess: for links in mails and for names of users without one.
pub(crate) fn random_text(length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        text.push_str(&hexadecimal());
    }
    text.truncate(length);
    text
}

/// The session of a token.
pub(crate) fn find<'a>(store: &'a Store, token: &str) -> Option<&'a Row> {
    let class = store.class("_Session")?;
    let id = class.holder("sessionToken", &json!(token))?;
    class.get(id).map(AsRef::as_ref)
}

/// The user whom a token stands for.
pub(crate) fn user_of(store: &Store, token: &str) -> Result<String, Refusal> {
    let invalid = |message: &'static str| Refusal::new(code::INVALID_SESSION_TOKEN, message);
    let session = find(store, token).ok_or_else(|| invalid("Invalid session token"))?;
    let user = session
        .get("user")
        .and_then(|user| user.get("objectId")?.as_str());
    let user = user.filter(|id| store.class("_User").is_some_and(|class| class.get(id).is_some()));
    let user = user.ok_or_else(|| invalid("Invalid session token"))?;
    let expires = session
        .get("expiresAt")
        .and_then(|date| clock::read(date.get("iso")?.as_str()?));
    if expires.is_some_and(|expires| expires < Utc::now()) {
        return Err(invalid("Session token is expired."));
    }
    Ok(user.to_owned())
}

/// Ends all sessions of a user.
pub(crate) fn close_all(store: &mut Store, user: &str) {
    close_where(store, user, |_| true);
}

fn close_where(store: &mut Store, user: &str, ends: impl Fn(&Row) -> bool) {
    let user = pointer(user);
    let rows = store
        .rows_with("_Session", &[(Path::new("user"), &user)])
        .into_iter();
    let rows = rows.filter(|row| row.get("user") == Some(&user) && ends(row));
    let ids: Vec<String> = rows
        .filter_map(|row| row.get("objectId")?.as_str().map(str::to_owned))
        .collect();
    for id in ids {
        store.remove("_Session", &id);
    }
}
