//! What LiveQuery takes for a match, on the wire: it is not what a query finds.

use crate::backend::{Outcome, backend, unique};
use crate::random::Random;
use crate::socket::Socket;
use crate::wire::call;
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A class of which the real server of the tests publishes events.
const CLASS: &str = "LiveThing";

/// What became of a condition: refused, with the error; or the places of the objects that matched.
#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Refused(Value),
    Objects(Vec<u64>),
}

/// Subscribes to each condition, creates each object, and says what was heard.
fn play(url: &str, conditions: &[Value], objects: &[Value]) -> Vec<Heard> {
    let run = unique("run");
    let mut socket = Socket::connected(url, &json!({}));
    let mut heard = Vec::new();
    for (place, condition) in conditions.iter().enumerate() {
        let mut filter = json!({"run": run});
        for (key, value) in condition.as_object().expect("a condition") {
            filter[key] = value.clone();
        }
        let answer = socket.subscribe(
            place as u64,
            &json!({"className": CLASS, "where": filter, "keys": ["mIndex"]}),
        );
        heard.push(match answer["op"].as_str() {
            Some("subscribed") => Heard::Objects(Vec::new()),
            _ => Heard::Refused(json!([answer["code"], answer["error"]])),
        });
    }
    let last = conditions.len() as u64;
    socket.subscribe(
        last,
        &json!({"className": CLASS, "where": {"run": format!("{run} end")}}),
    );
    let create = |object: &Value| {
        let made = call(url, "POST", &format!("/classes/{CLASS}"), object);
        assert_eq!(made.status, 201, "{object}: {}", made.body);
    };
    for (place, object) in objects.iter().enumerate() {
        let mut object = object.clone();
        object["run"] = json!(run);
        object["mIndex"] = json!(place);
        create(&object);
    }
    create(&json!({"run": format!("{run} end")}));
    loop {
        let event = socket.hear();
        assert_eq!(event["op"], "create", "{event}");
        let request = event["requestId"].as_u64().expect("a number");
        if request == last {
            break;
        }
        if let Heard::Objects(places) = &mut heard[usize::try_from(request).expect("a place")] {
            places.push(event["object"]["mIndex"].as_u64().expect("a place"));
        }
    }
    heard
}

/// The fields, and values that they may hold.
fn values(field: &str) -> Vec<Value> {
    let pointer = |id: &str| json!({"__type": "Pointer", "className": CLASS, "objectId": id});
    match field {
        "mNumber" => vec![json!(0), json!(1), json!(-2.5), json!(10), json!(1_000_000)],
        "mText" => vec![json!(""), json!("a"), json!("Ab c"), json!("10"), json!("x(y).*"), json!("naïve 😀")],
        "mFlag" => vec![json!(true), json!(false)],
        "mDate" => ["1970-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z", "2020-06-01T12:30:00.250Z"]
            .map(|iso| json!({"__type": "Date", "iso": iso}))
            .into(),
        "mPointer" => ["one", "two"].map(pointer).into(),
        "mPlace" => [(0.0, 0.0), (10.0, 20.0), (10.5, 20.5), (-80.0, 179.0)]
            .map(|(latitude, longitude)| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}))
            .into(),
        "mArea" => vec![
            json!({"__type": "Polygon", "coordinates": [[0, 0], [0, 30], [30, 30], [30, 0]]}),
            json!({"__type": "Polygon", "coordinates": [[-1, -1], [-1, 1], [1, 0]]}),
        ],
        "mBytes" => vec![json!({"__type": "Bytes", "base64": "aGk="}), json!({"__type": "Bytes", "base64": "eA=="})],
        "mList" => vec![
            json!([]),
            json!([1, 2, 3]),
            json!(["a", "Ab c"]),
            json!([null, true, [1]]),
            json!([pointer("one"), pointer("two")]),
            json!([{"a": 1}, {"a": 2}]),
        ],
        _ => vec![
            json!({}),
            json!({"a": 1}),
            json!({"a": "a", "b": {"c": [1, 2]}}),
            json!({"a": null, "b": 5}),
            json!({"a": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}, "b": {"c": "Ab c"}}),
        ],
    }
}

const FIELDS: [&str; 10] = [
    "mNumber", "mText", "mFlag", "mDate", "mPointer", "mPlace", "mArea", "mBytes", "mList", "mObject",
];

fn object(random: &mut Random) -> Value {
    let mut object = json!({});
    for field in FIELDS {
        if random.percent(70) {
            object[field] = random.pick(&values(field)).clone();
        } else if random.percent(15) {
            object[field] = Value::Null;
        }
    }
    object
}

