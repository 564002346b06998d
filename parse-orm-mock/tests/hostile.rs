//! Requests that are made to bring a server down: it answers them, and others meanwhile and afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

mod socket;
mod wire;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use parse_orm_mock::{CloudCode, MockServer};
use serde_json::{Value, json};
use socket::Socket;
use wire::{Reply, call, send};

const MASTER: [(&str, &str); 2] = [
    ("X-Parse-Application-Id", "app"),
    ("X-Parse-Master-Key", "master"),
];

fn post(server: &MockServer, path: &str, body: &[u8]) -> Reply {
    send(server.url(), "POST", path, &MASTER, body)
}

/// A find whose parameters are as large as they like.
fn find(server: &MockServer, parameters: Value) -> Reply {
    let mut parameters = parameters;
    parameters["_method"] = json!("GET");
    post(server, "/classes/Thing", parameters.to_string().as_bytes())
}

/// Does something while somebody else asks for something harmless, again and again; both are answered, and so is what
/// is asked afterwards.
fn meanwhile<R: Send>(server: &MockServer, hostile: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    let result = thread::scope(|scope| {
        let asks = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(
                    call(server.url(), "GET", "/classes/Other", &Value::Null).status,
                    200
                );
            }
        });
        let result = hostile();
        done.store(true, Ordering::Relaxed);
        asks.join().expect("an answer to everybody else");
        result
    });
    let made = call(server.url(), "POST", "/classes/Other", &json!({"n": 1}));
    assert_eq!(made.status, 201, "{}", made.body);
    result
}

async fn with_texts() -> MockServer {
    let server = MockServer::start().await;
    for n in 0..20 {
        let text = format!("{}!", "a".repeat(30 + n));
        let made = call(server.url(), "POST", "/classes/Thing", &json!({"text": text}));
        assert_eq!(made.status, 201);
    }
    server
}

#[tokio::test]
async fn json_of_nothing_but_brackets() {
    let server = MockServer::start().await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"$or\":[", "]}")] {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        for (body, status) in [(open.clone(), 400), (format!("{open}1{close}"), 500)] {
            let reply = meanwhile(&server, || post(&server, "/classes/Thing", body.as_bytes()));
            assert_eq!(reply.status, status, "{}", reply.body);
        }
        let within = format!("{{\"a\":{open}1{close}}}");
        let reply = meanwhile(&server, || post(&server, "/classes/Thing", within.as_bytes()));
        assert_eq!(reply.status, 500, "{}", reply.body);
    }
    assert_eq!(server.count("Thing"), 0);
}

