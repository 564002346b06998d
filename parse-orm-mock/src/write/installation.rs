//! Installations: which of them a write is about. A device has one, whether it says its installation id or its
//! device token, and a token belongs to one.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Change;
use crate::refusal::{Refusal, code};
use crate::store::path::Path;
use crate::store::{Row, Store};

const CLASS: &str = "_Installation";

/// Apple's device tokens, which are written in lower case.
const APPLE_TOKEN: usize = 64;

/// What is known of the installations that the write names.
struct Known {
    /// By its object id, else by its installation id.
    same: Option<Arc<Row>>,
    by_token: Vec<Arc<Row>>,
}

/// Settles what a write does: a create may be an update of an installation that is known, and others that have the
/// same token go. `asker` is the installation that the request comes from.
pub(super) fn settle(store: &mut Store, asker: Option<&str>, change: Change) -> Result<Change, Refusal> {
    let (target, mut data) = match change {
        Change::Create(data) => (None, data),
        Change::Update(id, data) => (Some(id), data),
        deletion @ Change::Delete(_) => return Ok(deletion),
    };
    if target.is_none()
        && text(&data, "deviceToken")
            .or(text(&data, "installationId"))
            .or(asker)
            .is_none()
    {
        return Err(unnamed(
            "at least one ID field (deviceToken, installationId) must be specified in this operation",
        ));
    }
    if let Some(token) = text(&data, "deviceToken").filter(|token| token.len() == APPLE_TOKEN) {
        let token = token.to_lowercase();
        data.insert("deviceToken".to_owned(), json!(token));
    }
    if let Some(id) = text(&data, "installationId") {
        let id = id.to_lowercase();
        data.insert("installationId".to_owned(), json!(id));
    }
    let own = text(&data, "installationId").map(str::to_owned);
    let installation = own.clone().or_else(|| asker.map(str::to_lowercase));
    let token = text(&data, "deviceToken").map(str::to_owned);
    if target.is_some() && token.is_none() && installation.is_none() && text(&data, "deviceType").is_none() {
        return Ok(put(target, data));
    }
    let known = known(
        store,
        target.as_deref(),
        installation.as_deref(),
        token.as_deref(),
    );
    check(&known, target.as_deref(), &data)?;
    let found = match &known.same {
        None => without_match(store, &known, &data, installation.as_deref(), own.is_some())?,
        Some(same) => Some(with_match(store, same, &known, &data)),
    };
    if let Some(found) = found {
        data.shift_remove("objectId");
        data.shift_remove("createdAt");
        return Ok(put(Some(found), data));
    }
    Ok(put(target, data))
}

fn put(target: Option<String>, data: Map<String, Value>) -> Change {
    match target {
        Some(id) => Change::Update(id, data),
        None => Change::Create(data),
    }
}

fn text<'a>(data: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    data.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn unnamed(message: &'static str) -> Refusal {
    Refusal::new(code::INSTALLATION_UNNAMED, message)
}

fn known(store: &Store, target: Option<&str>, installation: Option<&str>, token: Option<&str>) -> Known {
    let having = |key: &str, wanted: Option<&str>| {
        let Some(wanted) = wanted.map(|wanted| json!(wanted)) else {
            return Vec::new();
        };
        let mut rows = store.rows_with(CLASS, &[(Path::new(key), &wanted)]);
        rows.retain(|row| row.get(key) == Some(&wanted));
        rows
    };
    let by_id = having("installationId", installation).into_iter().next();
    let by_target = || target.and_then(|id| store.class(CLASS)?.get(id));
    Known {
        same: by_id.or_else(by_target).cloned(),
        by_token: having("deviceToken", token).into_iter().cloned().collect(),
    }
}

fn check(known: &Known, target: Option<&str>, data: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(same) = &known.same else {
        if target.is_some() {
            return Err(Refusal::new(
                code::OBJECT_NOT_FOUND,
                "Object not found for update.",
            ));
        }
        // a device that is known by its token alone is told apart later
        return match text(data, "deviceType") {
            Some(_) => Ok(()),
            None => Err(unnamed("deviceType must be specified in this operation")),
        };
    };
    if target.is_none() {
        return Ok(());
    }
    let differs = |key: &str| {
        let (new, old) = (text(data, key), text(same, key));
        new.is_some() && old.is_some() && new != old
    };
    let fixed = |message: &'static str| Err(Refusal::new(code::INSTALLATION_FIXED, message));
    if differs("installationId") {
        return fixed("installationId may not be changed in this operation");
    }
    let anonymous = text(data, "installationId")
        .or(text(same, "installationId"))
        .is_none();
    if differs("deviceToken") && anonymous {
        return fixed("deviceToken may not be changed in this operation");
    }
    if text(data, "deviceType").is_some() && text(data, "deviceType") != text(same, "deviceType") {
        return fixed("deviceType may not be changed in this operation");
    }
    Ok(())
}

/// No installation has the id: one may have the token.
fn without_match(
    store: &mut Store,
    known: &Known,
    data: &Map<String, Value>,
    installation: Option<&str>,
    named: bool,
) -> Result<Option<String>, Refusal> {
    match known.by_token.as_slice() {
        [] => Ok(None),
        [only] if text(only, "installationId").is_none() || installation.is_none() => Ok(id(only)),
        _ if !named => Err(Refusal::new(
            code::INSTALLATION_AMBIGUOUS,
            "Must specify installationId when deviceToken matches multiple Installation objects",
        )),
        others => {
            let others = others
                .iter()
                .filter(|row| text(row, "installationId") != installation);
            remove(store, others, data);
            Ok(None)
        }
    }
}

/// An installation has the id: others may have its token.
fn with_match(store: &mut Store, same: &Arc<Row>, known: &Known, data: &Map<String, Value>) -> String {
    let own = id(same).unwrap_or_default();
    if let [only] = known.by_token.as_slice()
        && text(only, "installationId").is_none()
    {
        // two rows of one device: the one with the token stays
        let other = id(only).unwrap_or_default();
        if other != own {
            store.remove(CLASS, &own);
        }
        return other;
    }
    let token = text(data, "deviceToken");
    if token.is_some() && token != text(same, "deviceToken") && text(data, "installationId").is_some() {
        let others = known
            .by_token
            .iter()
            .filter(|row| text(row, "installationId") != text(data, "installationId"));
        remove(store, others, data);
    }
    own
}

/// Of these the ones of the same application, if it is named.
fn remove<'a>(store: &mut Store, rows: impl Iterator<Item = &'a Arc<Row>>, data: &Map<String, Value>) {
    let application = text(data, "appIdentifier");
    for row in rows.filter(|row| application.is_none() || text(row, "appIdentifier") == application) {
        store.remove(CLASS, &id(row).unwrap_or_default());
    }
}

fn id(row: &Row) -> Option<String> {
    text(row, "objectId").map(str::to_owned)
}
