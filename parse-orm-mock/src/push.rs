//! Pushes: who gets what, and what is noted of it. Everything is delivered at once, and kept to be looked at.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::query::find::{self, Reader};
use crate::query::options::Find;
use crate::refusal::Refusal;
use crate::rooms::Call;
use crate::store::Store;
use crate::write::{Change, Write};

/// The keys that may end in a locale: `alert-de`.
const LOCALISED: [&str; 2] = ["alert", "title"];

/// A push as it went to the devices: the same for all of its installations.
///
/// A push whose text depends on the locale, or whose badge on the installation, is several of these.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeliveredPush {
    /// The id of the push's `_PushStatus`.
    pub status_id: String,
    /// What was shown: `data` of the request, with the text of the locale and the number of the badge.
    pub data: Value,
    /// The ids of the installations.
    pub installations: Vec<String>,
}

/// A push that was found to be in order.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) body: Map<String, Value>,
    pub(crate) filter: Value,
    /// What becomes of the installations' badges.
    pub(crate) badge: Option<Value>,
    /// In milliseconds.
    pub(crate) expiry: Option<i64>,
    pub(crate) interval: Option<Value>,
    pub(crate) push_time: Option<String>,
}

/// What is written into the installations for a badge; `None` for what is no badge.
pub(crate) fn badge(badge: &Value) -> Option<Value> {
    let increment = |amount: &Value| json!({"__op": "Increment", "amount": amount});
    match badge {
        Value::String(text) if text.eq_ignore_ascii_case("increment") => Some(increment(&json!(1))),
        Value::String(text) => text.parse::<f64>().ok().map(|_| badge.clone()),
        Value::Number(_) => Some(badge.clone()),
        Value::Object(map) => {
            let op = map.get("__op").and_then(Value::as_str)?;
            let amount = map.get("amount").filter(|amount| amount.is_number())?;
            op.eq_ignore_ascii_case("increment").then(|| increment(amount))
        }
        _ => None,
    }
}

/// Notes the push and delivers it, unless it is for later; the id of its status.
pub(crate) fn send(call: &Call<'_>, notification: Notification) -> Result<String, Refusal> {
    let mut store = call.state.store();
    let id = write(
        call,
        &mut store,
        "_PushStatus",
        Change::Create(initial(&notification)),
    )?;
    // from here on the answer is given, and what goes wrong is noted
    let change = match deliver(call, &mut store, &id, &notification) {
        Ok(change) => change,
        Err(_) => json!({"status": "failed", "errorMessage": {}}),
    };
    if let Value::Object(change) = change {
        write(
            call,
            &mut store,
            "_PushStatus",
            Change::Update(id.clone(), change),
        )?;
    }
    Ok(id)
}

