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

fn master(data: &Data, path: &str) -> wire::Reply {
    let keys = [
        ("X-Parse-Application-Id", "app"),
        ("X-Parse-Master-Key", "master"),
    ];
    wire::send(data.server.url(), "GET", &wire::encode(path), &keys, b"")
}

#[tokio::test]
async fn plans_and_hints() {
    let server = MockServer::builder()
        .index("A", ["-i", "n"])
        .unique("A", ["slug"])
        .start()
        .await
        .unwrap();
    let data = Data { server };
    for i in 0..5 {
        data.post(&json!({"i": i, "n": 1}));
    }
    let refused = data.query(json!({"explain": true}));
    assert_eq!(refused["code"], json!(102));
    let plan = master(
        &data,
        "/classes/A?explain=true&where={\"i\":{\"$gt\":1}}&limit=2&count=1",
    )
    .json();
    // An object, not rows.
    assert_eq!(plan["results"]["executionStats"]["nReturned"], json!(2));
    assert_eq!(plan["results"]["executionStats"]["totalDocsExamined"], json!(5));
    assert_eq!(plan["count"], json!(3));
    let plan = master(&data, "/classes/A?explain=queryPlanner&order=-i").json()["results"].clone();
    assert_eq!(
        plan["queryPlanner"]["winningPlan"]["inputStage"]["stage"],
        json!("SORT")
    );
    assert_eq!(plan.get("executionStats"), None);
    assert!(
        master(&data, "/classes/A?explain=executionStats").json()["results"]["executionStats"].is_object()
    );
    assert_eq!(
        master(&data, "/classes/A?explain=much").json(),
        json!({"code": 102, "error": "Invalid value for explain"})
    );
    // An include takes the plan for rows.
    assert_eq!(master(&data, "/classes/A?explain=true&include=p").status, 500);
    for hint in [
        json!("_id_"),
        json!("i_-1_n_1"),
        json!("slug_1"),
        json!({"_id": 1}),
        json!({"i": -1, "n": 1}),
        json!({"$natural": 1}),
        json!(7),
    ] {
        assert_eq!(
            data.find(json!({"hint": hint, "order": "i"})),
            [0, 1, 2, 3, 4],
            "{hint}"
        );
    }
    for hint in [json!("i_1"), json!({"i": 1}), json!({"n": 1, "i": -1})] {
        let answer = data.query(json!({"hint": hint}));
        assert_eq!(
            answer,
            json!({"code": 1, "error": "An internal server error occurred"}),
            "{hint}"
        );
    }
}

#[tokio::test]
async fn read_preferences_are_looked_at_where_they_are_used() {
    let data = Data::new(&[]).await;
    let target = data.post(&json!({"i": 1}));
    data.post(&json!({"i": 2, "p": {"__type": "Pointer", "className": "A", "objectId": target}}));
    let wrong = json!({"code": 102, "error": "Not supported read preference."});
    for (name, more) in [
        ("readPreference", json!({})),
        ("includeReadPreference", json!({"include": "p"})),
        (
            "subqueryReadPreference",
            json!({"where": {"p": {"$inQuery": {"className": "A", "where": {"i": 1}}}}}),
        ),
    ] {
        let with = |preference: &str, more: &Value| {
            let mut parameters = more.clone();
            parameters[name] = json!(preference);
            data.query(parameters)
        };
        assert!(with("secondary_Preferred", &more)["results"].is_array());
        assert_eq!(with("sideways", &more), wrong, "{name}");
        if name != "readPreference" {
            assert!(with("sideways", &json!({}))["results"].is_array());
        }
    }
    assert!(data.query(json!({"readPreference": 5}))["results"].is_array());
    let path = format!("/classes/A/{target}?readPreference=sideways");
    assert_eq!(call(data.server.url(), "GET", &path, &Value::Null).json(), wrong);
}

#[tokio::test]
async fn row_39_a_subquery_has_the_limit_of_the_server() {
    let server = MockServer::builder().subquery_limit(2).start().await.unwrap();
    let data = Data { server };
    for i in 0..4 {
        data.post(&json!({"i": i, "of": i}));
    }
    let inner = json!({"className": "A", "where": {}});
    let select = json!({"of": {"$select": {"query": inner, "key": "i"}}});
    assert_eq!(data.filter(select.clone()), [0, 1]);
    let negated = json!({"of": {"$dontSelect": {"query": inner, "key": "i"}}});
    assert_eq!(data.filter(negated), [2, 3]);
    let rows = master(&data, &format!("/classes/A?where={select}")).json();
    assert_eq!(rows["results"].as_array().map(Vec::len), Some(4));
    // Without the option there is none, whatever the subquery says.
    let free = Data::new(&[json!({"i": 0, "of": 0}), json!({"i": 1, "of": 1})]).await;
    let query = json!({"className": "A", "where": {}, "limit": 1});
    assert_eq!(
        free.filter(json!({"of": {"$select": {"query": query, "key": "i"}}})),
        [0, 1]
    );
}

