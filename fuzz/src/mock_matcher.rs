//! A `where` and an object, made of the same few values, so that they often meet; compared with a small model of what
//! MongoDB's documentation says.

use arbitrary::{Arbitrary, Unstructured};
use parse_orm_mock::internals::{Filter, live_matches};
use serde_json::{Map, Value, json};

pub fn run(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let Ok((condition, object)) = <(Condition, Fields)>::arbitrary(&mut source) else {
        return;
    };
    let filter = condition.wire();
    let object = object.wire();
    let Value::Object(map) = &filter else { return };
    let _ = live_matches(map, &Value::Object(object.clone()));
    let read = match Filter::read(map) {
        Ok(read) => read,
        Err(refusal) => panic!("{filter} is refused: {refusal}"),
    };
    assert_eq!(
        read.matches(&object),
        condition.holds(&object),
        "{filter} of {object:?}"
    );
}

/// A value that any field may hold.
#[derive(Arbitrary, Debug, Clone)]
enum Scalar {
    Null,
    Truth(bool),
    Whole(i8),
    Half(i8),
    Text(Text),
    Date(u8),
    Pointer(u8),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Text {
    Empty,
    Small,
    Large,
    Longer,
    Number,
}

impl Text {
    fn spelled(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Small => "a",
            Self::Large => "A",
            Self::Longer => "a.b",
            Self::Number => "1",
        }
    }
}

impl Scalar {
    fn wire(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Truth(truth) => json!(truth),
            Self::Whole(number) => json!(number % 4),
            Self::Half(number) => json!(f64::from(number % 8) / 2.0),
            Self::Text(text) => json!(text.spelled()),
            Self::Date(day) => {
                json!({"__type": "Date", "iso": format!("2020-01-0{}T00:00:00.000Z", day % 4 + 1)})
            }
            Self::Pointer(id) => {
                json!({"__type": "Pointer", "className": "B", "objectId": (id % 3).to_string()})
            }
        }
    }
}

#[derive(Arbitrary, Debug, Clone)]
enum Held {
    One(Scalar),
    Many(Vec<Scalar>),
    Inner(Scalar),
    ManyInner(Vec<Scalar>),
}

impl Held {
    fn wire(&self) -> Value {
        let many = |list: &[Scalar]| list.iter().take(4).map(Scalar::wire).collect::<Vec<_>>();
        match self {
            Self::One(scalar) => scalar.wire(),
            Self::Many(list) => Value::Array(many(list)),
            Self::Inner(scalar) => json!({"x": scalar.wire()}),
            Self::ManyInner(list) => many(list).into_iter().map(|value| json!({"x": value})).collect(),
        }
    }
}

#[derive(Arbitrary, Debug, Clone)]
struct Fields {
    a: Option<Held>,
    b: Option<Held>,
}

impl Fields {
    fn wire(&self) -> Map<String, Value> {
        let fields = [("a", &self.a), ("b", &self.b)];
        let fields = fields.into_iter();
        fields
            .filter_map(|(key, held)| Some((key.to_owned(), held.as_ref()?.wire())))
            .collect()
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Key {
    A,
    B,
    Inner,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Inner => "a.x",
        }
    }
}

#[derive(Arbitrary, Debug, Clone)]
enum Test {
    Equal(Scalar),
    NotEqual(Scalar),
    Less(Scalar),
    LessOrEqual(Scalar),
    Greater(Scalar),
    GreaterOrEqual(Scalar),
    In(Vec<Scalar>),
    NotIn(Vec<Scalar>),
    All(Vec<Scalar>),
    Exists(bool),
    StartsWith(Text),
}

#[derive(Arbitrary, Debug, Clone)]
enum Condition {
    Field(Key, Test),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    None(Vec<Condition>),
}

impl Condition {
    fn wire(&self) -> Value {
        let list = |list: &[Condition]| list.iter().map(Self::wire).collect::<Value>();
        match self {
            Self::Field(key, Test::Equal(scalar)) => json!({key.name(): scalar.wire()}),
            Self::Field(key, test) => json!({key.name(): test.wire()}),
            // the server refuses groups of nothing
            Self::All(parts) | Self::Any(parts) | Self::None(parts) if parts.is_empty() => json!({}),
            Self::All(parts) => json!({"$and": list(parts)}),
            Self::Any(parts) => json!({"$or": list(parts)}),
            Self::None(parts) => json!({"$nor": list(parts)}),
        }
    }

    fn holds(&self, object: &Map<String, Value>) -> bool {
        match self {
            Self::Field(key, test) => test.holds(&leaves(*key, object)),
            Self::All(parts) => parts.iter().all(|part| part.holds(object)),
            Self::Any(parts) => parts.is_empty() || parts.iter().any(|part| part.holds(object)),
            Self::None(parts) => parts.is_empty() || !parts.iter().any(|part| part.holds(object)),
        }
    }
}

