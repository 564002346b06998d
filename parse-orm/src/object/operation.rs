//! Atomic operations: their wire form, how two of them on one field become one, and what they do to a
//! value, so that the local value shows what the server will hold.

use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Number, Value, json};

/// An operation on one field that waits to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[doc(hidden)]
pub enum Operation {
    /// Adds to a number.
    Increment(Number),
    /// Appends to an array.
    Add(Vec<Value>),
    /// Appends to an array what is not in it yet.
    AddUnique(Vec<Value>),
    /// Takes every equal element out of an array.
    Remove(Vec<Value>),
    /// Cannot be sent, for this reason.
    Invalid(String),
}

impl Operation {
    /// The one operation that does what both do, in their order. `None`: there is none, and the field's
    /// whole value has to be sent.
    pub(crate) fn merge(self, next: Self) -> Option<Self> {
        Some(match (self, next) {
            (Self::Invalid(reason), _) | (_, Self::Invalid(reason)) => Self::Invalid(reason),
            (Self::Increment(a), Self::Increment(b)) => match sum(&a, &b) {
                Ok(total) => Self::Increment(total),
                Err(reason) => Self::Invalid(reason),
            },
            (Self::Add(mut list), Self::Add(more)) => {
                list.extend(more);
                Self::Add(list)
            }
            (Self::AddUnique(mut list), Self::AddUnique(more)) => {
                extend_unique(&mut list, more);
                Self::AddUnique(list)
            }
            (Self::Remove(mut list), Self::Remove(more)) => {
                extend_unique(&mut list, more);
                Self::Remove(list)
            }
            _ => return None,
        })
    }

    /// What becomes of a field's value (`None`: the field is missing).
    pub(crate) fn apply(&self, value: Option<Value>) -> Result<Option<Value>, String> {
        if let Self::Add(list) | Self::AddUnique(list) | Self::Remove(list) = self
            && list.iter().chain(&value).any(is_new)
        {
            return Err(NEW_IN_ARRAY.into());
        }
        let array = |value: Option<Value>| match value {
            Some(Value::Array(list)) => Ok(list),
            None => Ok(Vec::new()),
            Some(_) => Err("not an array".to_owned()),
        };
        Ok(match self {
            Self::Increment(by) => match value {
                Some(Value::Number(number)) => Some(Value::Number(sum(&number, by)?)),
                None => Some(Value::Number(sum(&Number::from(0), by)?)),
                Some(_) => return Err("not a number".into()),
            },
            Self::Add(more) => {
                let mut list = array(value)?;
                list.extend(more.iter().cloned());
                Some(Value::Array(list))
            }
            Self::AddUnique(more) => {
                let mut list = array(value)?;
                extend_unique(&mut list, more.iter().cloned());
                Some(Value::Array(list))
            }
            Self::Remove(gone) => match value {
                None => None,
                value => {
                    let mut list = array(value)?;
                    list.retain(|element| !gone.iter().any(|other| equal(element, other)));
                    Some(Value::Array(list))
                }
            },
            Self::Invalid(reason) => return Err(reason.clone()),
        })
    }

    /// True when the operation would leave a field alone that has no value.
    pub(crate) fn needs_value(&self) -> bool {
        matches!(self, Self::Remove(_))
    }
}

const NEW_IN_ARRAY: &str = "what is not stored yet cannot take part in an atomic operation on an array: create it \
    first, or change the vector itself (`object.field.push(..)`), which is then sent as a whole; undo the operation \
    with `revert`";

/// Whether a value holds a new object or file, in the form that keeps everything.
fn is_new(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(is_new),
        Value::Object(map) => match map.get("__type").and_then(Value::as_str) {
            Some("New") => true,
            Some("File") => map.contains_key("base64"),
            _ => map.values().any(is_new),
        },
        _ => false,
    }
}

fn sum(a: &Number, b: &Number) -> Result<Number, String> {
    let beyond = || format!("{a} + {b} is beyond what the field can hold");
    if let (Some(a), Some(b)) = (a.as_i128(), b.as_i128()) {
        let total = a.checked_add(b).ok_or_else(beyond)?;
        // beyond 2^53 the server would hold another number
        return i64::try_from(total)
            .ok()
            .filter(|total| total.unsigned_abs() <= 1 << 53)
            .map(Number::from)
            .ok_or_else(beyond);
    }
    let total = a.as_f64().zip(b.as_f64()).map(|(a, b)| a + b);
    total.and_then(Number::from_f64).ok_or_else(beyond)
}

fn extend_unique(list: &mut Vec<Value>, more: impl IntoIterator<Item = Value>) {
    for value in more {
        if !list.iter().any(|other| equal(other, &value)) {
            list.push(value);
        }
    }
}

/// Class and id of a pointer or an included object.
fn target(value: &Value) -> Option<(&Value, &Value)> {
    let map = value.as_object()?;
    let kind = map.get("__type")?.as_str()?;
    matches!(kind, "Pointer" | "Object").then(|| Some((map.get("className")?, map.get("objectId")?)))?
}

/// As the server compares: references by what they point to, included or not; all else by value.
fn equal(a: &Value, b: &Value) -> bool {
    match (target(a), target(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The wire form.
impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        match self {
            Self::Increment(amount) => {
                map.serialize_entry("__op", "Increment")?;
                map.serialize_entry("amount", amount)?;
            }
            Self::Add(objects) => list(&mut map, "Add", objects)?,
            Self::AddUnique(objects) => list(&mut map, "AddUnique", objects)?,
            Self::Remove(objects) => list(&mut map, "Remove", objects)?,
            Self::Invalid(reason) => return Err(S::Error::custom(reason)),
        }
        map.end()
    }
}

/// An included object is kept whole for the local value, and sent as the pointer that it stands for.
struct Element<'a>(&'a Value);

impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match target(self.0) {
            Some((class_name, id)) => {
                json!({"__type": "Pointer", "className": class_name, "objectId": id}).serialize(to)
            }
            None => self.0.serialize(to),
        }
    }
}

fn list<M: SerializeMap>(map: &mut M, name: &str, objects: &[Value]) -> Result<(), M::Error> {
    map.serialize_entry("__op", name)?;
    map.serialize_entry("objects", &objects.iter().map(Element).collect::<Vec<_>>())
}

/// The form that keeps an operation outside of the server, `Invalid` ones included.
pub(super) mod kept {
    use super::Operation;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::object) struct Kept<T>(pub(in crate::object) T);

    impl Serialize for Kept<&Operation> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            Operation::serialize(self.0, to)
        }
    }

    impl<'de> Deserialize<'de> for Kept<Operation> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            Operation::deserialize(from).map(Self)
        }
    }
}
