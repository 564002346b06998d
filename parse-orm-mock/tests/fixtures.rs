//! Fixtures: what is loaded is what the server then has, what is dumped can be loaded, mistakes are named.

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
use wire::{call, send};

const MASTER: [(&str, &str); 2] = [
    ("X-Parse-Application-Id", "app"),
    ("X-Parse-Master-Key", "master"),
];

/// A league as Parse exports it.
fn league() -> Value {
    json!({
        "Team": {"results": [
            {"objectId": "team000001", "name": "Red", "createdAt": "2020-01-02T03:04:05.678Z", "updatedAt": "2021-01-01T00:00:00.000Z"},
        ]},
        "Player": {"results": [
            {
                "objectId": "ann0000001", "name": "Ann", "born": {"__type": "Date", "iso": "1990-05-06T00:00:00.000Z"},
                "team": {"__type": "Pointer", "className": "Team", "objectId": "team000001"},
                "home": {"__type": "GeoPoint", "latitude": 40.5, "longitude": -30.25},
                "photo": {"__type": "File", "name": "ann.png", "url": "http://elsewhere/ann.png"},
                "friends": {"__type": "Relation", "className": "Player"},
                "ACL": {"*": {"read": true}, "user000001": {"read": true, "write": true}},
            },
            {"objectId": "bob0000001", "name": "Bob", "tags": ["a", {"b": null}], "friends": {"__type": "Relation", "className": "Player"}},
        ]},
        "_Join:friends:Player": {"results": [{"owningId": "ann0000001", "relatedId": "bob0000001"}]},
        "_User": {"results": [
            {"objectId": "user000001", "username": "ann", "password": "secret", "email": "ann@example.com"},
        ]},
        "_Role": {"results": [{"objectId": "role000001", "name": "Admins", "ACL": {"*": {"read": true}},
            "users": {"__type": "Relation", "className": "_User"}, "roles": {"__type": "Relation", "className": "_Role"}}]},
        "_Join:users:_Role": {"results": [{"owningId": "role000001", "relatedId": "user000001"}]},
    })
}

fn get(server: &MockServer, path: &str) -> Value {
    send(server.url(), "GET", &wire::encode(path), &MASTER, b"").json()
}

