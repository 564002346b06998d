//! The atomic operations of a write: reading `__op`, and what each does to a row, as MongoDB does it.

use serde_json::{Map, Value, json};

use crate::number;
use crate::refusal::{Refusal, code};
use crate::store::{Row, Store};
use crate::value::{contains, equal};
use crate::write::canonical::{canonical, canonical_inside};

/// What a written value does to its field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    Set(Value),
    /// A set whose value came out of an operation, so the answer tells it.
    SetResolved(Value),
    Delete,
    Increment(f64),
    Add(Vec<Value>),
    AddUnique(Vec<Value>),
    Remove(Vec<Value>),
    /// A relation value: relations are written through operations only.
    Nothing,
}

impl Effect {
    /// On an update the operations meet the row.
    pub(crate) fn of_update(value: Value) -> Result<Self, Refusal> {
        let Value::Object(map) = &value else {
            return Ok(Self::Set(canonical(value)?));
        };
        if map.get("__type").and_then(Value::as_str) == Some("Relation") {
            return Ok(Self::Nothing);
        }
        let Some(op) = map.get("__op") else {
            return Ok(Self::Set(canonical(value)?));
        };
        let objects = |message: &'static str| -> Result<Vec<Value>, Refusal> {
            let objects = map
                .get("objects")
                .and_then(Value::as_array)
                .ok_or_else(|| Refusal::json(message))?;
            objects.iter().cloned().map(canonical_inside).collect()
        };
        match op.as_str().unwrap_or_default() {
            "Delete" => Ok(Self::Delete),
            "Increment" => match map.get("amount").and_then(Value::as_f64) {
                Some(amount) => Ok(Self::Increment(amount)),
                None => Err(Refusal::json("incrementing must provide a number")),
            },
            "Add" => Ok(Self::Add(objects("objects to add must be an array")?)),
            "AddUnique" => Ok(Self::AddUnique(objects("objects to add must be an array")?)),
            "Remove" => Ok(Self::Remove(objects("objects to remove must be an array")?)),
            // The row exists already: nothing to set.
            "SetOnInsert" => Ok(Self::Nothing),
            other => Err(unsupported(other)),
        }
    }

    /// On a create the operations are flattened to plain values: duplicates in `AddUnique` stay.
    pub(crate) fn of_create(value: Value) -> Result<Self, Refusal> {
        let set_on_insert = value.get("__op").and_then(Value::as_str) == Some("SetOnInsert");
        if set_on_insert {
            let amount = value.get("amount").cloned().unwrap_or(Value::Null);
            return Ok(Self::SetResolved(canonical(amount)?));
        }
        if value.get("__op").is_some() {
            // One message for every operation with a bad argument: so does the real server.
            let bad = |refusal: Refusal| match refusal.code {
                Some(code::INVALID_JSON) => Refusal::json("objects to add must be an array"),
                _ => refusal,
            };
            return Ok(match Self::of_update(value).map_err(bad)? {
                Self::Increment(amount) => Self::SetResolved(Value::Number(number::from_double(amount))),
                Self::Add(objects) | Self::AddUnique(objects) => Self::SetResolved(Value::Array(objects)),
                Self::Remove(_) => Self::SetResolved(json!([])),
                other => other,
            });
        }
        Self::of_update(value)
    }

    /// The plain value of a flattened operation.
    pub(crate) fn flattened(self) -> Option<Value> {
        match self {
            Self::Set(value) | Self::SetResolved(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the answer tells the resulting value.
    pub(crate) fn is_resolved(&self) -> bool {
        matches!(
            self,
            Self::SetResolved(_) | Self::Increment(_) | Self::Add(_) | Self::AddUnique(_) | Self::Remove(_)
        )
    }
}

fn unsupported(op: &str) -> Refusal {
    Refusal::new(
        code::COMMAND_UNAVAILABLE,
        format!("The {op} operator is not supported yet."),
    )
}

/// How many parts a dotted path may have.
const DEEPEST: usize = 200;

/// Applies an effect at a key or a dotted path of the row.
pub(crate) fn apply(row: &mut Row, key: &str, effect: Effect) -> Result<(), Refusal> {
    if key == "ACL" {
        if let Effect::Set(acl) = effect {
            set_acl(row, &acl);
        } else {
            // The real server reads an operation as an ACL without any known entry: nobody may do anything.
            row.insert("ACL".to_owned(), json!({}));
        }
        return Ok(());
    }
    if matches!(effect, Effect::Nothing) {
        return Ok(());
    }
    let (root, path) = match key.split_once('.') {
        Some((root, rest)) => (root, rest.split('.').collect::<Vec<_>>()),
        None => (key, Vec::new()),
    };
    // as far as documents nest in MongoDB
    if path.len() > DEEPEST {
        return Err(Refusal::crash());
    }
    if path.is_empty() {
        return match row.get(root) {
            Some(_) if effect == Effect::Delete => {
                row.shift_remove(root);
                Ok(())
            }
            _ => {
                if let Some(value) = result(row.get(root), effect)? {
                    row.insert(root.to_owned(), value);
                }
                Ok(())
            }
        };
    }
    if matches!(effect, Effect::Delete | Effect::Remove(_)) && !row.contains_key(root) {
        return Ok(());
    }
    let place = row.entry(root).or_insert_with(|| json!({}));
    apply_inside(place, &path, effect)
}

fn apply_inside(place: &mut Value, path: &[&str], effect: Effect) -> Result<(), Refusal> {
    let [first, rest @ ..] = path else { return Ok(()) };
    match place {
        Value::Object(map) => {
            if rest.is_empty() {
                if effect == Effect::Delete {
                    map.shift_remove(*first);
                } else if let Some(value) = result(map.get(*first), effect)? {
                    map.insert((*first).to_owned(), value);
                }
                return Ok(());
            }
            if matches!(effect, Effect::Delete | Effect::Remove(_)) && !map.contains_key(*first) {
                return Ok(());
            }
            apply_inside(map.entry(*first).or_insert_with(|| json!({})), rest, effect)
        }
        Value::Array(items) => {
            let index: usize = first.parse().map_err(|_| Refusal::crash())?;
            // MongoDB pads up to 1,500,000 places; a mock needs no such gaps.
            if index > items.len() + 10_000 {
                return Err(Refusal::crash());
            }
            if items.len() <= index {
                items.resize(index + 1, Value::Null);
            }
            if !rest.is_empty() {
                return apply_inside(&mut items[index], rest, effect);
            }
            items[index] = match effect {
                Effect::Delete => Value::Null,
                effect => result(Some(&items[index]), effect)?.unwrap_or(Value::Null),
            };
            Ok(())
        }
        // A path through a number or a null: the database refuses.
        _ => Err(Refusal::crash()),
    }
}

/// The new value of a field, `None` when it stays absent.
fn result(old: Option<&Value>, effect: Effect) -> Result<Option<Value>, Refusal> {
    let list = |old: Option<&Value>| match old {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        // The schema said array, but the value is null: MongoDB refuses, so code 1.
        Some(_) => Err(Refusal::crash()),
    };
    Ok(Some(match effect {
        Effect::Set(value) | Effect::SetResolved(value) => value,
        Effect::Delete | Effect::Nothing => return Ok(old.cloned()),
        Effect::Increment(amount) => {
            let old = match old {
                None => 0.0,
                Some(value) => value.as_f64().ok_or_else(Refusal::crash)?,
            };
            Value::Number(number::from_double(old + amount))
        }
        Effect::Add(objects) => {
            let mut items = list(old)?;
            items.extend(objects);
            Value::Array(items)
        }
        Effect::AddUnique(objects) => {
            let mut items = list(old)?;
            for object in objects {
                if !contains(&items, &object) {
                    items.push(object);
                }
            }
            Value::Array(items)
        }
        Effect::Remove(objects) => {
            if old.is_none() {
                return Ok(None);
            }
            let mut items = list(old)?;
            items.retain(|item| !objects.iter().any(|object| equal(item, object)));
            Value::Array(items)
        }
    }))
}

/// Only `read` and `write` that are true survive: the database keeps two lists of names.
fn set_acl(row: &mut Row, acl: &Value) {
    if !number::truthy(acl) {
        return;
    }
    let mut kept = Map::new();
    for right in ["read", "write"] {
        for (name, rights) in acl.as_object().into_iter().flatten() {
            if rights.get(right).is_some_and(number::truthy) {
                let entry = kept.entry(name.as_str()).or_insert_with(|| json!({}));
                entry[right] = json!(true);
            }
        }
    }
    row.insert("ACL".to_owned(), Value::Object(kept));
}

/// Changes of relations, taken out of a write.
#[derive(Debug, Default)]
pub(crate) struct RelationChanges(Vec<(String, bool, Vec<String>)>);

impl RelationChanges {
    pub(crate) fn commit(self, store: &mut Store, class: &str, owner: &str) {
        for (key, add, ids) in self.0 {
            for id in ids {
                if add {
                    store.relate(class, &key, owner, &id);
                } else {
                    store.unrelate(class, &key, owner, &id);
                }
            }
        }
    }
}

/// Removes the relation operations from an object that is being written.
pub(crate) fn relation_changes(object: &mut Map<String, Value>) -> Result<RelationChanges, Refusal> {
    let mut changes = RelationChanges::default();
    for (key, value) in object.iter() {
        collect(key, value, &mut changes)?;
    }
    for (key, ..) in &changes.0 {
        object.shift_remove(key);
    }
    Ok(changes)
}

fn collect(key: &str, value: &Value, changes: &mut RelationChanges) -> Result<(), Refusal> {
    let op = value.get("__op").and_then(Value::as_str).unwrap_or_default();
    match op {
        "AddRelation" | "RemoveRelation" => {
            let objects = value
                .get("objects")
                .and_then(Value::as_array)
                .ok_or_else(Refusal::crash)?;
            let ids = objects
                .iter()
                .filter_map(|object| object.get("objectId")?.as_str().map(str::to_owned));
            changes
                .0
                .push((key.to_owned(), op == "AddRelation", ids.collect()));
        }
        "Batch" => {
            for op in value
                .get("ops")
                .and_then(Value::as_array)
                .ok_or_else(Refusal::crash)?
            {
                collect(key, op, changes)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(row: Value, key: &str, op: Value) -> Result<Value, Refusal> {
        let Value::Object(mut row) = row else {
            panic!("a row")
        };
        apply(&mut row, key, Effect::of_update(op)?)?;
        Ok(Value::Object(row))
    }

    #[test]
    fn arrays_keep_their_order() {
        let row = json!({"a": [3, 1, 1]});
        let op = |name: &str| json!({"__op": name, "objects": [1, 2, 2]});
        assert_eq!(
            after(row.clone(), "a", op("Add")).unwrap(),
            json!({"a": [3, 1, 1, 1, 2, 2]})
        );
        assert_eq!(
            after(row.clone(), "a", op("AddUnique")).unwrap(),
            json!({"a": [3, 1, 1, 2]})
        );
        assert_eq!(after(row, "a", op("Remove")).unwrap(), json!({"a": [3]}));
        assert_eq!(
            after(json!({}), "a", op("AddUnique")).unwrap(),
            json!({"a": [1, 2]})
        );
        assert_eq!(after(json!({}), "a", op("Remove")).unwrap(), json!({}));
        assert_eq!(
            after(json!({"a": null}), "a", op("Add")).unwrap_err(),
            Refusal::crash()
        );
    }

    #[test]
    fn dotted_paths() {
        let op = json!({"__op": "Increment", "amount": 2});
        assert_eq!(
            after(json!({"o": {"z": 5}}), "o.z", op.clone()).unwrap(),
            json!({"o": {"z": 7}})
        );
        assert_eq!(
            after(json!({}), "o.p.q", op.clone()).unwrap(),
            json!({"o": {"p": {"q": 2}}})
        );
        assert_eq!(
            after(json!({"a": [1]}), "a.2", json!("x")).unwrap(),
            json!({"a": [1, null, "x"]})
        );
        assert_eq!(
            after(json!({"o": {"z": 5}}), "o.z", json!({"__op": "Delete"})).unwrap(),
            json!({"o": {}})
        );
        assert_eq!(
            after(json!({"o": {"z": 5}}), "o.z.y", op).unwrap_err(),
            Refusal::crash()
        );
    }

    #[test]
    fn increments_are_doubles() {
        let op = json!({"__op": "Increment", "amount": 0.5});
        assert_eq!(
            after(json!({"n": 0.5}), "n", op.clone()).unwrap(),
            json!({"n": 1})
        );
        assert_eq!(after(json!({"n": "x"}), "n", op).unwrap_err(), Refusal::crash());
    }

    #[test]
    fn create_flattens() {
        let flat = |op: Value| Effect::of_create(op).unwrap().flattened();
        assert_eq!(
            flat(json!({"__op": "AddUnique", "objects": ["q", "q"]})),
            Some(json!(["q", "q"]))
        );
        assert_eq!(flat(json!({"__op": "Remove", "objects": [1]})), Some(json!([])));
        assert_eq!(flat(json!({"__op": "Delete"})), None);
    }
}
