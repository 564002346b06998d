//! Accumulators: what `$group` makes of the values of a group.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::expression::number;
use super::{mongo, not_imitated};
use crate::refusal::Refusal;
use crate::value::compare;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accumulator {
    Sum,
    Avg,
    Min,
    Max,
    First,
    Last,
    Push,
    AddToSet,
    MergeObjects,
}

impl Accumulator {
    pub(crate) fn find(name: &str) -> Result<Self, Refusal> {
        Ok(match name {
            "$sum" | "$count" => Self::Sum,
            "$avg" => Self::Avg,
            "$min" => Self::Min,
            "$max" => Self::Max,
            "$first" => Self::First,
            "$last" => Self::Last,
            "$push" => Self::Push,
            "$addToSet" => Self::AddToSet,
            "$mergeObjects" => Self::MergeObjects,
            "$stdDevPop" | "$stdDevSamp" | "$top" | "$topN" | "$bottom" | "$bottomN" | "$firstN"
            | "$lastN" | "$minN" | "$maxN" | "$median" | "$percentile" | "$accumulator" | "$concatArrays"
            | "$setUnion" => {
                return Err(not_imitated(name));
            }
            _ => return Err(mongo(format!("unknown group operator '{name}'"))),
        })
    }

    pub(crate) fn start(self) -> State {
        match self {
            Self::Sum | Self::Avg => State::Sum(Sum::default()),
            Self::Min | Self::Max | Self::First | Self::Last => State::One(None),
            Self::Push => State::List(Vec::new()),
            Self::AddToSet => State::Set(Vec::new(), HashSet::new()),
            Self::MergeObjects => State::Object(Map::new()),
        }
    }

    /// Takes a value in; `None` is a value that is missing.
    pub(crate) fn take(self, state: &mut State, value: Option<Value>) -> Result<(), Refusal> {
        match (state, value) {
            (State::Sum(sum), Some(value)) => sum.add(&value),
            (State::One(one), value) => match self {
                Self::First if one.is_none() => *one = Some(value.unwrap_or_default()),
                Self::First => {}
                Self::Last => *one = Some(value.unwrap_or_default()),
                _ => {
                    let wanted = if self == Self::Min {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    };
                    let value = value.filter(|value| !value.is_null());
                    let better =
                        |value: &Value| one.as_ref().is_none_or(|best| compare(value, best) == wanted);
                    if let Some(value) = value.filter(better) {
                        *one = Some(value);
                    }
                }
            },
            (State::List(list), Some(value)) => list.push(value),
            (State::Set(list, known), Some(value)) => {
                let fresh = known.insert(value.to_string());
                list.extend(Some(value).filter(|_| fresh));
            }
            (State::Object(merged), Some(Value::Object(map))) => merged.extend(map),
            (State::Object(_), Some(value)) if !value.is_null() => {
                return Err(mongo("$mergeObjects requires object inputs"));
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn finish(self, state: State) -> Value {
        match state {
            State::Sum(sum) if self == Self::Avg => sum.mean(),
            State::Sum(sum) => sum.total(),
            State::One(one) => one.unwrap_or_default(),
            State::List(list) | State::Set(list, _) => Value::Array(list),
            State::Object(map) => Value::Object(map),
        }
    }
}

/// What an accumulator has seen so far.
#[derive(Debug)]
pub(crate) enum State {
    Sum(Sum),
    One(Option<Value>),
    List(Vec<Value>),
    /// In the order of appearance, with the texts of what is there.
    Set(Vec<Value>, HashSet<String>),
    Object(Map<String, Value>),
}

/// A sum of numbers that keeps what rounding takes away, as MongoDB's does; other values count for nothing.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    rounded: f64,
    lost: f64,
    count: u64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: &Value) {
        let Some(value) = value.as_f64() else { return };
        let sum = self.rounded + value;
        self.lost += if self.rounded.abs() >= value.abs() {
            (self.rounded - sum) + value
        } else {
            (value - sum) + self.rounded
        };
        self.rounded = sum;
        self.count += 1;
    }

    pub(crate) fn total(&self) -> Value {
        number(self.rounded + self.lost)
    }

    /// Null when there was no number.
    pub(crate) fn mean(&self) -> Value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of documents is far below 2^53"
        )]
        match self.count {
            0 => Value::Null,
            count => number((self.rounded + self.lost) / count as f64),
        }
    }
}
