//! Behaviour that the recorded answers, made on PostgreSQL, cannot show: that of MongoDB.

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
use wire::call;

struct Data {
    server: MockServer,
}

impl Data {
    async fn new(rows: &[Value]) -> Self {
        let data = Self {
            server: MockServer::start().await,
        };
        for row in rows {
            data.post(row);
        }
        data
    }

    fn post(&self, row: &Value) -> String {
        let reply = call(self.server.url(), "POST", "/classes/A", row);
        assert_eq!(reply.status, 201, "{row}: {}", reply.body);
        reply.json()["objectId"].as_str().unwrap().to_owned()
    }

    /// The `i` of the rows that a query finds.
    fn find(&self, parameters: Value) -> Vec<i64> {
        let reply = self.query(parameters);
        let rows = reply["results"]
            .as_array()
            .unwrap_or_else(|| panic!("{reply}"))
            .clone();
        rows.iter().map(|row| row["i"].as_i64().unwrap()).collect()
    }

    fn filter(&self, filter: Value) -> Vec<i64> {
        self.find(json!({"where": filter}))
    }

    fn query(&self, mut parameters: Value) -> Value {
        parameters["_method"] = json!("GET");
        call(self.server.url(), "POST", "/classes/A", &parameters).json()
    }

    fn code(&self, filter: Value) -> Value {
        self.query(json!({"where": filter}))["code"].clone()
    }
}

fn date(day: u32) -> Value {
    json!({"__type": "Date", "iso": format!("2020-01-{day:02}T00:00:00.000Z")})
}

#[tokio::test]
async fn arrays_and_nulls() {
    let data = Data::new(&[
        json!({"i": 0, "tags": ["a", "b"], "n": 5, "o": {"k": 1}, "d": date(1)}),
        json!({"i": 1, "tags": ["b"], "n": null, "o": {"k": {"x": 1, "y": 2}}, "d": date(2)}),
        json!({"i": 2, "o": {"list": [{"z": 1}, {"z": 2}]}, "d": date(3)}),
        json!({"i": 3, "tags": [], "n": 7}),
    ])
    .await;
    assert_eq!(data.filter(json!({"tags": "b"})), [0, 1]);
    assert_eq!(data.filter(json!({"tags": {"$ne": "a"}})), [1, 2, 3]);
    assert_eq!(data.filter(json!({"tags": {"$nin": ["a"]}})), [1, 2, 3]);
    assert_eq!(data.filter(json!({"tags": {"$all": ["b", "a"]}})), [0]);
    assert_eq!(data.filter(json!({"tags": {"$all": []}})), [0; 0]);
    assert_eq!(data.filter(json!({"tags": {"$eq": ["a", "b"]}})), [0]);
    assert_eq!(
        data.filter(json!({"tags": {"$containedBy": ["b", "c"]}})),
        [1, 2, 3]
    );
    assert_eq!(data.filter(json!({"tags": {"$regex": "^\\Qa\\E"}})), [0]);
    assert_eq!(data.filter(json!({"n": null})), [1, 2]);
    assert_eq!(data.filter(json!({"n": {"$ne": null}})), [0, 3]);
    assert_eq!(data.filter(json!({"n": {"$in": [null, 7]}})), [1, 2, 3]);
    assert_eq!(data.filter(json!({"n": {"$exists": true}})), [0, 1, 3]);
    assert_eq!(data.filter(json!({"n": {"$gt": "4"}})), [0; 0]);
    assert_eq!(data.filter(json!({"n": {"$gt": 5}})), [3]);
    assert_eq!(data.filter(json!({"n": 5.0})), [0]);
    assert_eq!(data.filter(json!({"o.k": {"y": 2, "x": 1}})), [1]);
    assert_eq!(data.filter(json!({"o.k": {"$exists": true}})), [0, 1]);
    assert_eq!(data.filter(json!({"o.list.z": 2})), [2]);
    assert_eq!(data.filter(json!({"o.list.1.z": 2})), [2]);
    assert_eq!(data.filter(json!({"o.list.0.z": 2})), [0; 0]);
    assert_eq!(data.filter(json!({"d": {"$in": [date(2), date(3)]}})), [1, 2]);
    assert_eq!(data.filter(json!({"d": {"$ne": date(2)}})), [0, 2, 3]);
    assert_eq!(data.filter(json!({"$nor": [{"n": 5}, {"tags": "b"}]})), [2, 3]);
    assert_eq!(data.code(json!({"o": {"k": 1}})), json!(107));
    assert_eq!(data.code(json!({"o": {"$eq": {"k": 1}}})), json!(107));
    assert_eq!(data.code(json!({"tags": ["a"]})), json!(107));
    assert_eq!(data.code(json!({"n": {"$foo": 1}})), json!(107));
    assert_eq!(data.code(json!({"n": {"$in": 1}})), json!(107));
    assert_eq!(data.code(json!({"n": {"$regex": "["}})), json!(1));
}

