//! The stages of a pipeline, in MongoDB's terms, as parse-server takes them.

use super::expression::{Accumulator, Column};
use super::matching;
use super::request::ask;
use crate::object::Schema;
use crate::query::check::check as check_conditions;
use crate::query::options::Options;
use crate::query::set::{Core, conditions};
use crate::value::FieldType;
use crate::{Client, Error, Result};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The whole pipeline, as it is sent.
pub(super) async fn run(
    client: &Client,
    class_name: &str,
    stages: &[Box<RawValue>],
    options: &Options,
) -> Result<Vec<Map<String, Value>>> {
    let pipeline =
        to_raw_value(stages).map_err(|error| Error::invalid(class_name, None, error.to_string()))?;
    ask(client, class_name, &[("pipeline", &pipeline)], options).await
}

/// One stage: `{"$name": body}`.
pub(super) fn stage(name: &str, body: &impl Serialize) -> Result<Box<RawValue>, String> {
    struct One<'a, B>(&'a str, &'a B);
    impl<B: Serialize> Serialize for One<'_, B> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let mut map = to.serialize_map(Some(1))?;
            map.serialize_entry(self.0, self.1)?;
            map.end()
        }
    }
    to_raw_value(&One(name, body)).map_err(|error| error.to_string())
}

/// Refuses what a query set can say and an aggregation would not hear, and conditions that no row can meet.
pub(in crate::query) fn check(schema: &Schema, core: &Core, instead: &str) -> Result<()> {
    let refused = [
        (core.limit.is_some() || core.skip > 0, "`limit` and `skip`"),
        (!core.order.is_empty(), "`order_by`"),
        (!core.include.is_empty(), "`select_related`"),
        (!core.options.exclude.is_empty(), "`exclude_keys`"),
        (core.after.is_some(), "the place after a cursor"),
    ];
    match refused.iter().find(|(refused, _)| *refused) {
        Some((_, what)) => {
            let message = format!("{what} of the query set cannot be part of an aggregation; {instead}");
            Err(Error::invalid(schema.class_name, None, message))
        }
        None => check_conditions(core, schema.class_name),
    }
}

/// The conditions of a query set as a `$match`, if it has any.
pub(super) fn filter(schema: &Schema, core: &Core) -> Result<Option<Box<RawValue>>, String> {
    let conditions = serde_json::to_value(conditions(core)).map_err(|error| error.to_string())?;
    match conditions {
        Value::Object(map) if map.is_empty() => Ok(None),
        Value::Object(map) => stage("$match", &matching::conditions(schema, map)?).map(Some),
        other => Err(format!("{other} is no condition")),
    }
}

/// `$group`: keys and results, each under its name.
pub(super) fn group(
    keys: &[(Cow<'_, str>, Column)],
    results: &[(Cow<'_, str>, Accumulator)],
) -> Result<Box<RawValue>, String> {
    struct Keys<'a>(&'a [(Cow<'a, str>, Column)]);
    impl Serialize for Keys<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            if self.0.is_empty() {
                return to.serialize_none();
            }
            // an object even for one key: alone, MongoDB's adapter loses a date, and an empty text
            to.collect_map(self.0.iter().map(|(name, column)| (name, column.reference())))
        }
    }
    struct Group<'a>(Keys<'a>, &'a [(Cow<'a, str>, Accumulator)]);
    impl Serialize for Group<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let mut map = to.serialize_map(None)?;
            map.serialize_entry("_id", &self.0)?;
            for (name, accumulator) in self.1 {
                map.serialize_entry(name, accumulator)?;
            }
            map.end()
        }
    }
    stage("$group", &Group(Keys(keys), results))
}

/// `$sort`, its keys in this order.
pub(super) fn sort(keys: &[(Cow<'_, str>, bool)]) -> Result<Box<RawValue>, String> {
    struct Sort<'a>(&'a [(Cow<'a, str>, bool)]);
    impl Serialize for Sort<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            // a key decides once, by its first direction
            let first = |(index, (key, _)): &(usize, &(Cow<'_, str>, bool))| {
                self.0[..*index].iter().all(|(earlier, _)| earlier != key)
            };
            let keys = self.0.iter().enumerate().filter(first);
            to.collect_map(keys.map(|(_, (key, descending))| (key, if *descending { -1 } else { 1 })))
        }
    }
    stage("$sort", &Sort(keys))
}

/// The type of a field by its name on the server, `None` where the model does not know it.
pub(super) fn kind(schema: &Schema, name: &str) -> Option<FieldType> {
    match name {
        "createdAt" | "updatedAt" => Some(FieldType::Date),
        "objectId" => Some(FieldType::String),
        name => {
            let field = schema.fields.iter().find(|field| field.name == name)?;
            Some(field.field_type())
        }
    }
}
