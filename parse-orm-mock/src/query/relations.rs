//! Constraints on relations: `$relatedTo` and conditions on a relation field become lists of object ids.

use serde_json::{Map, Value, json};

use super::find::Reader;
use crate::access::protected::Protection;
use crate::access::rights::Rights;
use crate::number::truthy;
use crate::refusal::{Refusal, code};
use crate::store::permissions::Operation;
use crate::store::schema::{FieldType, Schema};

/// The part of a join table that a find by `createdAt` looks at.
///
/// The MongoDB adapter takes that order, with the limit and the skip of the find, for the order in which the
/// members were added, and asks the join table for no more: another condition of the find then sees only these.
#[derive(Debug)]
pub(crate) struct JoinWindow {
    pub(crate) descending: bool,
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

impl JoinWindow {
    fn of(&self, mut ids: Vec<String>) -> Vec<String> {
        if self.descending {
            ids.reverse();
        }
        ids.into_iter().skip(self.skip).take(self.limit).collect()
    }
}

/// Whether a filter asks for the members of a relation.
pub(crate) fn has_related_to(filter: &Map<String, Value>) -> bool {
    filter.get("$relatedTo").is_some_and(truthy)
        || ["$or", "$and", "$nor"].iter().any(|name| {
            let branches = filter.get(*name).and_then(Value::as_array);
            let mut branches = branches.into_iter().flatten().filter_map(Value::as_object);
            branches.any(has_related_to)
        })
}

/// Replaces `$relatedTo` by the ids of the members.
///
/// A filter with `$or`, `$and` or `$nor` is searched inside these only: a `$relatedTo` beside them survives
/// and is refused later, as by the real server.
pub(crate) fn resolve_related_to(
    reader: Reader<'_>,
    filter: &mut Map<String, Value>,
    window: Option<&JoinWindow>,
) -> Result<(), Refusal> {
    for name in ["$or", "$and", "$nor"] {
        if let Some(Value::Array(branches)) = filter.get_mut(name) {
            let mut branches = branches.iter_mut().filter_map(Value::as_object_mut);
            return branches.try_for_each(|branch| resolve_related_to(reader, branch, window));
        }
    }
    if !filter.get("$relatedTo").is_some_and(truthy) {
        return Ok(());
    }
    let related_to = filter.shift_remove("$relatedTo").unwrap_or_default();
    let owner = related_to.get("object").ok_or_else(Refusal::database)?;
    let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default();
    let (class, id) = (text("className"), text("objectId"));
    let key = related_to.get("key").and_then(Value::as_str).unwrap_or_default();
    // Who cannot read the owner does not learn its members, and neither from a field that is hidden.
    let Reader { store, options, auth } = reader;
    if Protection::of(store, auth, class, None).hides(key) {
        let reason = format!("This user is not allowed to query {key} on class {class}");
        let sanitized = options.sanitized_errors;
        return Err(Refusal::access(code::OPERATION_FORBIDDEN, reason, sanitized));
    }
    let row = || store.class(class).and_then(|class| class.get(id));
    let readable = auth.unrestricted()
        || match Rights::of(store, auth, options, class, Operation::Get) {
            Ok(rights) => row().is_some_and(|row| rights.cover(row)),
            Err(_) => false,
        };
    let ids = if readable {
        let ids = reader.store.related_ids(class, key, id);
        window.map(|window| window.of(ids.clone())).unwrap_or(ids)
    } else {
        Vec::new()
    };
    restrict_ids(filter, &ids);
    Ok(())
}

/// Replaces conditions on relation fields by conditions on the object id.
pub(crate) fn resolve_members(
    reader: Reader<'_>,
    class: &str,
    schema: Option<&Schema>,
    filter: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    let Some(schema) = schema else { return Ok(()) };
    for name in ["$or", "$and"] {
        if let Some(Value::Array(branches)) = filter.get_mut(name) {
            let mut branches = branches.iter_mut().filter_map(Value::as_object_mut);
            branches.try_for_each(|branch| resolve_members(reader, class, Some(schema), branch))?;
        }
    }
    let is_relation = |key: &str| matches!(schema.get(key), Some(FieldType::Relation(_)));
    let keys: Vec<String> = filter.keys().filter(|key| is_relation(key)).cloned().collect();
    for key in keys {
        let constraint = filter.shift_remove(&key).unwrap_or_default();
        for (negated, related) in related_ids(&constraint)? {
            let owners = reader.store.owning_ids(class, &key, &related);
            if negated {
                exclude_ids(filter, &owners);
            } else {
                restrict_ids(filter, &owners);
            }
        }
    }
    Ok(())
}

/// The lists of members that a constraint speaks of, and whether it excludes them.
fn related_ids(constraint: &Value) -> Result<Vec<(bool, Vec<String>)>, Refusal> {
    // A null among the members is an exception of the real server.
    let id = |value: &Value| match value {
        Value::Null => Err(Refusal::crash()),
        value => Ok(value
            .get("objectId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()),
    };
    let ids = |value: &Value| match value {
        Value::Array(items) => items.iter().map(id).collect::<Result<Vec<_>, _>>(),
        _ => Err(Refusal::crash()),
    };
    let has = |key: &str| constraint.get(key).is_some_and(truthy);
    let pointer = constraint.get("__type").and_then(Value::as_str) == Some("Pointer");
    if !pointer && !has("$in") && !has("$nin") && !has("$ne") {
        return Ok(vec![(false, Vec::new())]);
    }
    let mut lists = Vec::new();
    for (key, value) in constraint.as_object().into_iter().flatten() {
        match key.as_str() {
            "objectId" => lists.push((false, vec![value.as_str().unwrap_or_default().to_owned()])),
            "$in" => lists.push((false, ids(value)?)),
            "$nin" => lists.push((true, ids(value)?)),
            "$ne" => lists.push((true, vec![id(value)?])),
            _ => {}
        }
    }
    Ok(lists)
}

/// Changes the condition on `objectId`, a bare id being `$eq`.
fn with_ids(filter: &mut Map<String, Value>, change: impl FnOnce(&mut Map<String, Value>)) {
    let mut constraint = match filter.shift_remove("objectId") {
        Some(Value::Object(constraint)) => constraint,
        Some(id) => Map::from_iter([("$eq".to_owned(), id)]),
        None => Map::new(),
    };
    change(&mut constraint);
    filter.insert("objectId".to_owned(), Value::Object(constraint));
}

fn restrict_ids(filter: &mut Map<String, Value>, ids: &[String]) {
    with_ids(filter, |constraint| {
        let mut kept: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
        if let Some(equal) = constraint.get("$eq") {
            kept.retain(|id| id == equal);
        }
        if let Some(Value::Array(known)) = constraint.get("$in") {
            kept.retain(|id| known.contains(id));
        }
        constraint.insert("$in".to_owned(), Value::Array(kept));
    });
}

fn exclude_ids(filter: &mut Map<String, Value>, ids: &[String]) {
    with_ids(filter, |constraint| {
        let known = constraint
            .get("$nin")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let all = known.into_iter().chain(ids.iter().map(|id| json!(id))).collect();
        constraint.insert("$nin".to_owned(), Value::Array(all));
    });
}