/// The row as it is noted at first.
fn initial(notification: &Notification) -> Map<String, Value> {
    let data = notification.body.get("data").cloned().unwrap_or(json!({}));
    let hashed = match data.get("alert") {
        Some(Value::String(text)) => text.clone(),
        Some(alert @ (Value::Object(_) | Value::Array(_) | Value::Null)) => alert.to_string(),
        _ => String::new(),
    };
    let status = match notification.push_time {
        Some(_) => "scheduled",
        None => "pending",
    };
    let row = json!({
        "pushTime": notification.push_time.clone().unwrap_or_else(clock::now),
        "query": notification.filter.to_string(),
        "payload": data.to_string(),
        "source": "rest",
        "expiry": notification.expiry,
        "expiration_interval": notification.interval,
        "status": status,
        "numSent": 0,
        "pushHash": format!("{:x}", md5::compute(hashed)),
        "ACL": {},
    });
    match row {
        Value::Object(row) => row.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

/// The master key asks, so that the server itself can write and read as the call does.
fn write(call: &Call<'_>, store: &mut Store, class: &str, change: Change) -> Result<String, Refusal> {
    Ok(Write::by_server(call, class, change).apply(store)?.id)
}

/// Everything behind the note of the push: what is to be changed in it.
fn deliver(
    call: &Call<'_>,
    store: &mut Store,
    id: &str,
    notification: &Notification,
) -> Result<Value, Refusal> {
    if let Some(badge) = &notification.badge {
        for row in installations(call, store, &notification.filter)? {
            let installation = row["objectId"].as_str().unwrap_or_default().to_owned();
            let change = Map::from_iter([("badge".to_owned(), badge.clone())]);
            write(call, store, "_Installation", Change::Update(installation, change))?;
        }
    }
    if let Some(audience) = notification.body.get("audience_id").and_then(Value::as_str) {
        let used = json!({
            "lastUsed": {"__type": "Date", "iso": clock::now()},
            "timesUsed": {"__op": "Increment", "amount": 1},
        });
        let used = used.as_object().cloned().unwrap_or_default();
        // an audience that does not exist is not missed; it ends the process of the real server
        let _ = write(
            call,
            store,
            "_Audience",
            Change::Update(audience.to_owned(), used),
        );
    }
    if notification.push_time.is_some() {
        return Ok(Value::Null);
    }
    let rows = installations(call, store, &notification.filter)?;
    let mut change = json!({"status": "succeeded"});
    if rows.is_empty() {
        return Ok(change);
    }
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for row in &rows {
        let kind = row["deviceType"].as_str().unwrap_or_default();
        *types.entry(kind.to_owned()).or_default() += 1;
    }
    change["numSent"] = json!(rows.len());
    change["sentPerType"] = json!(types);
    let data = notification.body.get("data").cloned().unwrap_or(json!({}));
    let increments = notification.badge.as_ref().is_some_and(Value::is_object);
    for (locale, rows) in by_locale(&data, &rows) {
        let data = of_locale(&data, locale);
        for (badge, rows) in by_badge(increments, rows) {
            let mut data = data.clone();
            if let Some(badge) = badge {
                data["badge"] = badge;
            }
            let ids = rows.iter().filter_map(|row| row["objectId"].as_str());
            call.state.delivered(DeliveredPush {
                status_id: id.to_owned(),
                data,
                installations: ids.map(str::to_owned).collect(),
            });
        }
    }
    Ok(change)
}

/// The installations that can be reached.
fn installations(call: &Call<'_>, store: &Store, filter: &Value) -> Result<Vec<Value>, Refusal> {
    let mut filter = filter.as_object().cloned().unwrap_or_default();
    filter
        .entry("deviceToken")
        .or_insert_with(|| json!({"$exists": true}));
    let asked = json!({"where": filter, "order": "objectId", "limit": 1_000_000});
    let asked = asked.as_object().cloned().unwrap_or_default();
    let reader = Reader {
        store,
        options: &call.state.options,
        auth: call.auth,
    };
    Ok(find::find(reader, "_Installation", Find::read(&asked, None)?)?.rows)
}

/// The locales that the data has texts for.
fn locales(data: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for key in data.as_object().into_iter().flat_map(Map::keys) {
        let locale = LOCALISED
            .iter()
            .find_map(|name| key.strip_prefix(name)?.strip_prefix('-'));
        if let Some(locale) = locale
            && !found.contains(&locale)
        {
            found.push(locale);
        }
    }
    found
}

/// Of each installation the first locale that its own begins with.
fn by_locale<'a>(data: &'a Value, rows: &'a [Value]) -> IndexMap<Option<&'a str>, Vec<&'a Value>> {
    let locales = locales(data);
    let mut groups: IndexMap<Option<&str>, Vec<&Value>> = IndexMap::new();
    for row in rows {
        let own = row["localeIdentifier"].as_str().unwrap_or_default();
        let locale = locales.iter().copied().find(|locale| own.starts_with(locale));
        groups.entry(locale).or_default().push(row);
    }
    groups
}

/// The data with the texts of one locale, and without those of any.
fn of_locale(data: &Value, locale: Option<&str>) -> Value {
    let Value::Object(map) = data else {
        return data.clone();
    };
    let mut own = map.clone();
    if let Some(locale) = locale {
        for name in LOCALISED {
            if let Some(text) = map.get(&format!("{name}-{locale}")) {
                own.insert(name.to_owned(), text.clone());
            }
        }
    }
    own.retain(|key, _| {
        !LOCALISED
            .iter()
            .any(|name| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')))
    });
    Value::Object(own)
}

/// With a badge that goes up, of each installation the number that it has come to.
fn by_badge(increments: bool, rows: Vec<&Value>) -> Vec<(Option<Value>, Vec<&Value>)> {
    if !increments {
        return vec![(None, rows)];
    }
    let mut groups: IndexMap<String, (Option<Value>, Vec<&Value>)> = IndexMap::new();
    for row in rows {
        let badge = &row["badge"];
        let group = groups.entry(badge.to_string()).or_default();
        group.0 = Some(badge.clone());
        group.1.push(row);
    }
    groups.into_values().collect()
}
