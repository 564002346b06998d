//! LiveQuery's frames, without a client: what is answered, what is an event, and who hears of it.

use crate::backend::{Outcome, backend, unique};
use crate::socket::Socket;
use crate::wire::{KEYS, call, send};
use serde_json::{Value, json};

/// A class of which the real server of the tests publishes events.
const CLASS: &str = "LiveThing";

/// A request with the master key; what is answered.
fn as_master(url: &str, method: &str, path: &str, body: &Value) -> Value {
    let mut headers = KEYS.to_vec();
    headers.push(("X-Parse-Master-Key", "master"));
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = send(url, method, path, &headers, text.as_bytes());
    assert!(answer.status < 300, "{method} {path}: {}", answer.body);
    answer.json()
}

fn create(url: &str, object: &Value) -> String {
    let made = as_master(url, "POST", &format!("/classes/{CLASS}"), object);
    made["objectId"].as_str().expect("an id").to_owned()
}

/// A new user: the id, and the token of a session.
fn sign_up(url: &str) -> (String, String) {
    let body = json!({"username": unique("live"), "password": "secret"});
    let made = call(url, "POST", "/users", &body).json();
    let text = |key: &str| made[key].as_str().expect("a text").to_owned();
    (text("objectId"), text("sessionToken"))
}

fn refusal(code: i64, error: &str) -> Value {
    json!({"op": "error", "error": error, "code": code, "reconnect": true, "requestId": null})
}

