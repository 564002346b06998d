//! Does an object match what somebody subscribed to: by the rules of the real server's LiveQuery, which are not those
//! of its queries.
//!
//! A comparison is what JavaScript makes of it: a missing field is neither more nor less than anything, so it passes
//! `$gt`; dates in `$in`, places and pointers in `$eq` equal nothing, and so pass `$ne`; `null` matches nothing; an
//! operator that is not known, `$inQuery` among them, matches nothing.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::javascript::{Found, Operand, Thrown, identical, member};
use super::places::Place;
use super::regex::{Pattern, flags_of, unquoted};
use crate::number::truthy;
use crate::value::{is_typed, type_tag};

/// A `where`, read once.
#[derive(Debug, Clone, Default)]
pub(super) struct Matcher(Vec<Condition>);

/// All that is said about one key.
#[derive(Debug, Clone)]
struct Condition {
    /// What is before the last dot, part by part.
    path: Vec<String>,
    key: String,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    Never,
    Or(Vec<Matcher>),
    And(Vec<Matcher>),
    Nor(Vec<Matcher>),
    /// A text, a number or a truth value.
    Is(Value),
    Pointer {
        class: Option<Value>,
        id: Option<Value>,
    },
    Equal(Operand),
    Operators(Vec<Operator>),
}

#[derive(Debug, Clone)]
enum Operator {
    Unknown,
    Ignored,
    Compare(Than, Operand),
    Equal(Operand),
    NotEqual(Operand),
    In(Value),
    NotIn(Value),
    All(Value),
    Exists(bool),
    /// None for an expression that JavaScript does not read.
    Pattern(Option<Box<Pattern>>),
    Place(Place),
    ContainedBy(Value),
}

#[derive(Debug, Clone, Copy)]
enum Than {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Matcher {
    pub(super) fn read(filter: &Map<String, Value>) -> Self {
        Self(
            filter
                .iter()
                .map(|(key, value)| Condition::read(key, value))
                .collect(),
        )
    }

