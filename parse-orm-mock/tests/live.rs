//! LiveQuery: what only the mock has, and what a real server of the tests cannot be brought to do.

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

use parse_orm_mock::{Fault, MockServer};
use serde_json::{Value, json};
use socket::Socket;
use wire::call;

/// Creates an object; its id.
fn create(server: &MockServer, class: &str, object: &Value) -> String {
    let made = call(server.url(), "POST", &format!("/classes/{class}"), object);
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["objectId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_five_events() {
    let server = MockServer::start().await;
    let mut socket = Socket::connected(server.url(), &json!({}));
    let asked = socket.subscribe(1, &json!({"className": "Game", "where": {"score": {"$gt": 10}}}));
    assert_eq!(asked["op"], "subscribed");
    let id = create(&server, "Game", &json!({"score": 20}));
    let path = format!("/classes/Game/{id}");
    for score in [30, 5, 40] {
        call(server.url(), "PUT", &path, &json!({"score": score}));
    }
    call(server.url(), "DELETE", &path, &Value::Null);
    let heard: Vec<Value> = (0..5).map(|_| socket.hear()).collect();
    let heard: Vec<_> = heard
        .iter()
        .map(|frame| {
            assert_eq!(frame["object"]["objectId"], *id);
            assert_eq!(frame["object"]["className"], "Game");
            (
                frame["op"].as_str().unwrap(),
                frame["object"]["score"].as_i64().unwrap(),
                frame["original"]["score"].as_i64(),
            )
        })
        .collect();
    assert_eq!(
        heard,
        [
            ("create", 20, None),
            ("update", 30, Some(20)),
            ("leave", 5, Some(30)),
            ("enter", 40, Some(5)),
            ("delete", 40, None),
        ]
    );
}

#[tokio::test]
async fn a_test_looks_in_and_breaks_connections() {
    let server = MockServer::start().await;
    let mut socket = Socket::connected(server.url(), &json!({"masterKey": "master"}));
    let query = json!({"className": "Game", "where": {"score": 1}, "keys": ["score"], "watch": ["score"]});
    socket.subscribe(7, &query);
    let [one] = &server.live_subscriptions()[..] else {
        panic!("one subscription")
    };
    assert_eq!(
        (&*one.class, &one.filter, one.master),
        ("Game", &json!({"score": 1}), true)
    );
    assert_eq!(
        (&one.keys, &one.watch),
        (&Some(vec!["score".to_owned()]), &Some(vec!["score".to_owned()]))
    );
    assert_eq!(one.request_id, json!(7));
    socket.ask(&json!({"op": "unsubscribe", "requestId": 7}));
    assert!(server.live_subscriptions().is_empty());
    assert_eq!(server.live_connections(), 1);

    server.drop_live_connections();
    assert!(socket.ends());
    assert_eq!(server.live_connections(), 0);
    // requests are no part of it
    assert!(server.requests().is_empty());
    create(&server, "Game", &json!({"score": 1}));

    // and it can be kept away
    server.fail(Fault::status(503).on("GET", "/").times(1));
    assert_eq!(Socket::try_open(server.url()).unwrap_err(), 503);
    Socket::connected(server.url(), &json!({}));

    let mut socket = Socket::connected(server.url(), &json!({}));
    server.reset();
    assert!(socket.ends());
}

#[tokio::test]
async fn classes_may_be_listed() {
    let server = MockServer::builder()
        .live_query_classes(["Chat.*", "Game"])
        .start()
        .await
        .unwrap();
    let mut socket = Socket::connected(server.url(), &json!({}));
    for (request_id, class) in [(1, "Games"), (2, "ChatRoom"), (3, "Game")] {
        let answer = socket.subscribe(request_id, &json!({"className": class, "where": {}}));
        assert_eq!(answer["op"], "subscribed");
    }
    for class in ["Games", "ChatRoom", "Game"] {
        create(&server, class, &json!({}));
    }
    assert_eq!(socket.hear()["object"]["className"], "ChatRoom");
    assert_eq!(socket.hear()["object"]["className"], "Game");
}
