//! Users: what lies below the rooms of users and sessions.

pub(crate) mod mail;
pub(crate) mod options;
pub(crate) mod password;
pub(crate) mod provider;
pub(crate) mod session;

use serde_json::{Map, Value};

use crate::access::protected::tidy_auth_data;
use crate::store::{Row, Store};

/// A user as the server sees it, but for the secrets.
pub(crate) fn whole(store: &Store, id: &str) -> Map<String, Value> {
    let row = store.class("_User").and_then(|class| class.get(id));
    let mut object = row.map(|row| Row::clone(row)).unwrap_or_default();
    object.retain(|key, _| !key.starts_with('_'));
    tidy_auth_data(&mut object);
    object
}
