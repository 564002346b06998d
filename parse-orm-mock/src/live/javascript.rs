//! Values as the real server's matcher, a program in JavaScript, compares them: with what it converts, and where it
//! throws.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::clock;
use crate::number::{to_number, to_text, truthy};
use crate::query::geo::Point;
use crate::value::type_tag;

/// An exception: the real server logs it, and the subscription gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thrown;

/// A value of an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    Missing,
    /// Milliseconds; NaN for what is no date.
    Date(f64),
    Plain(&'a Value),
}

/// A value that a condition compares with.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Plain(Value),
    Date(f64),
    Point(Point),
    /// Any other object of the JavaScript SDK: nothing stored equals it.
    Instance,
    /// Making it throws.
    Broken,
}

impl Operand {
    /// `Parse._decode`, of what has a type.
    pub(super) fn read(value: &Value) -> Self {
        let Some(map) = value
            .as_object()
            .filter(|map| map.get("__type").is_some_and(truthy))
        else {
            return Self::Plain(value.clone());
        };
        let named = map.get("className").is_some_and(truthy);
        match type_tag(map) {
            Some("Date") => Self::Date(milliseconds(map)),
            Some("GeoPoint") => Point::read_loose(value)
                .filter(|point| is_on_earth(*point))
                .map_or(Self::Broken, Self::Point),
            Some("Polygon") => match ring(map.get("coordinates")) {
                Ok(_) => Self::Instance,
                Err(Thrown) => Self::Broken,
            },
            Some("Pointer" | "Object") if named => Self::Instance,
            Some("File" | "Relation") => Self::Instance,
            _ => Self::Plain(value.clone()),
        }
    }
}

/// `new Date(iso)`
fn milliseconds(date: &Map<String, Value>) -> f64 {
    let instant = date.get("iso").and_then(Value::as_str).and_then(clock::read);
    #[expect(clippy::cast_precision_loss, reason = "a double is what JavaScript keeps")]
    instant.map_or(f64::NAN, |instant| instant.timestamp_millis() as f64)
}

pub(super) fn is_on_earth(point: Point) -> bool {
    point.latitude.abs() <= 90.0 && point.longitude.abs() <= 180.0
}

/// `new Parse.Polygon(coordinates)`, of pairs with the latitude first.
pub(super) fn ring(coordinates: Option<&Value>) -> Result<Vec<Point>, Thrown> {
    let pairs = coordinates.and_then(Value::as_array).ok_or(Thrown)?;
    let point = |pair: &Value| {
        let point = match pair.as_array()?.as_slice() {
            [latitude, longitude] => Point {
                latitude: latitude.as_f64()?,
                longitude: longitude.as_f64()?,
            },
            _ => return None,
        };
        is_on_earth(point).then_some(point)
    };
    let points: Option<Vec<Point>> = pairs.iter().map(point).collect();
    points.filter(|points| points.len() >= 3).ok_or(Thrown)
}

impl<'a> Found<'a> {
    /// `object[key]`, where a date becomes one.
    pub(super) fn at(object: Option<&'a Value>, key: &str) -> Self {
        match member(object, key) {
            None => Self::Missing,
            Some(Value::Object(map)) if type_tag(map) == Some("Date") => Self::Date(milliseconds(map)),
            Some(value) => Self::Plain(value),
        }
    }

    pub(super) fn truthy(self) -> bool {
        match self {
            Self::Missing => false,
            Self::Date(_) => true,
            Self::Plain(value) => truthy(value),
        }
    }

    /// `String(value)`
    pub(super) fn text(self) -> Cow<'a, str> {
        match self {
            Self::Missing => Cow::Borrowed("undefined"),
            Self::Date(milliseconds) => Cow::Owned(date_text(milliseconds)),
            Self::Plain(Value::String(text)) => Cow::Borrowed(text),
            Self::Plain(value) => Cow::Owned(to_text(value)),
        }
    }

    fn primitive(self) -> Primitive<'a> {
        match self {
            Self::Missing => Primitive::Number(f64::NAN),
            Self::Date(milliseconds) => Primitive::Number(milliseconds),
            Self::Plain(value) => Primitive::of(value),
        }
    }

    /// The order that `<` and `>` see; none where neither holds, nor `<=` and `>=`.
    pub(super) fn compare(self, operand: &Operand) -> Result<Option<Ordering>, Thrown> {
        let operand = match operand {
            Operand::Plain(value) => Primitive::of(value),
            Operand::Date(milliseconds) => Primitive::Number(*milliseconds),
            Operand::Point(_) | Operand::Instance => Primitive::Text(Cow::Borrowed("[object Object]")),
            Operand::Broken => return Err(Thrown),
        };
        Ok(self.primitive().compare(&operand))
    }

    /// The server's `equalObjects(value, operand)`.
    pub(super) fn equals(self, operand: &Operand) -> Result<bool, Thrown> {
        match (self, operand) {
            (Self::Date(a), Operand::Date(b)) => Ok(a.partial_cmp(b) == Some(Ordering::Equal)),
            (Self::Plain(a), Operand::Plain(b)) => equal_objects(a, b),
            (_, Operand::Broken) | (Self::Plain(Value::Null), _) => Err(Thrown),
            // a date has no keys
            (Self::Plain(a), Operand::Date(_)) => Ok(a.as_object().is_some_and(Map::is_empty)),
            (Self::Missing | Self::Date(_) | Self::Plain(_), _) => Ok(false),
        }
    }
}

/// `object[key]`
pub(super) fn member<'a>(object: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    match object? {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

/// `a === b`, of what is in the JSON of two different objects.
pub(super) fn identical(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(_) | Value::Object(_), _) => false,
        (a, b) => a == b,
    }
}

fn equal_objects(a: &Value, b: &Value) -> Result<bool, Thrown> {
    match (a, b) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all(a.iter().zip(b).map(|(a, b)| equal_objects(a, b)))
        }
        (Value::Array(_), Value::Object(_) | Value::Null) => Ok(false),
        // their keys are asked for
        (Value::Null, Value::Object(_) | Value::Array(_)) | (Value::Object(_), Value::Null) => Err(Thrown),
        (Value::Object(a), Value::Array(b)) => Ok(a.is_empty() && b.is_empty()),
        (Value::Object(a), Value::Object(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all(a
                .iter()
                .map(|(key, a)| b.get(key).map_or(Ok(false), |b| equal_objects(a, b))))
        }
        (a, b) => Ok(identical(a, b)),
    }
}

fn all(tests: impl IntoIterator<Item = Result<bool, Thrown>>) -> Result<bool, Thrown> {
    for test in tests {
        if !test? {
            return Ok(false);
        }
    }
    Ok(true)
}

enum Primitive<'a> {
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'a> Primitive<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Self::Text(Cow::Owned(to_text(value))),
            value => Self::Number(to_number(value).unwrap_or(f64::NAN)),
        }
    }

    fn compare(&self, other: &Primitive<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Primitive::Text(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (a, b) => a.number().partial_cmp(&b.number()),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => to_number(&Value::String(text.to_string())).unwrap_or(f64::NAN),
        }
    }
}

/// `String(date)`, in a server whose clock is in UTC.
fn date_text(milliseconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and NaN is no date"
    )]
    let instant = clock::from_millis(milliseconds as i64).filter(|_| !milliseconds.is_nan());
    instant.map_or_else(
        || "Invalid Date".to_owned(),
        |instant| {
            instant
                .format("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")
                .to_string()
        },
    )
}
