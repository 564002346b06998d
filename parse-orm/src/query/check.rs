//! What a query cannot ask: found before anything is sent.

use super::condition::{Holds, Node, Test};
use super::operand::{Constant, Operand};
use super::order::TEXT_SCORE;
use super::set::Core;
use crate::{Error, Result};
use serde_json::Value;
use std::cmp::Ordering::{self, Equal, Greater, Less};

/// The field concerned, and what is wrong.
type Refusal = (Option<String>, String);

/// Refuses conditions that no row can meet, and what the server would understand otherwise than it is meant.
pub(super) fn check(core: &Core, class_name: &str) -> Result<()> {
    let nodes = || core.filter.iter().map(|node| &**node);
    let mut orders = Orders::default();
    nodes()
        .try_for_each(|node| orders.walk(node, Place::Top))
        .and_then(|()| contradicted(&together(nodes()), ""))
        .and_then(|()| orders.agree(core))
        .and_then(|()| whole(core))
        .map_err(|(field, reason)| Error::invalid(class_name, field.as_deref(), reason))
}

/// Refuses what would lose rows of a relation.
fn whole(core: &Core) -> Result<(), Refusal> {
    fn tests(node: &Node) -> usize {
        match node {
            Node::And(list) => list.iter().map(tests).sum(),
            Node::Test { .. } | Node::Or(_) | Node::Nor(_) => 1,
        }
    }
    if core.is_by_joining() && core.nodes().into_iter().map(tests).sum::<usize>() > 1 {
        let reason = "a server on MongoDB loses rows of a relation that is ordered by `createdAt`, where there is \
                      another condition: order by another field, or sort the rows here";
        return Err((Some("createdAt".into()), reason.into()));
    }
    Ok(())
}

/// The conditions that put the rows in an order of their own, of which a query can have one each.
#[derive(Default)]
struct Orders<'a> {
    near: Option<&'a str>,
    search: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    SubQuery,
    /// Within `|` or `!`.
    Tree,
}

impl<'a> Orders<'a> {
    fn walk(&mut self, node: &'a Node, place: Place) -> Result<(), Refusal> {
        let (key, test) = match node {
            Node::And(list) => return list.iter().try_for_each(|node| self.walk(node, place)),
            Node::Or(list) | Node::Nor(list) => {
                return list.iter().try_for_each(|node| self.walk(node, Place::Tree));
            }
            Node::Test { key, test, .. } => (&**key, test),
        };
        let refuse = |reason: &str| Err((Some(key.to_owned()), reason.to_owned()));
        match test {
            Test::SubQuery { query, .. } => match &query.filter {
                Ok(filter) => Self::default().walk(filter, Place::SubQuery),
                Err(reason) => refuse(reason),
            },
            Test::Near(..) if place != Place::Top => refuse(
                "`near` puts the rows of the whole query in an order, and cannot stand within `|`, `!` or a \
                 sub-query: write `within_km` there, which only asks for the distance",
            ),
            Test::Near(..) if self.near.is_some() => refuse(
                "a query has one `near`, which puts its rows in an order: write `within_km` for the others",
            ),
            Test::Near(..) => {
                self.near = Some(key);
                Ok(())
            }
            test if test.operator() == "$text" => match self.search {
                _ if place == Place::Tree => refuse(
                    "`search` cannot stand within `|` or `!`: the server knows it for the whole query only",
                ),
                Some(_) => refuse("a query has one `search`: several words go into one text"),
                None => {
                    self.search = Some(key);
                    Ok(())
                }
            },
            _ => Ok(()),
        }
    }

    /// With the order that was asked for.
    fn agree(&self, core: &Core) -> Result<(), Refusal> {
        if let (Some(near), Some((order, _))) = (self.near, core.order.first()) {
            let reason = format!(
                "`near` puts the nearest rows first, and an order by `{order}` was asked for as well: leave one of \
                 them away, or write `within_km`, which has no order of its own"
            );
            return Err((Some(near.into()), reason));
        }
        if core.order.iter().any(|(key, _)| key == TEXT_SCORE) && self.search.is_none() {
            let reason = "`order_by_text_score` puts the best matches of a search first, and there is none: filter \
                          by the lookup `search`";
            return Err((None, reason.into()));
        }
        Ok(())
    }
}

/// A condition that every row has to meet.
type Asked<'a> = (&'a str, Holds, &'a Test);

/// Those that are not one of several.
fn together<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<Asked<'a>> {
    fn add<'a>(node: &'a Node, all: &mut Vec<Asked<'a>>) {
        match node {
            Node::And(list) => list.iter().for_each(|node| add(node, all)),
            Node::Test { key, holds, test } => all.push((key, *holds, test)),
            Node::Or(_) | Node::Nor(_) => {}
        }
    }
    let mut all = Vec::with_capacity(8);
    nodes.for_each(|node| add(node, &mut all));
    all
}

