//! What generated code refers to. Nothing here is for use by hand, and anything may change.

pub use crate::object::{FieldSet, Operation, ParseObject, Raw, Schema, Snapshot, WrappedInPointer};
pub use crate::query::{
    Comparable, Embedded, Field, Nullable, Objects, Operand, OperandOf, Order, Ordered, ParseView, Q,
    QuerySet, Request, Sortable, Textual, Through, Traversable, ViewCodec,
};
pub use crate::value::{FieldSchema, FieldType, Form, ParseValue, decode_json, encode_json, same_json};
pub use crate::{Object, ObjectId, Pointer, Relation};
pub use chrono::{DateTime, Utc};
pub use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
pub use serde::ser::{Serialize, SerializeMap, Serializer};

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Number, Value as JsonTree};
use std::marker::PhantomData;

/// What generated code does with a field's value. The derive names each field's type once, where it says
/// that the type has a codec: there a type that cannot be stored is reported, and nowhere else.
#[diagnostic::on_unimplemented(
    message = "`{V}` cannot be stored in a field of a Parse class",
    label = "not a storable type"
)]
#[allow(clippy::wrong_self_convention, reason = "a codec is a token without contents")]
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

/// The codec of a [`ParseValue`].
#[derive(Debug)]
pub struct Value<V>(PhantomData<V>);

/// The codec of a `ParseValue` of this type.
pub const fn value<V>() -> Value<V> {
    Value(PhantomData)
}

impl<V: ParseValue> Codec<V> for Value<V> {
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

/// A type that `#[parse(json)]` can store.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as JSON: it needs serde's `Serialize` and `Deserialize`",
    label = "not a serde type",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or store it without serde: remove `#[parse(json)]` and add `#[derive(ParseValue)]`"
)]
pub trait AnyJson: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<V: Serialize + DeserializeOwned> AnyJson for V {}

/// The codec of a `#[parse(json)]` field.
#[derive(Debug)]
pub struct JsonValue<V>(PhantomData<V>);

/// The codec of a `#[parse(json)]` field of this type.
pub const fn json<V>() -> JsonValue<V> {
    JsonValue(PhantomData)
}

impl<V: AnyJson> Codec<V> for JsonValue<V> {
    fn decode<'de, D: Deserializer<'de>>(self, from: D, _: &'static FieldSchema) -> Result<V, D::Error> {
        decode_json(from)
    }
    fn decode_or_null<'de, D: Deserializer<'de>>(
        self,
        from: D,
        _: &'static FieldSchema,
    ) -> Result<Option<V>, D::Error> {
        decode_json(from)
    }
    fn encode<S: Serializer>(self, value: &V, _: Form, to: S) -> Result<S::Ok, S::Error> {
        encode_json(value, to)
    }
    fn same(self, a: &V, b: &V) -> bool {
        same_json(a, b)
    }
    fn merge(self, old: &mut V, newer: Option<V>) {
        if let Some(newer) = newer {
            *old = newer;
        }
    }
    /// `None` writes `null`: the same as no value, as in any other field.
    fn is_absent(self, value: &V) -> bool {
        matches!(serde_json::to_value(value), Ok(JsonTree::Null))
    }
    fn or_missing(self, value: Option<V>, field: usize) -> Result<V, usize> {
        value
            .or_else(|| serde_json::from_value(JsonTree::Null).ok())
            .ok_or(field)
    }
    fn kind(self) -> (FieldType, bool) {
        (
            FieldType::Object,
            serde_json::from_value::<V>(JsonTree::Null).is_ok(),
        )
    }
}

/// A type with a value for fields that are missing or not stored.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default value",
    label = "needs `Default`",
    note = "`#[parse(default)]` and `#[parse(skip)]` take `Default::default()`: implement or derive `Default` for the type",
    note = "a stored field can have a value of its own instead: `#[parse(default = ..)]`"
)]
pub trait HasDefault: Default {}

#[diagnostic::do_not_recommend]
impl<V: Default> HasDefault for V {}

