//! The stages of a pipeline.

use std::cmp::Ordering;
use std::hash::{BuildHasher, RandomState};

use serde_json::{Value, json};

use super::document::{Document, of_row};
use super::expression::Expression;
use super::group::Group;
use super::matching::Matching;
use super::projection::{Fields, Projection, set, split};
use super::{caused_by, mongo, not_imitated};
use crate::query::find::Reader;
use crate::query::matcher::Test;
use crate::refusal::Refusal;
use crate::store::path::Path;
use crate::value::compare;

/// One stage, checked.
#[derive(Debug)]
pub(crate) enum Stage {
    Match(Matching),
    Group(Group),
    Project(Projection),
    Set(Fields),
    ReplaceRoot(Expression),
    Sort(Vec<(Path, bool)>),
    Limit(usize),
    Skip(usize),
    Sample(usize),
    Count(String),
    Unwind(Unwind),
    Lookup(Lookup),
}

/// `$unwind`.
#[derive(Debug)]
pub(crate) struct Unwind {
    path: Vec<String>,
    index: Option<Vec<String>>,
    preserve: bool,
}

/// `$lookup` by equality.
#[derive(Debug)]
pub(crate) struct Lookup {
    from: String,
    local: Path,
    foreign: Path,
    target: Vec<String>,
}

impl Stage {
    /// The stages that an entry of a pipeline stands for.
    pub(crate) fn compile(name: &str, argument: &Value) -> Result<Vec<Self>, Refusal> {
        let invalid = |refusal| caused_by(&format!("Invalid {name}"), refusal);
        Ok(vec![match name {
            "$match" => Self::Match(Matching::compile(argument)?),
            "$group" => Self::Group(Group::compile(argument)?),
            "$project" => Self::Project(Projection::compile(argument).map_err(invalid)?),
            "$unset" => Self::Project(Projection::compile_unset(argument).map_err(invalid)?),
            "$addFields" | "$set" => Self::Set(Fields::compile(argument, name).map_err(invalid)?),
            "$replaceRoot" => {
                let root = argument.get("newRoot");
                let root = root.ok_or_else(|| mongo("no newRoot specified for the $replaceRoot stage"))?;
                Self::ReplaceRoot(Expression::compile(root)?)
            }
            "$replaceWith" => Self::ReplaceRoot(Expression::compile(argument)?),
            "$sort" => Self::Sort(sort_keys(argument)?),
            "$limit" => match whole(name, argument)? {
                0 => return Err(mongo("the limit must be positive")),
                limit => Self::Limit(limit),
            },
            "$skip" => Self::Skip(whole(name, argument)?),
            "$sample" => {
                let size = argument.get("size");
                let size = size.ok_or_else(|| mongo("$sample stage must specify a size"))?;
                let size = whole(name, size)
                    .map_err(|_| mongo("size argument to $sample must be a positive integer"))?;
                Self::Sample(size)
            }
            "$count" => Self::Count(count_name(argument)?),
            "$sortByCount" => {
                let group = json!({"_id": argument, "count": {"$sum": 1}});
                return Ok(vec![
                    Self::Group(Group::compile(&group)?),
                    Self::Sort(vec![(Path::new("count"), true)]),
                ]);
            }
            "$unwind" => Self::Unwind(Unwind::compile(argument)?),
            "$lookup" => Self::Lookup(Lookup::compile(argument)?),
            "$bucket" | "$bucketAuto" | "$changeStream" | "$collStats" | "$densify" | "$documents"
            | "$facet" | "$fill" | "$geoNear" | "$graphLookup" | "$indexStats" | "$listSessions"
            | "$merge" | "$out" | "$planCacheStats" | "$redact" | "$search" | "$searchMeta"
            | "$setWindowFields" | "$unionWith" | "$vectorSearch" => {
                return Err(not_imitated(name));
            }
            _ => return Err(mongo(format!("Unrecognized pipeline stage name: '{name}'"))),
        }])
    }

