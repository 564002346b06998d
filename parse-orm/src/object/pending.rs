//! What changed in an object since the server's last word.

use super::encode::FieldRef;
use super::{FieldSet, Operation, ParseObject, Snapshot, decode};
use crate::value::{Acl, Form, Part};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Kept from the first change until the next successful save.
pub(crate) struct Pending<T> {
    /// The value as the server holds it.
    pub(super) value: T,
    pub(super) acl: Option<Box<Acl>>,
    /// The server's value with the operations applied, while there are operations. A field that differs
    /// from it was assigned to, and is sent as a value.
    expected: Option<T>,
    pub(super) operations: BTreeMap<usize, Operation>,
    pub(super) unanswered: Option<Box<Unanswered>>,
}

/// A save that the server may have done: it was sent, and not answered.
#[derive(Clone)]
pub(super) struct Unanswered {
    /// By which the server knows it.
    pub(super) request_id: String,
    pub(super) body: Vec<u8>,
    /// The object's date when it was sent.
    pub(super) updated_at: DateTime<Utc>,
}

impl<T: Snapshot> Clone for Pending<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.snapshot(),
            acl: self.acl.clone(),
            expected: self.expected.as_ref().map(T::snapshot),
            operations: self.operations.clone(),
            unanswered: self.unanswered.clone(),
        }
    }
}

impl<T: ParseObject> Pending<T> {
    pub(super) fn new(value: &T, acl: Option<&Acl>) -> Self {
        Self {
            value: value.snapshot(),
            acl: acl.cloned().map(Box::new),
            expected: None,
            operations: BTreeMap::new(),
            unanswered: None,
        }
    }

    /// The fields that were assigned to.
    pub(super) fn assigned(&self, now: &T) -> FieldSet {
        now.__diff(self.expected.as_ref().unwrap_or(&self.value))
    }

    /// The fields that a save would send.
    pub(super) fn changed(&self, now: &T) -> FieldSet {
        let mut operated = FieldSet::EMPTY;
        for field in self.operations.keys() {
            operated.put(*field, true);
        }
        self.assigned(now).union(operated)
    }

    pub(super) fn acl_changed(&self, now: Option<&Acl>) -> bool {
        self.acl.as_deref() != now
    }

    pub(super) fn operate(&mut self, now: &mut T, field: usize, operation: Operation) {
        if operation.needs_value() && now.__absent().contains(field) {
            return;
        }
        let assigned = self.assigned(now).contains(field);
        let expected = self.expected.get_or_insert_with(|| self.value.snapshot());
        if assigned {
            // the value is sent as a whole anyway
            if let Err(reason) = apply(now, field, &operation) {
                // unless the operation stands in its way: the next assignment takes that away again
                expected.__copy(now, field);
                self.operations.insert(field, Operation::Invalid(reason));
            }
            return;
        }
        let merged = match self.operations.remove(&field) {
            Some(earlier) => earlier.merge(operation.clone()),
            None => Some(operation.clone()),
        };
        let applied = apply(now, field, &operation);
        match (merged, applied) {
            (_, Err(reason)) => drop(self.operations.insert(field, Operation::Invalid(reason))),
            (Some(merged), Ok(())) => {
                expected.__copy(now, field);
                self.operations.insert(field, merged);
            }
            // the two cannot be one operation: back to the server's value, from which `now` differs
            (None, Ok(())) => expected.__copy(&self.value, field),
        }
    }

    /// The assignments and operations of `self`, made again on a newer value of the server.
    pub(super) fn rebase(mut self, now: &T, newer: T) -> (T, Self) {
        let assigned = self.assigned(now);
        let operations = std::mem::take(&mut self.operations);
        let mut rebased = Self {
            value: newer.snapshot(),
            acl: self.acl,
            expected: None,
            operations: BTreeMap::new(),
            unanswered: self.unanswered.take(),
        };
        let mut value = newer;
        for (field, operation) in operations {
            if !assigned.contains(field) {
                rebased.operate(&mut value, field, operation);
            }
        }
        for field in assigned.iter() {
            if !change_parts(&mut value, now, &self.value, field) {
                value.__copy(now, field);
            }
        }
        (value, rebased)
    }

    pub(super) fn restore(value: T, acl: Option<Acl>, operations: BTreeMap<usize, Operation>) -> Self {
        Self {
            value,
            acl: acl.map(Box::new),
            expected: None,
            operations,
            unanswered: None,
        }
    }

    /// Recomputes, for a restored object, what the server's value becomes by the operations.
    pub(super) fn expect(&mut self, expected: T) {
        self.expected = Some(expected);
    }

    pub(super) fn expected(&self) -> Option<&T> {
        self.expected.as_ref()
    }
}

/// Makes the changes within an object, of `held` to `now`, in the newer `value`; false where there is no object, or
/// it changes as a whole.
fn change_parts<T: ParseObject>(value: &mut T, now: &T, held: &T, field: usize) -> bool {
    let Some(parts) = now.__parts(held, field) else {
        return false;
    };
    let Ok(Value::Object(mut object)) = serde_json::to_value(FieldRef(value, field, Form::Full)) else {
        return false;
    };
    for Part { key, value } in parts.into_parts() {
        match value {
            Ok(Some(value)) => drop(object.insert(key.into_owned(), value)),
            Ok(None) => drop(object.remove(&*key)),
            Err(_) => return false,
        }
    }
    let mut partial = T::__partial();
    if decode::field::<T>(&mut partial, field, &Value::Object(object).to_string()).is_err() {
        return false;
    }
    value.__merge(partial);
    true
}

/// Applies an operation to one field, by way of its JSON: one algorithm for every type.
fn apply<T: ParseObject>(value: &mut T, field: usize, operation: &Operation) -> Result<(), String> {
    let before = if value.__absent().contains(field) {
        None
    } else {
        let json =
            serde_json::to_value(FieldRef(value, field, Form::Full)).map_err(|error| error.to_string())?;
        Some(json)
    };
    let after = operation.apply(before)?.unwrap_or(Value::Null);
    let mut partial = T::__partial();
    decode::field::<T>(&mut partial, field, &after.to_string()).map_err(|error| error.to_string())?;
    value.__merge(partial);
    Ok(())
}
