//! Operators on lists.

use serde_json::Value;

use super::arithmetic::whole;
use super::mongo;
use super::operator::{Operator, type_name};
use crate::refusal::Refusal;
use crate::value::contains;

/// The result; `None` when it is missing.
pub(super) fn apply(operator: Operator, values: &[&Value]) -> Result<Option<Value>, Refusal> {
    use Operator as O;
    Ok(match operator {
        O::ArrayElemAt => element(values[0], whole("$arrayElemAt", values[1])?, "$arrayElemAt")?,
        O::First => element(values[0], 0, "$first")?,
        O::Last => element(values[0], -1, "$last")?,
        O::Slice => Some(slice(values)?),
        O::ConcatArrays => {
            let mut all = Vec::new();
            for value in values {
                all.extend(
                    array(value, "$concatArrays only supports arrays, not")?
                        .iter()
                        .cloned(),
                );
            }
            Some(Value::Array(all))
        }
        _ => {
            let items = array(
                values[0],
                "The argument to $reverseArray must be an array, but was of type:",
            )?;
            Some(items.iter().rev().cloned().collect())
        }
    })
}

fn array<'a>(value: &'a Value, complaint: &str) -> Result<&'a Vec<Value>, Refusal> {
    let wrong = || mongo(format!("{complaint} {}", type_name(Some(value))));
    value.as_array().ok_or_else(wrong)
}

/// `$in`.
pub(super) fn contains_value(value: Option<&Value>, list: Option<&Value>) -> Result<Value, Refusal> {
    let kind = type_name(list);
    let wrong = || {
        mongo(format!(
            "$in requires an array as a second argument, found: {kind}"
        ))
    };
    let items = list.and_then(Value::as_array).ok_or_else(wrong)?;
    Ok(Value::Bool(value.is_some_and(|value| contains(items, value))))
}

/// An element, from the end when the place is negative; beyond the ends it is missing.
fn element(list: &Value, place: i64, name: &str) -> Result<Option<Value>, Refusal> {
    let complaint = format!("{name}'s argument must be an array, but is");
    let items = array(list, &complaint)?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = if place < 0 {
        place.saturating_add(length)
    } else {
        place
    };
    Ok(usize::try_from(place)
        .ok()
        .and_then(|place| items.get(place))
        .cloned())
}

fn slice(values: &[&Value]) -> Result<Value, Refusal> {
    let items = array(
        values[0],
        "First argument to $slice must be an array, but is of type:",
    )?;
    let size = |number: i64| usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
    let from_end = |number: i64| items.len().saturating_sub(size(number));
    let first = whole("$slice", values[1])?;
    let Some(count) = values.get(2) else {
        let kept = if first < 0 {
            &items[from_end(first)..]
        } else {
            &items[..size(first).min(items.len())]
        };
        return Ok(Value::Array(kept.to_vec()));
    };
    let count = whole("$slice", count)?;
    if count <= 0 {
        return Err(mongo("Third argument to $slice must be positive"));
    }
    let start = if first < 0 { from_end(first) } else { size(first) };
    Ok(items.iter().skip(start).take(size(count)).cloned().collect())
}