/// Any value, most of them of the field's own type.
fn value(random: &mut Random, field: &str) -> Value {
    if random.percent(8) {
        return random
            .pick(&[
                json!(null),
                json!({}),
                json!([]),
                json!("a"),
                json!(1),
                json!(true),
            ])
            .clone();
    }
    let field = if random.percent(85) {
        field
    } else {
        *random.pick(&FIELDS)
    };
    let inner = ["mNumber", "mText", "mDate"];
    let field = if field.contains('.') {
        *random.pick(&inner)
    } else {
        field
    };
    random.pick(&values(field)).clone()
}

fn list(random: &mut Random, field: &str) -> Value {
    if random.percent(5) {
        return value(random, field);
    }
    (0..random.below(4)).map(|_| value(random, field)).collect()
}

fn place(random: &mut Random) -> Value {
    let degrees = |random: &mut Random, most: usize| random.below(2 * most) as f64 - most as f64 + 0.25;
    if random.percent(10) {
        return value(random, "mPlace");
    }
    json!({"__type": "GeoPoint", "latitude": degrees(random, 90), "longitude": degrees(random, 180)})
}

/// One operator and its operand.
fn operator(random: &mut Random, field: &str) -> (&'static str, Value) {
    const NAMES: [&str; 27] = [
        "$lt",
        "$lte",
        "$gt",
        "$gte",
        "$lt",
        "$gt",
        "$eq",
        "$ne",
        "$eq",
        "$ne",
        "$in",
        "$nin",
        "$in",
        "$nin",
        "$all",
        "$all",
        "$exists",
        "$exists",
        "$regex",
        "$regex",
        "$containedBy",
        "$nearSphere",
        "$within",
        "$geoWithin",
        "$geoIntersects",
        "$inQuery",
        "$not",
    ];
    let name = *random.pick(&NAMES);
    let operand = match name {
        "$in" | "$nin" | "$all" | "$containedBy" => list(random, field),
        "$exists" => random.pick(&[json!(true), json!(false), json!(1)]).clone(),
        "$regex" => json!(*random.pick(&[
            "a",
            "^A",
            "b c$",
            "^\\Qx(y\\E",
            "\\Q.*\\E$",
            "1",
            "[",
            "^\\Qx\\E\\Q(y\\E",
            "undef",
            "null|true",
            "object",
            "^.{6}$",
            "é|ï",
            "\\Q😀\\E$",
            "(?=a)",
            "\\d+",
            "GMT",
            "a\\Eb",
        ])),
        "$nearSphere" => place(random),
        "$within" => json!({"$box": [place(random), place(random)]}),
        "$geoWithin" if random.percent(50) => {
            let centre = place(random);
            let centre = if random.percent(80) {
                json!([centre["longitude"], centre["latitude"]])
            } else {
                centre
            };
            json!({"$centerSphere": [centre, random.below(200) as f64 / 100.0]})
        }
        "$geoWithin" => {
            let corners: Value = (0..2 + random.below(4)).map(|_| place(random)).collect();
            json!({"$polygon": corners})
        }
        "$geoIntersects" => json!({"$point": place(random)}),
        "$inQuery" => json!({"className": CLASS, "where": {}}),
        "$not" => json!({"$gt": 1}),
        _ => value(random, field),
    };
    (name, operand)
}

fn condition(random: &mut Random, depth: usize) -> Value {
    let mut condition = json!({});
    for _ in 0..1 + usize::from(random.percent(25)) {
        if depth > 0 && random.percent(20) {
            let key = *random.pick(&["$or", "$and", "$nor"]);
            let count = random.below(3) + usize::from(random.percent(80));
            condition[key] = (0..count).map(|_| self::condition(random, depth - 1)).collect();
            continue;
        }
        let paths = [
            "mObject.a",
            "mObject.b",
            "mObject.b.c",
            "mList.0",
            "mList.1.a",
            "mDate.iso",
            "mPlace.latitude",
        ];
        let path = if random.percent(20) {
            *random.pick(&paths)
        } else {
            *random.pick(&FIELDS)
        };
        condition[path] = if random.percent(25) {
            value(random, path)
        } else {
            let mut constraint = json!({});
            for _ in 0..1 + usize::from(random.percent(30)) {
                let (name, operand) = operator(random, path);
                constraint[name] = operand;
                if name == "$regex" && random.percent(40) {
                    constraint["$options"] = json!(*random.pick(&["i", "im", "s", "u", "x", ""]));
                }
                if name == "$nearSphere" && random.percent(60) {
                    constraint["$maxDistance"] = random.pick(&[json!(0), json!(0.5), json!(2)]).clone();
                }
            }
            constraint
        };
    }
    condition
}