    pub(crate) fn run(&self, documents: Vec<Document>, reader: Reader<'_>) -> Result<Vec<Document>, Refusal> {
        Ok(match self {
            Self::Match(matching) => {
                let mut kept = Vec::new();
                for document in documents {
                    if matching.matches(&document)? {
                        kept.push(document);
                    }
                }
                kept
            }
            Self::Group(group) => group.run(&documents)?,
            Self::Project(projection) => documents
                .into_iter()
                .map(|document| projection.run(document))
                .collect::<Result<_, _>>()?,
            Self::Set(fields) => documents
                .into_iter()
                .map(|document| fields.run(&document, document.clone()))
                .collect::<Result<_, _>>()?,
            Self::ReplaceRoot(root) => documents
                .iter()
                .map(|document| match root.evaluate(document)? {
                    Some(Value::Object(map)) => Ok(map),
                    _ => Err(mongo("'newRoot' expression must evaluate to an object")),
                })
                .collect::<Result<_, _>>()?,
            Self::Sort(keys) => sorted(documents, keys),
            Self::Limit(limit) => documents.into_iter().take(*limit).collect(),
            Self::Skip(skip) => documents.into_iter().skip(*skip).collect(),
            Self::Sample(size) => {
                // Every run draws anew: the hasher is keyed by chance.
                let chance = RandomState::new();
                let mut drawn: Vec<(u64, Document)> = documents
                    .into_iter()
                    .enumerate()
                    .map(|(place, document)| (chance.hash_one(place), document))
                    .collect();
                drawn.sort_by_key(|(draw, _)| *draw);
                drawn
                    .into_iter()
                    .take(*size)
                    .map(|(_, document)| document)
                    .collect()
            }
            Self::Count(_) if documents.is_empty() => Vec::new(),
            Self::Count(name) => vec![Document::from_iter([(name.clone(), json!(documents.len()))])],
            Self::Unwind(unwind) => documents
                .into_iter()
                .flat_map(|document| unwind.run(document))
                .collect(),
            Self::Lookup(lookup) => lookup.run(documents, reader),
        })
    }
}

fn whole(name: &str, argument: &Value) -> Result<usize, Refusal> {
    let wrong = || {
        mongo(format!(
            "invalid argument to {name} stage: Expected a non-negative number in: {name}: {argument}"
        ))
    };
    let number = argument
        .as_f64()
        .filter(|number| *number >= 0.0 && number.fract() == 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and not negative, and `as` saturates"
    )]
    number.map(|number| number as usize).ok_or_else(wrong)
}

fn sort_keys(argument: &Value) -> Result<Vec<(Path, bool)>, Refusal> {
    let wrong = || mongo("the $sort key specification must be an object");
    let map = argument.as_object().ok_or_else(wrong)?;
    if map.is_empty() {
        return Err(mongo("$sort stage must have at least one sort key"));
    }
    let key = |(name, direction): (&String, &Value)| {
        let direction = direction
            .as_i64()
            .or_else(|| direction.as_f64().map(|double| if double < 0.0 { -1 } else { 1 }));
        match direction {
            Some(1) => Ok((Path::new(name), false)),
            Some(-1) => Ok((Path::new(name), true)),
            _ => Err(mongo(
                "$sort key ordering must be 1 (for ascending) or -1 (for descending)",
            )),
        }
    };
    map.iter().map(key).collect()
}

