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

use parse_orm_mock::{CloudCode, CloudError, Fault, MockServer};
use serde_json::{Value, json};
use socket::Socket;
use wire::{KEYS, call, send};

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

/// A request with the master key.
fn as_master(server: &MockServer, method: &str, path: &str, body: &Value) -> Value {
    let mut headers = KEYS.to_vec();
    headers.push(("X-Parse-Master-Key", "master"));
    let answer = send(server.url(), method, path, &headers, body.to_string().as_bytes());
    assert!(answer.status < 300, "{method} {path}: {}", answer.body);
    answer.json()
}

/// A new user: the id, and the token of a session.
fn sign_up(server: &MockServer, name: &str) -> (String, String) {
    let body = json!({"username": name, "password": "secret", "email": format!("{name}@example.org")});
    let made = call(server.url(), "POST", "/users", &body).json();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    (text("objectId"), text("sessionToken"))
}

fn subscribe_with(socket: &mut Socket, request_id: u64, class: &str, token: &str) -> Value {
    let query = json!({"className": class, "where": {}});
    socket.ask(&json!({"op": "subscribe", "requestId": request_id, "query": query, "sessionToken": token}))
}

#[tokio::test]
async fn the_application_has_its_say() {
    let code = CloudCode::new()
        .before_connect(|connect| async move {
            match connect.caller.installation_id.as_deref() {
                Some("stolen") => Err(CloudError::new(4242, "not with this phone")),
                _ => Ok(()),
            }
        })
        .before_subscribe("Game", |subscribe| async move {
            let mut filter = subscribe.query()["where"].clone();
            if filter["all"] == true {
                return Err("not everything".into());
            }
            // only what is one's own
            filter["owner"] = json!(subscribe.caller.user_id());
            subscribe.set_query("where", filter);
            Ok(())
        })
        .after_live_query_event("Game", |event| async move {
            match event.get("score").as_i64() {
                Some(0) => event.cancel_event(),
                Some(-1) => return Err(CloudError::new(4243, "no such score")),
                _ => {
                    event.set("told", event.event());
                    event.unset("secret");
                }
            }
            Ok(())
        });
    let server = MockServer::builder().cloud_code(code).start().await.unwrap();
    let (ann, token) = sign_up(&server, "ann");
    let mut socket = Socket::open(server.url());
    let connect = |phone: &str| json!({"op": "connect", "applicationId": "app", "restAPIKey": "rest", "installationId": phone});
    let refused = |code: i64, error: &str, request: Value| json!({"op": "error", "code": code, "error": error, "reconnect": false, "requestId": request});
    assert_eq!(
        socket.ask(&connect("stolen")),
        refused(4242, "not with this phone", Value::Null)
    );
    assert_eq!(
        socket.subscribe(1, &json!({"className": "Game", "where": {}}))["code"],
        2
    );
    assert_eq!(socket.ask(&connect("own"))["op"], "connected");
    let everything = json!({"className": "Game", "where": {"all": true}});
    assert_eq!(
        socket.subscribe(1, &everything),
        refused(141, "not everything", json!(1))
    );
    assert_eq!(subscribe_with(&mut socket, 2, "Game", &token)["op"], "subscribed");
    assert_eq!(server.live_subscriptions()[0].filter, json!({"owner": ann}));
    for list in ["keys", "watch"] {
        let query = json!({"className": "Game", "where": {}, list: ["score"]});
        let error = format!("json.{list}.split is not a function");
        assert_eq!(socket.subscribe(3, &query), refused(141, &error, json!(3)));
    }

    for (owner, score) in [("bob", 1), (&*ann, 0), (&*ann, -1), (&*ann, 2)] {
        create(
            &server,
            "Game",
            &json!({"owner": owner, "score": score, "secret": "x"}),
        );
    }
    // bob's is not asked for, and that without a score is kept back
    assert_eq!(socket.hear(), refused(4243, "no such score", json!(2)));
    let event = socket.hear();
    assert_eq!(
        (&event["object"]["score"], &event["object"]["told"]),
        (&json!(2), &json!("create"))
    );
    assert_eq!(event["object"].get("secret"), None);
}

