//! What two servers said to one request: the same, what the real one's database is known to say instead, or a
//! difference.

use serde_json::{Value, json};

use crate::play::Answer;
use crate::script::{Limit, Step};

#[derive(Debug)]
pub enum Verdict {
    Same,
    /// They differ in the way that a limit of the real one's database explains.
    Known(Limit),
    Different,
}

pub fn compare(step: &Step, mock: &Answer, real: &Answer) -> Verdict {
    if mock == real {
        return Verdict::Same;
    }
    let limits = &step.limits;
    if let Some(limit) = limits.iter().find(|limit| explains(**limit, mock, real)) {
        return Verdict::Known(*limit);
    }
    // Two that each change which rows are found can do so in either direction.
    let of_rows: Vec<&Limit> = limits.iter().filter(|limit| limit.is_about_rows()).collect();
    match of_rows.first() {
        Some(limit) if of_rows.len() > 1 && mock.status == 200 && real.status == 200 => {
            Verdict::Known(**limit)
        }
        _ => Verdict::Different,
    }
}

impl Limit {
    /// Whether it is about which rows are found.
    fn is_about_rows(self) -> bool {
        matches!(
            self,
            Self::LookIntoObjects
                | Self::NegateMissingFields
                | Self::ListNothing
                | Self::LookForSeveralElements
                | Self::TellNullFromMissing
                | Self::OrderMissingFirst
                | Self::CountExactly
        )
    }
}

/// Whether a limit leads to just this difference.
fn explains(limit: Limit, mock: &Answer, real: &Answer) -> bool {
    match limit {
        Limit::CompareAnArrayWithAnElement
        | Limit::ListDates
        | Limit::CompareWholes
        | Limit::ChangeBytes
        | Limit::CompareWithTheEmptyText => fails(mock, real),
        Limit::ForgetSessions => mock.body.get("code") == Some(&json!(209.0)),
        Limit::NameUnknownOperators => mock.status == 400 && real.status == 400,
        Limit::AggregateBeyondTheBasics => {
            fails(mock, real) || sorted_lists(&without_ids(mock)) == sorted_lists(&without_ids(real))
        }
        Limit::RemoveFromNothing => {
            sorted_lists(&without_empty_lists(mock)) == sorted_lists(&without_empty_lists(real))
        }
        Limit::KeepTheOrderOfAdded => sorted_lists(mock) == sorted_lists(real),
        Limit::OperateInside => mock.status == 200 && real.status == 200,
        Limit::LookIntoObjects | Limit::NegateMissingFields => fails(mock, real) || within(real, mock),
        Limit::LookForSeveralElements => within(mock, real),
        Limit::SumLargeNumbers => mock.status == 200 && real.status == 200,
        Limit::ListNothing => fails(mock, real) || within(mock, real),
        Limit::EmptyBranches if found(real).is_some_and(<[Value]>::is_empty) => true,
        Limit::EmptyBranches | Limit::TellNullFromMissing => {
            fails(mock, real) || within(real, mock) || within(mock, real)
        }
        Limit::OrderMissingFirst => found(mock).map(<[Value]>::len) == found(real).map(<[Value]>::len),
        Limit::CountExactly => found(mock) == found(real),
    }
}

/// The database gives up on what the documented server can do.
fn fails(mock: &Answer, real: &Answer) -> bool {
    let batch_of_errors = || {
        let items = real.body.as_array();
        items.is_some_and(|items| items.iter().any(|item| item.get("error").is_some()))
    };
    (mock != real && real.status >= 400) || (mock.status == 200 && batch_of_errors())
}

/// The rows of a find, which may be the one of a batch.
fn found(answer: &Answer) -> Option<&[Value]> {
    let items = answer.body.as_array().map_or(&[][..], Vec::as_slice);
    let in_batch = items.iter().find_map(|item| item.get("success")?.get("results"));
    let rows = answer.body.get("results").or(in_batch)?;
    rows.as_array().map(Vec::as_slice)
}

/// Whether every row of one answer is in the other.
fn within(inner: &Answer, outer: &Answer) -> bool {
    match (found(inner), found(outer)) {
        (Some(inner), Some(outer)) => inner.iter().all(|row| outer.contains(row)),
        _ => false,
    }
}

/// A projection gives no ids there, a group of no rows is a row, and what has nothing to sum is missing.
fn without_ids(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    if let Some(Value::Array(rows)) = answer.body.get_mut("results") {
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            row.remove("objectId");
            row.retain(|_, value| !value.is_null() && *value != json!(0.0));
        }
        rows.retain(|row| row.as_object().is_none_or(|row| !row.is_empty()));
    }
    answer
}

fn without_empty_lists(answer: &Answer) -> Answer {
    fn without(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(without),
            Value::Object(map) => {
                map.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
                map.values_mut().for_each(without);
            }
            _ => {}
        }
    }
    let mut answer = answer.clone();
    without(&mut answer.body);
    answer
}

/// The body with every list as a sorted set.
fn sorted_lists(answer: &Answer) -> Value {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(sorted).collect();
                items.sort_by_key(ToString::to_string);
                items.dedup();
                Value::Array(items)
            }
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect(),
            other => other.clone(),
        }
    }
    sorted(&answer.body)
}