#[tokio::test]
async fn row_40_null_in_a_relation_is_an_exception() {
    let data = Data::new(&[]).await;
    let member = json!({"__type": "Pointer", "className": "B", "objectId": "x"});
    data.post(&json!({"i": 1, "many": {"__op": "AddRelation", "objects": [member]}}));
    for constraint in [json!({"$in": [null]}), json!({"$nin": [null]})] {
        let parameters = json!({"_method": "GET", "where": {"many": constraint}});
        let reply = call(data.server.url(), "POST", "/classes/A", &parameters);
        assert_eq!(
            (reply.status, reply.json()),
            (500, json!({"code": 1, "message": "Internal server error."}))
        );
    }
    assert_eq!(data.filter(json!({"many": null})), [0; 0]);
    assert_eq!(data.filter(json!({"many": {"$ne": null}})), [0; 0]);
}

#[tokio::test]
async fn members_of_relations() {
    let data = Data::new(&[]).await;
    let url = data.server.url();
    let ids: Vec<String> = (0..4).map(|i| data.post(&json!({"i": i}))).collect();
    let pointer = |class: &str, id: &str| json!({"__type": "Pointer", "className": class, "objectId": id});
    // Added in another order than created.
    let added: Vec<Value> = [2, 0, 3].map(|i| pointer("A", &ids[i])).to_vec();
    let body = json!({"many": {"__op": "AddRelation", "objects": added}});
    let owner = call(url, "POST", "/classes/Owner", &body).json()["objectId"].clone();
    let owner = pointer("Owner", owner.as_str().unwrap());
    let related = json!({"$relatedTo": {"object": owner, "key": "many"}});
    let both = |more: Value| {
        let mut filter = related.clone();
        filter
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        filter
    };
    assert_eq!(
        data.filter(json!({"$or": [both(json!({"i": 3})), {"i": 1}]})),
        [1, 3]
    );
    assert_eq!(data.filter(json!({"$and": [related, {"i": {"$gt": 0}}]})), [2, 3]);
    assert_eq!(
        data.filter(json!({"$and": [{"$or": [related, {"i": 1}]}, {"i": {"$lt": 3}}]})),
        [0, 1, 2]
    );
    assert_eq!(data.code(both(json!({"$or": [{"i": 1}]}))), json!(105));
    // The join table is ordered and cut before the other conditions are looked at.
    let page = |order: &str, filter: Value| {
        data.query(json!({"where": filter, "order": order, "limit": 2, "count": 1}))
    };
    let numbers = |reply: &Value| {
        let rows = reply["results"].as_array().unwrap();
        rows.iter()
            .map(|row| row["i"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let oldest = page("createdAt", related.clone());
    assert_eq!((numbers(&oldest), &oldest["count"]), (vec![0, 2], &json!(3)));
    assert_eq!(numbers(&page("createdAt", both(json!({"i": {"$gt": 0}})))), [2]);
    assert_eq!(numbers(&page("-createdAt", related.clone())), [3, 0]);
    assert_eq!(numbers(&page("i", both(json!({"i": {"$gt": 0}})))), [2, 3]);
    // The table itself, for the master key.
    let path = "/classes/_Join:many:Owner";
    assert_eq!(call(url, "GET", path, &Value::Null).json()["code"], json!(119));
    let rows = master(
        &data,
        &format!("{path}?where={{\"relatedId\":\"{}\"}}&count=1", ids[3]),
    )
    .json();
    let row = &rows["results"][0];
    assert_eq!(
        (&row["relatedId"], &row["owningId"]),
        (&json!(ids[3]), &owner["objectId"])
    );
    assert_eq!(
        (row["objectId"].as_str().map(str::len), &rows["count"]),
        (Some(24), &json!(0))
    );
    assert_eq!(
        master(&data, path).json()["results"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(
        master(&data, "/classes/_Join:none:Owner").json(),
        json!({"results": []})
    );
}

#[tokio::test]
async fn pages_by_id() {
    let data = Data::new(&[]).await;
    let mut ids: Vec<String> = (0..30).map(|i| data.post(&json!({"i": i}))).collect();
    ids.sort();
    let page = |order: &str, filter: Value| {
        let reply = data.query(json!({"where": filter, "order": order, "limit": 7}));
        let rows = reply["results"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["objectId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (mut seen, mut last) = (Vec::new(), String::new());
    loop {
        let rows = page("objectId", json!({"objectId": {"$gt": last}}));
        let Some(end) = rows.last() else { break };
        last.clone_from(end);
        seen.extend(rows);
    }
    assert_eq!(seen, ids);
    assert_eq!(
        page("-objectId", json!({"objectId": {"$lte": ids[3]}})),
        [3, 2, 1, 0].map(|i| ids[i].clone())
    );
    let between = json!({"$and": [{"objectId": {"$gte": ids[3], "$lt": ids[6]}}, {"i": {"$gte": 0}}]});
    assert_eq!(page("objectId,-i", between), ids[3..6]);
    assert!(page("objectId", json!({"objectId": {"$gt": ids[6], "$lt": ids[3]}})).is_empty());
}

#[tokio::test]
async fn near_has_its_place() {
    let place = |i: i32| json!({"i": i, "loc": {"__type": "GeoPoint", "latitude": 40 + i, "longitude": -30}});
    let data = Data::new(&[place(0), place(1), place(5)]).await;
    let near = |more: Value| {
        let mut near = json!({"$nearSphere": {"__type": "GeoPoint", "latitude": 40, "longitude": -30}});
        near.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"loc": near})
    };
    assert_eq!(
        data.filter(json!({"$and": [near(json!({})), {"i": {"$gt": 0}}]})),
        [1, 5]
    );
    assert_eq!(data.code(json!({"$or": [near(json!({})), {"i": 1}]})), json!(1));
    assert_eq!(
        data.code(json!({"$and": [near(json!({})), near(json!({}))]})),
        json!(1)
    );
    // A count knows radians only.
    let count = |more: Value| data.query(json!({"where": near(more), "count": 1, "limit": 0}));
    assert_eq!(count(json!({"$maxDistance": 0.02}))["count"], json!(2));
    for more in [json!({}), json!({"$maxDistanceInKilometers": 120})] {
        assert_eq!(
            count(more),
            json!({"code": 1, "message": "Internal server error."})
        );
    }
    let geo = |i: i32, j: i32| json!({"__type": "GeoPoint", "latitude": 40 + i, "longitude": -30 + j});
    let within = |area: Value| data.filter(json!({"loc": {"$geoWithin": area}}));
    assert_eq!(
        within(json!({"$polygon": [geo(-1, -1), geo(2, -1), geo(2, 1), geo(-1, 1)]})),
        [0, 1]
    );
    assert_eq!(within(json!({"$centerSphere": [geo(0, 0), 0.02]})), [0, 1]);
    assert_eq!(
        data.filter(json!({"loc": {"$within": {"$box": [geo(0, -1), geo(3, 1)]}}})),
        [0, 1]
    );
}

#[tokio::test]
async fn full_text() {
    let data = Data::new(&[
        json!({"i": 0, "t": "one coffee among many other words of a long line"}),
        json!({"i": 1, "t": "Coffee, coffee!"}),
        json!({"i": 2, "t": "Café crème"}),
        json!({"i": 3, "t": "tea"}),
    ])
    .await;
    let text = |search: Value| json!({"t": {"$text": {"$search": search}}});
    assert_eq!(data.filter(text(json!({"$term": "coffee tea"}))), [0, 1, 3]);
    assert_eq!(data.filter(text(json!({"$term": "coffee -words"}))), [1]);
    assert_eq!(data.filter(text(json!({"$term": "\"many other\" coffee"}))), [0]);
    assert_eq!(
        data.filter(text(json!({"$term": "Coffee", "$caseSensitive": true}))),
        [1]
    );
    assert_eq!(data.filter(text(json!({"$term": "cafe"}))), [2]);
    assert_eq!(
        data.filter(text(json!({"$term": "cafe", "$diacriticSensitive": true}))),
        [0; 0]
    );
    let by_score = json!({"where": text(json!({"$term": "coffee"})), "order": "$score"});
    assert_eq!(data.find(by_score.clone()), [1, 0]);
    // The score comes when it is selected.
    assert_eq!(data.query(by_score.clone())["results"][0].get("score"), None);
    let mut selected = by_score;
    selected["keys"] = json!("$score,i");
    assert!(data.query(selected)["results"][0]["score"].is_number());
}
