//! Conditions, and how a tree of them becomes the `where` of a query.

use super::operand::Operand;
use crate::object::ParseObject;
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

/// A condition on the rows of `T`: a value to store, combine and reuse.
///
/// Conditions combine with `&`, `|` and `!`; `Q::default()` is the condition that every row meets.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, cheat_mode: bool }
/// let extreme: Q<GameScore> = q!(GameScore, score__lt = 5) | q!(GameScore, score__gt = 150);
/// let fair = !GameScore::F.cheat_mode.eq(true);
/// let set = GameScore::objects().filter(extreme & fair);
/// assert_eq!(
///     serde_json::to_string(&set).unwrap(),
///     r#"{"where":{"cheatMode":{"$ne":true},"$or":[{"score":{"$lt":5}},{"score":{"$gt":150}}]}}"#
/// );
/// ```
#[must_use = "a condition does nothing until a query set filters by it"]
pub struct Q<T> {
    pub(super) node: Node,
    _model: PhantomData<fn() -> T>,
}

impl<T> Q<T> {
    pub(super) fn new(node: Node) -> Self {
        Self {
            node,
            _model: PhantomData,
        }
    }

    pub(super) fn test(key: &'static str, test: Test) -> Self {
        Self::new(Node::Test {
            key: key.into(),
            test,
        })
    }
}

impl<T> Default for Q<T> {
    fn default() -> Self {
        Self::new(Node::And(Vec::new()))
    }
}

impl<T> Clone for Q<T> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<T: ParseObject> fmt::Debug for Q<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Q<{}>({})", T::CLASS_NAME, show(&self.node))
    }
}

/// The condition's `where` object.
impl<T> Serialize for Q<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.node.serialize(to)
    }
}

pub(super) fn show(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
}

impl<T> BitAnd for Q<T> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self::new(self.node.and(other.node))
    }
}

impl<T> BitOr for Q<T> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self::new(self.node.or(other.node))
    }
}

impl<T> Not for Q<T> {
    type Output = Self;
    fn not(self) -> Self {
        Self::new(self.node.negate())
    }
}

/// The untyped condition.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Test {
        key: Cow<'static, str>,
        test: Test,
    },
    /// All of them; none at all is met by every row.
    And(Vec<Self>),
    Or(Vec<Self>),
    /// None of them.
    Nor(Vec<Self>),
}

/// What is asked of one key.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// `$eq`, `$ne`, `$lt`, ..
    Compare(&'static str, Operand),
    /// A text lookup.
    Regex { pattern: String, options: &'static str },
    /// The object behind a pointer meets a condition, or does not.
    InQuery {
        negated: bool,
        class_name: &'static str,
        filter: Box<Node>,
    },
}

impl Node {
    fn is_trivial(&self) -> bool {
        matches!(self, Self::And(list) if list.is_empty())
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one.is_trivial() => other,
            (one, other) if other.is_trivial() => one,
            (Self::And(mut list), Self::And(more)) => {
                list.extend(more);
                Self::And(list)
            }
            (Self::And(mut list), other) => {
                list.push(other);
                Self::And(list)
            }
            (one, Self::And(mut list)) => {
                list.insert(0, one);
                Self::And(list)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            // as in Django, an empty condition adds nothing
            (one, other) if one.is_trivial() => other,
            (one, other) if other.is_trivial() => one,
            (Self::Or(mut list), Self::Or(more)) => {
                list.extend(more);
                Self::Or(list)
            }
            (Self::Or(mut list), other) => {
                list.push(other);
                Self::Or(list)
            }
            (one, other) => Self::Or(vec![one, other]),
        }
    }

    /// By the opposite operator where there is one: it matches rows without the field on every database.
    pub(super) fn negate(self) -> Self {
        let opposite = |operator| {
            Some(match operator {
                "$eq" => "$ne",
                "$ne" => "$eq",
                "$in" => "$nin",
                "$nin" => "$in",
                _ => return None,
            })
        };
        match self {
            node if node.is_trivial() => node,
            Self::Test {
                key,
                test: Test::Compare(operator, operand),
            } if !key.starts_with('$') => match opposite(operator) {
                Some(operator) => Self::Test {
                    key,
                    test: Test::Compare(operator, operand),
                },
                None => Self::Nor(vec![Self::Test {
                    key,
                    test: Test::Compare(operator, operand),
                }]),
            },
            Self::Test {
                key,
                test:
                    Test::InQuery {
                        negated,
                        class_name,
                        filter,
                    },
            } => Self::Test {
                key,
                test: Test::InQuery {
                    negated: !negated,
                    class_name,
                    filter,
                },
            },
            Self::Or(list) => Self::Nor(list),
            Self::Nor(list) => Self::Or(list),
            node => Self::Nor(vec![node]),
        }
    }

    /// The same condition on the fields of an object that is embedded as `prefix`.
    pub(super) fn embedded(self, prefix: &str) -> Self {
        let all = |list: Vec<Self>| list.into_iter().map(|node| node.embedded(prefix)).collect();
        match self {
            Self::Test { key, test } => Self::Test {
                key: format!("{prefix}.{key}").into(),
                test,
            },
            Self::And(list) => Self::And(all(list)),
            Self::Or(list) => Self::Or(all(list)),
            Self::Nor(list) => Self::Nor(all(list)),
        }
    }
}

/// All conditions of a query set, as its `where`.
pub(crate) struct Where<'a>(pub(crate) &'a [&'a Node]);

impl Serialize for Where<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Merged::of(self.0.iter().copied()).serialize(to)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Merged::of(std::iter::once(self)).serialize(to)
    }
}

