//! The server as a value: starting, stopping, options, and the layers in front of Parse.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod wire;

use std::net::TcpStream;
use std::time::Instant;

use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use wire::{KEYS, call, send};

#[tokio::test]
async fn servers_live_side_by_side_and_stop() {
    let started = Instant::now();
    let servers = [
        MockServer::start().await,
        MockServer::start().await,
        MockServer::start().await,
    ];
    assert!(started.elapsed().as_millis() < 500, "{:?}", started.elapsed());
    for (place, server) in servers.iter().enumerate() {
        // The runtime of the test is blocked here: the server has its own thread.
        assert_eq!(
            call(server.url(), "POST", "/classes/A", &json!({"place": place})).status,
            201
        );
    }
    for (place, server) in servers.iter().enumerate() {
        assert_eq!(server.count("A"), 1);
        let found = call(server.url(), "GET", "/classes/A", &Value::Null).json();
        assert_eq!(found["results"][0]["place"], json!(place));
    }
    let addresses: Vec<_> = servers.iter().map(MockServer::address).collect();
    drop(servers);
    for address in addresses {
        assert!(TcpStream::connect(address).is_err(), "{address} still listens");
    }
}

#[tokio::test]
async fn reset_and_requests() {
    let server = MockServer::start().await;
    call(server.url(), "POST", "/classes/A", &json!({"x": 1}));
    call(
        server.url(),
        "POST",
        "/classes/A",
        &json!({"_method": "GET", "where": {"x": 1}}),
    );
    let filter = "/classes/A?where=%7B%22x%22:%22a%2Bb%26c%22%7D&limit=1";
    send(server.url(), "GET", filter, &KEYS, b"");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("POST", "/classes/A")
    );
    assert_eq!(requests[0].body, Some(json!({"x": 1})));
    assert_eq!(requests[0].header("X-Parse-Application-Id"), Some("app"));
    assert_eq!(
        (requests[1].method.as_str(), requests[1].wire_method.as_str()),
        ("GET", "POST")
    );
    assert_eq!(requests[1].body, Some(json!({"where": {"x": 1}})));
    assert_eq!(requests[2].query_value("where"), Some("{\"x\":\"a+b&c\"}"));
    assert_eq!(requests[2].query_value("limit"), Some("1"));
    server.clear_requests();
    assert!(server.requests().is_empty());
    assert_eq!(server.class_names(), ["A", "_Role", "_User"]);
    server.reset();
    assert_eq!(server.class_names(), ["_Role", "_User"]);
    // The type of the field was forgotten, too.
    assert_eq!(
        call(server.url(), "POST", "/classes/A", &json!({"x": "text"})).status,
        201
    );
}

#[tokio::test]
async fn keys() {
    let server = MockServer::builder()
        .app_id("a")
        .rest_key("r")
        .javascript_key("j")
        .master_key("m")
        .start()
        .await
        .unwrap();
    let status = |headers: &[(&str, &str)]| send(server.url(), "GET", "/classes/A", headers, b"").status;
    let app = ("X-Parse-Application-Id", "a");
    assert_eq!(status(&[app]), 403);
    assert_eq!(status(&[("X-Parse-REST-API-Key", "r")]), 403);
    assert_eq!(status(&[app, ("X-Parse-REST-API-Key", "r")]), 200);
    assert_eq!(status(&[app, ("X-Parse-Javascript-Key", "j")]), 200);
    assert_eq!(status(&[app, ("X-Parse-Master-Key", "m")]), 200);
    assert_eq!(status(&[app, ("X-Parse-Master-Key", "bad")]), 403);
    assert_eq!(
        status(&[app, ("X-Parse-Master-Key", "bad"), ("X-Parse-REST-API-Key", "r")]),
        200
    );
    // a:m and a:javascript-key=j
    assert_eq!(status(&[("Authorization", "Basic YTpt")]), 200);
    assert_eq!(
        status(&[("Authorization", "Basic YTpqYXZhc2NyaXB0LWtleT1q")]),
        200
    );
    let session = ("X-Parse-Session-Token", "r:none");
    let reply = send(
        server.url(),
        "GET",
        "/classes/A",
        &[app, ("X-Parse-REST-API-Key", "r"), session],
        b"",
    );
    assert_eq!((reply.status, reply.json()["code"].clone()), (400, json!(209)));
    let body =
        json!({"_ApplicationId": "a", "_JavaScriptKey": "j", "_ClientVersion": "js8", "x": 1}).to_string();
    let text = [("Content-Type", "text/plain")];
    assert_eq!(
        send(server.url(), "POST", "/classes/A", &text, body.as_bytes()).status,
        201
    );
    let master =
        json!({"_ApplicationId": "a", "_MasterKey": "m", "_method": "GET", "where": {"x": 1}}).to_string();
    let found = send(server.url(), "POST", "/classes/A", &text, master.as_bytes());
    assert_eq!(found.json()["results"][0]["x"], json!(1));
}

