//! A `where` of any text: how it is read, and which rows it finds.

use std::cell::RefCell;

use parse_orm_mock::internals::{Filter, live_matches};
use serde_json::{Map, Value, json};

use crate::mock_server::Server;

pub fn run(input: &[u8]) {
    thread_local! {
        static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(Value::Object(filter)) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let rows = rows();
    alone(&filter, &rows);
    SERVER.with_borrow_mut(|server| {
        let server = server.get_or_insert_with(|| {
            let server = Server::new();
            fill(&server, &rows);
            server
        });
        asked(server, &filter, rows.len());
    });
}

/// Without a schema.
fn alone(filter: &Map<String, Value>, rows: &[Value]) {
    let within = |key: &str, list: Value| {
        let mut map = Map::new();
        map.insert(key.to_owned(), list);
        Filter::read(&map)
    };
    let read = Filter::read(filter);
    let whole = Value::Object(filter.clone());
    let and = within("$and", json!([whole]));
    let or = within("$or", json!([whole, whole]));
    let nor = within("$nor", json!([whole]));
    assert_eq!(read.is_ok(), and.is_ok(), "{whole}");
    for row in rows {
        let _ = live_matches(filter, row);
        let Some(fields) = row.as_object() else { continue };
        let Ok(read) = &read else { continue };
        let found = read.matches(fields);
        assert_eq!(
            and.as_ref().map(|and| and.matches(fields)),
            Ok(found),
            "{whole} of {row}"
        );
        // a place to be near to stands at the top only
        if let (Ok(or), Ok(nor)) = (&or, &nor) {
            assert_eq!(or.matches(fields), found, "{whole} of {row}");
            assert_eq!(nor.matches(fields), !found, "{whole} of {row}");
        }
    }
}

/// By a server, with subqueries and a schema.
fn asked(server: &Server, filter: &Map<String, Value>, all: usize) {
    let find = |filter: &Value, count: bool| {
        let mut body = json!({"_method": "GET", "where": filter});
        if count {
            body["count"] = json!(1);
            body["limit"] = json!(0);
        }
        server.ask("POST", "/parse/classes/Thing", &body)
    };
    let whole = Value::Object(filter.clone());
    let (status, found) = find(&whole, false);
    if status != 200 || filter.contains_key("$relatedTo") {
        return;
    }
    let found = found["results"].as_array().map_or(0, Vec::len);
    let (status, counted) = find(&whole, true);
    // who counts cannot be near to a place
    if status == 200 {
        assert_eq!(counted["count"], found, "{whole}");
    }
    let (status, others) = find(&json!({"$nor": [whole]}), false);
    if status == 200 {
        let others = others["results"].as_array().map_or(0, Vec::len);
        assert_eq!(found + others, all, "{whole}");
    }
}

fn fill(server: &Server, rows: &[Value]) {
    for name in ["Ann", "Bob"] {
        let owner = json!({"objectId": name, "name": name});
        let (status, made) = server.ask("POST", "/parse/classes/Owner", &owner);
        assert_eq!(status, 201, "{made}");
    }
    for row in rows {
        let (status, made) = server.ask("POST", "/parse/classes/Thing", row);
        assert_eq!(status, 201, "{made}");
    }
}

/// Rows of one class, with values of every type, and such as are easily taken for another.
fn rows() -> Vec<Value> {
    let owner = |name: &str| json!({"__type": "Pointer", "className": "Owner", "objectId": name});
    let date = |iso: &str| json!({"__type": "Date", "iso": iso});
    let place = |x: f64, y: f64| json!({"__type": "GeoPoint", "latitude": x, "longitude": y});
    vec![
        json!({"objectId": "a", "n": 1, "t": "Ann", "b": true, "l": [1, 2, "x"], "o": {"x": 1, "y": {"z": [3]}}}),
        json!({"objectId": "b", "n": -0.0, "t": "", "b": false, "l": [], "o": {}}),
        json!({"objectId": "c", "n": 1e300, "t": "aaaaaaaaaaaaaaaaaaaaaaaa!", "l": [[1], null, {"x": 2}]}),
        json!({"objectId": "d", "t": "\u{0}\u{1F600}", "d": date("2020-01-01T00:00:00.000Z"), "p": owner("Ann")}),
        json!({"objectId": "e", "n": 9_007_199_254_740_993_i64, "g": place(10.0, 20.0), "p": owner("Bob")}),
        json!({"objectId": "f", "g": place(-90.0, 180.0), "d": date("1969-12-31T23:59:59.999Z"), "l": [owner("Ann")]}),
        json!({"objectId": "g", "y": {"__type": "Polygon", "coordinates": [[0, 0], [0, 10], [10, 10], [10, 0]]}}),
        json!({"objectId": "h", "f": {"__type": "Bytes", "base64": "AAAA"}, "t": "two words, and more"}),
    ]
}
