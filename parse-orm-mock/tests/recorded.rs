//! Replays recorded requests and compares the answers with those of the real server.
//!
//! `recorded.jsonl` holds answers of parse-server 9.10 on PostgreSQL. Object ids and times differ from run to
//! run and are compared by their role. Where PostgreSQL is known to differ from the documented behaviour on
//! MongoDB, the lists below say so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod reference;
mod wire;

use std::collections::HashMap;

use parse_orm_mock::MockServer;
use serde_json::Value;

const POSTGRES: &str = "PostgreSQL's limit; on MongoDB the request succeeds";
const MAILER: &str = "the mock always has a mailer";
const PLAN: &str = "every database has its own query plans";
const STAGES: &str = "PostgreSQL ignores the stages and operators that it does not know";
const ADAPTER: &str = "the MongoDB adapter answers otherwise";

/// Rows that are not sent, and why.
const SKIPPED: &[(u32, u32, &str)] = &[
    (75, 75, "reads back what 74 did"),
    (481, 481, "a recorded body that is cut off"),
    (225, 225, "PostgreSQL's estimate of a count"),
    (
        291,
        291,
        "speaks of an object of 284; its requests run side by side on the real server",
    ),
    (
        298,
        301,
        "functions and login in a batch, a row that is chance, and a recorded body that is cut off",
    ),
    (
        465,
        466,
        "the ids of jobs are told by a header; how a job goes on is tested end to end",
    ),
    (508, 508, "a webhook at an address of that machine"),
    (510, 510, "a webhook at an address of that machine"),
    (516, 516, "a webhook at an address of that machine"),
];

/// Rows sent, where another answer than the recorded one is expected: status, code, and why.
const DIFFERENT: &[(u32, u16, Option<i64>, &str)] = &[
    (28, 404, Some(101), "the message is that of a LiveQuery class"),
    (49, 404, Some(101), "the message is that of a LiveQuery class"),
    (
        63,
        200,
        None,
        "PostgreSQL also removes the duplicates that were there before",
    ),
    (66, 400, Some(107), ADAPTER),
    (74, 200, None, "PostgreSQL stores the operation itself"),
    (93, 200, None, POSTGRES),
    (94, 200, None, POSTGRES),
    (
        98,
        400,
        Some(107),
        "the MongoDB adapter refuses objects as operands",
    ),
    (
        99,
        400,
        Some(107),
        "the MongoDB adapter refuses objects as operands",
    ),
    (
        100,
        400,
        Some(107),
        "the MongoDB adapter refuses arrays as operands",
    ),
    (
        117,
        200,
        None,
        "the MongoDB adapter does not check the types of a list",
    ),
    (121, 200, None, POSTGRES),
    (122, 200, None, POSTGRES),
    (123, 200, None, POSTGRES),
    (126, 200, None, POSTGRES),
    (128, 200, None, POSTGRES),
    (129, 200, None, POSTGRES),
    (133, 200, None, POSTGRES),
    (149, 500, Some(1), ADAPTER),
    (152, 400, Some(107), ADAPTER),
    (160, 400, Some(107), ADAPTER),
    (180, 400, Some(107), ADAPTER),
    (184, 200, None, POSTGRES),
    (185, 200, None, POSTGRES),
    (187, 200, None, POSTGRES),
    (
        188,
        400,
        Some(107),
        "the MongoDB adapter does not know $minDistance",
    ),
    (214, 200, None, "the scores of the two databases differ"),
    (215, 200, None, POSTGRES),
    (216, 200, None, POSTGRES),
    (217, 200, None, POSTGRES),
    (222, 200, None, "without a known order the rows come in any order"),
    (252, 200, None, "without an order the rows come in any order"),
    (246, 200, None, PLAN),
    (247, 200, None, PLAN),
    (260, 200, None, POSTGRES),
    (268, 200, None, STAGES),
    (270, 200, None, POSTGRES),
    (271, 200, None, STAGES),
    (272, 200, None, STAGES),
    (274, 200, None, STAGES),
    (275, 200, None, STAGES),
    (276, 200, None, STAGES),
    (277, 200, None, STAGES),
    (278, 200, None, STAGES),
    (279, 200, None, STAGES),
    (280, 400, Some(108), "a stage that is not imitated"),
    (281, 200, None, PLAN),
    (282, 400, Some(102), STAGES),
    (
        284,
        200,
        None,
        "its requests run side by side on the real server: a race",
    ),
    (
        286,
        404,
        Some(101),
        "PostgreSQL takes a missing class for an empty one",
    ),
    (425, 200, None, "the adapter for files keeps no metadata"),
    (437, 400, Some(153), "the message is that of the file system"),
    (487, 200, None, POSTGRES),
    (488, 200, None, "reads back what 487 did"),
    (339, 200, None, MAILER),
    (340, 400, Some(204), MAILER),
    (341, 200, None, MAILER),
    (357, 200, None, "without an order the rows come in any order"),
    (362, 200, None, POSTGRES),
    (561, 200, None, "every server has its own log"),
    (564, 200, None, "not JSON"),
];

