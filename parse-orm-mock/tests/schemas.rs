//! Definitions of classes: each request with the answer of parse-server 9.10, in the order in which it gave them.
//! An id or a date is `~`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod wire;

use parse_orm_mock::MockServer;
use serde_json::Value;

#[derive(serde::Deserialize)]
struct Row {
    method: String,
    path: String,
    body: Option<Value>,
    status: u16,
    response: Value,
}

fn blur(value: &mut Value) {
    let Some(map) = value.as_object_mut() else { return };
    for (key, value) in map {
        match key.as_str() {
            "objectId" | "createdAt" | "updatedAt" if value.is_string() => *value = "~".into(),
            _ => blur(value),
        }
    }
}

#[tokio::test]
async fn definitions_are_answered_and_refused_as_by_the_real_server() {
    let server = MockServer::start().await;
    let headers = [
        ("X-Parse-Application-Id", "app"),
        ("X-Parse-Master-Key", "master"),
        ("Content-Type", "application/json"),
    ];
    let mut compared = 0;
    for line in include_str!("schemas.jsonl").lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        let body = row.body.map(|body| body.to_string()).unwrap_or_default();
        let reply = wire::send(server.url(), &row.method, &row.path, &headers, body.as_bytes());
        let mut here = reply.json();
        blur(&mut here);
        assert_eq!(
            (reply.status, here),
            (row.status, row.response),
            "{} {} {body}",
            row.method,
            row.path
        );
        compared += 1;
    }
    assert!(compared > 50, "only {compared} rows");
}

#[tokio::test]
async fn definitions_and_the_configuration_need_the_master_key() {
    let server = MockServer::start().await;
    let headers = [
        ("X-Parse-Application-Id", "app"),
        ("X-Parse-REST-API-Key", "rest"),
        ("Content-Type", "application/json"),
    ];
    for (method, path) in [
        ("GET", "/schemas"),
        ("GET", "/schemas/_User"),
        ("POST", "/schemas/City"),
        ("PUT", "/schemas/_User"),
        ("DELETE", "/schemas/_User"),
        ("DELETE", "/purge/_User"),
        ("PUT", "/config"),
    ] {
        let reply = wire::send(server.url(), method, path, &headers, b"{}");
        assert_eq!(
            (reply.status, &*reply.body),
            (403, r#"{"error":"Permission denied"}"#),
            "{method} {path}"
        );
    }
}