/// Many conditions and objects by chance: the mock, the witness of the client's tests, hears what the server of this run
/// does. `LIVE_SEED` chooses others.
#[tokio::test]
async fn any_condition_matches_alike_on_the_mock_and_the_server() -> Outcome {
    let server = backend().await;
    let mock = MockServer::start().await;
    let seeds = std::env::var("LIVE_SEED")
        .map_or_else(|_| Ok(vec![4, 9]), |seed| seed.parse().map(|seed| vec![seed]))?;
    for seed in seeds {
        let mut random = Random::new(seed);
        let conditions: Vec<Value> = (0..250).map(|_| condition(&mut random, 2)).collect();
        let objects: Vec<Value> = (0..40).map(|_| object(&mut random)).collect();
        let theirs = play(&server.url(), &conditions, &objects);
        let ours = play(mock.url(), &conditions, &objects);
        let mut differences = BTreeMap::new();
        for (condition, (theirs, ours)) in conditions.iter().zip(theirs.iter().zip(&ours)) {
            if theirs != ours {
                differences.insert(condition.to_string(), (theirs, ours));
            }
        }
        let some = theirs
            .iter()
            .filter(|heard| matches!(heard, Heard::Objects(places) if !places.is_empty()));
        assert!(some.count() > 50, "conditions that match something");
        for (condition, (theirs, ours)) in &differences {
            println!("{condition}\n  server {theirs:?}\n  mock   {ours:?}");
            if let (Heard::Objects(theirs), Heard::Objects(ours)) = (theirs, ours) {
                let odd = theirs.iter().find(|place| !ours.contains(place));
                let odd = odd.or_else(|| ours.iter().find(|place| !theirs.contains(place)));
                println!(
                    "  for one {}",
                    objects[usize::try_from(*odd.ok_or("a difference")?)?]
                );
            }
        }
        assert!(
            differences.is_empty(),
            "seed {seed}: {} differences",
            differences.len()
        );
    }
    Ok(())
}