#[tokio::test]
async fn permissions_and_hidden_fields_hold_for_events() {
    let server = MockServer::start().await;
    let (ann, token) = sign_up(&server, "ann");
    let pointer = json!({"__type": "Pointer", "className": "_User", "objectId": ann});
    let definition = |permissions: &Value| json!({"className": "Doc", "classLevelPermissions": permissions});
    let mut first = definition(&json!({
        "find": {"pointerFields": ["owner"]}, "get": {"*": true}, "create": {"*": true}, "update": {"*": true},
        "protectedFields": {"*": ["secret"], "authenticated": []},
    }));
    first["fields"] =
        json!({"owner": {"type": "Pointer", "targetClass": "_User"}, "secret": {"type": "String"}});
    as_master(&server, "POST", "/schemas/Doc", &first);
    let mut nobody = Socket::connected(server.url(), &json!({}));
    let mut owner = Socket::connected(server.url(), &json!({}));
    let mut master = Socket::connected(server.url(), &json!({"masterKey": "master"}));
    nobody.subscribe(1, &json!({"className": "Doc", "where": {}}));
    subscribe_with(&mut owner, 2, "Doc", &token);
    master.subscribe(3, &json!({"className": "Doc", "where": {}}));
    as_master(&server, "POST", "/classes/Doc", &json!({"n": 1, "secret": "x"}));
    as_master(
        &server,
        "POST",
        "/classes/Doc",
        &json!({"n": 2, "secret": "x", "owner": pointer}),
    );
    let told = |event: &Value| {
        (
            event["object"]["n"].as_i64(),
            event["object"].get("secret").is_some(),
        )
    };
    assert_eq!(told(&owner.hear()), (Some(2), true));
    assert_eq!(
        [told(&master.hear()), told(&master.hear())],
        [(Some(1), true), (Some(2), true)]
    );

    // fields that their writer does not see are in no event of its
    let id = as_master(
        &server,
        "POST",
        "/classes/Doc",
        &json!({"n": 3, "secret": "x", "owner": pointer}),
    );
    owner.hear();
    let path = format!("/classes/Doc/{}", id["objectId"].as_str().unwrap());
    call(server.url(), "PUT", &path, &json!({"n": 4}));
    assert_eq!(told(&owner.hear()), (Some(4), false));

    // open to all: without what is hidden from them
    let open =
        definition(&json!({"find": {"*": true}, "protectedFields": {"*": ["secret"], "authenticated": []}}));
    as_master(&server, "PUT", "/schemas/Doc", &open);
    as_master(&server, "POST", "/classes/Doc", &json!({"n": 5, "secret": "x"}));
    assert_eq!(told(&nobody.hear()), (Some(5), false));
    assert_eq!(told(&owner.hear()), (Some(5), true));

    // closed since: each write is an error
    as_master(&server, "PUT", "/schemas/Doc", &definition(&json!({"find": {}})));
    as_master(&server, "POST", "/classes/Doc", &json!({"n": 6}));
    let error = nobody.hear();
    assert_eq!(
        (&error["op"], &error["code"], &error["requestId"]),
        (&json!("error"), &json!(119), &json!(1))
    );
}