/// Refuses two conditions that exclude each other.
fn contradicted(all: &[Asked<'_>], path: &str) -> Result<(), Refusal> {
    for (place, (key, holds, test)) in all.iter().enumerate() {
        let beside = all.iter().skip(place + 1).filter(|(other, ..)| other == key);
        for (_, _, other_test) in beside {
            if excludes(*holds, test, other_test) || excludes(*holds, other_test, test) {
                let field = format!("{path}{key}");
                let (one, other) = (described(&field, test), described(&field, other_test));
                let advice = if is_bound(test) && is_bound(other_test) {
                    "the lower end of the range is above the upper one, or leaves nothing between them"
                        .to_owned()
                } else {
                    format!("for one or the other write `Q({one}) | Q({other})`")
                };
                let reason =
                    format!("`{one}` and `{other}` cannot both hold, and no row would be found; {advice}");
                return Err((Some(field), reason));
            }
        }
    }
    // of one object, what is behind a reference has to hold together
    let mut behind: Vec<(&str, Vec<Asked<'_>>)> = Vec::new();
    for (key, holds, test) in all {
        let Test::SubQuery {
            negated: false,
            query,
        } = test
        else {
            continue;
        };
        let asked = query
            .filter
            .iter()
            .flat_map(|filter| together(std::iter::once(filter)));
        let known = behind.iter_mut().find(|(other, _)| other == key);
        match known.filter(|_| *holds == Holds::One && query.key.is_none()) {
            Some((_, all)) => all.extend(asked),
            None => behind.push((key, asked.collect())),
        }
    }
    behind
        .iter()
        .try_for_each(|(key, asked)| contradicted(asked, &format!("{path}{key}.")))
}

/// True when nothing meets both. The other way round it is asked as well; where it is not certain it is false.
fn excludes(holds: Holds, one: &Test, other: &Test) -> bool {
    let Test::Compare(operator, Operand(Ok(value))) = one else {
        return false;
    };
    let value = &*value.to_json();
    let is_null = value.is_null();
    // of arrays as well
    let opposite = match (*operator, other) {
        ("$eq", Test::Compare("$ne", Operand(Ok(other)))) => same(value, &other.to_json()) == Some(true),
        ("$exists", Test::Compare("$exists", Operand(Ok(other)))) => *value != *other.to_json(),
        _ => false,
    };
    if opposite || holds != Holds::One {
        return opposite;
    }
    match *operator {
        "$eq" if is_null => needs_a_value(other),
        "$exists" if *value == Value::Bool(false) => {
            needs_a_value(other) || matches!(other, Test::Compare("$ne", other) if other.is_null())
        }
        _ => {
            let Test::Compare(other, Operand(Ok(bound))) = other else {
                return false;
            };
            let bound = &*bound.to_json();
            let is_not =
                |wanted: &[Ordering]| ordered(value, bound).is_some_and(|order| !wanted.contains(&order));
            match (*operator, *other) {
                ("$eq", "$eq") => !bound.is_null() && same(value, bound) == Some(false),
                ("$eq", "$in") => bound.as_array().is_some_and(|list| {
                    !list.is_empty() && list.iter().all(|choice| same(value, choice) == Some(false))
                }),
                ("$eq", "$nin") => bound
                    .as_array()
                    .is_some_and(|list| list.iter().any(|choice| same(value, choice) == Some(true))),
                ("$eq" | "$lte", "$gt") | ("$lt", "$gt" | "$gte") => is_not(&[Greater]),
                ("$eq" | "$lte", "$gte") => is_not(&[Greater, Equal]),
                ("$eq", "$lt") => is_not(&[Less]),
                ("$eq", "$lte") => is_not(&[Less, Equal]),
                _ => false,
            }
        }
    }
}

/// True for one end of a range.
fn is_bound(test: &Test) -> bool {
    matches!(test, Test::Compare("$gt" | "$gte" | "$lt" | "$lte", _))
}

/// True for what a row without a value does not meet.
fn needs_a_value(test: &Test) -> bool {
    match test {
        Test::Compare("$ne" | "$nin" | "$exists", _) => false,
        Test::Compare("$in", Operand(value)) => {
            matches!(value, Ok(Constant::List(list)) if !list.is_empty() && !list.iter().any(Constant::is_null))
        }
        Test::Compare(_, operand) => !operand.is_null() && operand.0.is_ok(),
        Test::SubQuery { negated, query } => !negated && query.key.is_none(),
        Test::Regex { .. } | Test::Near(..) => true,
    }
}

/// Whether the server takes the two for the same value, where that is certain.
fn same(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::String(a), Value::String(b)) => Some(a == b),
        // its numbers are doubles
        (Value::Number(_), Value::Number(_)) => ordered(a, b).map(|order| order == Equal),
        (a, b) if a == b => Some(true),
        _ => {
            let [a, b] = [a, b].map(|value| value.get("objectId").or_else(|| value.get("iso")));
            Some(a? == b?)
        }
    }
}

/// How the two compare, where that is certain: of texts every database has an order of its own.
fn ordered(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => (a == b).then_some(Equal),
        _ => {
            let [a, b] = [a, b].map(|value| value.get("iso").and_then(Value::as_str));
            let (a, b) = (a?, b?);
            (a.len() == b.len()).then(|| a.cmp(b))
        }
    }
}

/// The condition as it is written in a query.
fn described(field: &str, test: &Test) -> String {
    let (operator, value) = match test {
        Test::Compare(operator, Operand(Ok(value))) => (*operator, value.to_json()),
        Test::Compare(operator, _) => return format!("{field}__{}", operator.trim_start_matches('$')),
        Test::Regex { .. } => return format!("{field}__regex = .."),
        Test::SubQuery { .. } => return format!("{field}__in = query!(..)"),
        Test::Near(..) => return format!("{field}__near = .."),
    };
    match (operator, &*value) {
        ("$eq" | "$ne", Value::Null) => format!("{field}__isnull = {}", operator == "$eq"),
        ("$eq", value) => format!("{field} = {}", shown(value)),
        ("$within", _) => format!("{field}__within_box = .."),
        ("$geoWithin", _) => format!("{field}__within_.. = .."),
        ("$geoIntersects", _) => format!("{field}__intersects = .."),
        ("$text", _) => format!("{field}__search = .."),
        (operator, value) => format!("{field}__{} = {}", operator.trim_start_matches('$'), shown(value)),
    }
}

fn shown(value: &Value) -> String {
    let inner = value.get("objectId").or_else(|| value.get("iso"));
    let text = match value {
        Value::Array(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", ")),
        value => inner.unwrap_or(value).to_string(),
    };
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}