#[tokio::test]
async fn mount_paths() {
    for (mount, prefix) in [
        ("/", ""),
        ("/parse", "/parse"),
        ("/a/b", "/a/b"),
        ("a/b/", "/a/b"),
    ] {
        let server = MockServer::builder().mount_path(mount).start().await.unwrap();
        assert_eq!(
            server.url(),
            format!("http://127.0.0.1:{}{prefix}", server.port())
        );
        let path = format!("{prefix}/classes/A");
        let batch = json!({"requests": [{"method": "POST", "path": path, "body": {"x": 1}}]});
        let reply = call(server.url(), "POST", "/batch", &batch);
        assert_eq!(reply.status, 200, "{mount}: {}", reply.body);
        let reply = call(server.url(), "POST", "/classes/A", &json!({}));
        let location = reply.header("location").unwrap();
        assert_eq!(
            location,
            format!(
                "{}/classes/A/{}",
                server.url(),
                reply.json()["objectId"].as_str().unwrap()
            )
        );
        if !prefix.is_empty() {
            let root = format!("http://127.0.0.1:{}", server.port());
            assert_eq!(call(&root, "GET", "/classes/A", &Value::Null).status, 404);
            let batch = json!({"requests": [{"method": "POST", "path": "/classes/A", "body": {}}]});
            let reply = call(server.url(), "POST", "/batch", &batch).json();
            assert_eq!(reply["error"], json!("cannot route batch path /classes/A"));
        }
    }
}

