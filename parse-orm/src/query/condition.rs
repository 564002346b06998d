//! Conditions, and how they are put together and turned around.

use super::operand::{Constant, Operand};
use super::subquery::SubQueryOf;
use crate::object::ParseObject;
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

    pub(super) fn test(key: &'static str, holds: Holds, test: Test) -> Self {
        Self::new(Node::Test {
            key: key.into(),
            holds,
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

/// What a row may have under a key: it decides what several conditions on the key mean.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// One value.
    One,
    /// An array, of which any element counts; or anything at all.
    Many,
    /// A relation: what the server asks of it is kept in another table.
    Relation,
}

/// The untyped condition.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Test {
        key: Cow<'static, str>,
        holds: Holds,
        test: Test,
    },
    /// All of them; none at all is met by every row.
    And(Vec<Self>),
    Or(Vec<Self>),
    /// None of them. Never with a condition on a relation in it: the server would not find it there.
    Nor(Vec<Self>),
}

/// What is asked of one key.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// `$eq`, `$ne`, `$lt`, ..
    Compare(&'static str, Operand),
    /// A text lookup.
    Regex { pattern: String, options: &'static str },
    /// The value is among those that another query finds, or is not.
    SubQuery { negated: bool, query: Box<SubQueryOf> },
    /// Nearest first: the point, and how far away at most, in radians.
    Near(Operand, Option<f64>),
}

impl Node {
    fn is_trivial(&self) -> bool {
        matches!(self, Self::And(list) if list.is_empty())
    }

    pub(super) fn and(self, other: Self) -> Self {
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
            (one, other) => {
                let mut list = Vec::with_capacity(8);
                list.extend([one, other]);
                Self::And(list)
            }
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
        let each = |list: Vec<Self>| list.into_iter().map(Self::negate);
        match self {
            Self::And(list) if list.is_empty() => Self::And(list),
            Self::Test { key, holds, test } => match test.opposite() {
                Ok(test) => Self::Test { key, holds, test },
                Err(test) => Self::Nor(vec![Self::Test { key, holds, test }]),
            },
            Self::And(list) if list.iter().any(Self::is_on_a_relation) => {
                each(list).reduce(Self::or).unwrap_or(Self::And(Vec::new()))
            }
            Self::Or(list) if list.iter().any(Self::is_on_a_relation) => {
                each(list).fold(Self::And(Vec::new()), Self::and)
            }
            Self::Or(list) => Self::Nor(list),
            Self::Nor(list) => Self::Or(list),
            node @ Self::And(_) => Self::Nor(vec![node]),
        }
    }

    /// The condition that puts the nearest rows first.
    pub(super) fn near(&self) -> Option<&Test> {
        match self {
            Self::Test { test, .. } => Some(test).filter(|test| matches!(test, Test::Near(..))),
            Self::And(list) => list.iter().find_map(Self::near),
            Self::Or(_) | Self::Nor(_) => None,
        }
    }

    /// The same rows in no order: within the distance, or with a place at all.
    pub(super) fn without_order(&self) -> Self {
        match self {
            Self::Test {
                key,
                holds,
                test: Test::Near(point, limit),
            } => Self::Test {
                key: key.clone(),
                holds: *holds,
                test: super::geo::unordered(point, *limit),
            },
            Self::And(list) => Self::And(list.iter().map(Self::without_order).collect()),
            other => other.clone(),
        }
    }

    /// True where a relation is asked for within it.
    fn is_on_a_relation(&self) -> bool {
        match self {
            Self::Test { holds, .. } => *holds == Holds::Relation,
            Self::And(list) | Self::Or(list) | Self::Nor(list) => list.iter().any(Self::is_on_a_relation),
        }
    }

    /// The same condition on the fields of an object that is embedded as `prefix`.
    pub(super) fn embedded(self, prefix: &str) -> Self {
        let all = |list: Vec<Self>| list.into_iter().map(|node| node.embedded(prefix)).collect();
        match self {
            Self::Test { key, holds, test } => Self::Test {
                key: format!("{prefix}.{key}").into(),
                holds,
                test,
            },
            Self::And(list) => Self::And(all(list)),
            Self::Or(list) => Self::Or(all(list)),
            Self::Nor(list) => Self::Nor(all(list)),
        }
    }
}

impl Test {
    /// The opposite of it, or itself where there is none.
    fn opposite(self) -> Result<Self, Self> {
        Ok(match self {
            Self::SubQuery { negated, query } => Self::SubQuery {
                negated: !negated,
                query,
            },
            Self::Compare("$exists", Operand(Ok(Constant::Json(Value::Bool(yes))))) => {
                Self::Compare("$exists", Operand::json(!yes))
            }
            Self::Compare(operator, operand) => {
                let opposite = match operator {
                    "$eq" => "$ne",
                    "$ne" => "$eq",
                    "$in" => "$nin",
                    "$nin" => "$in",
                    _ => return Err(Self::Compare(operator, operand)),
                };
                Self::Compare(opposite, operand)
            }
            test => return Err(test),
        })
    }

    /// The operator that it is sent as.
    pub(super) fn operator(&self) -> &'static str {
        match self {
            Self::Compare(operator, _) => operator,
            Self::Regex { .. } => "$regex",
            Self::SubQuery { negated, query } => query.operator(*negated),
            Self::Near(..) => "$nearSphere",
        }
    }
}
