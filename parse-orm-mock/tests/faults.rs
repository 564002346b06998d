//! Faults on order: what is done, what the client gets, and which requests are met.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod wire;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use parse_orm_mock::{Fault, MockServer};
use serde_json::{Value, json};
use wire::{KEYS, call, send};

/// All bytes of the answer to a create.
fn raw(server: &MockServer) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = "POST /parse/classes/A HTTP/1.1\r\nHost: x\r\nX-Parse-Application-Id: app\r\nX-Parse-REST-API-Key: rest\r\nContent-Length: 7\r\n\r\n{\"x\":1}";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn status(server: &MockServer, method: &str, path: &str) -> u16 {
    let body = if method == "GET" || method == "DELETE" {
        Value::Null
    } else {
        json!({"x": 1})
    };
    call(server.url(), method, path, &body).status
}

#[tokio::test]
async fn errors_and_pages_come_instead_of_the_work() {
    let server = MockServer::start().await;
    for (code, status) in [(101, 404), (1, 500), (100, 429), (209, 400), (4242, 400)] {
        server.fail(Fault::error(code, "because").times(1));
        let reply = call(server.url(), "POST", "/classes/A", &json!({"x": 1}));
        assert_eq!(reply.status, status);
        assert_eq!(reply.json(), json!({"code": code, "error": "because"}));
    }
    server.fail(Fault::status(503).header("Retry-After", "7").times(1));
    let reply = call(server.url(), "POST", "/classes/A", &json!({"x": 1}));
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("7")));
    assert!(
        reply.body.contains("503 Service Unavailable") && serde_json::from_str::<Value>(&reply.body).is_err()
    );
    server.fail(Fault::answer(200, "text/plain", "not JSON").times(1));
    let reply = call(server.url(), "POST", "/classes/A", &json!({"x": 1}));
    assert_eq!((reply.status, reply.body.as_str()), (200, "not JSON"));
    assert_eq!((server.count("A"), server.requests().len()), (0, 7));
    assert!(server.faults().is_empty());
}

#[tokio::test]
async fn a_connection_ends_before_and_after_the_work() {
    let server = MockServer::start().await;
    server.fail(Fault::disconnect().times(1));
    assert!(raw(&server).is_empty());
    assert_eq!(server.count("A"), 0);
    server.fail(Fault::lose_answer().times(1));
    assert!(raw(&server).is_empty());
    assert_eq!(server.count("A"), 1);
    server.fail(Fault::truncate().times(1));
    let text = String::from_utf8(raw(&server)).unwrap();
    assert_eq!(server.count("A"), 2);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length = head
        .to_ascii_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
        .unwrap();
    assert!(
        head.starts_with("HTTP/1.1 201") && body.starts_with("{\"objectId\""),
        "{text}"
    );
    assert_eq!(body.len(), length / 2);
    // the server goes on
    assert_eq!(status(&server, "POST", "/classes/A"), 201);
}

#[tokio::test]
async fn an_answer_that_is_late_belongs_to_work_that_is_done() {
    let server = MockServer::start().await;
    server.fail(Fault::delay(Duration::from_millis(60)).on("POST", "/classes/A"));
    let started = Instant::now();
    assert_eq!(status(&server, "POST", "/classes/A"), 201);
    assert!(started.elapsed() >= Duration::from_millis(60));
    assert_eq!(server.count("A"), 1);
    assert_eq!(server.faults()[0].left(), None);
}

#[tokio::test]
async fn a_fault_meets_the_requests_that_it_is_for() {
    let server = MockServer::start().await;
    server.fail(Fault::status(502).on("GET", "/classes/A").nth(3));
    let get = || status(&server, "GET", "/classes/A");
    assert_eq!([get(), get()], [200, 200]);
    // others do not count
    assert_eq!(status(&server, "POST", "/classes/A"), 201);
    assert_eq!(status(&server, "GET", "/classes/AA"), 200);
    assert_eq!([get(), get()], [502, 200]);

    server.fail(Fault::status(502).on("get", "/classes/A/").nth(2).times(2));
    assert_eq!(server.faults()[0].left(), Some(2));
    let below = || status(&server, "GET", "/classes/A/nobody");
    assert_eq!([get(), below(), get(), get()], [200, 502, 502, 200]);

    // a long query is a GET that travels as a POST
    server.fail(Fault::status(502).on("GET", "/classes/A").times(1));
    let long = json!({"_method": "GET", "where": {"x": 1}});
    assert_eq!(call(server.url(), "POST", "/classes/A", &long).status, 502);

    server.fail(
        Fault::status(502)
            .on("*", "/")
            .when(|request| request.header("x-test") == Some("yes")),
    );
    let [first, second] = KEYS;
    assert_eq!(
        send(
            server.url(),
            "GET",
            "/classes/A",
            &[first, second, ("X-Test", "yes")],
            b""
        )
        .status,
        502
    );
    assert_eq!(get(), 200);
    server.clear_faults();
    assert_eq!(
        send(
            server.url(),
            "GET",
            "/classes/A",
            &[first, second, ("X-Test", "yes")],
            b""
        )
        .status,
        200
    );
}

#[tokio::test]
async fn of_several_the_first_happens_and_all_count() {
    let server = MockServer::start().await;
    server.fail(Fault::status(501).nth(2));
    server.fail(Fault::status(502).times(1));
    server.fail(Fault::status(503).nth(3).times(2));
    let got: Vec<u16> = (0..5).map(|_| status(&server, "GET", "/classes/A")).collect();
    assert_eq!(got, [502, 501, 503, 503, 200]);
    server.fail(Fault::status(500).times(0));
    assert_eq!(status(&server, "GET", "/classes/A"), 200);
    assert!(server.faults().is_empty());
    server.fail(Fault::status(500));
    server.reset();
    assert!(server.faults().is_empty());
}

#[tokio::test]
async fn files_and_refused_keys_are_met_too() {
    let server = MockServer::start().await;
    server.fail(Fault::lose_answer().on("POST", "/files").times(1));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = "POST /parse/files/a.txt HTTP/1.1\r\nHost: x\r\nX-Parse-Application-Id: app\r\nX-Parse-Master-Key: master\r\nContent-Length: 2\r\n\r\nhi";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty());
    server.fail(Fault::status(502));
    assert_eq!(send(server.url(), "GET", "/classes/A", &[], b"").status, 502);
    assert_eq!(send(server.url(), "GET", "/health", &[], b"").status, 502);
}

#[tokio::test]
async fn requests_by_where_they_went() {
    let server = MockServer::start().await;
    for (method, path) in [
        ("POST", "/classes/A"),
        ("GET", "/classes/A/x"),
        ("GET", "/classes/AB"),
        ("GET", "/classes/A"),
    ] {
        status(&server, method, path);
    }
    assert_eq!(server.requests_to("GET", "/classes/A").len(), 2);
    assert_eq!(server.requests_to("*", "/classes/A").len(), 3);
    assert_eq!(
        server.requests_to("post", "/classes/A")[0].body,
        Some(json!({"x": 1}))
    );
    assert!(server.requests_to("PUT", "/").is_empty());
}
