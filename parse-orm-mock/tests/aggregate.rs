//! `/aggregate` as on MongoDB: pipelines, `distinct`, and what happens to names and values on the way.

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
use wire::{Reply, call, encode, send};

const MASTER: [(&str, &str); 2] = [
    ("X-Parse-Application-Id", "app"),
    ("X-Parse-Master-Key", "master"),
];

struct Data {
    server: MockServer,
    players: Vec<String>,
}

fn pointer(class: &str, id: &str) -> Value {
    json!({"__type": "Pointer", "className": class, "objectId": id})
}

fn date(day: u32) -> Value {
    json!({"__type": "Date", "iso": format!("2020-01-{day:02}T00:00:00.000Z")})
}

impl Data {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let create = |class: &str, body: Value| {
            let reply = call(server.url(), "POST", &format!("/classes/{class}"), &body);
            assert_eq!(reply.status, 201, "{}", reply.body);
            reply.json()["objectId"].as_str().unwrap().to_owned()
        };
        let players: Vec<String> = ["Ann", "Bob"]
            .iter()
            .map(|name| create("Player", json!({"name": name})))
            .collect();
        for (i, score) in [10, 20, 30, 5, 7].into_iter().enumerate() {
            create(
                "Score",
                json!({
                    "i": i, "score": score, "player": pointer("Player", &players[i % 2]), "tags": ["a", format!("t{i}")],
                    "at": date(u32::try_from(i).unwrap() + 1), "o": {"k": i % 2},
                    "loc": {"__type": "GeoPoint", "latitude": i, "longitude": 5},
                }),
            );
        }
        create(
            "Score",
            json!({"i": 5, "fans": {"__op": "AddRelation", "objects": [pointer("Player", &players[0])]}}),
        );
        Self { server, players }
    }

    fn get(&self, parameters: &[(&str, Value)]) -> Reply {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(key, value)| {
                format!(
                    "{key}={}",
                    encode(&text(value)).replace('&', "%26").replace('=', "%3D")
                )
            })
            .collect();
        send(
            self.server.url(),
            "GET",
            &format!("/aggregate/Score?{}", pairs.join("&").replace('$', "%24")),
            &MASTER,
            b"",
        )
    }

    fn run(&self, pipeline: Value) -> Vec<Value> {
        let reply = self.get(&[("pipeline", pipeline)]);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["results"].as_array().unwrap().clone()
    }

    fn distinct(&self, field: &str) -> Value {
        self.get(&[("distinct", json!(field))]).json()["results"].clone()
    }

    fn refused(&self, pipeline: Value) -> (u16, i64, String) {
        let reply = self.get(&[("pipeline", pipeline)]);
        let body = reply.json();
        let text = body["error"].as_str().unwrap_or_default().to_owned();
        (reply.status, body["code"].as_i64().unwrap_or_default(), text)
    }
}

#[tokio::test]
async fn only_the_master_key() {
    let data = Data::new().await;
    let url = data.server.url();
    let reply = call(url, "GET", "/aggregate/Score?distinct=i", &Value::Null);
    assert_eq!(
        (reply.status, reply.json()),
        (403, json!({"error": "Permission denied"}))
    );
    let requests = json!({"requests": [{"method": "GET", "path": "/parse/aggregate/Score", "body": {"distinct": "o.k"}}]});
    let batch = |headers: &[(&str, &str)]| {
        send(url, "POST", "/batch", headers, requests.to_string().as_bytes()).json()
    };
    assert_eq!(batch(&MASTER), json!([{"success": {"results": [0, 1]}}]));
    assert_eq!(
        batch(&wire::KEYS),
        json!([{"error": {"error": "Permission denied"}}])
    );
    assert_eq!(
        send(url, "POST", "/aggregate/Score", &MASTER, b"{\"pipeline\":[]}").status,
        404
    );
}

#[tokio::test]
async fn groups() {
    let data = Data::new().await;
    let groups = data.run(json!([
        {"$match": {"score": {"$gt": 6}}},
        {"$group": {"_id": "$player", "total": {"$sum": "$score"}, "last": {"$max": "$at"}, "who": {"$first": "$player"}}},
        {"$sort": {"total": -1}},
    ]));
    let relation = json!({"__type": "Relation", "className": "Player"});
    let group = |player: &str, total: i64, day: u32| {
        json!({
            "objectId": player, "total": total, "last": date(day), "who": format!("Player${player}"), "fans": relation,
        })
    };
    // A pointer groups by its text in the database; only as the whole id it is turned back. Relations show on
    // every result, as on every row.
    assert_eq!(
        groups,
        [group(&data.players[0], 47, 5), group(&data.players[1], 20, 2)]
    );
    let compound = data.run(json!([
        {"$match": {"o": {"$exists": true}}},
        {"$group": {"_id": {"k": "$o.k", "p": "$player"}, "n": {"$count": {}}}},
        {"$project": {"n": 1}}, {"$limit": 1},
    ]));
    assert_eq!(
        compound[0]["objectId"],
        json!({"k": 0, "p": format!("Player${}", data.players[0])})
    );
    let all = data.run(json!([{"$group": {"_id": null, "n": {"$sum": 1}, "avg": {"$avg": "$score"}, "createdAt": {"$min": "$createdAt"}}}]));
    assert_eq!(
        (&all[0]["objectId"], &all[0]["n"], &all[0]["avg"]),
        (&json!(null), &json!(6), &json!(14.4))
    );
    assert!(
        all[0]["createdAt"].as_str().unwrap().ends_with('Z'),
        "the bare text of a time"
    );
    // A date as the id of a group is taken for an empty object.
    let days = data.run(json!([{"$match": {"i": {"$lt": 2}}}, {"$group": {"_id": "$at", "n": {"$sum": 1}}}]));
    assert_eq!((days.len(), &days[0]["objectId"]), (2, &json!(null)));
}

