//! Batches with `transaction`: all or nothing, for everybody who looks; and unique indexes, a way to fail.

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
use serde_json::{Value, json};
use wire::{Reply, call};

fn item(method: &str, path: &str, body: Value) -> Value {
    json!({"method": method, "path": format!("/parse{path}"), "body": body})
}

fn batch(server: &MockServer, transaction: bool, requests: &[Value]) -> Reply {
    let body = json!({"transaction": transaction, "requests": requests});
    call(server.url(), "POST", "/batch", &body)
}

/// The rows in the order of insertion, without their times.
fn rows(server: &MockServer, class: &str) -> Vec<Value> {
    let reply = call(server.url(), "GET", &format!("/classes/{class}"), &Value::Null).json();
    let mut rows = reply["results"].as_array().unwrap().clone();
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        row.retain(|key, _| !["createdAt", "updatedAt"].contains(&key.as_str()));
    }
    rows
}

fn post(server: &MockServer, class: &str, body: Value) -> String {
    let reply = call(server.url(), "POST", &format!("/classes/{class}"), &body);
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()["objectId"].as_str().unwrap().to_owned()
}

fn aborted(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.json()),
        (500, json!({"code": 1, "message": "Internal server error."}))
    );
}

#[tokio::test]
async fn all_happens() {
    let server = MockServer::start().await;
    let id = post(&server, "A", json!({"n": 1}));
    let reply = batch(
        &server,
        true,
        &[
            item("POST", "/classes/A", json!({"n": 2})),
            item(
                "PUT",
                &format!("/classes/A/{id}"),
                json!({"n": {"__op": "Increment", "amount": 5}}),
            ),
            item("POST", "/classes/New", json!({"n": 3})),
        ],
    );
    assert_eq!(reply.status, 200);
    let answers = reply.json();
    assert_eq!(answers[1]["success"]["n"], json!(6));
    let created = answers[0]["success"]["objectId"].as_str().unwrap();
    assert_eq!(
        rows(&server, "A"),
        [
            json!({"objectId": id, "n": 6}),
            json!({"objectId": created, "n": 2})
        ]
    );
    assert_eq!(server.count("New"), 1);
    assert_eq!(
        batch(&server, true, &[]).json(),
        json!([]),
        "a transaction of nothing"
    );
}

#[tokio::test]
async fn nothing_happens() {
    let server = MockServer::start().await;
    let pointer = |id: &str| json!({"__type": "Pointer", "className": "B", "objectId": id});
    let (x, y) = (
        post(&server, "B", json!({"n": 1})),
        post(&server, "B", json!({"n": 2})),
    );
    let many = json!({"__op": "AddRelation", "objects": [pointer(&x), pointer(&y)]});
    let owner = post(&server, "A", json!({"n": 1, "many": many}));
    let path = format!("/classes/A/{owner}");
    let related = || {
        let object = json!({"__type": "Pointer", "className": "A", "objectId": owner});
        let body = json!({"_method": "GET", "where": {"$relatedTo": {"object": object, "key": "many"}}, "order": "n"});
        call(server.url(), "POST", "/classes/B", &body).json()["results"].clone()
    };
    let before = (rows(&server, "A"), rows(&server, "B"), related());
    let failing = [
        item("PUT", "/classes/A/missing000", json!({"n": 1})),
        item("DELETE", "/classes/A/missing000", json!({})),
        item("POST", "/classes/A", json!({"n": "text"})),
        item("POST", "/classes/bad-name", json!({})),
        item("GET", "/classes/A/missing000", json!({})),
    ];
    for last in failing {
        let removal = json!({"__op": "RemoveRelation", "objects": [pointer(&x)]});
        let reply = batch(
            &server,
            true,
            &[
                item("POST", "/classes/A", json!({"n": 2})),
                item("PUT", &path, json!({"n": 7, "many": removal, "more": "text"})),
                item("PUT", &path, json!({"n": 8})),
                item("DELETE", &format!("/classes/B/{x}"), json!({})),
                item("POST", "/classes/New", json!({"n": 2})),
                last.clone(),
            ],
        );
        aborted(&reply);
        let after = (rows(&server, "A"), rows(&server, "B"), related());
        assert_eq!(after, before, "after {last}");
        assert_eq!(server.count("New"), 0);
    }
    // What the transaction taught the schema stays, as on the real server.
    let reply = call(server.url(), "PUT", &path, &json!({"more": 5}));
    assert_eq!(reply.json()["code"], json!(111));
    assert!(server.class_names().contains(&"New".to_owned()));
}

#[tokio::test]
async fn a_request_without_a_route_ends_it_too() {
    let server = MockServer::start().await;
    let reply = batch(
        &server,
        true,
        &[
            item("POST", "/classes/A", json!({"n": 2})),
            item("PATCH", "/classes/A/x", json!({})),
        ],
    );
    assert_eq!(
        (reply.status, reply.json()),
        (
            400,
            json!({"code": 107, "error": "cannot route PATCH /classes/A/x"})
        )
    );
    assert_eq!(server.count("A"), 0);
}

