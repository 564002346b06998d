//! Operators on numbers, and on dates as numbers of milliseconds.

use serde_json::Value;

use super::dates::{instant, millis};
use super::document::date;
use super::expression::number;
use super::mongo;
use super::operator::{Operator, type_name};
use crate::clock;
use crate::refusal::Refusal;
use crate::value::is_typed;

pub(super) fn apply(operator: Operator, values: &[&Value]) -> Result<Value, Refusal> {
    use Operator as O;
    Ok(match operator {
        O::Add => add(values)?,
        O::Subtract => subtract(values)?,
        O::Multiply => number(numbers("$multiply", values)?.iter().product()),
        O::Divide => {
            let numbers = numbers("$divide", values)?;
            if numbers[1] == 0.0 {
                return Err(mongo("can't $divide by zero"));
            }
            number(numbers[0] / numbers[1])
        }
        O::Mod => {
            let numbers = numbers("$mod", values)?;
            if numbers[1] == 0.0 {
                return Err(mongo("can't $mod by zero"));
            }
            number(numbers[0] % numbers[1])
        }
        O::Abs => number(numbers("$abs", values)?[0].abs()),
        O::Ceil => number(numbers("$ceil", values)?[0].ceil()),
        O::Floor => number(numbers("$floor", values)?[0].floor()),
        O::Round => {
            let numbers = numbers("$round", values)?;
            let scale = 10_f64.powf(numbers.get(1).copied().unwrap_or_default());
            number((numbers[0] * scale).round_ties_even() / scale)
        }
        O::Sqrt => {
            let root = numbers("$sqrt", values)?[0];
            if root < 0.0 {
                return Err(mongo("$sqrt's argument must be greater than or equal to 0"));
            }
            number(root.sqrt())
        }
        _ => {
            let numbers = numbers("$pow", values)?;
            number(numbers[0].powf(numbers[1]))
        }
    })
}

fn numbers(name: &str, values: &[&Value]) -> Result<Vec<f64>, Refusal> {
    let read = |value: &&Value| {
        let wrong = || {
            let kind = type_name(Some(value));
            mongo(format!("{name} only supports numeric types, not {kind}"))
        };
        value.as_f64().ok_or_else(wrong)
    };
    values.iter().map(read).collect()
}

pub(super) fn whole(name: &str, value: &Value) -> Result<i64, Refusal> {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0);
    let wrong = || {
        mongo(format!(
            "{name}'s argument must be a whole number, but is {value}"
        ))
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number, and `as` saturates"
    )]
    whole.map(|number| number as i64).ok_or_else(wrong)
}

fn moved(value: &Value, by: f64) -> Result<Value, Refusal> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and then there is no such date"
    )]
    let moved = clock::from_millis((millis(instant(value)?) + by) as i64);
    let moved = moved.ok_or_else(|| mongo("date overflow in $add"))?;
    Ok(date(&Value::String(clock::spell(moved))))
}

fn add(values: &[&Value]) -> Result<Value, Refusal> {
    let (dates, others): (Vec<&Value>, Vec<&Value>) =
        values.iter().partition(|value| is_typed(value, "Date"));
    let mut sum = 0.0;
    for value in others {
        let kind = type_name(Some(value));
        let wrong = || mongo(format!("$add only supports numeric or date types, not {kind}"));
        sum += value.as_f64().ok_or_else(wrong)?;
    }
    match dates.as_slice() {
        [] => Ok(number(sum)),
        [when] => moved(when, sum),
        _ => Err(mongo("only one date allowed in an $add expression")),
    }
}

fn subtract(values: &[&Value]) -> Result<Value, Refusal> {
    match (values[0], values[1]) {
        (a, b) if is_typed(a, "Date") && is_typed(b, "Date") => {
            Ok(number(millis(instant(a)?) - millis(instant(b)?)))
        }
        (a, b) if is_typed(a, "Date") && b.is_number() => moved(a, -b.as_f64().unwrap_or_default()),
        (a, b) => {
            if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
                return Ok(number(a - b));
            }
            let (a, b) = (type_name(Some(a)), type_name(Some(b)));
            Err(mongo(format!("can't $subtract {b} from {a}")))
        }
    }
}