/// Neither a password nor a token is in any event, and a mail address in those to its owner only.
#[tokio::test]
async fn events_of_users_tell_no_secrets() {
    let server = MockServer::start().await;
    let mut master = Socket::connected(server.url(), &json!({"masterKey": "master"}));
    let mut nobody = Socket::connected(server.url(), &json!({}));
    master.subscribe(1, &json!({"className": "_User", "where": {}}));
    nobody.subscribe(2, &json!({"className": "_User", "where": {}}));
    let (ann, token) = sign_up(&server, "ann");
    let path = format!("/users/{ann}");
    let open =
        json!({"ACL": {"*": {"read": true}, &ann: {"read": true, "write": true}}, "password": "better"});
    let changed = as_master(&server, "PUT", &path, &open);
    assert!(changed.get("sessionToken").is_none());
    let heard = [master.hear(), master.hear(), nobody.hear()];
    for event in &heard {
        assert_eq!(event["object"]["objectId"], *ann);
        let text = event.to_string();
        for secret in ["secret", "better", "$2", "r:", "password", "sessionToken"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert_eq!(heard[0]["op"], "create");
    assert_eq!(heard[0]["object"]["email"], "ann@example.org");
    // who could not read it before is not told what it was
    assert_eq!(heard[2]["op"], "enter");
    assert_eq!(
        (heard[2]["object"].get("email"), heard[2].get("original")),
        (None, None)
    );
    drop(token);
}

#[tokio::test]
async fn sessions_begin_and_end_for_their_user() {
    let server = MockServer::start().await;
    let (ann, token) = sign_up(&server, "ann");
    let mut socket = Socket::connected(server.url(), &json!({}));
    assert_eq!(
        subscribe_with(&mut socket, 1, "_Session", &token)["op"],
        "subscribed"
    );
    let log_in = |name: &str| {
        let body = json!({"_method": "GET", "username": name, "password": "secret"});
        call(server.url(), "POST", "/login", &body).json()
    };
    sign_up(&server, "bob");
    let second = log_in("ann");
    let event = socket.hear();
    assert_eq!(
        (&event["op"], &event["object"]["user"]["objectId"]),
        (&json!("create"), &json!(ann))
    );
    assert_eq!(
        event["object"]["createdWith"],
        json!({"action": "login", "authProvider": "password"})
    );
    let mut headers = KEYS.to_vec();
    headers.push(("X-Parse-Session-Token", second["sessionToken"].as_str().unwrap()));
    send(server.url(), "POST", "/logout", &headers, b"");
    let gone = socket.hear();
    assert_eq!(
        (&gone["op"], &gone["object"]["objectId"]),
        (&json!("delete"), &event["object"]["objectId"])
    );
}

/// By the proof of another service: the real server tells of the user as of a new one.
#[tokio::test]
async fn a_log_in_by_proof_is_an_event() {
    let builder = MockServer::builder().auth_provider("example", |data| data["token"] == "good");
    let server = builder.start().await.unwrap();
    let log_in = || {
        let body = json!({"authData": {"example": {"id": "1", "token": "good"}}});
        call(server.url(), "POST", "/users", &body).json()
    };
    let first = log_in();
    let token = first["sessionToken"].as_str().unwrap();
    let mut socket = Socket::connected(server.url(), &json!({}));
    subscribe_with(&mut socket, 1, "_User", token);
    subscribe_with(&mut socket, 2, "_Session", token);
    log_in();
    let heard = [socket.hear(), socket.hear()].map(|event| (event["op"].clone(), event["requestId"].clone()));
    assert_eq!(heard, [(json!("create"), json!(1)), (json!("create"), json!(2))]);
}

/// What a transaction takes back nobody hears of; the real server tells it all the same.
#[tokio::test]
async fn a_transaction_that_fails_is_no_event() {
    let server = MockServer::start().await;
    let mut socket = Socket::connected(server.url(), &json!({}));
    create(&server, "Game", &json!({"score": 0}));
    socket.subscribe(1, &json!({"className": "Game", "where": {}}));
    let post =
        |score: Value| json!({"method": "POST", "path": "/parse/classes/Game", "body": {"score": score}});
    let batch = json!({"transaction": true, "requests": [post(json!(1)), post(json!("a"))]});
    assert_eq!(call(server.url(), "POST", "/batch", &batch).status, 500);
    create(&server, "Game", &json!({"score": 2}));
    assert_eq!(socket.hear()["object"]["score"], 2);
}

/// A client that reads nothing costs no more than so much memory, and nobody waits for it.
#[tokio::test]
async fn who_reads_nothing_is_let_go() {
    let server = MockServer::start().await;
    let mut idle = Socket::connected(server.url(), &json!({}));
    let mut lively = Socket::connected(server.url(), &json!({}));
    idle.subscribe(1, &json!({"className": "Game", "where": {}}));
    lively.subscribe(1, &json!({"className": "Game", "where": {}, "keys": ["n"]}));
    let large = "x".repeat(4 * 1024 * 1024);
    for n in 0..20 {
        create(&server, "Game", &json!({"n": n, "text": large}));
        assert_eq!(lively.hear()["object"]["n"], n);
        if server.live_connections() == 1 {
            break;
        }
    }
    assert_eq!(server.live_connections(), 1);
    assert_eq!(server.live_subscriptions().len(), 1);
}

#[tokio::test]
async fn a_pattern_that_never_comes_to_an_end_stops_nobody() {
    let server = MockServer::start().await;
    let mut socket = Socket::connected(server.url(), &json!({}));
    let endless = json!({"className": "Game", "where": {"title": {"$regex": "^(a|a)*$"}}});
    assert_eq!(socket.subscribe(1, &endless)["op"], "subscribed");
    let other = json!({"className": "Game", "where": {"title": {"$regex": "!$"}}});
    assert_eq!(socket.subscribe(2, &other)["op"], "subscribed");
    create(&server, "Game", &json!({"title": "aaa"}));
    let heard = socket.hear();
    assert_eq!((&heard["op"], &heard["requestId"]), (&json!("create"), &json!(1)));
    for _ in 0..2 {
        create(&server, "Game", &json!({"title": "a".repeat(60) + "!"}));
        let heard = socket.hear();
        assert_eq!((&heard["op"], &heard["requestId"]), (&json!("create"), &json!(2)));
    }
}
