//! What those who run a server ask: events, the log, its features and safety; and request ids.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod wire;

use std::time::Duration;

use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use wire::{KEYS, Reply, call, send};

const MASTER: [(&str, &str); 2] = [
    ("X-Parse-Application-Id", "app"),
    ("X-Parse-Master-Key", "master"),
];

fn get(server: &MockServer, path: &str) -> Reply {
    send(server.url(), "GET", path, &MASTER, b"")
}

#[tokio::test]
async fn events_are_kept() {
    let server = MockServer::start().await;
    let search = json!({"dimensions": {"price": "1"}});
    assert_eq!(
        call(server.url(), "POST", "/events/Search", &search).json(),
        json!({})
    );
    assert_eq!(
        call(server.url(), "POST", "/events/AppOpened", &Value::Null).json(),
        json!({})
    );
    let events = server.events();
    assert_eq!(
        (events[0].name.as_str(), &events[0].parameters),
        ("Search", &search)
    );
    assert_eq!(
        (events[1].name.as_str(), &events[1].parameters),
        ("AppOpened", &json!({}))
    );
    assert_eq!(
        send(server.url(), "POST", "/events/Search", &[], b"{}").status,
        403
    );
    assert_eq!(
        call(server.url(), "GET", "/events/Search", &Value::Null).status,
        404
    );
    server.reset();
    assert!(server.events().is_empty());
}

#[tokio::test]
async fn the_log_tells_why_requests_were_refused() {
    let server = MockServer::start().await;
    for name in ["a", "b", "c"] {
        call(server.url(), "GET", &format!("/classes/A/{name}"), &Value::Null);
        call(server.url(), "POST", "/classes/_bad", &json!({}));
    }
    assert_eq!(call(server.url(), "GET", "/scriptlog", &Value::Null).status, 403);
    let log = get(&server, "/scriptlog?level=error&n=3").json();
    let log = log.as_array().unwrap();
    // the refusal of the log itself is the newest
    assert_eq!(log.len(), 3);
    assert_eq!(log[0]["message"], "Permission denied");
    assert_eq!(
        (&log[2]["code"], &log[2]["level"]),
        (&json!(101), &json!("error"))
    );
    let first = get(&server, "/scriptlog?size=1&order=asc").json();
    assert_eq!(first[0]["code"], 101);
    assert_eq!(
        get(&server, "/scriptlog?from=2100-01-01T00:00:00.000Z").json(),
        json!([])
    );
    assert_eq!(
        get(&server, "/scriptlog?until=2000-01-01T00:00:00.000Z").json(),
        json!([])
    );
}

#[tokio::test]
async fn security_is_looked_at_where_that_is_enabled() {
    let server = MockServer::start().await;
    let reply = get(&server, "/security");
    assert_eq!(reply.status, 409);
    assert!(
        reply.json()["error"]
            .as_str()
            .unwrap()
            .contains("security.enableCheck")
    );
    assert_eq!(
        get(&server, "/serverInfo").json()["features"]["settings"]["securityCheck"],
        false
    );

    let server = MockServer::builder()
        .security_check(true)
        .master_key("A-master-key-0f-32-characters")
        .allow_client_class_creation(false)
        .start()
        .await
        .unwrap();
    assert_eq!(send(server.url(), "GET", "/security", &KEYS, b"").status, 403);
    let keys = [MASTER[0], ("X-Parse-Master-Key", "A-master-key-0f-32-characters")];
    let report = send(server.url(), "GET", "/security", &keys, b"").json();
    let checks = report["report"]["groups"][1]["checks"].as_array().unwrap();
    let state = |title: &str| &checks.iter().find(|check| check["title"] == title).unwrap()["state"];
    assert_eq!(state("Secure master key"), "success");
    assert_eq!(state("Client class creation disabled"), "success");
}

fn with_id(server: &MockServer, method: &str, path: &str, id: &str) -> (u16, Option<i64>) {
    let keys = [KEYS[0], KEYS[1], ("X-Parse-Request-Id", id)];
    let body: &[u8] = if method == "GET" || method == "DELETE" {
        b""
    } else {
        b"{\"x\":1}"
    };
    let reply = send(server.url(), method, path, &keys, body);
    let code = serde_json::from_str::<Value>(&reply.body)
        .ok()
        .and_then(|body| body["code"].as_i64());
    (reply.status, code)
}

#[tokio::test]
async fn a_request_id_counts_once() {
    let server = MockServer::builder()
        .idempotency([".*"], Duration::from_secs(300))
        .start()
        .await
        .unwrap();
    let ask = |method, path, id| with_id(&server, method, path, id);
    assert_eq!(ask("POST", "/classes/Idem", "1"), (201, None));
    assert_eq!(ask("POST", "/classes/Idem", "1"), (400, Some(159)));
    // on any path
    assert_eq!(ask("POST", "/classes/Idem2", "1"), (400, Some(159)));
    assert_eq!(ask("PUT", "/classes/Idem/nobody", "1"), (400, Some(159)));
    // and where the first was refused
    assert_eq!(ask("PUT", "/classes/Idem/nobody", "2"), (404, Some(101)));
    assert_eq!(ask("PUT", "/classes/Idem/nobody", "2"), (400, Some(159)));
    // reads and deletes have no use for it
    assert_eq!(ask("GET", "/classes/Idem", "1"), (200, None));
    assert_eq!(ask("DELETE", "/classes/Idem/nobody", "1"), (404, Some(101)));
    assert_eq!(server.count("Idem"), 1);
    // they can be looked at, with the master key
    let kept = get(&server, "/classes/_Idempotency").json();
    assert_eq!(kept["results"][0]["reqId"], "1");
    assert_eq!(
        call(server.url(), "GET", "/classes/_Idempotency", &Value::Null).json()["code"],
        119
    );
}

#[tokio::test]
async fn request_ids_are_minded_where_and_as_long_as_the_options_say() {
    let server = MockServer::start().await;
    assert_eq!(with_id(&server, "POST", "/classes/A", "1").0, 201);
    assert_eq!(with_id(&server, "POST", "/classes/A", "1").0, 201);
    let some = MockServer::builder()
        .idempotency(["classes/A$", "^functions"], Duration::from_secs(300))
        .start()
        .await
        .unwrap();
    let post = |path, id| with_id(&some, "POST", path, id).0;
    assert_eq!([post("/classes/A", "1"), post("/classes/A", "1")], [201, 400]);
    assert_eq!([post("/classes/AB", "1"), post("/classes/AB", "1")], [201, 201]);
    let short = MockServer::builder()
        .idempotency([".*"], Duration::ZERO)
        .start()
        .await
        .unwrap();
    assert_eq!(with_id(&short, "POST", "/classes/A", "1").0, 201);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(with_id(&short, "POST", "/classes/A", "1").0, 201);
}

#[tokio::test]
async fn a_push_that_outlasts_all_time_is_answered() {
    let server = MockServer::start().await;
    let body = br#"{"where": {}, "data": {"alert": "x"}, "expiration_interval": 1e300}"#;
    let reply = send(server.url(), "POST", "/push", &MASTER, body);
    assert_eq!(reply.json(), json!({"result": true}));
}