/// Where a comparison, a list or a place is other than in a query, by the real server's matcher.
#[tokio::test]
async fn a_match_is_not_what_a_query_finds() -> Outcome {
    let date = |iso: &str| json!({"__type": "Date", "iso": iso});
    let pointer = |id: &str| json!({"__type": "Pointer", "className": CLASS, "objectId": id});
    let place = |latitude: f64, longitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude});
    let new_year = date("2020-01-01T00:00:00.000Z");
    let cases = [
        // alike
        (json!({"mNumber": 5}), json!({"mNumber": 5}), true),
        (
            json!({"mNumber": {"$gt": 4, "$lte": 5}}),
            json!({"mNumber": 5}),
            true,
        ),
        (json!({"mList": 2}), json!({"mList": [1, 2]}), true),
        (
            json!({"mList": {"$all": [1, 2]}}),
            json!({"mList": [2, 3, 1]}),
            true,
        ),
        (
            json!({"mList": {"$containedBy": [1, 2, 3]}}),
            json!({"mList": [1, 4]}),
            false,
        ),
        (
            json!({"mPointer": pointer("one")}),
            json!({"mPointer": pointer("one")}),
            true,
        ),
        (
            json!({"mPointer": {"$in": [pointer("one")]}}),
            json!({"mPointer": pointer("one")}),
            true,
        ),
        (
            json!({"mList": pointer("one")}),
            json!({"mList": [pointer("two"), pointer("one")]}),
            true,
        ),
        (json!({"mDate": new_year}), json!({"mDate": new_year}), true),
        (
            json!({"mDate": {"$lt": new_year}}),
            json!({"mDate": date("2019-01-01T00:00:00.000Z")}),
            true,
        ),
        (json!({"mObject.a": 1}), json!({"mObject": {"a": 1}}), true),
        (json!({"mText": {"$exists": false}}), json!({}), true),
        (json!({"mText": {"$ne": "a"}}), json!({}), true),
        (
            json!({"mText": {"$regex": "^\\Qa.b\\E"}}),
            json!({"mText": "a.b!"}),
            true,
        ),
        (
            json!({"mText": {"$regex": "^\\Qa.b\\E"}}),
            json!({"mText": "axb"}),
            false,
        ),
        (
            json!({"mText": {"$regex": "^AB", "$options": "i"}}),
            json!({"mText": "abc"}),
            true,
        ),
        (
            json!({"$nor": [{"mNumber": 1}, {"mNumber": 2}]}),
            json!({"mNumber": 3}),
            true,
        ),
        (
            json!({"mPlace": {"$nearSphere": place(0.0, 0.0), "$maxDistance": 0.1}}),
            json!({"mPlace": place(1.0, 1.0)}),
            true,
        ),
        // not alike: a missing field is neither more nor less
        (json!({"mNumber": {"$gt": 100}}), json!({}), true),
        (json!({"mNumber": {"$lte": -100}}), json!({}), true),
        (json!({"mDate": {"$gt": new_year}}), json!({}), true),
        // null is nothing to look for
        (json!({"mText": null}), json!({}), false),
        (json!({"mText": null}), json!({"mText": null}), false),
        (json!({"mText": {"$ne": null}}), json!({}), true),
        (json!({"mText": {"$exists": true}}), json!({"mText": null}), true),
        // dates in lists, and pointers and places behind an operator, are like nothing
        (
            json!({"mDate": {"$in": [new_year]}}),
            json!({"mDate": new_year}),
            false,
        ),
        (
            json!({"mDate": {"$eq": new_year}}),
            json!({"mDate": new_year}),
            true,
        ),
        (
            json!({"mPointer": {"$eq": pointer("one")}}),
            json!({"mPointer": pointer("one")}),
            false,
        ),
        (
            json!({"mPointer": {"$ne": pointer("one")}}),
            json!({"mPointer": pointer("one")}),
            true,
        ),
        (
            json!({"mPlace": place(1.0, 1.0)}),
            json!({"mPlace": place(1.0, 1.0)}),
            false,
        ),
        (
            json!({"mPlace": {"$ne": place(1.0, 1.0)}}),
            json!({"mPlace": place(1.0, 1.0)}),
            true,
        ),
        // a condition on the list as a whole asks for nothing of its elements
        (json!({"mList": {"$gt": 1}}), json!({"mList": [1, 5]}), true),
        (json!({"mList": {"$gt": 1}}), json!({"mList": [0]}), false),
        (json!({"mList": {"$eq": 1}}), json!({"mList": [1]}), false),
        (json!({"mObject": {"a": 1}}), json!({"mObject": {"a": 1}}), false),
        (
            json!({"mPointer": {"$nin": pointer("one")}}),
            json!({"mPointer": pointer("one")}),
            false,
        ),
        // what is not known matches nothing
        (
            json!({"mText": {"$inQuery": {"className": CLASS, "where": {}}}}),
            json!({"mText": "a"}),
            false,
        ),
        (
            json!({"mText": {"$text": {"$search": {"$term": "a"}}}}),
            json!({"mText": "a"}),
            false,
        ),
        (
            json!({"mNumber": {"$not": {"$gt": 5}}}),
            json!({"mNumber": 1}),
            false,
        ),
        // texts of what is none, and letters of texts
        (json!({"mText": {"$regex": "undefined"}}), json!({}), true),
        (json!({"mNumber": {"$regex": "^5$"}}), json!({"mNumber": 5}), true),
        (
            json!({"mText": {"$containedBy": ["a", "b"]}}),
            json!({"mText": "abba"}),
            true,
        ),
        // a distance of 0 is none, and kilometres are not known before the place, and not looked at behind it
        (
            json!({"mPlace": {"$nearSphere": place(0.0, 0.0), "$maxDistance": 0}}),
            json!({"mPlace": place(50.0, 50.0)}),
            true,
        ),
        (
            json!({"mPlace": {"$maxDistanceInKilometers": 1, "$nearSphere": place(0.0, 0.0)}}),
            json!({"mPlace": place(0.0, 0.0)}),
            false,
        ),
        (
            json!({"mPlace": {"$nearSphere": place(0.0, 0.5), "$maxDistanceInKilometers": 1}}),
            json!({"mPlace": place(50.0, 50.0)}),
            true,
        ),
        // no place is the place at 0, 0, which is in a circle but in no polygon
        (
            json!({"mPlace": {"$geoWithin": {"$centerSphere": [[0, 0], 0.1]}}}),
            json!({}),
            true,
        ),
        (
            json!({"mPlace": {"$geoWithin": {"$polygon": [place(-1.0, -1.0), place(-1.0, 1.0), place(1.0, 0.0)]}}}),
            json!({}),
            false,
        ),
        // the border of a box is outside
        (
            json!({"mPlace": {"$within": {"$box": [place(0.0, 0.0), place(1.0, 1.0)]}}}),
            json!({"mPlace": place(1.0, 0.5)}),
            false,
        ),
        (
            json!({"mPlace": {"$within": {"$box": [place(0.0, 0.0), place(1.0, 1.0)]}}}),
            json!({"mPlace": place(0.5, 0.5)}),
            true,
        ),
    ];
    let server = backend().await;
    let conditions: Vec<Value> = cases.iter().map(|(condition, _, _)| condition.clone()).collect();
    let objects: Vec<Value> = cases.iter().map(|(_, object, _)| object.clone()).collect();
    let heard = play(&server.url(), &conditions, &objects);
    for (index, (condition, object, matches)) in cases.iter().enumerate() {
        let Heard::Objects(places) = &heard[index] else {
            panic!("{condition} is refused: {:?}", heard[index]);
        };
        assert_eq!(
            places.contains(&(index as u64)),
            *matches,
            "{condition} and {object}"
        );
    }
    Ok(())
}
