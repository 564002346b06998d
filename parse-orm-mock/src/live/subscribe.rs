//! What may be subscribed to, by whom.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::access::{asker, group};
use super::frame::Subscribe;
use super::hub::{Client, Subscription};
use super::matcher::Matcher;
use super::regex::{Pattern, flags_of};
use crate::access::protected::Protection;
use crate::cloud::{self, Info, Subject, Trigger};
use crate::refusal::{Refusal, code};
use crate::state::State;
use crate::store::permissions::Operation;
use crate::user::session::pointer;

/// Looks at a query in the order of the real server: trigger, sessions, permissions, hidden fields, patterns.
pub(super) async fn judge(
    state: &State,
    client: &Client,
    wanted: Subscribe,
) -> Result<Subscription, Refusal> {
    let token = wanted.session_token;
    let auth = asker(&state.store(), client, token.as_deref());
    let mut query = wanted.query;
    let class = match query.shift_remove("className") {
        Some(Value::String(class)) => class,
        _ => String::new(),
    };
    let triggered = state
        .cloud()
        .find_trigger(Trigger::BeforeSubscribe, &class)
        .is_some();
    // lists are what the frame must hold, and what the real server cannot hand to a trigger
    if let Some(list) = ["watch", "keys"]
        .iter()
        .find(|list| triggered && query.contains_key(**list))
    {
        let message = format!("json.{list}.split is not a function");
        return Err(Refusal::new(code::SCRIPT_FAILED, message));
    }
    let subject = Subject {
        query: Some(query.clone()),
        ..Subject::default()
    };
    let moment = (Trigger::BeforeSubscribe, &*class);
    let made = cloud::run(state, &auth, &Info::none(), moment, subject).await?;
    if let Some(made) = made.and_then(|made| made.query) {
        query = made;
    }
    let mut filter = match query.shift_remove("where") {
        Some(Value::Object(filter)) => filter,
        _ => Map::new(),
    };
    let user = auth.user.as_deref();
    if class == "_Session" {
        let message = "Invalid session token";
        let user = user.ok_or_else(|| Refusal::new(code::INVALID_SESSION_TOKEN, message))?;
        filter.insert("user".to_owned(), pointer(user));
    }
    let watch = names(query.get("watch"));
    {
        let store = state.store();
        if let Some(known) = store.class(&class) {
            // also for the master key
            let permissions = &known.schema.permissions;
            permissions
                .check(&class, &group(user), Operation::Find, false)
                .map_err(|denial| denial.refusal(state.options.sanitized_errors))?;
        }
        if !client.master {
            let asked_id = filter.get("objectId").and_then(Value::as_str);
            let hidden = Protection::of_listener(&store, Some(group(user)), &class, asked_id);
            let watched = watch.iter().flatten().map(String::as_str);
            hidden
                .check(&filter, watched, &class, &state.options)
                .map_err(|_| Refusal::denied(code::OPERATION_FORBIDDEN))?;
        }
    }
    check_patterns(&filter)?;
    Ok(Subscription {
        class,
        matcher: Arc::new(Matcher::read(&filter)),
        filter,
        keys: names(query.get("keys")),
        watch,
        session_token: token,
    })
}

/// A list, or a text with commas where a trigger made it.
fn names(list: Option<&Value>) -> Option<Vec<String>> {
    if let Some(text) = list?.as_str() {
        return Some(text.split(',').map(str::to_owned).collect());
    }
    let names = list?.as_array()?.iter();
    Some(
        names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
    )
}

/// Branches must be lists, and patterns must be JavaScript's: also the quotes of other dialects, before they are
/// taken apart, so that a quoted parenthesis is refused.
fn check_patterns(filter: &Map<String, Value>) -> Result<(), Refusal> {
    for key in ["$or", "$and", "$nor"] {
        let Some(branches) = filter.get(key) else { continue };
        let branches = branches
            .as_array()
            .ok_or_else(|| Refusal::query(format!("{key} must be an array")))?;
        branches
            .iter()
            .filter_map(Value::as_object)
            .try_for_each(check_patterns)?;
    }
    for constraint in filter.values() {
        let Some(regex) = constraint.get("$regex") else {
            continue;
        };
        let text = |key: &str| regex.get(key).and_then(Value::as_str);
        let options = flags_of(constraint.get("$options"));
        let (source, flags) = match (regex, text("source").zip(text("flags"))) {
            (Value::String(source), _) => (source.as_str(), &*options),
            (_, Some(both)) => both,
            _ => {
                let message = "Invalid regular expression: $regex must be a string or RegExp";
                return Err(Refusal::query(message));
            }
        };
        Pattern::new(source, flags)
            .map_err(|why| Refusal::query(format!("Invalid regular expression: {why}")))?;
    }
    Ok(())
}
