//! What two servers said to one request: the same, what the real one's database is known to say instead, or a
//! difference.

use serde_json::Value;

use crate::limit::Limit;
use crate::play::Answer;
use crate::script::{Step, Who};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Same,
    /// They differ in the way that a limit of the real one's database explains.
    Known(Limit),
    Different,
}

pub fn compare(step: &Step, mock: &Answer, real: &Answer) -> Verdict {
    let (mut mock, mut real) = (mock.clone(), real.clone());
    if is_same(step, &mock, &real) {
        return Verdict::Same;
    }
    for limit in &step.since {
        for answer in [&mut mock, &mut real] {
            match limit {
                Limit::KeepNull => drop_nulls(&mut answer.body),
                Limit::OrderOfAdded => answer.body = sorted_lists(&answer.body),
                _ => {}
            }
        }
        let forgotten = *limit == Limit::ForgetSession && matches!(step.who, Who::Session(_));
        if is_same(step, &mock, &real) || (forgotten && mock.code() == 209 && real.code() != 209) {
            return Verdict::Known(*limit);
        }
    }
    match &step.known {
        Some(known) if known.explains(&mock, &real) => Verdict::Known(known.limit),
        _ => Verdict::Different,
    }
}

fn is_same(step: &Step, mock: &Answer, real: &Answer) -> bool {
    let alike = || (mock.status, &mock.location) == (real.status, &real.location);
    mock == real || (step.unordered && alike() && sorted_rows(&mock.body) == sorted_rows(&real.body))
}

/// The rows of a find, which may be the one of a batch.
pub fn rows(answer: &Answer) -> Option<&[Value]> {
    let items = answer.body.as_array().map_or(&[][..], Vec::as_slice);
    let in_batch = items.iter().find_map(|item| item.get("success")?.get("results"));
    let rows = answer.body.get("results").or(in_batch)?;
    rows.as_array().map(Vec::as_slice)
}

/// The rows that only one of them found.
pub fn rows_apart<'a>(mock: &'a Answer, real: &'a Answer) -> Vec<&'a Value> {
    let (ours, theirs) = (rows(mock).unwrap_or_default(), rows(real).unwrap_or_default());
    let only_ours = ours.iter().filter(|row| !theirs.contains(row));
    only_ours
        .chain(theirs.iter().filter(|row| !ours.contains(row)))
        .collect()
}

/// The body with its rows sorted.
fn sorted_rows(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(Value::Array(rows)) = body.get_mut("results") {
        rows.sort_by_key(ToString::to_string);
    }
    body
}

/// The body with the lists within its rows sorted; of the order of the rows themselves nothing is lost.
pub fn sorted_lists(body: &Value) -> Value {
    fn sorted(key: &str, value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| sorted("", item)).collect();
                if key == "list" {
                    items.sort_by_key(ToString::to_string);
                }
                Value::Array(items)
            }
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), sorted(key, value)))
                .collect(),
            other => other.clone(),
        }
    }
    sorted("", body)
}

/// Without the fields that are null; a list keeps its nulls.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
