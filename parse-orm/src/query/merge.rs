//! How conditions that all hold become one `where` object.
//!
//! Those on one key share its object; what does not fit beside another goes to `$and`. Nothing ever overwrites
//! another, neither here nor on the server, which has its own ways of losing what stands together.

use super::condition::{Holds, Node, Test};
use super::operand::{Constant, Operand};
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The key of the condition that a row is in the relation of another object.
pub(super) const RELATED_TO: &str = "$relatedTo";

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

/// The conditions, by where they go.
#[derive(Default)]
struct Merged<'a> {
    /// A full-text search, which has to come first.
    text: Option<(&'a str, &'a Test)>,
    keys: Vec<Together<'a>>,
    contained: Vec<(&'a str, &'a Test, &'a Node)>,
    related: Vec<(&'a str, &'a Test, &'a Node)>,
    or: Option<&'a Node>,
    nor: Option<&'a Node>,
    /// `$and`: each with an object of its own.
    rest: Vec<&'a Node>,
}

/// The conditions that share the object of one key.
struct Together<'a> {
    key: &'a str,
    first: &'a Test,
    others: Vec<&'a Test>,
}

impl<'a> Together<'a> {
    fn one(key: &'a str, first: &'a Test) -> Self {
        let others = Vec::new();
        Self { key, first, others }
    }

    fn tests(&self) -> impl Iterator<Item = &'a Test> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

impl<'a> Merged<'a> {
    fn of(nodes: impl Iterator<Item = &'a Node>) -> Self {
        let mut merged = Self {
            keys: Vec::with_capacity(8),
            ..Self::default()
        };
        nodes.for_each(|node| merged.add(node));
        merged.set_apart();
        merged
    }

    fn add(&mut self, node: &'a Node) {
        match node {
            Node::And(list) => list.iter().for_each(|node| self.add(node)),
            Node::Or(_) if self.or.is_none() => self.or = Some(node),
            Node::Nor(_) if self.nor.is_none() => self.nor = Some(node),
            Node::Or(_) | Node::Nor(_) => self.rest.push(node),
            Node::Test { key, holds, test } => match test.operator() {
                "$text" if self.text.is_none() => self.text = Some((key, test)),
                "$containedBy" => self.contained.push((key, test, node)),
                _ if key == RELATED_TO => self.related.push((key, test, node)),
                _ => match self.keys.iter_mut().find(|known| known.key == key) {
                    None => self.keys.push(Together::one(key, test)),
                    Some(known) if known.tests().all(|other| other.fits_beside(test, *holds)) => {
                        known.others.push(test);
                    }
                    Some(_) => self.rest.push(node),
                },
            },
        }
    }

    /// Moves to `$and` what the server would lose, or let others lose, where it is.
    fn set_apart(&mut self) {
        // for MongoDB it becomes a `$nor`, of which there can be one only, around all of its key
        match self.contained.as_slice() {
            [(key, test, _)] if self.nor.is_none() && !self.has(key) => {
                self.keys.push(Together::one(key, test));
            }
            several => self.rest.extend(several.iter().map(|(_, _, node)| node)),
        }
        // it is found at the top, or else inside of one `$and`, `$or` or `$nor`
        let trees = [self.or, self.nor].into_iter().flatten();
        let trees = || trees.clone().chain(self.rest.iter().copied());
        let several = usize::from(self.or.is_some())
            + usize::from(self.nor.is_some())
            + usize::from(!self.rest.is_empty());
        let apart = match self.related.len() {
            0 => several > 1 && trees().any(Node::is_related),
            1 => several > 0,
            _ => true,
        };
        if apart {
            self.rest.extend(self.or.take());
            self.rest.extend(self.nor.take());
            self.rest.extend(self.related.iter().map(|(_, _, node)| node));
        } else {
            let related = self.related.iter();
            self.keys
                .extend(related.map(|(key, test, _)| Together::one(key, test)));
        }
    }

