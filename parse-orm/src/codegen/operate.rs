//! What the accessors of a model do: atomic operations, by the number of a field.

use super::{Codec, Object, Operation, ParseObject, ParseValue, QuerySet};
use crate::value::{Form, to_number};
use serde_json::Value as JsonTree;

/// Adds to a number.
pub fn increment<T: ParseObject>(object: &mut Object<T>, field: usize, by: impl ParseValue) {
    object.operate(
        field,
        to_number(&by).map_or_else(Operation::Invalid, Operation::Increment),
    );
}

/// An operation on the elements of an array: of a `Vec`, or an `Option` of one, by its codec.
fn elements<A: From<Vec<V>>, V>(
    codec: impl Codec<A>,
    values: impl IntoIterator<Item = impl Into<V>>,
    operation: fn(Vec<JsonTree>) -> Operation,
) -> Operation {
    let values: Vec<V> = values.into_iter().map(Into::into).collect();
    // included objects stay: an operation's elements also become part of the local value
    match codec.encode(&values.into(), Form::Full, serde_json::value::Serializer) {
        Ok(JsonTree::Array(elements)) => operation(elements),
        Ok(_) => Operation::Invalid("the field is not an array".into()),
        Err(error) => Operation::Invalid(error.to_string()),
    }
}

/// Appends to an array.
pub fn add<T: ParseObject, A: From<Vec<V>>, V>(
    object: &mut Object<T>,
    field: usize,
    codec: impl Codec<A>,
    values: impl IntoIterator<Item = impl Into<V>>,
) {
    object.operate(field, elements(codec, values, Operation::Add));
}

/// Appends to an array what is not in it.
pub fn add_unique<T: ParseObject, A: From<Vec<V>>, V>(
    object: &mut Object<T>,
    field: usize,
    codec: impl Codec<A>,
    values: impl IntoIterator<Item = impl Into<V>>,
) {
    object.operate(field, elements(codec, values, Operation::AddUnique));
}

/// Takes elements out of an array.
pub fn remove<T: ParseObject, A: From<Vec<V>>, V>(
    object: &mut Object<T>,
    field: usize,
    codec: impl Codec<A>,
    values: impl IntoIterator<Item = impl Into<V>>,
) {
    object.operate(field, elements(codec, values, Operation::Remove));
}

/// The objects of a relation.
pub fn related<T: ParseObject, R>(object: &Object<T>, field: usize) -> QuerySet<R> {
    crate::query::related(T::CLASS_NAME, object.id(), T::SCHEMA.fields[field].name)
}