/// Conditions that all hold, sorted by key: those on one key share its object, and what does not fit
/// beside another (a second `$regex`, a second `$or`) goes to `$and`. Nothing ever overwrites another.
#[derive(Default)]
struct Merged<'a> {
    keys: Vec<(&'a str, Vec<&'a Test>)>,
    or: Option<&'a [Node]>,
    nor: Option<&'a [Node]>,
    rest: Vec<&'a Node>,
}

impl<'a> Merged<'a> {
    fn of(nodes: impl Iterator<Item = &'a Node>) -> Self {
        let mut merged = Self::default();
        nodes.for_each(|node| merged.add(node));
        merged
    }

    fn add(&mut self, node: &'a Node) {
        match node {
            Node::And(list) => list.iter().for_each(|node| self.add(node)),
            Node::Or(list) if self.or.is_none() => self.or = Some(list),
            Node::Nor(list) if self.nor.is_none() => self.nor = Some(list),
            Node::Or(_) | Node::Nor(_) => self.rest.push(node),
            Node::Test { key, test } => match self.keys.iter_mut().find(|(other, _)| other == key) {
                None => self.keys.push((key, vec![test])),
                Some((_, tests)) if tests.iter().all(|other| other.fits_beside(test)) => tests.push(test),
                Some(_) => self.rest.push(node),
            },
        }
    }
}

impl Serialize for Merged<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (key, tests) in &self.keys {
            match tests.as_slice() {
                // alone, equality is the bare value: on an array, a relation or a pointer in a list only
                // that means membership
                [Test::Compare("$eq", operand)] if key.starts_with('$') || operand.is_bare() => {
                    map.serialize_entry(key, &Shown(key, operand))?;
                }
                tests => map.serialize_entry(key, &Tests(key, tests))?,
            }
        }
        if let Some(list) = self.or {
            map.serialize_entry("$or", list)?;
        }
        if let Some(list) = self.nor {
            map.serialize_entry("$nor", list)?;
        }
        if !self.rest.is_empty() {
            map.serialize_entry("$and", &self.rest)?;
        }
        map.end()
    }
}

/// An operand whose error names the key.
struct Shown<'a>(&'a str, &'a Operand);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.1.0 {
            Ok(value) => value.serialize(to),
            Err(reason) => Err(S::Error::custom(format_args!(
                "the lookup on `{}`: {reason}",
                self.0
            ))),
        }
    }
}

struct Tests<'a>(&'a str, &'a [&'a Test]);

impl Serialize for Tests<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct SubQuery<'a> {
            r#where: &'a Node,
            class_name: &'static str,
        }
        let mut map = to.serialize_map(None)?;
        for test in self.1 {
            match test {
                Test::Compare(operator, operand) => map.serialize_entry(operator, &Shown(self.0, operand))?,
                Test::Regex { pattern, options } => {
                    map.serialize_entry("$regex", pattern)?;
                    if !options.is_empty() {
                        map.serialize_entry("$options", options)?;
                    }
                }
                Test::InQuery {
                    class_name, filter, ..
                } => {
                    map.serialize_entry(
                        test.operator(),
                        &SubQuery {
                            r#where: filter,
                            class_name,
                        },
                    )?;
                }
            }
        }
        map.end()
    }
}

impl Test {
    /// True when both can stand in the object of one key. Two of one operator cannot; and parse-server on
    /// PostgreSQL forgets everything that stands beside `{"$ne": null}`.
    fn fits_beside(&self, other: &Self) -> bool {
        let not_null = |test: &Self| matches!(test, Self::Compare("$ne", Operand(Ok(Value::Null))));
        self.operator() != other.operator() && !not_null(self) && !not_null(other)
    }

    pub(super) fn operator(&self) -> &'static str {
        match self {
            Self::Compare(operator, _) => operator,
            Self::Regex { .. } => "$regex",
            Self::InQuery { negated: false, .. } => "$inQuery",
            Self::InQuery { negated: true, .. } => "$notInQuery",
        }
    }
}

impl Operand {
    /// True when the value alone means equality: any but a JSON object, whose keys could be taken for
    /// operators.
    fn is_bare(&self) -> bool {
        !matches!(&self.0, Ok(Value::Object(map)) if !map.contains_key("__type"))
    }
}