/// Rows whose arrays come in another order: PostgreSQL reorders them, the places are equally near, groups have no
/// order, or the mock has made several rows in one millisecond.
const BAGS: [u32; 8] = [62, 64, 65, 69, 76, 183, 283, 548];

/// Rows with a null that PostgreSQL does not give back.
const NULLS: [u32; 4] = [19, 23, 24, 25];

#[derive(serde::Deserialize)]
struct Row {
    n: u32,
    name: String,
    method: String,
    path: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    status: u16,
    response: String,
    #[serde(default)]
    response_headers: HashMap<String, String>,
}

/// What stands here for an object id of the recorded run.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn translate(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, (there, here)| text.replace(there, here))
    }

    /// Whether the two values say the same; learns ids on the way.
    fn same(&mut self, there: &Value, here: &Value, bags: bool) -> Result<(), String> {
        match (there, here) {
            (Value::Object(a), Value::Object(b)) => {
                // An ACL has ids for keys.
                let mut keys: Vec<_> = a.keys().map(|key| self.translate(key)).collect();
                let mut ours: Vec<_> = b.keys().cloned().collect();
                keys.sort();
                ours.sort();
                if keys != ours {
                    return Err(format!("keys {keys:?} there, {ours:?} here"));
                }
                let mut keys: Vec<_> = a.keys().collect();
                keys.sort();
                // The id first: the other fields may need it.
                keys.sort_by_key(|key| key.as_str() != "objectId");
                keys.iter().try_for_each(|key| {
                    self.member(key, &a[key.as_str()], &b[&self.translate(key)], bags)
                        .map_err(|e| format!("{key}: {e}"))
                })
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                if !bags {
                    return a.iter().zip(b).try_for_each(|(a, b)| self.same(a, b, bags));
                }
                let mut left: Vec<&Value> = b.iter().collect();
                for item in a {
                    let place = left.iter().position(|other| self.same(item, other, bags).is_ok());
                    left.remove(place.ok_or_else(|| format!("no {item} in {here}"))?);
                }
                Ok(())
            }
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
            (Value::String(a), Value::String(b)) if self.translate(a) == *b => Ok(()),
            _ if there == here => Ok(()),
            _ => Err(format!("{there} there, {here} here")),
        }
    }

    fn member(&mut self, key: &str, there: &Value, here: &Value, bags: bool) -> Result<(), String> {
        match (key, there.as_str(), here.as_str()) {
            ("createdAt" | "updatedAt" | "pushTime", Some(a), Some(b))
                if a.len() == b.len() && b.ends_with('Z') =>
            {
                Ok(())
            }
            ("objectId", Some(a), Some(b)) if b.len() == 10 && !self.0.contains_key(a) => {
                self.0.insert(a.to_owned(), b.to_owned());
                Ok(())
            }
            ("lastUsed", None, None) => self.member("updatedAt", &there["iso"], &here["iso"], bags),
            // what the server puts before the name of a file
            ("name", Some(a), Some(b))
                if a.find('_') == Some(32) && b.find('_') == Some(32) && a[32..] == b[32..] =>
            {
                self.0.insert(a[..32].to_owned(), b[..32].to_owned());
                Ok(())
            }
            ("url", Some(a), Some(b)) if b.starts_with("http://127.0.0.1:") => {
                let (a, b) = (self.translate(below(a)), below(b));
                if a == b {
                    Ok(())
                } else {
                    Err(format!("{a} there, {b} here"))
                }
            }
            // What is drawn: tokens, and the names of users who have none.
            ("sessionToken" | "username", Some(a), Some(b))
                if a.len() == b.len() && a.len() >= 25 && !self.0.contains_key(a) =>
            {
                self.0.insert(a.to_owned(), b.to_owned());
                Ok(())
            }
            ("expiresAt", None, None) if there["__type"] == here["__type"] => Ok(()),
            _ => self.same(there, here, bags),
        }
    }
}

