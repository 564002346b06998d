//! What generated code refers to. Nothing here is for use by hand, and anything may change.

pub use crate::object::{FieldSet, Operation, ParseObject, Raw, Schema, Snapshot};
pub use crate::query::{
    Comparable, Embedded, Field, Objects, Operand, OperandOf, Order, Q, QuerySet, Sortable, Through,
    Traversable,
};
pub use crate::value::{FieldSchema, FieldType, Form, ParseValue, decode_json, encode_json, same_json};
pub use crate::{Object, ObjectId, Pointer, Relation};
pub use chrono::{DateTime, Utc};
pub use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
pub use serde::ser::{Serialize, SerializeMap, Serializer};

use serde::de::Error as _;
use serde_json::{Number, Value};
use std::marker::PhantomData;

/// What generated code does with a field's value. A type that cannot be stored is reported at [`value`],
/// once, and nowhere else.
pub trait Codec<V> {
    /// Reads the wire form; a required field that is null is an error of the value's own.
    fn decode<'de, D: Deserializer<'de>>(self, from: D, field: &'static FieldSchema) -> Result<V, D::Error>;
    /// As `decode`; null is nothing, for a field with a default.
    fn decode_or_null<'de, D: Deserializer<'de>>(
        self,
        from: D,
        field: &'static FieldSchema,
    ) -> Result<Option<V>, D::Error>;
    /// Writes one of the JSON forms.
    fn encode<S: Serializer>(self, value: &V, form: Form, to: S) -> Result<S::Ok, S::Error>;
    /// Compares two values.
    fn same(self, a: &V, b: &V) -> bool;
    /// Takes over a newer value.
    fn merge(self, old: &mut V, newer: Option<V>);
    /// True when the value means "no value".
    fn is_absent(self, value: &V) -> bool;
    /// The value of a missing field, or the field's number.
    fn or_missing(self, value: Option<V>, field: usize) -> Result<V, usize>;
    /// The server's type, and whether the field may be missing.
    fn kind(self) -> (FieldType, bool);
}

struct Of<V>(PhantomData<V>);

/// The codec of a storable type.
pub fn value<V: ParseValue>() -> impl Codec<V> {
    Of(PhantomData)
}

impl<V: ParseValue> Codec<V> for Of<V> {
    fn decode<'de, D: Deserializer<'de>>(self, from: D, field: &'static FieldSchema) -> Result<V, D::Error> {
        let mut value = V::decode(from)?;
        value.locate(field);
        Ok(value)
    }
    fn decode_or_null<'de, D: Deserializer<'de>>(
        self,
        from: D,
        field: &'static FieldSchema,
    ) -> Result<Option<V>, D::Error> {
        let mut value = <Option<V> as ParseValue>::decode(from)?;
        value.locate(field);
        Ok(value)
    }
    fn encode<S: Serializer>(self, value: &V, form: Form, to: S) -> Result<S::Ok, S::Error> {
        value.encode(form, to)
    }
    fn same(self, a: &V, b: &V) -> bool {
        a.same(b)
    }
    fn merge(self, old: &mut V, newer: Option<V>) {
        if let Some(newer) = newer {
            old.merge(newer);
        }
    }
    fn is_absent(self, value: &V) -> bool {
        value.is_absent()
    }
    fn or_missing(self, value: Option<V>, field: usize) -> Result<V, usize> {
        value.or_else(V::missing).ok_or(field)
    }
    fn kind(self) -> (FieldType, bool) {
        (V::TYPE, V::missing().is_some())
    }
}

/// A field number that the model does not have: never asked for.
pub fn no_such_field<E: serde::de::Error>() -> E {
    E::custom("no such field")
}

/// As [`no_such_field`], when writing.
pub fn no_such_field_to_write<E: serde::ser::Error>() -> E {
    E::custom("no such field")
}

/// A number that can be incremented.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number that can be incremented")]
pub trait Amount {
    /// The amount, or why it cannot be sent.
    fn amount(self) -> Result<Number, String>;
}

impl Amount for i64 {
    fn amount(self) -> Result<Number, String> {
        Ok(self.into())
    }
}

impl Amount for f64 {
    fn amount(self) -> Result<Number, String> {
        Number::from_f64(self).ok_or_else(|| format!("{self} is not a number that JSON can hold"))
    }
}

/// Adds to a number.
pub fn increment<T: ParseObject>(object: &mut Object<T>, field: usize, by: impl Amount) {
    object.operate(
        field,
        by.amount().map_or_else(Operation::Invalid, Operation::Increment),
    );
}

fn elements<V: ParseValue>(
    values: impl IntoIterator<Item = impl Into<V>>,
    operation: fn(Vec<Value>) -> Operation,
) -> Operation {
    let elements: Result<_, _> = values
        .into_iter()
        .map(|value| crate::value::to_full_json(&value.into()))
        .collect();
    elements.map_or_else(Operation::Invalid, operation)
}

/// Appends to an array.
pub fn add<T: ParseObject, V: ParseValue>(
    object: &mut Object<T>,
    field: usize,
    values: impl IntoIterator<Item = impl Into<V>>,
) {
    object.operate(field, elements(values, Operation::Add));
}

/// Appends to an array what is not in it.
pub fn add_unique<T: ParseObject, V: ParseValue>(
    object: &mut Object<T>,
    field: usize,
    values: impl IntoIterator<Item = impl Into<V>>,
) {
    object.operate(field, elements(values, Operation::AddUnique));
}

/// Takes elements out of an array.
pub fn remove<T: ParseObject, V: ParseValue>(
    object: &mut Object<T>,
    field: usize,
    values: impl IntoIterator<Item = impl Into<V>>,
) {
    object.operate(field, elements(values, Operation::Remove));
}

/// Adds objects to a relation, or removes them.
pub fn relate<T: ParseObject, R: ParseObject>(
    object: &mut Object<T>,
    field: usize,
    add: bool,
    targets: impl IntoIterator<Item = impl Into<Pointer<R>>>,
) {
    let ids: Vec<_> = targets
        .into_iter()
        .map(|target| target.into().id().clone())
        .collect();
    let (add, remove) = if add { (ids, Vec::new()) } else { (Vec::new(), ids) };
    if !(add.is_empty() && remove.is_empty()) {
        object.operate(
            field,
            Operation::Relate {
                class_name: R::CLASS_NAME.into(),
                add,
                remove,
            },
        );
    }
}

/// The objects of a relation.
pub fn related<T: ParseObject, R: ParseObject>(object: &Object<T>, field: usize) -> QuerySet<R> {
    crate::query::related(T::CLASS_NAME, object.id(), T::SCHEMA.fields[field].name)
}

/// What a derived embedded struct supplies for its decoding.
pub trait EmbeddedObject {
    /// The fields as far as they were read.
    type Partial;
    /// The struct.
    type Value;
    /// Its name.
    const NAME: &'static str;
    /// Its fields.
    const FIELDS: &'static [FieldSchema];
    /// No field read yet.
    fn partial() -> Self::Partial;
    /// The number of a key.
    fn index(key: &str) -> Option<usize>;
    /// Reads one field.
    fn decode<'de, D: Deserializer<'de>>(
        partial: &mut Self::Partial,
        field: usize,
        from: D,
    ) -> Result<(), D::Error>;
    /// The struct, or the number of the field that is missing.
    fn finish(partial: Self::Partial) -> Result<Self::Value, usize>;
}

/// Decodes an embedded struct.
pub fn decode_embedded<'de, D: Deserializer<'de>, E: EmbeddedObject>(from: D) -> Result<E::Value, D::Error> {
    struct Read<E>(PhantomData<E>);
    struct One<'a, E: EmbeddedObject>(&'a mut E::Partial, usize);
    impl<'de, E: EmbeddedObject> serde::de::DeserializeSeed<'de> for One<'_, E> {
        type Value = ();
        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
            E::decode(self.0, self.1, from)
        }
    }
    impl<'de, E: EmbeddedObject> Visitor<'de> for Read<E> {
        type Value = E::Value;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "an Object ({})", E::NAME)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<E::Value, A::Error> {
            let mut partial = E::partial();
            while let Some(field) = map.next_key_seed(crate::object::KeyIndex(E::index))? {
                match field {
                    Some(field) => map.next_value_seed(One::<E>(&mut partial, field))?,
                    None => drop(map.next_value::<IgnoredAny>()?),
                }
            }
            E::finish(partial).map_err(|field| {
                let name = E::FIELDS[field].name;
                A::Error::custom(format_args!("{}: the field `{name}` is missing", E::NAME))
            })
        }
    }
    from.deserialize_map(Read::<E>(PhantomData))
}

/// Decodes an enum from the name of its variant.
pub fn decode_name<'de, D: Deserializer<'de>, V>(
    from: D,
    find: fn(&str) -> Option<V>,
    expected: &'static str,
) -> Result<V, D::Error> {
    struct Name<V>(fn(&str) -> Option<V>, &'static str);
    impl<V> Visitor<'_> for Name<V> {
        type Value = V;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.1)
        }
        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<V, E> {
            (self.0)(name).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(name), &self))
        }
    }
    from.deserialize_str(Name(find, expected))
}

/// What the editor completes in `filter(..)`: only rust-analyzer sees it.
#[cfg(rust_analyzer)]
pub trait Lookups {
    /// A struct whose fields are all the lookups.
    type Lookups;
}

/// The lookups of a query set's model.
#[cfg(rust_analyzer)]
pub fn lookups<M: Lookups>(_: &QuerySet<M>) -> M::Lookups {
    loop {}
}
