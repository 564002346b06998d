//! The conditions of a query set as a `$match`, which is MongoDB's own language and not that of a query:
//! parse-server puts in the names of columns, and turns texts into dates where the field is one, but knows
//! neither typed values nor sub-queries there.

use super::stages::kind;
use crate::object::Schema;
use crate::value::FieldType;
use serde_json::{Map, Value, json};

/// Every date is after this one: what stands for "not null", which the server would make an object of.
const FIRST_DATE: &str = "0001-01-01T00:00:00.000Z";

const LOOKUPS: [&str; 12] = [
    "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$regex", "$options", "$all",
];

/// A `where` as the body of a `$match`.
pub(super) fn conditions(schema: &Schema, r#where: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut all = Map::new();
    let mut more = Vec::new();
    for (key, value) in r#where {
        match (key.as_str(), value) {
            ("$and", Value::Array(list)) => more.extend(branches(schema, list)?),
            ("$or" | "$nor", Value::Array(list)) => {
                all.insert(key, branches(schema, list)?.into());
            }
            (special, _) if special.starts_with('$') => return Err(refusal(special, "")),
            (_, value) => match field(schema, &key, value)? {
                Condition::Of(value) => {
                    all.insert(key, value);
                }
                Condition::Without => more.push(json!({"$nor": [{key: {"$gte": FIRST_DATE}}]})),
            },
        }
    }
    if !more.is_empty() {
        all.insert("$and".into(), more.into());
    }
    Ok(all)
}

fn branches(schema: &Schema, list: Vec<Value>) -> Result<Vec<Value>, String> {
    let branch = |one| match one {
        Value::Object(map) => conditions(schema, map).map(Value::Object),
        other => Ok(other),
    };
    list.into_iter().map(branch).collect()
}

enum Condition {
    Of(Value),
    /// The row has no date in this field.
    Without,
}

fn field(schema: &Schema, key: &str, value: Value) -> Result<Condition, String> {
    let kind = kind(schema, key);
    let date = kind == Some(FieldType::Date);
    let lookups = match value {
        Value::Object(map) if map.keys().any(|key| key.starts_with('$')) => map,
        Value::Null if date => return Ok(Condition::Without),
        value => return literal(key, kind, value, true).map(Condition::Of),
    };
    let mut all = Map::new();
    for (lookup, operand) in lookups {
        if !LOOKUPS.contains(&lookup.as_str()) {
            return Err(refusal(&lookup, key));
        }
        match (lookup.as_str(), operand) {
            ("$ne", Value::Null) if date => {
                all.insert("$gte".into(), FIRST_DATE.into());
            }
            ("$in" | "$nin", _) if date => {
                return Err(format!(
                    "the lookup on `{key}`: the server loses a list of dates in an aggregation; combine the dates by `|`, or compare with `gte` and `lt`"
                ));
            }
            (_, operand) => {
                all.insert(lookup, literal(key, kind, operand, false)?);
            }
        }
    }
    Ok(Condition::Of(all.into()))
}

/// A value that a field is compared with, as the database holds it.
fn literal(key: &str, kind: Option<FieldType>, value: Value, alone: bool) -> Result<Value, String> {
    match value {
        Value::Array(list) => list
            .into_iter()
            .map(|one| literal(key, kind, one, false))
            .collect(),
        Value::Object(map) => match (map.get("__type").and_then(Value::as_str), kind) {
            (Some("Date"), Some(FieldType::Date)) => Ok(map.get("iso").cloned().unwrap_or_default()),
            (Some("Pointer"), Some(FieldType::Pointer(class))) => {
                let id = map.get("objectId").and_then(Value::as_str).unwrap_or_default();
                // a bare id gets its class from the server, one in a lookup does not
                Ok(if alone {
                    id.into()
                } else {
                    format!("{class}${id}").into()
                })
            }
            (Some(typed), _) => Err(format!(
                "the lookup on `{key}`: an aggregation cannot compare this field with a {typed}; filter the rows that it starts from by another field, or write the stage by hand with `pipeline().raw(..)`"
            )),
            (None, _) => match map.keys().find(|inner| inner.starts_with('$')) {
                // a relative time, which only a query knows
                Some(inner) => Err(refusal(inner, key)),
                None => Ok(Value::Object(map)),
            },
        },
        scalar => Ok(scalar),
    }
}

fn refusal(lookup: &str, key: &str) -> String {
    let at = if key.is_empty() {
        String::new()
    } else {
        format!(" on `{key}`")
    };
    let instead = if matches!(
        lookup,
        "$inQuery" | "$notInQuery" | "$select" | "$dontSelect" | "$relatedTo"
    ) {
        "read the objects first, and filter by them: `player__in = &players`"
    } else {
        "write the stage by hand with `pipeline().raw(..)`"
    };
    format!("the lookup `{lookup}`{at} is not known to aggregations; {instead}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SCHEMA: Schema = Schema::new("GameScore", &[]);

    fn refused(r#where: Value) -> String {
        let Value::Object(map) = r#where else {
            panic!("not an object")
        };
        conditions(&SCHEMA, map).unwrap_err()
    }

    #[test]
    fn what_only_a_query_knows_is_refused() {
        let near = json!({"$nearSphere": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}});
        for (r#where, named) in [
            (json!({ "place": near }), "`$nearSphere` on `place`"),
            (
                json!({"$or": [{"name": {"$text": {"$search": {"$term": "a"}}}}]}),
                "`$text` on `name`",
            ),
            (
                json!({"createdAt": {"$gt": {"$relativeTime": "2 weeks ago"}}}),
                "`$relativeTime` on `createdAt`",
            ),
            (
                json!({"$relatedTo": {"key": "fans"}}),
                "`$relatedTo` is not known",
            ),
            (
                json!({"$and": [{"$nor": [{"team": {"$notInQuery": {}}}]}]}),
                "`$notInQuery` on `team`",
            ),
            (
                json!({"place": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}),
                "with a GeoPoint",
            ),
        ] {
            let text = refused(r#where);
            assert!(text.contains(named), "{text}");
        }
    }

    #[test]
    fn an_embedded_object_is_itself() {
        let Value::Object(map) = json!({"home": {"city": "Oslo"}, "n": {"$exists": true}}) else {
            panic!()
        };
        assert_eq!(conditions(&SCHEMA, map.clone()), Ok(map));
    }
}