/// Stably sorted: what is missing is null, and null comes first.
fn sorted(mut documents: Vec<Document>, keys: &[(Path, bool)]) -> Vec<Document> {
    let null = &Value::Null;
    documents.sort_by(|a, b| {
        keys.iter()
            .map(|(path, descending)| {
                let value = |document| path.sort_value(document, *descending).unwrap_or(null);
                let order = compare(value(a), value(b));
                if *descending { order.reverse() } else { order }
            })
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
    documents
}

fn count_name(argument: &Value) -> Result<String, Refusal> {
    let name = argument.as_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| mongo("the count field must be a non-empty string"))?;
    if name.starts_with('$') {
        return Err(mongo("the count field cannot be a $-prefixed path"));
    }
    if name.contains('.') {
        return Err(mongo("the count field cannot contain '.'"));
    }
    Ok(name.to_owned())
}

impl Unwind {
    fn compile(argument: &Value) -> Result<Self, Refusal> {
        let path = argument.as_str().or_else(|| argument.get("path")?.as_str());
        let path = path.ok_or_else(|| mongo("no path specified to $unwind stage"))?;
        let Some(field) = path.strip_prefix('$') else {
            return Err(mongo(format!(
                "path option to $unwind stage should be prefixed with a '$': {path}"
            )));
        };
        let index = match argument.get("includeArrayIndex") {
            None => None,
            Some(Value::String(name)) if !name.is_empty() && !name.starts_with('$') => Some(split(name)?),
            Some(_) => {
                return Err(mongo(
                    "includeArrayIndex option to $unwind stage should not be prefixed with a '$' nor be empty",
                ));
            }
        };
        let preserve = match argument.get("preserveNullAndEmptyArrays") {
            None => false,
            Some(Value::Bool(preserve)) => *preserve,
            Some(_) => {
                let message = "expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage";
                return Err(mongo(message));
            }
        };
        Ok(Self {
            path: split(field)?,
            index,
            preserve,
        })
    }

    fn run(&self, document: Document) -> Vec<Document> {
        let mut parts = self.path.iter();
        let root = parts.next().and_then(|root| document.get(root));
        let value = parts.fold(root, |value, part| value?.get(part));
        let with_index = |mut document: Document, place: Value| {
            if let Some(index) = &self.index {
                set(&mut document, index, Some(&place));
            }
            document
        };
        match value {
            Some(Value::Array(items)) if !items.is_empty() => items
                .iter()
                .enumerate()
                .map(|(place, item)| {
                    let mut document = document.clone();
                    set(&mut document, &self.path, Some(item));
                    with_index(document, json!(place))
                })
                .collect(),
            None | Some(Value::Null | Value::Array(_)) if !self.preserve => Vec::new(),
            Some(Value::Array(_)) => {
                let mut document = document;
                set(&mut document, &self.path, None);
                vec![with_index(document, Value::Null)]
            }
            _ => vec![with_index(document, Value::Null)],
        }
    }
}

impl Lookup {
    fn compile(argument: &Value) -> Result<Self, Refusal> {
        if argument.get("pipeline").is_some() || argument.get("let").is_some() {
            return Err(not_imitated("$lookup with a pipeline"));
        }
        let part = |key: &str| {
            let part = argument.get(key).and_then(Value::as_str);
            part.ok_or_else(|| mongo(format!("$lookup requires a string for '{key}'")))
        };
        Ok(Self {
            from: part("from")?.to_owned(),
            local: Path::new(part("localField")?),
            foreign: Path::new(part("foreignField")?),
            target: split(part("as")?)?,
        })
    }

    /// The documents come as the database has them: inside an answer nobody gives the columns their names back.
    fn run(&self, documents: Vec<Document>, reader: Reader<'_>) -> Vec<Document> {
        let class = reader.store.class(&self.from);
        let foreign: Vec<Document> = class
            .map(|class| class.rows().map(|row| of_row(row, &class.schema)).collect())
            .unwrap_or_default();
        let join = |mut document: Document| {
            let mut wanted = Vec::new();
            self.local.any(&document, &mut |leaf| {
                match leaf {
                    Some(Value::Array(items)) => wanted.extend(items.iter().cloned()),
                    leaf => wanted.push(leaf.cloned().unwrap_or_default()),
                }
                false
            });
            let test = Test::In(wanted.into());
            let found: Value = foreign
                .iter()
                .filter(|other| test.matches(&self.foreign, other))
                .map(|other| Value::Object(other.clone()))
                .collect();
            set(&mut document, &self.target, Some(&found));
            document
        };
        documents.into_iter().map(join).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwound(argument: Value, document: Value) -> Vec<Value> {
        let unwind = Unwind::compile(&argument).unwrap();
        let documents = unwind.run(document.as_object().unwrap().clone());
        documents.into_iter().map(Value::Object).collect()
    }

    #[test]
    fn unwinding() {
        let list = json!({"x": 1, "l": ["a", "b"]});
        assert_eq!(
            unwound(json!("$l"), list.clone()),
            [json!({"x": 1, "l": "a"}), json!({"x": 1, "l": "b"})]
        );
        let object = json!({"path": "$l", "includeArrayIndex": "i", "preserveNullAndEmptyArrays": true});
        assert_eq!(
            unwound(object.clone(), list)[1],
            json!({"x": 1, "l": "b", "i": 1})
        );
        for (document, kept) in [
            (json!({"x": 1}), json!({"x": 1, "i": null})),
            (json!({"l": null}), json!({"l": null, "i": null})),
            (json!({"l": []}), json!({"i": null})),
        ] {
            assert!(unwound(json!("$l"), document.clone()).is_empty());
            assert_eq!(unwound(object.clone(), document), [kept]);
        }
        assert_eq!(unwound(json!("$l"), json!({"l": 5})), [json!({"l": 5})]);
        assert_eq!(
            unwound(json!("$o.l"), json!({"o": {"l": [1], "m": 2}})),
            [json!({"o": {"l": 1, "m": 2}})]
        );
    }

    #[test]
    fn mistakes() {
        for (name, argument, message) in [
            ("$bogus", json!(1), "Unrecognized pipeline stage name: '$bogus'"),
            ("$facet", json!({}), "$facet is not imitated by parse-orm-mock"),
            ("$limit", json!(0), "the limit must be positive"),
            (
                "$skip",
                json!(-1),
                "invalid argument to $skip stage: Expected a non-negative number in: $skip: -1",
            ),
            ("$sort", json!({}), "$sort stage must have at least one sort key"),
            (
                "$unwind",
                json!("l"),
                "path option to $unwind stage should be prefixed with a '$': l",
            ),
            ("$count", json!(""), "the count field must be a non-empty string"),
            (
                "$project",
                json!({"a": 1, "b": 0}),
                "Invalid $project :: caused by :: Cannot do exclusion on field b in inclusion projection",
            ),
        ] {
            let refusal = Stage::compile(name, &argument).unwrap_err();
            assert_eq!(refusal.message, message);
        }
    }
}