/// A URL without its host and mount path.
fn below(url: &str) -> &str {
    url.split_once("/parse").map_or(url, |(_, path)| path)
}

fn skipped(n: u32) -> bool {
    SKIPPED.iter().any(|(from, to, _)| (*from..=*to).contains(&n))
}

#[tokio::test]
async fn answers_are_those_of_the_real_server() {
    let server = MockServer::builder()
        .security_check(true)
        .idempotency([".*"], std::time::Duration::from_secs(300))
        .public_file_upload(true)
        .file_extensions(["*"])
        .cloud_code(reference::cloud_code())
        .read_only_master_key("romaster")
        .maintenance_key("maint")
        .auth_provider("fakeauth", |data| data["token"] == "good")
        .start()
        .await
        .unwrap();
    let mut names = Names::default();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for line in include_str!("recorded.jsonl").lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        if skipped(row.n) {
            continue;
        }
        let path = wire::encode(&names.translate(&row.path));
        let headers = row.headers.iter().map(|(k, v)| (k.clone(), names.translate(v)));
        let headers: Vec<(String, String)> = headers.collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let body = names.translate(row.body.as_deref().unwrap_or_default());
        let reply = wire::send(server.url(), &row.method, &path, &headers, body.as_bytes());
        compared += 1;
        if let Err(reason) = check(&mut names, &row, &reply) {
            wrong.push(format!(
                "#{} {}\n   {} {path} {body}\n   {reason}\n   {}",
                row.n, row.name, row.method, reply.body
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared} answers differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared > 250, "only {compared} rows");
}

fn check(names: &mut Names, row: &Row, reply: &wire::Reply) -> Result<(), String> {
    if let Some((_, status, code, _)) = DIFFERENT.iter().find(|(n, ..)| *n == row.n) {
        let ours = serde_json::from_str::<Value>(&reply.body)
            .ok()
            .and_then(|body| body.get("code")?.as_i64());
        return if (reply.status, ours) == (*status, *code) {
            Ok(())
        } else {
            Err(format!("status {}", reply.status))
        };
    }
    if reply.status != row.status {
        return Err(format!("status {} there, {} here", row.status, reply.status));
    }
    let Ok(there) = serde_json::from_str::<Value>(&row.response) else {
        return if row.response == reply.body {
            Ok(())
        } else {
            Err("another page".to_owned())
        };
    };
    let mut here = reply.json();
    if NULLS.contains(&row.n) {
        drop_nulls(&mut here);
    }
    let unordered = row.method == "GET" && !row.path.contains("order=") && !row.path.contains("$nearSphere");
    if unordered && row.path.contains("limit=1") {
        // Which row comes is chance: only its form is compared.
        return form(&there, &here);
    }
    names.same(&there, &here, unordered || BAGS.contains(&row.n))?;
    let status = "x-parse-push-status-id";
    if let Some(there) = row.response_headers.get(status) {
        let here = Value::from(reply.header(status).unwrap_or_default());
        names.member("objectId", &Value::from(there.as_str()), &here, false)?;
    }
    if let Some(location) = row.response_headers.get("location") {
        let expected = names.translate(below(location));
        let ours = reply.header("location").unwrap_or_default();
        if !ours.ends_with(&expected) || !ours.starts_with("http://127.0.0.1:") {
            return Err(format!("Location {expected} expected, {ours} here"));
        }
    }
    Ok(())
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Compares the keys only.
fn form(there: &Value, here: &Value) -> Result<(), String> {
    match (there, here) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<_> = a.keys().filter(|key| key.as_str() != "opt").collect();
            let mut ours: Vec<_> = b.keys().filter(|key| key.as_str() != "opt").collect();
            keys.sort();
            ours.sort();
            if keys != ours {
                return Err(format!("keys {keys:?} there, {ours:?} here"));
            }
            keys.iter()
                .try_for_each(|key| form(&a[key.as_str()], &b[key.as_str()]))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).try_for_each(|(a, b)| form(a, b))
        }
        (Value::Array(_), _) => Err(format!("{there} there, {here} here")),
        _ => Ok(()),
    }
}
