//! Auth data: proofs of other services that a user is who it says, and which users they belong to.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::options::UserOptions;
use crate::refusal::{Refusal, code};
use crate::store::path::Path;
use crate::store::{Row, Store};

/// A service that can vouch for a user.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) name: String,
    /// Asked for beside the password, as a second factor is.
    pub(crate) additional: bool,
    pub(crate) check: Arc<dyn Fn(&Value) -> bool + Send + Sync>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.name)
            .field("additional", &self.additional)
            .finish_non_exhaustive()
    }
}

const ANONYMOUS: &str = "anonymous";

fn unsupported() -> Refusal {
    Refusal::new(
        code::UNSUPPORTED_SERVICE,
        "This authentication method is unsupported.",
    )
}

/// Whether the server knows the provider.
fn is_known(options: &UserOptions, name: &str) -> bool {
    name == ANONYMOUS && options.anonymous || options.providers.iter().any(|provider| provider.name == name)
}

/// Checks the proofs; null stands for a provider that is to be forgotten.
pub(crate) fn check(options: &UserOptions, auth_data: &Map<String, Value>) -> Result<(), Refusal> {
    let mut names: Vec<&String> = auth_data.keys().collect();
    names.sort();
    for name in names {
        let data = &auth_data[name];
        if data.is_null() || name == ANONYMOUS && options.anonymous {
            continue;
        }
        let Some(provider) = options.providers.iter().find(|provider| provider.name == *name) else {
            // A provider that a real server brings along, but that nobody set up.
            return Err(match name.as_str() {
                "facebook" => Refusal::new(code::OBJECT_NOT_FOUND, "Facebook auth is not configured."),
                _ => unsupported(),
            });
        };
        if !(provider.check)(data) {
            let message = format!("{name} auth is invalid for this user.");
            return Err(Refusal::new(code::OBJECT_NOT_FOUND, message));
        }
    }
    Ok(())
}

/// The auth data of a write, if there is any to look at.
pub(crate) fn of_write(object: &Map<String, Value>) -> Result<Option<Map<String, Value>>, Refusal> {
    match object.get("authData") {
        Some(Value::Object(auth_data)) if !auth_data.is_empty() => Ok(Some(auth_data.clone())),
        Some(nothing) if !crate::number::truthy(nothing) => Err(unsupported()),
        // What is no object, the schema refuses.
        _ => Ok(None),
    }
}

/// Whether any of the auth data says something.
pub(crate) fn says_something(auth_data: &Map<String, Value>) -> bool {
    auth_data
        .values()
        .any(|data| data.as_object().is_some_and(|data| !data.is_empty()))
}

/// Refuses auth data that says nothing and comes with nobody's name.
pub(crate) fn refuse_empty() -> Refusal {
    unsupported()
}

/// The users whom the providers know by the given ids; two are as bad as more.
pub(crate) fn users<'a>(
    store: &'a Store,
    options: &UserOptions,
    auth_data: &Map<String, Value>,
) -> Result<Vec<&'a Arc<Row>>, Refusal> {
    let mut asked = Vec::new();
    for (name, data) in auth_data {
        let id = data.get("id").filter(|id| crate::number::truthy(id));
        let Some(id) = id.filter(|_| is_known(options, name)) else {
            continue;
        };
        if !id.is_string() {
            let message = format!("Invalid authData id for provider '{name}'.");
            return Err(Refusal::new(code::INVALID_VALUE, message));
        }
        asked.push((name, id));
    }
    let has = |row: &Row| {
        let known = row.get("authData");
        asked
            .iter()
            .any(|(name, id)| known.and_then(|known| known.get(*name)?.get("id")) == Some(*id))
    };
    let places = asked
        .iter()
        .map(|(name, id)| (Path::of(["authData", name.as_str(), "id"]), *id));
    let rows = store.rows_with("_User", &places.collect::<Vec<_>>());
    Ok(rows.into_iter().filter(|row| has(row)).take(2).collect())
}

/// What of the given auth data the user does not have yet.
pub(crate) fn changes(given: &Map<String, Value>, known: Option<&Value>) -> Map<String, Value> {
    let Some(known) = known.and_then(Value::as_object).filter(|known| !known.is_empty()) else {
        return given.clone();
    };
    let changed = |(name, data): &(&String, &Value)| {
        let known = known.get(*name).filter(|known| !known.is_null());
        *name != ANONYMOUS
            && match (data.as_object(), known) {
                (Some(data), Some(known)) => data.iter().any(|(key, value)| known.get(key) != Some(value)),
                _ => true,
            }
    };
    let changed = given.iter().filter(changed);
    changed.map(|(name, data)| (name.clone(), data.clone())).collect()
}

/// Keeps what a user proved; null forgets a provider.
pub(crate) fn merge(row: &mut Row, given: &Map<String, Value>) {
    let known = row.entry("authData").or_insert_with(|| json!({}));
    if let Value::Object(known) = known {
        for (name, data) in given {
            if data.is_null() {
                known.shift_remove(name);
            } else {
                known.insert(name.clone(), data.clone());
            }
        }
    }
}

/// Refuses a log-in without the second factor that the user has set up.
pub(crate) fn check_additional(
    options: &UserOptions,
    given: Option<&Map<String, Value>>,
    known: Option<&Value>,
) -> Result<(), Refusal> {
    let needed = options.providers.iter().filter(|provider| {
        let known = known.and_then(|known| known.get(&provider.name));
        provider.additional && known.is_some_and(|known| !known.is_null())
    });
    let needed: Vec<&str> = needed.map(|provider| provider.name.as_str()).collect();
    let is_given =
        |name: &&str| given.is_some_and(|given| given.get(*name).is_some_and(crate::number::truthy));
    if needed.is_empty() || needed.iter().any(is_given) {
        return Ok(());
    }
    let message = format!("Missing additional authData {}", needed.join(","));
    Err(Refusal::new(code::OTHER_CAUSE, message))
}

/// The names of the providers, as `createdWith` has them.
pub(crate) fn names(auth_data: &Map<String, Value>) -> String {
    let names: Vec<&str> = auth_data.keys().map(String::as_str).collect();
    names.join(",")
}
