//! Operators on texts, and conversions.

use serde_json::Value;

use super::arithmetic::whole;
use super::dates::{instant, millis};
use super::document::date;
use super::expression::number;
use super::mongo;
use super::operator::{Operator, type_name};
use crate::clock;
use crate::number::to_text;
use crate::refusal::Refusal;
use crate::value::is_typed;

pub(super) fn apply(operator: Operator, values: &[&Value]) -> Result<Value, Refusal> {
    use Operator as O;
    Ok(match operator {
        O::Concat => Value::String(all("$concat only supports strings", values)?.concat()),
        O::Substr => {
            let text = values[0].as_str().unwrap_or_default();
            let (skip, take) = (whole("$substrCP", values[1])?, whole("$substrCP", values[2])?);
            let (Ok(skip), Ok(take)) = (usize::try_from(skip), usize::try_from(take)) else {
                return Err(mongo(
                    "$substrCP: starting index and length must be non-negative integers",
                ));
            };
            Value::String(text.chars().skip(skip).take(take).collect())
        }
        O::Split => {
            let texts = all("$split requires an expression that evaluates to a string", values)?;
            if texts[1].is_empty() {
                return Err(mongo("$split requires a non-empty separator"));
            }
            texts[0].split(texts[1]).collect()
        }
        O::Trim => {
            let input = values[0].get("input").unwrap_or(values[0]);
            let texts = all("$trim requires its input to be a string", &[input])?;
            Value::String(texts[0].trim().to_owned())
        }
        O::ToString if is_typed(values[0], "Date") => values[0]["iso"].clone(),
        O::ToString => Value::String(to_text(values[0])),
        O::ToNumber | O::ToInt => {
            let kind = type_name(Some(values[0]));
            let read = match values[0] {
                Value::String(text) => text.parse().ok(),
                Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
                value if is_typed(value, "Date") => instant(value).ok().map(millis),
                value => value.as_f64(),
            };
            let wrong = || {
                mongo(format!(
                    "Failed to parse number or unsupported conversion from {kind} in $convert with no onError value"
                ))
            };
            let read = read.ok_or_else(wrong)?;
            number(if operator == O::ToInt { read.trunc() } else { read })
        }
        _ => {
            let read = match values[0] {
                Value::String(text) => clock::respell(text),
                Value::Number(_) => clock::from_millis(whole("$toDate", values[0])?).map(clock::spell),
                value => instant(value).ok().map(clock::spell),
            };
            let text = to_text(values[0]);
            let wrong = || mongo(format!("Error parsing date string '{text}'"));
            date(&Value::String(read.ok_or_else(wrong)?))
        }
    })
}

fn all<'a>(complaint: &str, values: &[&'a Value]) -> Result<Vec<&'a str>, Refusal> {
    let read = |value: &&'a Value| {
        let wrong = || mongo(format!("{complaint}, not {}", type_name(Some(value))));
        value.as_str().ok_or_else(wrong)
    };
    values.iter().map(read).collect()
}

/// Null is an empty text to some.
pub(super) fn or_empty(name: &str, value: Option<&Value>) -> Result<String, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::Object(_) | Value::Array(_)) => {
            let kind = type_name(value);
            Err(mongo(format!(
                "can't convert from BSON type {kind} to String in {name}"
            )))
        }
        Some(value) => Ok(to_text(value)),
    }
}
