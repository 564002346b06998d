//! Dates: their parts and their spelling.

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde_json::Value;

use super::mongo;
use super::operator::{Operator, type_name};
use crate::clock;
use crate::refusal::Refusal;
use crate::value::is_typed;

/// A part as a number.
pub(super) fn part(operator: Operator, value: &Value) -> Result<Value, Refusal> {
    use Operator as O;
    let instant = instant(value)?;
    Ok(match operator {
        O::Year => Value::from(instant.year()),
        O::Month => Value::from(instant.month()),
        O::DayOfMonth => Value::from(instant.day()),
        O::DayOfWeek => Value::from(instant.weekday().number_from_sunday()),
        O::DayOfYear => Value::from(instant.ordinal()),
        O::Hour => Value::from(instant.hour()),
        O::Minute => Value::from(instant.minute()),
        O::Second => Value::from(instant.second()),
        _ => Value::from(instant.timestamp_subsec_millis()),
    })
}

pub(super) fn instant(value: &Value) -> Result<DateTime<Utc>, Refusal> {
    let iso = is_typed(value, "Date").then(|| value.get("iso").and_then(Value::as_str));
    let wrong = || {
        mongo(format!(
            "can't convert from BSON type {} to Date",
            type_name(Some(value))
        ))
    };
    iso.flatten().and_then(clock::read).ok_or_else(wrong)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a date that people use are below 2^53"
)]
pub(super) fn millis(instant: DateTime<Utc>) -> f64 {
    instant.timestamp_millis() as f64
}

/// `$dateToString`: the letters that MongoDB and C have in common, and `%L` for milliseconds.
pub(super) fn to_string(value: &Value, format: &str) -> Result<Value, Refusal> {
    let instant = instant(value)?;
    let mut out = String::with_capacity(format.len() + 8);
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let part = match letters.next() {
            Some('L') => format!("{:03}", instant.timestamp_subsec_millis()),
            Some(known) if "YmdHMSjuGV".contains(known) => instant.format(&format!("%{known}")).to_string(),
            Some('w') => instant.weekday().number_from_sunday().to_string(),
            Some('z') => "+0000".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => {
                return Err(mongo(format!(
                    "Invalid format character '%{other}' in format string"
                )));
            }
            None => return Err(mongo("Unmatched '%' at end of format string")),
        };
        out.push_str(&part);
    }
    Ok(Value::String(out))
}