    pub(super) fn matches(&self, object: &Value) -> Result<bool, Thrown> {
        for condition in &self.0 {
            if !condition.holds(object)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Condition {
    fn read(key: &str, value: &Value) -> Self {
        let mut path: Vec<String> = key.split('.').map(str::to_owned).collect();
        let key = path.pop().unwrap_or_default();
        let rule = Rule::read(&key, value);
        Self { path, key, rule }
    }

    fn holds(&self, object: &Value) -> Result<bool, Thrown> {
        let mut object = Some(object);
        if self.path.is_empty() || !matches!(self.rule, Rule::Never) {
            for part in &self.path {
                object = member(object, part).filter(|value| truthy(value));
            }
        }
        let empty = Value::Null;
        let branch = object.unwrap_or(&empty);
        let any = |branches: &[Matcher]| {
            for matcher in branches {
                if matcher.matches(branch)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        match &self.rule {
            Rule::Never => Ok(false),
            Rule::Or(branches) => any(branches),
            Rule::Nor(branches) => any(branches).map(|matched| !matched),
            Rule::And(branches) => {
                for matcher in branches {
                    if !matcher.matches(branch)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            rule => rule.holds(Found::at(object, &self.key)),
        }
    }
}

impl Rule {
    fn read(key: &str, value: &Value) -> Self {
        let branches = || {
            let branch = |branch: &Value| branch.as_object().map(Matcher::read).unwrap_or_default();
            value
                .as_array()
                .map(|branches| branches.iter().map(branch).collect())
        };
        match (key, value) {
            (_, Value::Null) | ("$relatedTo", _) => Self::Never,
            ("$or", _) => branches().map_or(Self::Never, Self::Or),
            ("$and", _) => branches().map_or(Self::Never, Self::And),
            ("$nor", _) => branches().map_or(Self::Never, Self::Nor),
            (_, Value::Object(map)) => Self::of_object(map, value),
            // numbers for keys, which are no operators
            (_, Value::Array(items)) => Self::Operators(vec![Operator::Unknown; items.len().min(1)]),
            (_, value) => Self::Is(value.clone()),
        }
    }

    fn of_object(map: &Map<String, Value>, value: &Value) -> Self {
        if type_tag(map) == Some("Pointer") {
            return Self::Pointer {
                class: map.get("className").cloned(),
                id: map.get("objectId").cloned(),
            };
        }
        if map.get("__type").is_some_and(truthy) {
            return Self::Equal(Operand::read(value));
        }
        let read = |(name, operand): (&String, &Value)| Operator::read(name, operand, map);
        Self::Operators(map.iter().map(read).collect())
    }

    fn holds(&self, found: Found<'_>) -> Result<bool, Thrown> {
        match self {
            Self::Is(value) => Ok(match found {
                Found::Plain(Value::Array(items)) => items.iter().any(|item| identical(item, value)),
                Found::Plain(plain) => identical(plain, value),
                _ => false,
            }),
            Self::Pointer { class, id } => {
                let points = |value: &Value| match value {
                    Value::Null => Err(Thrown),
                    value => {
                        Ok(value.get("className") == class.as_ref() && value.get("objectId") == id.as_ref())
                    }
                };
                match found {
                    Found::Plain(Value::Array(items)) => any(items, points),
                    Found::Plain(value) => points(value),
                    _ => Ok(false),
                }
            }
            Self::Equal(operand) => match found {
                Found::Plain(Value::Array(items)) => any(items, |item| Found::Plain(item).equals(operand)),
                found => found.equals(operand),
            },
            Self::Operators(operators) => {
                for operator in operators {
                    match operator.holds(found)? {
                        Verdict::No => return Ok(false),
                        Verdict::Yes => {}
                        Verdict::Settled(matched) => return Ok(matched),
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

fn any(items: &[Value], test: impl Fn(&Value) -> Result<bool, Thrown>) -> Result<bool, Thrown> {
    for item in items {
        if test(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What an operator says of a value.
enum Verdict {
    No,
    Yes,
    /// Whatever those behind it say.
    Settled(bool),
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Operator {
    fn read(name: &str, value: &Value, all: &Map<String, Value>) -> Self {
        let operand = || Operand::read(value);
        // a list is compared with as it is, unless it has a type, which a list has not
        match name {
            "$lt" => Self::Compare(Than::Less, operand()),
            "$lte" => Self::Compare(Than::LessOrEqual, operand()),
            "$gt" => Self::Compare(Than::Greater, operand()),
            "$gte" => Self::Compare(Than::GreaterOrEqual, operand()),
            "$eq" => Self::Equal(operand()),
            "$ne" => Self::NotEqual(operand()),
            "$in" => Self::In(value.clone()),
            "$nin" => Self::NotIn(value.clone()),
            "$all" => Self::All(value.clone()),
            "$exists" => value.as_bool().map_or(Self::Ignored, Self::Exists),
            "$regex" => Self::Pattern(pattern(value, all.get("$options"))),
            "$options" | "$maxDistance" => Self::Ignored,
            "$containedBy" => Self::ContainedBy(value.clone()),
            "$nearSphere" | "$within" | "$geoWithin" | "$geoIntersects" => {
                Place::read(name, value, all).map_or(Self::Ignored, Self::Place)
            }
            _ => Self::Unknown,
        }
    }

    fn holds(&self, found: Found<'_>) -> Result<Verdict, Thrown> {
        match self {
            Self::Unknown => Ok(Verdict::No),
            Self::Ignored => Ok(Verdict::Yes),
            Self::Compare(than, operand) => {
                // what cannot be compared is not refused
                let order = found.compare(operand)?;
                let refused = match than {
                    Than::Less => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                    Than::LessOrEqual => order == Some(Ordering::Greater),
                    Than::Greater => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    Than::GreaterOrEqual => order == Some(Ordering::Less),
                };
                Ok((!refused).into())
            }
            Self::Equal(operand) => found.equals(operand).map(Into::into),
            Self::NotEqual(operand) => found.equals(operand).map(|equal| (!equal).into()),
            Self::In(list) => contains(list, found).map(Into::into),
            Self::NotIn(list) => contains(list, found).map(|contained| (!contained).into()),
            Self::All(list) => holds_all(list, found).map(Into::into),
            Self::Exists(wanted) => Ok((matches!(found, Found::Missing) != *wanted).into()),
            Self::Pattern(pattern) => {
                let matches = pattern
                    .as_ref()
                    .is_some_and(|pattern| pattern.finds(&found.text()));
                Ok(matches.into())
            }
            Self::Place(place) => place.holds(found).map(Verdict::Settled),
            Self::ContainedBy(list) => {
                let letters;
                let items = match found {
                    Found::Plain(Value::Array(items)) => items,
                    Found::Plain(Value::String(text)) => {
                        letters = text
                            .chars()
                            .map(|letter| Value::from(letter.to_string()))
                            .collect();
                        &letters
                    }
                    _ => return Err(Thrown),
                };
                for item in items {
                    if !contains(list, Found::Plain(item))? {
                        return Ok(Verdict::No);
                    }
                }
                Ok(Verdict::Settled(true))
            }
        }
    }
}

/// `$regex`: a text, or an expression with its flags.
fn pattern(value: &Value, options: Option<&Value>) -> Option<Box<Pattern>> {
    let (source, flags) = match value {
        Value::String(source) => (unquoted(source)?, flags_of(options)),
        value => (
            value.get("source")?.as_str()?.to_owned(),
            value.get("flags")?.as_str()?.to_owned(),
        ),
    };
    Pattern::new(&source, &flags).ok().map(Box::new)
}

/// The real server's `contains(list, value)`: a pointer is looked for by what it points to, of a list any element,
/// anything else as it is.
fn contains(list: &Value, found: Found<'_>) -> Result<bool, Thrown> {
    let value = match found {
        Found::Plain(value) => value,
        // a date is an object of its own, and in no list
        Found::Missing | Found::Date(_) => {
            return if list.is_array() || list.is_string() {
                Ok(false)
            } else {
                Err(Thrown)
            };
        }
    };
    if is_typed(value, "Pointer") {
        return points_into(list, value);
    }
    if let Value::Array(items) = value {
        for item in items {
            if contains(list, Found::Plain(item))? {
                return Ok(true);
            }
        }
    }
    match list {
        Value::Array(list) => Ok(list.iter().any(|item| identical(item, value))),
        Value::String(text) => Ok(text.contains(&*found.text())),
        _ => Err(Thrown),
    }
}

fn points_into(list: &Value, pointer: &Value) -> Result<bool, Thrown> {
    // the members of an object are looked at like those of a list
    let items: Vec<&Value> = match list {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    let (class, id) = (pointer.get("className"), pointer.get("objectId"));
    for item in items {
        match item {
            Value::Null => return Err(Thrown),
            Value::String(_) if Some(item) == id => return Ok(true),
            item if item.get("className") == class && item.get("objectId") == id => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}

fn holds_all(list: &Value, found: Found<'_>) -> Result<bool, Thrown> {
    if !found.truthy() {
        return Ok(false);
    }
    let Value::Array(list) = list else {
        return Ok(true);
    };
    for wanted in list {
        let holds = match found {
            Found::Plain(Value::Array(items)) => items.iter().any(|item| identical(item, wanted)),
            Found::Plain(Value::String(text)) => text.contains(&*Found::Plain(wanted).text()),
            _ => return Err(Thrown),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}