#[tokio::test]
async fn what_is_loaded_is_there() {
    let server = MockServer::start().await;
    assert_eq!(server.load_all(league()).unwrap(), 7);
    let team = get(&server, "/classes/Team/team000001");
    assert_eq!(
        team,
        json!({"objectId": "team000001", "name": "Red",
            "createdAt": "2020-01-02T03:04:05.678Z", "updatedAt": "2021-01-01T00:00:00.000Z"})
    );
    let ann = get(&server, "/classes/Player/ann0000001?include=team");
    assert_eq!(ann["team"]["name"], "Red");
    assert_eq!(ann["born"]["iso"], "1990-05-06T00:00:00.000Z");
    assert_eq!(ann["ACL"]["user000001"]["write"], true);
    assert!(ann["photo"]["url"].as_str().unwrap().starts_with(server.url()));
    assert_eq!(ann["createdAt"], ann["updatedAt"]);
    let related = r#"{"$relatedTo":{"object":{"__type":"Pointer","className":"Player","objectId":"ann0000001"},"key":"friends"}}"#;
    let friends = get(&server, &format!("/classes/Player?where={related}"));
    assert_eq!(friends["results"][0]["name"], "Bob");
    // the types are known: what does not fit is refused
    let reply = call(server.url(), "POST", "/classes/Team", &json!({"name": 1}));
    assert_eq!(reply.json()["code"], 111);
    // ACLs hold
    let reply = call(
        server.url(),
        "PUT",
        "/classes/Player/ann0000001",
        &json!({"name": "x"}),
    );
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn users_log_in_with_what_was_loaded() {
    let server = MockServer::start().await;
    server.load_all(league()).unwrap();
    let login = |server: &MockServer, password: &str| {
        let body = json!({"username": "ann", "password": password});
        call(server.url(), "POST", "/login", &body)
    };
    assert_eq!(login(&server, "secret").status, 200);
    assert_eq!(login(&server, "wrong").json()["code"], 101);
    // an export has the hash
    let dump = server.dump();
    let user = &dump["_User"]["results"][0];
    assert!(
        user["bcryptPassword"].as_str().unwrap().starts_with("$2") && !dump.to_string().contains("secret")
    );
    let other = MockServer::start().await;
    other.load("_User", dump["_User"].clone()).unwrap();
    assert_eq!(login(&other, "secret").json()["objectId"], "user000001");
}

#[tokio::test]
async fn a_dump_can_be_loaded_and_is_then_the_same() {
    let server = MockServer::start().await;
    server.load_all(league()).unwrap();
    call(server.url(), "POST", "/classes/Empty", &json!({"x": 1}));
    let dump = server.dump();
    let other = MockServer::start().await;
    assert_eq!(other.load_all(dump.clone()).unwrap(), 8);
    let again = other.dump().to_string().replace(other.url(), server.url());
    assert_eq!(again, dump.to_string());

    let name = format!("parse-orm-mock-{}-{}", std::process::id(), server.port());
    let directory = std::env::temp_dir().join(name).join("fixtures");
    server.dump_dir(&directory).unwrap();
    assert!(directory.join("_Join:friends:Player.json").exists());
    std::fs::write(directory.join("README.txt"), "not a class").unwrap();
    let third = MockServer::start().await;
    assert_eq!(third.load_dir(&directory).unwrap(), 8);
    assert_eq!(third.count("Player"), 2);
    assert_eq!(get(&third, "/classes/_Role")["results"][0]["name"], "Admins");

    std::fs::write(directory.join("Team.json"), "{\"results\": [").unwrap();
    let error = MockServer::start()
        .await
        .load_dir(&directory)
        .unwrap_err()
        .to_string();
    assert!(error.contains("Team.json") && error.contains("EOF"), "{error}");
    std::fs::remove_dir_all(directory.parent().unwrap()).unwrap();
    let error = server.load_dir(&directory).unwrap_err().to_string();
    assert!(error.contains("fixtures"), "{error}");
}

#[tokio::test]
async fn mistakes_name_class_row_and_field() {
    let server = MockServer::start().await;
    server
        .load("Team", json!([{"objectId": "team000001", "name": "Red"}]))
        .unwrap();
    server.load("_User", json!([{"username": "Ann"}])).unwrap();
    let before = server.dump();
    for (class, rows, message) in [
        (
            "Team",
            json!("x"),
            r#"Team: rows are expected, as {"results": [..]} or as an array"#,
        ),
        (
            "Team",
            json!({"rows": []}),
            r#"Team: rows are expected, as {"results": [..]} or as an array"#,
        ),
        ("Te am", json!([]), "Te am: no class can have this name"),
        (
            "Team",
            json!([{"name": "Blue"}, 7]),
            "Team, row 2: a row is a JSON object",
        ),
        (
            "Team",
            json!([{"name": "Blue"}, {"name": 7}]),
            "Team, row 2, field `name`: schema mismatch for Team.name; expected String but got Number",
        ),
        (
            "Team",
            json!([{"a b": 1}]),
            "Team, row 1, field `a b`: no field can have this name",
        ),
        (
            "Team",
            json!([{"objectId": 1}]),
            "Team, row 1, field `objectId`: a text is expected, or nothing",
        ),
        (
            "Team",
            json!([{"objectId": "team000001"}]),
            "Team, row 1, field `objectId`: `team000001` is there already",
        ),
        (
            "Team",
            json!([{"createdAt": "yesterday"}]),
            "Team, row 1, field `createdAt`: a date is expected: 2022-01-01T12:23:45.678Z",
        ),
        (
            "Team",
            json!([{"wins": {"__op": "Increment", "amount": 1}}]),
            "Team, row 1, field `wins`: a value is expected, not an operation",
        ),
        (
            "Team",
            json!([{"place": {"__type": "GeoPoint"}}]),
            "Team, row 1, field `place`: This is not a valid GeoPoint",
        ),
        (
            "_User",
            json!([{"username": "ann"}]),
            "_User, row 1, field `username`: Account already exists for this username.",
        ),
        (
            "_User",
            json!([{"username": "bob", "bcryptPassword": "plain"}]),
            "_User, row 1, field `password`: a `password` is a text, a `bcryptPassword` begins with `$2`",
        ),
        (
            "_Join:fans:Team",
            json!([{"owningId": "team000001"}]),
            "_Join:fans:Team, row 1, field `relatedId`: an object id is expected",
        ),
    ] {
        let error = server.load(class, rows).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(server.dump(), before, "{message}");
    }
    let half = json!({"Team": [{"name": "Blue"}], "Player": [{"name": "Ann"}, {"name": 1}]});
    assert!(server.load_all(half).is_err());
    assert_eq!((server.count("Team"), server.count("Player")), (1, 0));
    let error = server.load_all(json!([])).unwrap_err();
    assert_eq!((error.class.as_str(), error.row), ("all classes", None));
}

#[tokio::test]
async fn a_unique_index_holds_for_fixtures() {
    let server = MockServer::builder()
        .unique("Article", ["slug"])
        .start()
        .await
        .unwrap();
    let error = server
        .load("Article", json!([{"slug": "a"}, {"slug": "a"}]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Article, row 2: another row has the same value of a unique index"
    );
    assert_eq!(server.count("Article"), 0);
}