/// What is at a key: one value or none, or several where the way goes through an array.
fn leaves(key: Key, object: &Map<String, Value>) -> Vec<Option<Value>> {
    let a = object.get("a");
    match (key, a) {
        (Key::A, a) => vec![a.cloned()],
        (Key::B, _) => vec![object.get("b").cloned()],
        (Key::Inner, Some(Value::Array(items))) if items.iter().any(Value::is_object) => items
            .iter()
            .filter_map(Value::as_object)
            .map(|item| item.get("x").cloned())
            .collect(),
        (Key::Inner, Some(Value::Object(map))) => vec![map.get("x").cloned()],
        (Key::Inner, _) => vec![None],
    }
}

impl Test {
    fn wire(&self) -> Value {
        let list = |list: &[Scalar]| list.iter().map(Scalar::wire).collect::<Value>();
        match self {
            Self::Equal(scalar) => json!({"$eq": scalar.wire()}),
            Self::NotEqual(scalar) => json!({"$ne": scalar.wire()}),
            Self::Less(scalar) => json!({"$lt": scalar.wire()}),
            Self::LessOrEqual(scalar) => json!({"$lte": scalar.wire()}),
            Self::Greater(scalar) => json!({"$gt": scalar.wire()}),
            Self::GreaterOrEqual(scalar) => json!({"$gte": scalar.wire()}),
            Self::In(scalars) => json!({"$in": list(scalars)}),
            Self::NotIn(scalars) => json!({"$nin": list(scalars)}),
            Self::All(scalars) => json!({"$all": list(scalars)}),
            Self::Exists(wanted) => json!({"$exists": wanted}),
            Self::StartsWith(text) => json!({"$regex": format!("^\\Q{}\\E", text.spelled())}),
        }
    }

    fn holds(&self, leaves: &[Option<Value>]) -> bool {
        let equal = |scalar: &Scalar| leaves.iter().any(|leaf| equals(leaf.as_ref(), &scalar.wire()));
        let compared = |scalar: &Scalar,
                        wanted: fn(f64, f64) -> bool,
                        wanted_text: fn(&str, &str) -> bool,
                        or_same: bool| {
            let operand = scalar.wire();
            leaves.iter().any(|leaf| match leaf {
                None => operand.is_null() && or_same,
                Some(Value::Array(items)) => items
                    .iter()
                    .any(|item| is_beside(item, &operand, wanted, wanted_text, or_same)),
                Some(value) => is_beside(value, &operand, wanted, wanted_text, or_same),
            })
        };
        match self {
            Self::Equal(scalar) => equal(scalar),
            Self::NotEqual(scalar) => !equal(scalar),
            Self::Less(scalar) => compared(scalar, |a, b| a < b, |a, b| a < b, false),
            Self::LessOrEqual(scalar) => compared(scalar, |a, b| a <= b, |a, b| a <= b, true),
            Self::Greater(scalar) => compared(scalar, |a, b| a > b, |a, b| a > b, false),
            Self::GreaterOrEqual(scalar) => compared(scalar, |a, b| a >= b, |a, b| a >= b, true),
            Self::In(scalars) => scalars.iter().any(equal),
            Self::NotIn(scalars) => !scalars.iter().any(equal),
            Self::All(scalars) => !scalars.is_empty() && scalars.iter().all(equal),
            Self::Exists(wanted) => leaves.iter().any(Option::is_some) == *wanted,
            Self::StartsWith(text) => leaves.iter().flatten().any(|leaf| {
                let starts = |value: &Value| {
                    value
                        .as_str()
                        .is_some_and(|held| held.starts_with(text.spelled()))
                };
                starts(leaf) || leaf.as_array().is_some_and(|items| items.iter().any(starts))
            }),
        }
    }
}

/// A missing field is null, and an array is each of its elements.
fn equals(leaf: Option<&Value>, operand: &Value) -> bool {
    match leaf {
        None => operand.is_null(),
        Some(Value::Array(items)) => items.iter().any(|item| same(item, operand)),
        Some(value) => same(value, operand),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// Whether a value is on the wanted side of another one of its type.
fn is_beside(
    value: &Value,
    operand: &Value,
    wanted: fn(f64, f64) -> bool,
    wanted_text: fn(&str, &str) -> bool,
    or_same: bool,
) -> bool {
    let number = |value: &Value| {
        value
            .as_f64()
            .or(value.as_bool().map(|truth| f64::from(u8::from(truth))))
    };
    let text = |value: &Value| match (value["__type"].as_str(), value) {
        (Some("Date"), value) => value["iso"].as_str().map(str::to_owned),
        (Some(_), value) => value["objectId"].as_str().map(str::to_owned),
        (None, value) => value.as_str().map(str::to_owned),
    };
    if kind(value) != kind(operand) {
        return false;
    }
    match (number(value), number(operand), text(value), text(operand)) {
        (Some(a), Some(b), ..) => wanted(a, b),
        (.., Some(a), Some(b)) => wanted_text(&a, &b),
        _ => value.is_null() && or_same,
    }
}

/// What may be compared with each other.
fn kind(value: &Value) -> (u8, Option<&str>) {
    let number = match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    };
    (number, value["__type"].as_str())
}