/// The value of a field that is not stored.
pub fn default<V: HasDefault>() -> V {
    V::default()
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
        crate::value::to_json(&self).map(|_| self.into())
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

/// Adds objects to a relation, or removes them.
pub fn relate<T: ParseObject, R>(
    object: &mut Object<T>,
    field: usize,
    add: bool,
    targets: impl IntoIterator<Item = impl Into<Pointer<R>>>,
) {
    let FieldType::Relation(class_name) = T::SCHEMA.fields[field].field_type() else {
        return;
    };
    let ids: Vec<_> = targets
        .into_iter()
        .map(|target| target.into().id().clone())
        .collect();
    let (add, remove) = if add { (ids, Vec::new()) } else { (Vec::new(), ids) };
    if !(add.is_empty() && remove.is_empty()) {
        let class_name = class_name.into();
        object.operate(
            field,
            Operation::Relate {
                class_name,
                add,
                remove,
            },
        );
    }
}

/// The objects of a relation.
pub fn related<T: ParseObject, R>(object: &Object<T>, field: usize) -> QuerySet<R> {
    crate::query::related(T::CLASS_NAME, object.id(), T::SCHEMA.fields[field].name)
}

/// The type that a field's token has when a mistake in its own type was reported: every lookup accepts it, so
/// that the mistake is not reported again wherever the field is used.
#[derive(Debug, Clone, Copy)]
pub enum Reported {}

impl ParseValue for Reported {
    const TYPE: FieldType = FieldType::Object;
    fn decode<'de, D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(no_such_field())
    }
    fn encode<S: Serializer>(&self, _: Form, _: S) -> Result<S::Ok, S::Error> {
        Err(no_such_field_to_write())
    }
    fn same(&self, _: &Self) -> bool {
        true
    }
}

impl Nullable for Reported {}
impl Comparable for Reported {
    type Kind = Self;
}
impl Ordered for Reported {}
impl Textual for Reported {}
impl Sortable for Reported {}

#[diagnostic::do_not_recommend]
impl<U> OperandOf<Reported> for U {
    fn operand(self) -> Operand {
        Operand::none()
    }
}

/// The field tokens of a model that could not be derived, because of a mistake that was reported.
pub struct RowFields<R> {
    /// The object's id.
    pub object_id: Field<R, ObjectId>,
    /// When the object was created.
    pub created_at: Field<R, DateTime<Utc>>,
    /// When the object was last changed.
    pub updated_at: Field<R, DateTime<Utc>>,
}

impl<R> RowFields<R> {
    /// The tokens.
    pub const NEW: Self = Self {
        object_id: Field::new("objectId"),
        created_at: Field::new("createdAt"),
        updated_at: Field::new("updatedAt"),
    };
}

impl<R> std::fmt::Debug for RowFields<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowFields")
    }
}

impl<R> Clone for RowFields<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for RowFields<R> {}

/// What a derived embedded struct supplies for its decoding.
pub trait EmbeddedObject {
    /// The fields as far as they were read.
    type Partial;
    /// The struct.
    type Value;
    /// Its name.
    const NAME: &'static str;
    /// Its fields.
    const FIELDS: &'static [FieldSchema] = &[];
    /// The stored name of a field.
    fn name(field: usize) -> &'static str {
        Self::FIELDS[field].name
    }
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
                let name = E::name(field);
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

/// The rows of a model.
pub fn rows<T: ParseObject>() -> QuerySet<T> {
    QuerySet::new()
}

/// What a macro built: the whole call of the macro, where the compiler speaks of its value.
pub fn built<V>(value: V) -> V {
    value
}

/// Where the derive leaves the fields for the editor: nothing to the compiler.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! __no_lookups {
    ($($fields:tt)*) => {};
}
#[cfg(not(rust_analyzer))]
pub use __no_lookups as lookups;

#[cfg(rust_analyzer)]
pub use editor::*;

/// What only rust-analyzer sees, which sets this: the types that the editor's expansion of `query!` goes through.
#[cfg(rust_analyzer)]
mod editor {
    use crate::{Embedded, Field, Includable, ParseObject, Pointer, QuerySet};
    pub use parse_orm_derive::__lookups as lookups;

    /// What a condition can begin with.
    pub trait Lookups {
        /// A struct whose fields are all the lookups.
        type Lookups;
    }

    impl<T: Lookups> Lookups for Pointer<T> {
        type Lookups = T::Lookups;
    }

    impl<V: Lookups> Lookups for Option<V> {
        type Lookups = V::Lookups;
    }

    impl<V: Lookups> Lookups for Vec<V> {
        type Lookups = V::Lookups;
    }

    impl<T: ParseObject + Lookups> QuerySet<T> {
        /// The lookups of the model.
        #[doc(hidden)]
        pub fn lookups(&self) -> T::Lookups {
            any()
        }
    }

    impl<R, V: Embedded> Field<R, V> {
        /// The fields of the embedded struct.
        #[doc(hidden)]
        pub fn inner_fields(self) -> V::Fields {
            any()
        }
    }

    impl<R, V: Includable> Field<R, V> {
        /// The fields of the included model.
        #[doc(hidden)]
        pub fn model_fields(self) -> V::Fields {
            any()
        }
    }

    /// The lookups behind a field.
    pub fn behind<V: Lookups>(_: V) -> V::Lookups {
        any()
    }

    /// A value of the type that is needed.
    pub fn any<T>() -> T {
        loop {}
    }
}