#[tokio::test]
async fn rows_come_as_objects() {
    let data = Data::new().await;
    let found = data.run(json!([{"$match": {"i": 1}}]));
    let row = &found[0];
    assert_eq!(row["player"], pointer("Player", &data.players[1]));
    assert_eq!(row["at"], date(2));
    assert_eq!(
        row["loc"],
        json!({"__type": "GeoPoint", "latitude": 1, "longitude": 5})
    );
    assert!(row["createdAt"].is_string() && row["objectId"].is_string());
    assert_eq!(row.get("ACL"), None);
    let id = row["objectId"].clone();
    let ids = |filter: Value| {
        let rows = data.run(json!([{"$match": filter}]));
        rows.iter()
            .map(|row| row["i"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(json!({"objectId": id})), [1]);
    assert_eq!(ids(json!({"player": data.players[1]})), [1, 3]);
    // A pointer object, a date object and a list of bare ids say nothing to the database.
    assert_eq!(
        ids(json!({"player": pointer("Player", &data.players[1])})),
        [0; 0]
    );
    assert_eq!(ids(json!({"player": {"$in": [data.players[1]]}})), [0; 0]);
    assert_eq!(
        ids(json!({"player": {"$in": [format!("Player${}", data.players[1])]}})),
        [1, 3]
    );
    assert_eq!(ids(json!({"at": {"$gt": date(3)}})), [0; 0]);
    assert_eq!(ids(json!({"at": {"$gt": "2020-01-03T00:00:00.000Z"}})), [3, 4]);
    assert_eq!(
        ids(json!({"createdAt": {"$gt": "2020-01-01"}, "o": {"k": 1}})),
        [1, 3]
    );
    assert_eq!(ids(json!({"createdAt": {"$lt": "2020-01-01"}})), [0; 0]);
    assert_eq!(ids(json!({"tags": "t2"})), [2]);
}

#[tokio::test]
async fn stages() {
    let data = Data::new().await;
    let field = |rows: &[Value], name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    let page =
        data.run(json!([{"$sort": {"score": -1}}, {"$skip": 1}, {"$limit": 2}, {"$project": {"score": 1}}]));
    assert_eq!(field(&page, "score"), [json!(20), json!(10)]);
    assert_eq!(
        page[0].as_object().unwrap().len(),
        3,
        "id, score and the relation: {}",
        page[0]
    );
    let first = data.run(json!([{"$sort": {"score": 1}}, {"$limit": 1}]));
    assert_eq!(field(&first, "i"), [json!(5)], "missing comes first");
    // The stages that are not rewritten know only the columns.
    let newest = data.run(json!([{"$sort": {"_created_at": -1, "i": -1}}, {"$limit": 1}]));
    assert_eq!(field(&newest, "i"), [json!(5)]);
    let untouched = data.run(json!([{"$sort": {"createdAt": -1}}, {"$limit": 1}]));
    assert_eq!(field(&untouched, "i"), [json!(0)]);
    let tags = data.run(json!([{"$unwind": "$tags"}, {"$sortByCount": "$tags"}, {"$limit": 1}]));
    assert_eq!(
        (&tags[0]["objectId"], &tags[0]["count"]),
        (&json!("a"), &json!(5))
    );
    let computed = data.run(json!([
        {"$match": {"i": {"$lte": 1}}},
        {"$addFields": {"twice": {"$multiply": ["$score", 2]}, "day": {"$dayOfMonth": "$at"}}},
        {"$project": {"_id": 0, "twice": 1, "day": 1, "name": {"$concat": ["#", {"$toString": "$i"}]}}},
        {"$unset": "day"},
    ]));
    assert_eq!(field(&computed, "twice"), [json!(20), json!(40)]);
    assert_eq!(field(&computed, "name"), [json!("#0"), json!("#1")]);
    assert_eq!(
        (computed[0].get("day"), computed[0].get("objectId")),
        (None, None)
    );
    assert_eq!(data.run(json!([{"$count": "n"}]))[0]["n"], json!(6));
    assert!(
        data.run(json!([{"$match": {"i": 99}}, {"$count": "n"}]))
            .is_empty()
    );
    let mut sample = field(&data.run(json!([{"$sample": {"size": 4}}])), "i");
    sample.sort_by_key(Value::as_i64);
    sample.dedup();
    assert_eq!(sample.len(), 4);
    let joined = data.run(json!([
        {"$match": {"i": 0}},
        {"$addFields": {"playerId": {"$arrayElemAt": [{"$split": ["$_p_player", {"$literal": "$"}]}, 1]}}},
        {"$lookup": {"from": "Player", "localField": "playerId", "foreignField": "_id", "as": "players"}},
        {"$project": {"players.name": 1, "players._id": 1}},
    ]));
    assert_eq!(
        joined[0]["players"],
        json!([{"_id": data.players[0], "name": "Ann"}])
    );
    assert_eq!(
        data.get(&[("explain", json!(true)), ("pipeline", json!([{"$count": "n"}]))])
            .json()["results"][0]["ok"],
        json!(1)
    );
}

#[tokio::test]
async fn distinct_values() {
    let data = Data::new().await;
    assert_eq!(data.distinct("o.k"), json!([0, 1]));
    assert_eq!(data.distinct("tags"), json!(["a", "t0", "t1", "t2", "t3", "t4"]));
    assert_eq!(data.distinct("unknown"), json!([]));
    assert_eq!(data.distinct("at").as_array().unwrap()[0], date(1));
    let players: Vec<Value> = data.players.iter().map(|id| pointer("Player", id)).collect();
    assert_eq!(data.distinct("player"), json!(players));
    assert_eq!(data.distinct("objectId").as_array().unwrap().len(), 6);
    let filter = json!({"player": pointer("Player", &data.players[0]), "score": {"$gt": 8}});
    let reply = data.get(&[("distinct", json!("score")), ("where", filter)]);
    assert_eq!(reply.json(), json!({"results": [10, 30]}));
    let inside = json!({"player": {"$inQuery": {"className": "Player", "where": {"name": "Bob"}}}});
    let reply = data.get(&[("distinct", json!("i")), ("where", inside)]);
    assert_eq!(reply.json(), json!({"results": [1, 3]}));
    let missing = send(
        data.server.url(),
        "GET",
        "/aggregate/None?distinct=x",
        &MASTER,
        b"",
    )
    .json();
    assert_eq!(missing, json!({"results": []}));
}

#[tokio::test]
async fn long_pipelines_come_in_the_body() {
    let data = Data::new().await;
    let post = |body: Value| {
        let body = body.to_string();
        send(
            data.server.url(),
            "POST",
            "/aggregate/Score",
            &MASTER,
            body.as_bytes(),
        )
        .json()
    };
    let count = json!([{"objectId": null, "n": 6, "fans": {"__type": "Relation", "className": "Player"}}]);
    let group = json!({"_id": null, "n": {"$sum": 1}});
    for body in [
        json!({"_method": "GET", "pipeline": [{"$group": group}]}),
        json!({"_method": "GET", "pipeline": {"$group": group}}),
        json!({"_method": "GET", "$group": group, "comment": "c", "readPreference": "NEAREST"}),
    ] {
        assert_eq!(post(body)["results"], count);
    }
    let wrong = post(json!({"_method": "GET", "pipeline": [], "readPreference": "sideways"}));
    assert_eq!(
        wrong,
        json!({"code": 102, "error": "Not supported read preference."})
    );
}

#[tokio::test]
async fn mistakes_are_told_as_by_the_database() {
    let data = Data::new().await;
    for (pipeline, message) in [
        (json!([{"group": {"_id": 1}}]), "Invalid aggregate stage 'group'."),
        (
            json!([{"$a": 1, "$b": 1}]),
            "Pipeline stages should only have one key but found $a, $b.",
        ),
        (
            json!([{"$group": {"objectId": 1}}]),
            "Cannot use 'objectId' in aggregation stage $group.",
        ),
        (
            json!([{"$group": {"n": 1}}]),
            "Invalid parameter for query: group. Missing key _id",
        ),
        (
            json!([{"$bogus": 1}]),
            "Unrecognized pipeline stage name: '$bogus'",
        ),
        (
            json!([{"$match": {"i": {"$bogus": 1}}}]),
            "unknown operator: $bogus",
        ),
        (
            json!([{"$match": {"at": {"$in": ["2020-01-01"]}}}]),
            "$in needs an array",
        ),
        (
            json!([{"$project": {"x": {"$bogus": 1}}}]),
            "Invalid $project :: caused by :: Unrecognized expression '$bogus'",
        ),
        (
            json!([{"$project": {"x": {"$add": ["$i", "$tags"]}}}]),
            "PlanExecutor error during aggregation :: caused by :: $add only supports numeric or date types, not array",
        ),
    ] {
        assert_eq!(data.refused(pipeline), (400, 102, message.to_owned()));
    }
    assert_eq!(data.refused(json!([{"$facet": {}}])).1, 108);
    assert_eq!(data.refused(json!([null])).0, 500);
    assert_eq!(
        data.get(&[("limit", json!(1))]).json()["error"],
        json!("Invalid aggregate stage 'limit'.")
    );
}