    fn has(&self, key: &str) -> bool {
        let keys = self.keys.iter().map(|known| known.key);
        keys.chain(self.text.map(|(other, _)| other))
            .any(|other| other == key)
    }
}

impl Serialize for Merged<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some((key, test)) = self.text {
            map.serialize_entry(key, &Tests(&Together::one(key, test)))?;
        }
        let mut and: Vec<And<'_>> = self.rest.iter().map(|node| And::Node(node)).collect();
        for known in &self.keys {
            if self.text.is_some_and(|(searched, _)| searched == known.key) {
                and.push(And::Key(known));
            } else {
                map.serialize_entry(known.key, known)?;
            }
        }
        for (name, node) in [("$or", self.or), ("$nor", self.nor)] {
            if let Some(Node::Or(list) | Node::Nor(list)) = node {
                map.serialize_entry(name, list)?;
            }
        }
        if !and.is_empty() {
            map.serialize_entry("$and", &and)?;
        }
        map.end()
    }
}

/// One of the objects in `$and`.
enum And<'a> {
    Node(&'a Node),
    Key(&'a Together<'a>),
}

impl Serialize for And<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Node(node) => node.serialize(to),
            Self::Key(known) => to.collect_map([(known.key, known)]),
        }
    }
}

/// What stands beside the key.
impl Serialize for Together<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.first {
            // alone, equality is the bare value: on an array, a relation or a pointer in a list only
            // that means membership
            Test::Compare("$eq", operand)
                if self.others.is_empty() && (self.key.starts_with('$') || operand.is_bare()) =>
            {
                Shown(self.key, operand).serialize(to)
            }
            _ => Tests(self).serialize(to),
        }
    }
}

/// An operand whose error names the key.
struct Shown<'a>(&'a str, &'a Operand);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.1.0 {
            Ok(value) => value.serialize(to),
            // a condition on no field at all
            Err(reason) if self.0.is_empty() => Err(S::Error::custom(reason)),
            Err(reason) => Err(S::Error::custom(format_args!(
                "the lookup on `{}`: {reason}",
                self.0
            ))),
        }
    }
}

/// Each with its operator.
struct Tests<'a>(&'a Together<'a>);

impl Serialize for Tests<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let key = self.0.key;
        for test in self.0.tests() {
            match test {
                Test::Compare(operator, operand) => map.serialize_entry(operator, &Shown(key, operand))?,
                Test::Regex { pattern, options } => {
                    map.serialize_entry("$regex", pattern)?;
                    if !options.is_empty() {
                        map.serialize_entry("$options", options)?;
                    }
                }
                Test::SubQuery { query, .. } => map.serialize_entry(test.operator(), query)?,
                Test::Near(point, limit) => {
                    map.serialize_entry("$nearSphere", &Shown(key, point))?;
                    if let Some(radians) = limit {
                        map.serialize_entry("$maxDistance", radians)?;
                    }
                }
            }
        }
        map.end()
    }
}

impl Test {
    /// True when both can stand in the object of one key.
    fn fits_beside(&self, other: &Self, holds: Holds) -> bool {
        // the server turns each of these into a `$in`, and several into the union of them
        let is_list = |test: &Self| matches!(test.operator(), "$in" | "$inQuery" | "$select");
        let alike = self.operator() == other.operator() || (is_list(self) && is_list(other));
        !alike && !self.stands_alone(holds) && !other.stands_alone(holds)
    }

    /// True for what tolerates nothing beside it: parse-server on PostgreSQL forgets everything that stands
    /// beside `{"$ne": null}`, MongoDB takes one geo query of a key, and a relation knows no `$eq`.
    fn stands_alone(&self, holds: Holds) -> bool {
        match self {
            Self::Compare("$ne", operand) if operand.is_null() => true,
            Self::Near(..) => true,
            Self::Compare("$eq", _) => holds == Holds::Relation,
            test => matches!(
                test.operator(),
                "$text" | "$within" | "$geoWithin" | "$geoIntersects"
            ),
        }
    }
}

impl Node {
    /// True where `$relatedTo` is part of it.
    pub(super) fn is_related(&self) -> bool {
        match self {
            Self::Test { key, .. } => key == RELATED_TO,
            Self::And(list) | Self::Or(list) | Self::Nor(list) => list.iter().any(Self::is_related),
        }
    }
}

impl Operand {
    /// True when the value alone means equality: any but a JSON object, whose keys could be taken for
    /// operators.
    fn is_bare(&self) -> bool {
        !matches!(&self.0, Ok(Constant::Json(Value::Object(map))) if !map.contains_key("__type"))
    }
}