#[tokio::test]
async fn order_of_mixed_values() {
    let data = Data::new(&[
        json!({"i": 0, "o": {"v": "text"}}),
        json!({"i": 1, "o": {"v": 10}}),
        json!({"i": 2, "o": {"v": true}}),
        json!({"i": 3}),
        json!({"i": 4, "o": {"v": 2}}),
        json!({"i": 5, "o": {"v": null}}),
        json!({"i": 6, "o": {"v": [1, 50]}}),
    ])
    .await;
    assert_eq!(data.find(json!({"order": "o.v"})), [3, 5, 6, 4, 1, 0, 2]);
    assert_eq!(data.find(json!({"order": "-o.v"})), [2, 0, 6, 1, 4, 3, 5]);
    assert_eq!(data.find(json!({"order": "o.v,-i"})), [5, 3, 6, 4, 1, 0, 2]);
    assert_eq!(data.find(json!({"order": "unknown", "skip": 5})), [5, 6]);
    assert_eq!(
        data.query(json!({"limit": 2, "skip": 3, "count": 1}))["count"],
        json!(7)
    );
}

#[tokio::test]
async fn nulls_numbers_and_acl_come_back() {
    let data = Data::new(&[]).await;
    let id = data.post(&json!({
        "n": null, "one": 1.0, "big": 12_345_678_901_234_567_890_u64, "neg": -0.0,
        "ACL": {"*": {"read": true, "write": false}, "role:A": {"write": true}},
    }));
    let row = call(
        data.server.url(),
        "GET",
        &format!("/classes/A/{id}"),
        &Value::Null,
    );
    assert!(row.body.contains("\"one\":1,"), "{}", row.body);
    assert!(row.body.contains("\"big\":12345678901234567000,"), "{}", row.body);
    assert!(row.body.contains("\"neg\":0,"), "{}", row.body);
    let row = row.json();
    assert_eq!(row["n"], Value::Null);
    assert!(row.as_object().unwrap().contains_key("n"));
    assert_eq!(
        row["ACL"],
        json!({"*": {"read": true}, "role:A": {"write": true}})
    );
    let keys = call(
        data.server.url(),
        "GET",
        &format!("/classes/A/{id}?keys=one"),
        &Value::Null,
    )
    .json();
    assert!(keys["ACL"].is_object());
    // A pointer that is null does not come at all.
    let id = data.post(&json!({"p": {"__type": "Pointer", "className": "B", "objectId": "x"}}));
    let path = format!("/classes/A/{id}");
    assert_eq!(
        call(data.server.url(), "PUT", &path, &json!({"p": null})).status,
        200
    );
    assert_eq!(
        call(data.server.url(), "GET", &path, &Value::Null)
            .json()
            .get("p"),
        None
    );
}

