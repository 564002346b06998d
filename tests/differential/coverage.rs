//! What the random scripts are made of, counted, so that no kind of request is lost unnoticed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::limit::Limit;
use crate::script::{Body, Script, Step, Who};

/// How often each of [`WANTED`] must be there at least.
const OFTEN: usize = 1;

/// What must be there, in the words of [`features`].
const WANTED: &[&str] = &[
    // requests
    "POST classes",
    "GET classes",
    "PUT classes/id",
    "GET classes/id",
    "DELETE classes/id",
    "POST batch",
    "POST users",
    "GET users",
    "PUT users/id",
    "GET users/id",
    "DELETE users/id",
    "GET users/me",
    "POST login",
    "GET login",
    "POST logout",
    "POST loginAs",
    "POST verifyPassword",
    "POST requestPasswordReset",
    "POST upgradeToRevocableSession",
    "GET sessions",
    "GET sessions/me",
    "POST sessions",
    "POST roles",
    "GET roles",
    "GET roles/id",
    "PUT roles/id",
    "GET aggregate",
    "GET schemas",
    "PUT schemas",
    "GET nowhere",
    "PATCH classes/id",
    "by Public",
    "by Master",
    "by Session",
    "by Stranger",
    "transaction",
    "malformed",
    "_method",
    // values
    "type Date",
    "type Pointer",
    "type GeoPoint",
    "type Polygon",
    "type Bytes",
    "type File",
    "type Relation",
    "type Number",
    "type String",
    "type Boolean",
    "type Array",
    "type Object",
    // operations
    "op Increment",
    "op Add",
    "op AddUnique",
    "op Remove",
    "op Delete",
    "op AddRelation",
    "op RemoveRelation",
    "op Batch",
    "op SetOnInsert",
    "null",
    "below a field",
    // queries
    "param where",
    "param order",
    "param skip",
    "param limit",
    "param keys",
    "param excludeKeys",
    "param include",
    "param count",
    "param redirectClassNameForKey",
    "param distinct",
    "param pipeline",
    "$eq",
    "$ne",
    "$lt",
    "$lte",
    "$gt",
    "$gte",
    "$in",
    "$nin",
    "$exists",
    "$all",
    "$containedBy",
    "$regex",
    "$options",
    "$text",
    "$search",
    "$term",
    "$or",
    "$and",
    "$nor",
    "$inQuery",
    "$notInQuery",
    "$select",
    "$dontSelect",
    "$relatedTo",
    "$nearSphere",
    "$maxDistance",
    "$within",
    "$box",
    "$geoWithin",
    "$centerSphere",
    "$polygon",
    "$geoIntersects",
    "$point",
    "$relativeTime",
    // aggregations
    "$match",
    "$group",
    "$sort",
    "$project",
    "$sum",
    "$avg",
    "$min",
    "$max",
    // permissions
    "ACL",
    "find",
    "get",
    "count",
    "create",
    "update",
    "delete",
    "addField",
    "requiresAuthentication",
    "pointerFields",
    "readUserFields",
    "writeUserFields",
    "protectedFields",
    "userField:owner",
    "authenticated",
    "required",
    "defaultValue",
    "anonymous",
    "fakeauth",
];

/// The codes that mistakes must have led to.
const CODES: &[i64] = &[
    1, 101, 102, 105, 107, 111, 119, 121, 125, 200, 201, 202, 204, 206, 209, 252,
];

/// Counts of features and of the codes in answers.
#[derive(Debug, Default)]
pub struct Coverage {
    features: BTreeMap<String, usize>,
    codes: BTreeMap<i64, usize>,
    limits: BTreeMap<Limit, usize>,
}

impl Coverage {
    pub fn count(&mut self, script: &Script) {
        for step in &script.steps {
            let mut found = features(step);
            found.sort();
            found.dedup();
            for feature in found {
                *self.features.entry(feature).or_default() += 1;
            }
            for limit in step
                .known
                .iter()
                .map(|known| known.limit)
                .chain(step.since.iter().copied())
            {
                *self.limits.entry(limit).or_default() += 1;
            }
        }
    }

    pub fn answered(&mut self, code: i64) {
        *self.codes.entry(code).or_default() += 1;
    }

    /// What is too seldom.
    pub fn lacking(&self) -> Vec<String> {
        let features = WANTED
            .iter()
            .filter(|name| self.features.get(**name).is_none_or(|times| *times < OFTEN));
        let codes = CODES.iter().filter(|code| !self.codes.contains_key(code));
        let limits = Limit::ALL.iter().filter(|limit| !self.limits.contains_key(limit));
        let features = features.map(|name| (*name).to_owned());
        let codes = codes.map(|code| format!("an answer with code {code}"));
        features
            .chain(codes)
            .chain(limits.map(|limit| format!("{limit:?}")))
            .collect()
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.features.len()
    }
}

/// What a request has in it.
fn features(step: &Step) -> Vec<String> {
    let who = match step.who {
        Who::Session(_) => "Session".to_owned(),
        who => format!("{who:?}"),
    };
    let mut found = vec![
        format!("by {who}"),
        format!("{} {}", step.method, room(&step.path)),
    ];
    for (name, text) in &step.query {
        found.push(format!("param {name}"));
        if let Ok(value) = serde_json::from_str(text) {
            within(&value, &mut found);
        }
    }
    match &step.body {
        None => {}
        Some(Body::Json(value)) => within(value, &mut found),
        Some(Body::Text(_)) => found.push("malformed".to_owned()),
    }
    found
}

/// The path without names.
fn room(path: &str) -> String {
    let mut parts = path.trim_matches('/').split('/');
    let first = parts.next().unwrap_or_default();
    let skipped = usize::from(matches!(first, "classes" | "schemas" | "aggregate"));
    match parts.nth(skipped) {
        Some("me") => format!("{first}/me"),
        Some(_) => format!("{first}/id"),
        None => first.to_owned(),
    }
}

fn within(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push("null".to_owned()),
        Value::Array(items) => items.iter().for_each(|item| within(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("__op", Value::String(name)) => found.push(format!("op {name}")),
                    ("__type" | "type", Value::String(name)) => found.push(format!("type {name}")),
                    (key, _) if key.contains('.') => found.push("below a field".to_owned()),
                    (key, _) => found.push(key.to_owned()),
                }
                within(value, found);
            }
        }
        _ => {}
    }
}