#[tokio::test]
async fn only_true_asks_for_one() {
    let server = MockServer::start().await;
    let requests = [
        item("POST", "/classes/A", json!({"n": 2})),
        item("POST", "/classes/A", json!({"n": "text"})),
        item("POST", "/classes/A", json!({"n": 4})),
    ];
    for transaction in [json!("true"), json!(1), json!(false), json!(null)] {
        let body = json!({"transaction": transaction, "requests": requests});
        let answers = call(server.url(), "POST", "/batch", &body).json();
        assert!(answers[0]["success"].is_object());
        assert_eq!(answers[1]["error"]["code"], json!(111));
        assert!(
            answers[2]["success"].is_object(),
            "one failing does not stop the others"
        );
    }
    assert_eq!(server.count("A"), 8);
}

#[tokio::test]
async fn a_find_sees_what_was_before() {
    let server = MockServer::start().await;
    post(&server, "A", json!({"n": 1}));
    let answers = batch(
        &server,
        true,
        &[
            item("POST", "/classes/A", json!({"n": 2})),
            item(
                "GET",
                "/classes/A",
                json!({"keys": "n", "where": {"n": {"$gt": 0}}}),
            ),
        ],
    );
    let found = answers.json()[1]["success"]["results"].clone();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(server.count("A"), 2);
}

#[tokio::test]
async fn others_see_all_or_nothing() {
    let server = MockServer::start().await;
    let pair = |transaction| {
        let ok = item("POST", "/classes/A", json!({"n": 1}));
        let last = json!({"n": if transaction { json!(1) } else { json!("text") }});
        batch(&server, true, &[ok.clone(), ok, item("POST", "/classes/A", last)])
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                scope.spawn(move || {
                    for round in 0..20 {
                        let good = (writer + round) % 2 == 0;
                        assert_eq!(pair(good).status, if good { 200 } else { 500 });
                    }
                })
            })
            .collect();
        let mut looks = 0;
        while looks < 50 || writers.iter().any(|writer| !writer.is_finished()) {
            assert_eq!(server.count("A") % 3, 0);
            assert_eq!(rows(&server, "A").len().min(99) % 3, 0);
            looks += 1;
        }
    });
    assert_eq!(server.count("A"), 4 * 10 * 3);
}

#[tokio::test]
async fn unique_values() {
    let server = MockServer::builder()
        .unique("A", ["slug"])
        .unique("Seat", ["hall", "number"])
        .start()
        .await
        .unwrap();
    let duplicate = |reply: Reply| {
        let body = json!({
            "code": 137, "error": "A duplicate value for a field with unique values was provided",
        });
        assert_eq!((reply.status, reply.json()), (400, body));
    };
    let url = server.url();
    let x = post(&server, "A", json!({"slug": "x"}));
    let y = post(&server, "A", json!({"slug": "y"}));
    post(&server, "A", json!({}));
    post(&server, "A", json!({}));
    duplicate(call(url, "POST", "/classes/A", &json!({"slug": "x"})));
    let path = format!("/classes/A/{y}");
    duplicate(call(url, "PUT", &path, &json!({"slug": "x", "n": 1})));
    assert_eq!(call(url, "GET", &path, &Value::Null).json()["slug"], json!("y"));
    assert_eq!(call(url, "PUT", &path, &json!({"slug": "y", "n": 1})).status, 200);
    assert_eq!(call(url, "PUT", &path, &json!({"slug": "z"})).status, 200);
    // Values that became free, by a change and by a removal.
    post(&server, "A", json!({"slug": "y"}));
    call(url, "DELETE", &format!("/classes/A/{x}"), &Value::Null);
    post(&server, "A", json!({"slug": "x"}));
    // Of another class, and of only one of two fields.
    post(&server, "B", json!({"slug": "x"}));
    post(&server, "Seat", json!({"hall": 1, "number": 1}));
    post(&server, "Seat", json!({"hall": 1, "number": 2}));
    duplicate(call(
        url,
        "POST",
        "/classes/Seat",
        &json!({"number": 2, "hall": 1.0}),
    ));
    // A transaction that fails gives back what it took.
    aborted(&batch(
        &server,
        true,
        &[
            item("POST", "/classes/A", json!({"slug": "new"})),
            item("POST", "/classes/A", json!({"slug": "x"})),
        ],
    ));
    post(&server, "A", json!({"slug": "new"}));
    server.reset();
    post(&server, "A", json!({"slug": "x"}));
    duplicate(call(url, "POST", "/classes/A", &json!({"slug": "x"})));
}

/// The session that a proof of another service opens is one of the writes.
#[tokio::test]
async fn a_log_in_is_undone_as_well() {
    let builder = MockServer::builder().auth_provider("sso", |data| data["token"] == "good");
    let server = builder.start().await.unwrap();
    let proof = |more: &str| json!({"authData": {"sso": {"id": "1", "token": "good", "more": more}}});
    let known = call(server.url(), "POST", "/users", &proof("a"));
    assert_eq!(known.status, 201, "{}", known.body);
    post(&server, "A", json!({"n": 1}));
    let before = server.dump();
    let requests = [
        item("POST", "/users", proof("b")),
        item("PUT", "/classes/A/nosuchid", json!({"n": 1})),
    ];
    aborted(&batch(&server, true, &requests));
    assert_eq!(server.dump(), before);

    let reply = batch(&server, true, &requests[..1]);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let user = &reply.json()[0]["success"];
    assert_eq!(user["objectId"], known.json()["objectId"]);
    assert!(user["sessionToken"].is_string(), "{user}");
    assert_ne!(server.dump(), before);
}