#[tokio::test]
async fn options_of_classes_and_ids() {
    let server = MockServer::builder()
        .allow_client_class_creation(false)
        .allow_custom_object_id(true)
        .max_limit(2)
        .start()
        .await
        .unwrap();
    let forbidden = json!({"code": 119, "error": "Permission denied"});
    assert_eq!(
        call(server.url(), "POST", "/classes/A", &json!({})).json(),
        forbidden
    );
    assert_eq!(
        call(server.url(), "GET", "/classes/A", &Value::Null).json(),
        forbidden
    );
    let master = [KEYS[0], ("X-Parse-Master-Key", "master")];
    let create = |body: &[u8]| send(server.url(), "POST", "/classes/A", &master, body);
    assert_eq!(
        create(br#"{"objectId":"mine"}"#).json()["objectId"],
        json!("mine")
    );
    assert_eq!(create(br#"{"objectId":"mine"}"#).json()["code"], json!(137));
    assert_eq!(create(br#"{"objectId":""}"#).json()["code"], json!(104));
    create(b"{}");
    create(b"{}");
    let rows = |path: &str| {
        call(server.url(), "GET", path, &Value::Null).json()["results"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(rows("/classes/A?limit=50"), 2);
    // Only a limit that is named is cut.
    assert_eq!(rows("/classes/A"), 3);
}

#[tokio::test]
async fn sizes() {
    let server = MockServer::start().await;
    let mut big = br#"{"x":""#.to_vec();
    big.resize(21 * 1024 * 1024, b'x');
    let reply = send(server.url(), "POST", "/classes/A", &KEYS, &big);
    assert_eq!(
        (reply.status, reply.json()),
        (413, json!({"error": "request entity too large"}))
    );
    let long = format!("/classes/A?where={}", "x".repeat(20_000));
    assert_eq!(send(server.url(), "GET", &long, &KEYS, b"").status, 431);
    let near = format!("/classes/A?where={}", "x".repeat(15_800));
    assert_eq!(send(server.url(), "GET", &near, &KEYS, b"").status, 400);
    let body = json!({"_method": "GET", "where": {"x": {"$in": ["y".repeat(100_000)]}}});
    assert_eq!(call(server.url(), "POST", "/classes/A", &body).status, 200);
}

#[tokio::test]
async fn bad_json() {
    let server = MockServer::start().await;
    for (body, message) in [
        ("{bad", "Expected property name or '}' in JSON at position 1"),
        ("5", "Unexpected token '5', \"5\" is not valid JSON"),
        (
            "{\"a\":1,}",
            "Expected double-quoted property name in JSON at position 7",
        ),
        ("{\"a\":", "Unexpected end of JSON input"),
        (
            "{\"a\":tru}",
            "Unexpected token '}', \"{\"a\":tru}\" is not valid JSON",
        ),
    ] {
        let reply = send(server.url(), "POST", "/classes/A", &KEYS, body.as_bytes());
        assert_eq!(
            (reply.status, reply.json()),
            (400, json!({"error": message})),
            "{body}"
        );
    }
    assert_eq!(send(server.url(), "POST", "/classes/A", &KEYS, b"").status, 201);
    let array = send(server.url(), "POST", "/classes/A", &KEYS, b"[1]");
    assert_eq!(
        array.json(),
        json!({"code": 105, "error": "Invalid field name: 0."})
    );
}

#[tokio::test]
async fn batches() {
    let server = MockServer::start().await;
    let many: Vec<Value> = (0..120)
        .map(|n| json!({"method": "POST", "path": "/parse/classes/B", "body": {"n": n}}))
        .collect();
    let reply = call(server.url(), "POST", "/batch", &json!({"requests": many})).json();
    assert_eq!(reply.as_array().unwrap().len(), 120);
    assert_eq!(server.count("B"), 120);
    let mixed = json!({"requests": [
        {"method": "POST", "path": "/parse/classes/B", "body": {"n": {"__op": "SetOnInsert", "amount": 1}}},
        {"method": "GET", "path": "/parse/classes/B/zzz"},
        {"method": "GET", "path": "/parse/classes/B", "body": {"limit": 1, "order": "-n", "keys": "n"}},
        {"method": "GET", "path": "/parse/classes/B?limit=1"},
    ]});
    let reply = call(server.url(), "POST", "/batch", &mixed).json();
    assert_eq!(reply[0], json!({"error": {}}));
    assert_eq!(reply[1]["error"]["code"], json!(101));
    assert_eq!(reply[2]["success"]["results"][0]["n"], json!(119));
    assert_eq!(reply[3], json!({"success": {"results": []}}));
    let unrouted = json!({"requests": [
        {"method": "POST", "path": "/parse/classes/B", "body": {"n": -1}},
        {"method": "GET", "path": "/parse/nope"},
    ]});
    let reply = call(server.url(), "POST", "/batch", &unrouted);
    assert_eq!(
        (reply.status, reply.json()["error"].clone()),
        (400, json!("cannot route GET /nope"))
    );
    assert_eq!(server.count("B"), 121, "the earlier request was done");
    assert_eq!(
        call(server.url(), "POST", "/batch?x=1", &json!({"requests": []})).status,
        500
    );
}

#[tokio::test]
async fn every_answer_says_which_headers_a_browser_may_look_at() {
    let server = MockServer::start().await;
    let found = call(server.url(), "GET", "/classes/A", &Value::Null);
    let refused = call(server.url(), "GET", "/classes/A/nosuchrow1", &Value::Null);
    let asked = send(server.url(), "OPTIONS", "/classes/A", &[], b"");
    for reply in [found, refused, asked] {
        assert_eq!(
            reply.header("access-control-expose-headers"),
            Some("X-Parse-Job-Status-Id, X-Parse-Push-Status-Id")
        );
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let allowed = reply.header("access-control-allow-headers").unwrap();
        assert!(allowed.contains("X-Parse-Request-Id"), "{allowed}");
    }
}

#[tokio::test]
async fn what_the_unity_client_sends_for_an_empty_body_is_no_field() {
    let server = MockServer::start().await;
    let made = call(server.url(), "POST", "/classes/A", &json!({"_noBody": true}));
    assert_eq!(made.status, 201);
    let found = call(server.url(), "GET", "/classes/A", &Value::Null).json();
    assert_eq!(found["results"][0].get("_noBody"), None);
}