#[tokio::test]
async fn what_is_no_frame_is_refused_with_the_reason() -> Outcome {
    let server = backend().await;
    let mut socket = Socket::open(&server.url());
    let subscribe = |query: &str| format!(r#"{{"op":"subscribe","requestId":1,"query":{query}}}"#);
    // no answer: the next one is that of the frame behind
    socket.say_text("no JSON");
    for (frame, error) in [
        ("5", "Invalid type: number (expected object)"),
        ("null", "Invalid type: null (expected object)"),
        ("[]", "Invalid type: array (expected object)"),
        ("{}", "Missing required property: op"),
        (r#"{"op":5}"#, "Invalid type: number (expected string)"),
        (r#"{"op":"nothing"}"#, "No enum match for: \"nothing\""),
        (r#"{"op":"connect"}"#, "Missing required property: applicationId"),
        (
            r#"{"op":"connect","applicationId":5}"#,
            "Invalid type: number (expected string)",
        ),
        (
            r#"{"op":"connect","applicationId":"app","x":1}"#,
            "Additional properties not allowed",
        ),
        (r#"{"op":"subscribe"}"#, "Missing required property: requestId"),
        (
            r#"{"op":"subscribe","requestId":1}"#,
            "Missing required property: query",
        ),
        (
            r#"{"op":"subscribe","requestId":"1","query":{}}"#,
            "Invalid type: string (expected number)",
        ),
        (&subscribe("5"), "Invalid type: number (expected object)"),
        (
            &subscribe(r#"{"className":"A"}"#),
            "Missing required property: where",
        ),
        (
            &subscribe(r#"{"where":{}}"#),
            "Missing required property: className",
        ),
        (
            &subscribe(r#"{"className":"A","where":[]}"#),
            "Invalid type: array (expected object)",
        ),
        (
            &subscribe(r#"{"className":"A","where":{},"limit":1}"#),
            "Additional properties not allowed",
        ),
        (
            &subscribe(r#"{"className":"A","where":{},"keys":"a"}"#),
            "Invalid type: string (expected array)",
        ),
        (
            &subscribe(r#"{"className":"A","where":{},"keys":[]}"#),
            "Array is too short (0), minimum 1",
        ),
        (
            &subscribe(r#"{"className":"A","where":{},"watch":["a","b","a"]}"#),
            "Array items are not unique (indices 0 and 2)",
        ),
        (
            &subscribe(r#"{"className":"A","where":{},"keys":[1]}"#),
            "Invalid type: number (expected string)",
        ),
        (r#"{"op":"unsubscribe"}"#, "Missing required property: requestId"),
        (
            r#"{"op":"update","requestId":1}"#,
            "Missing required property: query",
        ),
    ] {
        socket.say_text(frame);
        assert_eq!(socket.hear(), refusal(1, error), "{frame}");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_connects_before_it_subscribes() -> Outcome {
    let server = backend().await;
    let mut socket = Socket::open(&server.url());
    let query = json!({"className": CLASS, "where": {"run": unique("run")}});
    let before = |what: &str| {
        let error = format!("Can not find this client, make sure you connect to server before {what}");
        refusal(2, &error)
    };
    assert_eq!(socket.subscribe(1, &query), before("subscribing"));
    assert_eq!(
        socket.ask(&json!({"op": "unsubscribe", "requestId": 1})),
        before("unsubscribing")
    );
    // the application id is not looked at, but one of the keys must be right
    for keys in [
        json!({}),
        json!({"restAPIKey": "wrong"}),
        json!({"masterKey": ""}),
    ] {
        let mut connect = keys;
        connect["op"] = json!("connect");
        connect["applicationId"] = json!("app");
        assert_eq!(socket.ask(&connect), refusal(4, "Key in request is not valid"));
    }
    let connect = json!({"op": "connect", "applicationId": "another", "javascriptKey": "js", "installationId": "phone"});
    let connected = socket.ask(&connect);
    let id = connected["clientId"].as_str().ok_or("an id")?;
    assert_eq!(id.len(), 36);
    assert_eq!(
        connected,
        json!({"op": "connected", "clientId": id, "installationId": "phone"})
    );
    let answer = |op: &str, request: u64| json!({"op": op, "clientId": id, "installationId": "phone", "requestId": request});
    assert_eq!(socket.subscribe(1, &query), answer("subscribed", 1));
    // the same number again takes the place of the one before
    assert_eq!(socket.subscribe(1, &query), answer("subscribed", 1));
    let update = |request: u64| json!({"op": "update", "requestId": request, "query": query});
    assert_eq!(socket.ask(&update(1)), answer("subscribed", 1));
    assert_eq!(
        socket.ask(&json!({"op": "unsubscribe", "requestId": 1})),
        answer("unsubscribed", 1)
    );
    let gone = refusal(
        2,
        &format!(
            "Cannot find subscription with clientId {id} subscriptionId 1. Make sure you subscribe to live query server \
             before unsubscribing."
        ),
    );
    assert_eq!(socket.ask(&json!({"op": "unsubscribe", "requestId": 1})), gone);
    // an update of what is not there is refused, and done
    assert_eq!(socket.ask(&update(1)), gone);
    assert_eq!(socket.hear(), answer("subscribed", 1));
    // a second client on the same socket
    let again = socket.ask(&json!({"op": "connect", "applicationId": "app", "restAPIKey": "rest"}));
    assert_eq!(again["op"], "connected");
    assert_ne!(again["clientId"], id);
    Ok(())
}

#[tokio::test]
async fn a_query_that_cannot_be_is_refused() -> Outcome {
    let server = backend().await;
    let url = server.url();
    let mut socket = Socket::connected(&url, &json!({}));
    let mut master = Socket::connected(&url, &json!({"masterKey": "master"}));
    let class = unique("LiveRules").replace('-', "");
    let expression = |what: &str| format!("Invalid regular expression: Invalid regular expression: {what}");
    for (filter, error) in [
        (json!({"$or": 5}), "$or must be an array"),
        (json!({"$or": [{"$and": {}}]}), "$and must be an array"),
        (
            json!({"s": {"$regex": 5}}),
            "Invalid regular expression: $regex must be a string or RegExp",
        ),
        (
            json!({"s": {"$regex": "("}}),
            &expression("/(/: Unterminated group"),
        ),
        (
            json!({"s": {"$regex": "(", "$options": "i"}}),
            &expression("/(/i: Unterminated group"),
        ),
        // quotes are no help
        (
            json!({"s": {"$regex": "^\\Qa(b\\E"}}),
            &expression("/^\\Qa(b\\E/: Unterminated group"),
        ),
        (
            json!({"s": {"$regex": "[b-a]"}}),
            &expression("/[b-a]/: Range out of order in character class"),
        ),
        (
            json!({"$nor": [{"s": {"$regex": "*"}}]}),
            &expression("/*/: Nothing to repeat"),
        ),
        (
            json!({"s": {"$regex": "a", "$options": "x"}}),
            "Invalid regular expression: Invalid flags supplied to RegExp constructor 'x'",
        ),
    ] {
        let refused = socket.subscribe(7, &json!({"className": CLASS, "where": filter}));
        let expected =
            json!({"op": "error", "error": error, "code": 102, "reconnect": false, "requestId": 7});
        assert_eq!(refused, expected, "{filter}");
    }
    let code = |answer: &Value| (answer["op"] == "error").then(|| answer["code"].as_i64().expect("a code"));
    let ask = |socket: &mut Socket, filter: Value, token: Option<&str>| {
        let mut frame =
            json!({"op": "subscribe", "requestId": 8, "query": {"className": class, "where": filter}});
        if let Some(token) = token {
            frame["sessionToken"] = json!(token);
        }
        code(&socket.ask(&frame))
    };
    let (ann, session) = sign_up(&url);
    let definition = |permissions: Value| json!({"className": class, "classLevelPermissions": permissions});
    let mut fields = definition(json!({"find": {}, "get": {"*": true}}));
    fields["fields"] = json!({"secret": {"type": "String"}});
    as_master(&url, "POST", &format!("/schemas/{class}"), &fields);
    let put = |permissions: Value| {
        as_master(
            &url,
            "PUT",
            &format!("/schemas/{class}"),
            &definition(permissions),
        );
    };
    // permissions hold for the master key too, and `find` is asked for also where there is one id
    assert_eq!(ask(&mut socket, json!({"objectId": "x"}), None), Some(119));
    assert_eq!(ask(&mut master, json!({}), None), Some(119));
    put(json!({"find": {"requiresAuthentication": true}}));
    assert_eq!(ask(&mut socket, json!({}), None), Some(101));
    assert_eq!(ask(&mut socket, json!({}), Some("r:nobody")), Some(101));
    assert_eq!(ask(&mut socket, json!({}), Some(&session)), None);
    put(json!({"find": {ann: true}}));
    assert_eq!(ask(&mut socket, json!({}), Some(&session)), None);
    put(json!({"find": {"*": true}, "protectedFields": {"*": ["secret"]}}));
    for filter in [json!({"secret": 1}), json!({"$or": [{"secret.x": 1}]})] {
        assert_eq!(ask(&mut socket, filter.clone(), None), Some(119));
        assert_eq!(ask(&mut master, filter, None), None);
    }
    let watching = json!({"className": class, "where": {}, "watch": ["secret"]});
    assert_eq!(code(&socket.subscribe(9, &watching)), Some(119));
    // sessions are for those who have one
    let sessions = json!({"className": "_Session", "where": {}});
    let refused = json!({"op": "error", "error": "Invalid session token", "code": 209, "reconnect": false, "requestId": 9});
    assert_eq!(socket.subscribe(9, &sessions), refused);
    assert_eq!(master.subscribe(9, &sessions), refused);
    Ok(())
}

/// An event without what differs from server to server.
fn plain(event: &Value) -> Value {
    let mut plain = event.clone();
    for part in ["object", "original"] {
        if let Some(object) = plain[part].as_object_mut() {
            // relations are columns that any test may add to the class
            object.retain(|_, value| value.get("__type") != Some(&json!("Relation")));
            for date in ["createdAt", "updatedAt"] {
                assert!(
                    object.remove(date).is_some_and(|date| date.is_string()),
                    "{event}"
                );
            }
        }
    }
    if let Some(plain) = plain.as_object_mut() {
        plain.remove("clientId");
        plain.retain(|_, value| !value.is_null());
    }
    plain
}

#[tokio::test]
async fn events_tell_what_is_and_what_was() -> Outcome {
    let server = backend().await;
    let url = server.url();
    let run = unique("run");
    let mut all = Socket::connected(&url, &json!({}));
    let mut some = Socket::connected(&url, &json!({}));
    let mut keys = Socket::connected(&url, &json!({}));
    let mut watch = Socket::connected(&url, &json!({}));
    all.subscribe(1, &json!({"className": CLASS, "where": {"run": run}}));
    some.subscribe(
        2,
        &json!({"className": CLASS, "where": {"run": run, "mNumber": {"$gt": 5}}}),
    );
    keys.subscribe(
        3,
        &json!({"className": CLASS, "where": {"run": run}, "keys": ["mNumber", "nothing"]}),
    );
    watch.subscribe(
        4,
        &json!({"className": CLASS, "where": {"run": run}, "watch": ["mText"]}),
    );
    let date = json!({"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"});
    let made = json!({"run": run, "mNumber": 1, "mText": "a", "mDate": date, "mObject": {"a": {"b": 1}}, "mList": [1, "x"]});
    let id = create(&url, &made);
    let path = format!("/classes/{CLASS}/{id}");
    let object = |change: &Value| {
        let mut object = made.clone();
        object["objectId"] = json!(id);
        object["className"] = json!(CLASS);
        for (key, value) in change.as_object().expect("an object") {
            object[key] = value.clone();
        }
        object
    };
    let event = |op: &str, request: u64, now: &Value, was: Option<&Value>| {
        let mut event = json!({"op": op, "requestId": request, "object": object(now)});
        if let Some(was) = was {
            event["original"] = object(was);
        }
        event
    };
    let (first, second, third) = (
        json!({}),
        json!({"mNumber": 10}),
        json!({"mNumber": 10, "mText": "b"}),
    );
    assert_eq!(plain(&all.hear()), event("create", 1, &first, None));
    assert_eq!(plain(&watch.hear()), event("create", 4, &first, None));
    let narrow = |number: i64| json!({"className": CLASS, "objectId": id, "mNumber": number});
    assert_eq!(plain(&keys.hear())["object"], narrow(1));

    as_master(
        &url,
        "PUT",
        &path,
        &json!({"mNumber": {"__op": "Increment", "amount": 9}}),
    );
    assert_eq!(plain(&all.hear()), event("update", 1, &second, Some(&first)));
    assert_eq!(plain(&some.hear()), event("enter", 2, &second, Some(&first)));
    let heard = plain(&keys.hear());
    assert_eq!((&heard["object"], &heard["original"]), (&narrow(10), &narrow(1)));

    as_master(&url, "PUT", &path, &json!({"mText": "b"}));
    assert_eq!(plain(&all.hear()), event("update", 1, &third, Some(&second)));
    assert_eq!(plain(&some.hear()), event("update", 2, &third, Some(&second)));
    // the one before was none that it watches for
    assert_eq!(plain(&watch.hear()), event("update", 4, &third, Some(&second)));

    as_master(&url, "PUT", &path, &json!({"mNumber": 0}));
    let fourth = json!({"mNumber": 0, "mText": "b"});
    assert_eq!(plain(&some.hear()), event("leave", 2, &fourth, Some(&third)));
    assert_eq!(plain(&all.hear()), event("update", 1, &fourth, Some(&third)));

    as_master(&url, "DELETE", &path, &Value::Null);
    assert_eq!(plain(&all.hear()), event("delete", 1, &fourth, None));
    // watching is for changes
    assert_eq!(plain(&watch.hear()), event("delete", 4, &fourth, None));
    Ok(())
}

/// In a batch and in a transaction each write is an event.
#[tokio::test]
async fn every_write_of_a_batch_is_an_event() -> Outcome {
    let server = backend().await;
    let url = server.url();
    let run = unique("run");
    let mut socket = Socket::connected(&url, &json!({}));
    socket.subscribe(1, &json!({"className": CLASS, "where": {"run": run}}));
    for transaction in [false, true] {
        let create = |number: u64| {
            let body = json!({"run": run, "mNumber": number});
            json!({"method": "POST", "path": format!("/parse/classes/{CLASS}"), "body": body})
        };
        let batch = json!({"requests": [create(1), create(2)], "transaction": transaction});
        as_master(&url, "POST", "/batch", &batch);
        let mut heard = [socket.hear(), socket.hear()].map(|event| event["object"]["mNumber"].as_u64());
        heard.sort_unstable();
        assert_eq!(heard, [Some(1), Some(2)]);
    }
    Ok(())
}

/// Who may read an object hears of it: by a session of the subscription or of the connection, by a role, by the master
/// key. Who no longer may is told that it is gone, and not what became of it.
#[tokio::test]
async fn events_respect_acls() -> Outcome {
    let server = backend().await;
    let url = server.url();
    let run = unique("run");
    let (ann, ann_session) = sign_up(&url);
    let (bob, bob_session) = sign_up(&url);
    let role = unique("Live");
    let pointer = json!({"__type": "Pointer", "className": "_User", "objectId": bob});
    let role_body = json!({"name": role, "ACL": {}, "users": {"__op": "AddRelation", "objects": [pointer]}});
    as_master(&url, "POST", "/roles", &role_body);
    let query = json!({"className": CLASS, "where": {"run": run}});
    let subscribe = |connect: Value, token: Option<&str>| {
        let mut socket = Socket::connected(&url, &connect);
        let mut frame = json!({"op": "subscribe", "requestId": 1, "query": query});
        if let Some(token) = token {
            frame["sessionToken"] = json!(token);
        }
        assert_eq!(socket.ask(&frame)["op"], "subscribed");
        socket
    };
    let mut ann_hears = subscribe(json!({}), Some(&ann_session));
    let mut ann_by_connection = subscribe(json!({"sessionToken": ann_session}), None);
    let mut bob_hears = subscribe(json!({}), Some(&bob_session));
    let mut nobody = subscribe(json!({}), Some("r:nobody"));
    let mut master = subscribe(json!({"masterKey": "master"}), None);

    let heard = |event: &Value| {
        (
            event["op"].as_str().unwrap_or_default().to_owned(),
            event["object"]["mNumber"].as_i64(),
            event["original"]["mNumber"].as_i64(),
        )
    };
    let is = |op: &str, now: i64, was: Option<i64>| (op.to_owned(), Some(now), was);
    let id = create(
        &url,
        &json!({"run": run, "mNumber": 1, "ACL": {&ann: {"read": true}}}),
    );
    let put = |change: &Value| {
        as_master(&url, "PUT", &format!("/classes/{CLASS}/{id}"), change);
    };
    put(&json!({"mNumber": 2, "ACL": {format!("role:{role}"): {"read": true}}}));
    put(&json!({"mNumber": 3, "ACL": {"*": {"read": true}}}));
    put(&json!({"mNumber": 4, "ACL": {&ann: {"read": true}}}));
    put(&json!({"mNumber": 5, "ACL": {}}));
    as_master(&url, "DELETE", &format!("/classes/{CLASS}/{id}"), &Value::Null);

    // the object of what left is the last that could be read
    let to_ann = [
        is("create", 1, None),
        is("leave", 1, Some(1)),
        is("enter", 3, None),
        is("update", 4, Some(3)),
        is("leave", 4, Some(4)),
    ];
    assert_eq!(to_ann.each_ref().map(|_| heard(&ann_hears.hear())), to_ann);
    assert_eq!(
        to_ann.each_ref().map(|_| heard(&ann_by_connection.hear())),
        to_ann
    );
    let to_bob = [
        is("enter", 2, None),
        is("update", 3, Some(2)),
        is("leave", 3, Some(3)),
    ];
    assert_eq!(to_bob.each_ref().map(|_| heard(&bob_hears.hear())), to_bob);
    let to_nobody = [is("enter", 3, None), is("leave", 3, Some(3))];
    assert_eq!(to_nobody.each_ref().map(|_| heard(&nobody.hear())), to_nobody);
    let to_master = [
        is("create", 1, None),
        is("update", 2, Some(1)),
        is("update", 3, Some(2)),
        is("update", 4, Some(3)),
        is("update", 5, Some(4)),
        is("delete", 5, None),
    ];
    assert_eq!(to_master.each_ref().map(|_| heard(&master.hear())), to_master);
    // and nothing more: the next thing that is heard is an answer
    for socket in [
        &mut ann_hears,
        &mut ann_by_connection,
        &mut bob_hears,
        &mut nobody,
    ] {
        assert_eq!(
            socket.ask(&json!({"op": "unsubscribe", "requestId": 1}))["op"],
            "unsubscribed"
        );
    }
    Ok(())
}

/// What the SDK of the real server makes of pointers and relations is new every time: a change, whatever was written.
#[tokio::test]
async fn what_is_watched_is_compared_by_the_servers_own_objects() -> Outcome {
    let server = backend().await;
    let url = server.url();
    let run = unique("run");
    let mut socket = Socket::connected(&url, &json!({}));
    let fields = [
        "mPointer",
        "mPlace",
        "mDate",
        "mObject",
        "mObject.a",
        "objectId",
        "updatedAt",
        "mList",
    ];
    for (request, field) in fields.iter().enumerate() {
        let query = json!({"className": CLASS, "where": {"run": run}, "watch": [field]});
        socket.subscribe(request as u64, &query);
    }
    let made = json!({
        "run": run,
        "mPointer": {"__type": "Pointer", "className": CLASS, "objectId": "one"},
        "mPlace": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
        "mDate": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"},
        "mObject": {"a": 1},
        "mList": [1],
    });
    let id = create(&url, &made);
    let mut hear = |count: usize| {
        let mut heard: Vec<&str> = (0..count)
            .map(|_| {
                fields[usize::try_from(socket.hear()["requestId"].as_u64().expect("a number"))
                    .expect("a place")]
            })
            .collect();
        heard.sort_unstable();
        heard
    };
    assert_eq!(
        hear(6),
        ["mDate", "mList", "mObject", "mPlace", "mPointer", "updatedAt"]
    );
    let put = |change: &Value| as_master(&url, "PUT", &format!("/classes/{CLASS}/{id}"), change);
    put(&json!({"mNumber": 1}));
    assert_eq!(hear(2), ["mPointer", "updatedAt"]);
    put(&json!({"mPlace": made["mPlace"], "mDate": made["mDate"], "mObject": {"a": 2}}));
    assert_eq!(hear(3), ["mObject", "mPointer", "updatedAt"]);
    put(&json!({"mPointer": {"__op": "Delete"}, "mList": {"__op": "AddUnique", "objects": [1]}}));
    assert_eq!(hear(2), ["mPointer", "updatedAt"]);
    put(&json!({"mList": {"__op": "AddUnique", "objects": [2]}}));
    assert_eq!(hear(2), ["mList", "updatedAt"]);
    Ok(())
}