#[tokio::test]
async fn what_javascript_reads_as_json_is_read() {
    for (id, body, stored) in [
        (
            "half",
            &br#"{"objectId":"half","t":"\ud800"}"#[..],
            json!("\u{FFFD}"),
        ),
        (
            "bytes",
            b"{\"objectId\":\"bytes\",\"t\":\"\xff\"}",
            json!("\u{FFFD}"),
        ),
        (
            "mark",
            b"\xef\xbb\xbf{\"objectId\":\"mark\",\"t\":\"x\"}",
            json!("x"),
        ),
        ("twice", br#"{"objectId":"twice","t":"x","t":"y"}"#, json!("y")),
        ("nul", br#"{"objectId":"nul","t":"a\u0000b"}"#, json!("a\u{0}b")),
    ] {
        let server = MockServer::builder()
            .allow_custom_object_id(true)
            .start()
            .await
            .unwrap();
        assert_eq!(post(&server, "/classes/Thing", body).status, 201, "{id}");
        let read = call(server.url(), "GET", &format!("/classes/Thing/{id}"), &Value::Null);
        assert_eq!(read.json()["t"], stored);
    }
    let server = MockServer::start().await;
    let digits = "9".repeat(1_000);
    for number in ["1e400", "-1e400", "-0", &digits, "1e-400", "18446744073709551616"] {
        let reply = post(
            &server,
            "/classes/Number",
            format!("{{\"n\":{number}}}").as_bytes(),
        );
        assert_eq!(reply.status, 201, "{number}: {}", reply.body);
    }
    let found = call(server.url(), "GET", "/classes/Number", &Value::Null).json();
    assert!(
        found["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["n"].is_number()),
        "{found}"
    );
}

#[tokio::test]
async fn expressions_that_explode() {
    let server = with_texts().await;
    for source in [
        "(a+)+$",
        "^(a|aa)+$",
        "(a*)*\\1b",
        "(?=(a+)+$)b",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(?:(a+)+\\1)+$",
        "((a{1,100}){1,100}){1,100}$",
        "a{1000000000}",
        "(((((((((((((((((((((((((((((a*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*b",
    ] {
        let text = json!({"text": {"$regex": source}});
        let reply = meanwhile(&server, || find(&server, json!({"where": text})));
        assert!(matches!(reply.status, 200 | 500), "{source}: {}", reply.body);
        let pipeline = json!({"_method": "GET", "pipeline": [{"$match": text}]});
        let reply = meanwhile(&server, || {
            post(&server, "/aggregate/Thing", pipeline.to_string().as_bytes())
        });
        assert!(
            matches!(reply.status, 200 | 400 | 500),
            "{source}: {}",
            reply.body
        );
    }
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    let reply = meanwhile(&server, || {
        find(&server, json!({"where": {"text": {"$regex": deep}}}))
    });
    assert_eq!(reply.status, 500);
}

#[tokio::test]
async fn expressions_that_explode_in_live_query() {
    let server = MockServer::start().await;
    let mut socket = Socket::connected(server.url(), &json!({}));
    let sources = [
        "(a+)+$",
        "^(a|aa)+$",
        "(a*)*\\1b",
        "(?=(a+)+$)b",
        "((a{1,100}){1,100}){1,100}$",
    ];
    for (source, id) in sources.iter().zip(1..) {
        let query = json!({"className": "Thing", "where": {"text": {"$regex": source}}});
        assert_eq!(socket.subscribe(id, &query)["op"], "subscribed", "{source}");
    }
    let mut sane = Socket::connected(server.url(), &json!({}));
    sane.subscribe(
        1,
        &json!({"className": "Thing", "where": {"text": {"$regex": "^a+!$"}}}),
    );
    for _ in 0..3 {
        let text = format!("{}!", "a".repeat(40));
        let made = meanwhile(&server, || {
            call(server.url(), "POST", "/classes/Thing", &json!({"text": text}))
        });
        assert_eq!(made.status, 201);
        assert_eq!(sane.hear()["op"], "create");
    }
}

#[tokio::test]
async fn frames_of_nothing_but_brackets() {
    let server = MockServer::start().await;
    let mut socket = Socket::connected(server.url(), &json!({}));
    for (open, close) in [("[", "]"), ("{\"op\":", "}")] {
        socket.say_text(&open.repeat(100_000));
        socket.say_text(&format!("{}1{}", open.repeat(100_000), close.repeat(100_000)));
    }
    let query = json!({"className": "Thing", "where": {}});
    assert_eq!(socket.subscribe(1, &query)["op"], "subscribed");
}

#[tokio::test]
async fn names_and_lists_without_end() {
    let server = MockServer::builder()
        .allow_custom_object_id(true)
        .start()
        .await
        .unwrap();
    let made = call(
        server.url(),
        "POST",
        "/classes/Thing",
        &json!({"objectId": "a", "o": {}, "n": 1}),
    );
    assert_eq!(made.status, 201);
    let dots = format!("o{}", ".a".repeat(100_000));
    let many = (0..100_000).map(|n| format!("k{n}")).collect::<Vec<_>>();
    let numbers: Vec<u32> = (0..200_000).collect();
    let change = |body: Value| {
        send(
            server.url(),
            "PUT",
            "/classes/Thing/a",
            &MASTER,
            body.to_string().as_bytes(),
        )
    };
    assert_eq!(meanwhile(&server, || change(json!({&dots: 1}))).status, 500);
    assert_eq!(
        meanwhile(&server, || change(
            json!({"n": {"__op": "Increment", "amount": 1}})
        ))
        .status,
        200
    );
    for parameters in [
        json!({"where": {&dots: 1}}),
        json!({"order": dots}),
        json!({"include": dots}),
        json!({"keys": dots}),
        json!({"excludeKeys": dots}),
        json!({"order": many.join(",")}),
        json!({"include": many.join(",")}),
        json!({"keys": many.join(",")}),
        json!({"where": {"n": {"$in": numbers}}}),
        json!({"where": {"n": {"$nin": numbers}}}),
        json!({"where": {"n": {"$all": numbers}}}),
        json!({"where": {"t": "x".repeat(10_000_000)}}),
        json!({"where": {"t": {"$regex": format!("^\\Q{}\\E", "x".repeat(100_000))}}}),
        json!({"where": {"$or": numbers[..10_000].iter().map(|n| json!({"n": n})).collect::<Value>()}}),
    ] {
        let reply = meanwhile(&server, || find(&server, parameters));
        assert!(matches!(reply.status, 200 | 400 | 500), "{}", reply.body);
    }
    for stage in [
        json!({"$addFields": {&dots: 1}}),
        json!({"$project": {&dots: 1}}),
        json!({"$unwind": {"path": "$o", "includeArrayIndex": dots}}),
        json!({"$group": {"_id": format!("${dots}")}}),
    ] {
        let pipeline = json!({"_method": "GET", "pipeline": [stage]}).to_string();
        let reply = meanwhile(&server, || post(&server, "/aggregate/Thing", pipeline.as_bytes()));
        assert!(matches!(reply.status, 200 | 400), "{}", reply.body);
    }
    let wide: Value = many
        .iter()
        .map(|key| (key.clone(), json!(1)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_eq!(
        meanwhile(&server, || change(json!({"o": wide, "l": numbers}))).status,
        200
    );
}

#[tokio::test]
async fn keys_of_the_protocol_where_they_do_not_belong() {
    let server = MockServer::start().await;
    for (body, status, code) in [
        (json!({"__type": "Pointer"}), 400, 105),
        (json!({"__op": "Delete"}), 400, 105),
        (json!({"__proto__": {"x": 1}}), 400, 105),
        (json!({"a": {"__proto__": {"x": 1}}}), 400, 105),
        (json!({"a": {"constructor": 1}}), 400, 105),
        (json!({"className": "Other"}), 400, 105),
        (json!({"a": {"__type": "Nothing"}}), 400, 111),
        (json!({"a": {"__type": "Pointer"}}), 400, 111),
        (json!({"a": {"__op": "Nothing"}}), 500, 1),
        (json!({"objectId": {"__op": "Delete"}}), 400, 105),
        (json!({"createdAt": 1}), 400, 111),
    ] {
        let reply = call(server.url(), "POST", "/classes/Thing", &body);
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (status, &json!(code)),
            "{body}"
        );
    }
    assert_eq!(server.count("Thing"), 0);
}

#[tokio::test]
async fn cloud_code_that_panics_is_answered() {
    let code = CloudCode::new()
        .function("now", |_| -> std::future::Ready<Result<(), _>> {
            panic!("at once")
        })
        .function("later", |call| async move {
            let number = call.params["n"].as_i64().expect("no number");
            Ok(number)
        })
        .before_save("Thing", |_| async { panic!("{} saved", "never") })
        .after_save("Other", |_| async { panic!("too late") });
    let server = MockServer::builder().cloud_code(code).start().await.unwrap();
    let ask = |path: &str, body: Value| {
        let reply = call(server.url(), "POST", path, &body);
        (reply.status, reply.json())
    };
    for (path, message) in [
        ("/functions/now", "the function panicked: at once"),
        ("/functions/later", "the function panicked: no number"),
        ("/classes/Thing", "the trigger panicked: never saved"),
    ] {
        assert_eq!(
            ask(path, json!({})),
            (400, json!({"code": 141, "error": message}))
        );
    }
    assert_eq!(
        ask("/functions/later", json!({"n": 3})),
        (200, json!({"result": 3}))
    );
    assert_eq!(ask("/classes/Other", json!({})).0, 201);
    assert_eq!(server.count("Thing"), 0);
}