#[tokio::test]
async fn operations_keep_their_order() {
    let data = Data::new(&[]).await;
    let path = format!(
        "/classes/A/{}",
        data.post(&json!({"a": [3, 1, 1], "o": {"x": 1}}))
    );
    let put = |body: Value| call(data.server.url(), "PUT", &path, &body);
    let op = |name: &str, objects: Value| json!({"__op": name, "objects": objects});
    assert_eq!(
        put(json!({"a": op("Add", json!([2, 1]))})).json()["a"],
        json!([3, 1, 1, 2, 1])
    );
    assert_eq!(
        put(json!({"a": op("AddUnique", json!([9, 2, 9]))})).json()["a"],
        json!([3, 1, 1, 2, 1, 9])
    );
    assert_eq!(
        put(json!({"a": op("Remove", json!([1.0]))})).json()["a"],
        json!([3, 2, 9])
    );
    assert_eq!(
        put(json!({"o.l": op("Add", json!([1]))})).json()["o"],
        json!({"l": [1]})
    );
    assert_eq!(
        put(json!({"a.1": {"__op": "Increment", "amount": 5}})).json()["a"],
        json!([3, 7, 9])
    );
    // A path that lies inside another one of the same update is a conflict for the database.
    let conflict = put(json!({"o": {"x": 2}, "o.x": 3}));
    assert_eq!(
        (conflict.status, conflict.json()),
        (500, json!({"code": 1, "message": "Internal server error."}))
    );
    assert_eq!(put(json!({"o.x.y": 1})).status, 500);
    let row = call(data.server.url(), "GET", &path, &Value::Null).json();
    assert_eq!(row["o"], json!({"x": 1, "l": [1]}));
}

#[tokio::test]
async fn distances() {
    let place = |i: i32| json!({"i": i, "loc": {"__type": "GeoPoint", "latitude": 40 + i, "longitude": -30}});
    let data = Data::new(&[place(0), place(3), place(1), json!({"i": 9})]).await;
    let near = |more: Value| {
        let mut constraint = json!({"$nearSphere": {"__type": "GeoPoint", "latitude": 40, "longitude": -30}});
        constraint
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"loc": constraint})
    };
    assert_eq!(data.filter(near(json!({}))), [0, 1, 3]);
    assert_eq!(
        data.filter(near(json!({"$maxDistanceInKilometers": 120}))),
        [0, 1]
    );
    assert_eq!(data.filter(near(json!({"$maxDistanceInMiles": 60}))), [0]);
    assert_eq!(data.filter(near(json!({"$maxDistance": 0.02}))), [0, 1]);
    assert_eq!(
        data.query(json!({"where": near(json!({"$maxDistance": 0.02})), "count": 1, "limit": 0}))["count"],
        json!(2)
    );
    assert_eq!(
        data.find(json!({"where": near(json!({})), "order": "-i"})),
        [3, 1, 0]
    );
}

#[tokio::test]
async fn relations_and_includes() {
    let data = Data::new(&[]).await;
    let url = data.server.url();
    let (a, b) = (data.post(&json!({"i": 1})), data.post(&json!({"i": 2})));
    let pointer = |id: &str| json!({"__type": "Pointer", "className": "A", "objectId": id});
    let owner = call(
        url,
        "POST",
        "/classes/Owner",
        &json!({
            "many": {"__op": "AddRelation", "objects": [pointer(&a), pointer(&b)]},
            "list": [pointer(&a), pointer("gone"), pointer(&b)], "one": pointer("gone"), "two": pointer(&b),
        }),
    );
    let owner = owner.json()["objectId"].as_str().unwrap().to_owned();
    let object = json!({"__type": "Pointer", "className": "Owner", "objectId": owner});
    assert_eq!(
        data.filter(json!({"$relatedTo": {"object": object, "key": "many"}})),
        [1, 2]
    );
    let related = json!({"$relatedTo": {"object": object, "key": "many"}, "objectId": {"$ne": a}});
    assert_eq!(data.filter(related), [2]);
    let rows = |filter: Value| {
        let body = json!({"_method": "GET", "where": filter});
        call(url, "POST", "/classes/Owner", &body).json()["results"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(rows(json!({"many": pointer(&a)})), Some(1));
    assert_eq!(rows(json!({"many": {"$ne": pointer(&a)}})), Some(0));
    assert_eq!(rows(json!({"many": {"$in": [null]}})), None);
    let path = format!("/classes/Owner/{owner}?include=one,two,list,many");
    let row = call(url, "GET", &path, &Value::Null).json();
    assert_eq!(row.get("one"), None);
    assert_eq!(row["two"]["i"], json!(2));
    assert_eq!(row["two"]["__type"], json!("Object"));
    assert_eq!(row["list"].as_array().unwrap().len(), 2);
    assert_eq!(row["many"], json!({"__type": "Relation", "className": "A"}));
    // Without the class nobody answers: the page of an unknown route.
    assert_eq!(
        call(url, "GET", "/classes/None?includeAll=1", &Value::Null).status,
        404
    );
}
