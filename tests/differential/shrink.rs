//! Making a failing script small: whatever it still fails without is left out.

use serde_json::Value;

use crate::script::{Body, Script};

/// How many requests are spent on it.
const REQUESTS: usize = 3000;

/// The smallest script that was found to fail; its last request is the one that differs.
pub fn shrink(script: Script, fails: &mut dyn FnMut(&Script) -> bool) -> Script {
    let mut best = script;
    let mut played = 0;
    let mut length = best.steps.len() / 2;
    while length > 0 && played < REQUESTS {
        let mut start = 0;
        while start + length < best.steps.len() {
            let mut smaller = best.clone();
            smaller.steps.drain(start..start + length);
            played += smaller.steps.len();
            if fails(&smaller) {
                best = smaller;
            } else {
                start += length;
            }
        }
        length /= 2;
    }
    let mut place = 0;
    while played < REQUESTS {
        let Some(smaller) = with_less(&best).nth(place) else {
            break;
        };
        played += smaller.steps.len();
        if fails(&smaller) {
            best = smaller;
        } else {
            place += 1;
        }
    }
    best
}

/// The script with one thing less within its requests.
fn with_less(script: &Script) -> impl Iterator<Item = Script> {
    (0..script.steps.len()).rev().flat_map(move |place| {
        let step = &script.steps[place];
        let mut found = Vec::new();
        for query in 0..step.query.len() {
            let mut smaller = script.clone();
            smaller.steps[place].query.remove(query);
            found.push(smaller);
            if let Ok(value) = serde_json::from_str::<Value>(&step.query[query].1) {
                for value in less(&value) {
                    let mut smaller = script.clone();
                    smaller.steps[place].query[query].1 = value.to_string();
                    found.push(smaller);
                }
            }
        }
        if let Some(Body::Json(value)) = &step.body {
            for value in less(value) {
                let mut smaller = script.clone();
                smaller.steps[place].body = Some(Body::Json(value));
                found.push(smaller);
            }
        }
        found
    })
}

/// The value without one of its members or elements, or without one of theirs.
fn less(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::Object(map) => {
            for key in map.keys() {
                let mut without = map.clone();
                without.shift_remove(key);
                found.push(Value::Object(without));
            }
            for (key, inner) in map {
                found.extend(less(inner).into_iter().map(|inner| {
                    let mut with = map.clone();
                    with.insert(key.clone(), inner);
                    Value::Object(with)
                }));
            }
        }
        Value::Array(items) => {
            for place in 0..items.len() {
                let mut without = items.clone();
                without.remove(place);
                found.push(Value::Array(without));
            }
            for (place, inner) in items.iter().enumerate() {
                found.extend(less(inner).into_iter().map(|inner| {
                    let mut with = items.clone();
                    with[place] = inner;
                    Value::Array(with)
                }));
            }
        }
        _ => {}
    }
    found
}
