//! What generated code does with the value of a field, of which it knows only the type.

use super::{Deserializer, FieldSchema, FieldType, Form, Found, ParseValue, Parts, Serialize, Serializer};
use super::{decode_json, encode_json, same_json};
use serde::de::DeserializeOwned;
use serde_json::Value as JsonTree;
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
    /// What differs from the server's value, where it can be sent in parts.
    fn parts(self, value: &V, held: &V) -> Option<Parts>;
    /// Takes over a newer value.
    fn merge(self, old: &mut V, newer: Option<V>);
    /// True when the value means "no value".
    fn is_absent(self, value: &V) -> bool;
    /// The value of a missing field, or the field's number.
    fn or_missing(self, value: Option<V>, field: usize) -> Result<V, usize>;
    /// The server's type, and whether the field may be missing.
    fn kind(self) -> (FieldType, bool);
    /// Shows what has to be stored before the value.
    fn unstored<'a>(self, value: &'a V, found: Found<'_, 'a>);
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
    fn parts(self, value: &V, held: &V) -> Option<Parts> {
        value.parts(held)
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
    fn unstored<'a>(self, value: &'a V, found: Found<'_, 'a>) {
        value.unstored(found);
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
    fn encode<S: Serializer>(self, value: &V, form: Form, to: S) -> Result<S::Ok, S::Error> {
        if form == Form::Passed {
            return value.serialize(to);
        }
        encode_json(value, to)
    }
    fn same(self, a: &V, b: &V) -> bool {
        same_json(a, b)
    }
    /// Only the whole has a meaning to serde.
    fn parts(self, _: &V, _: &V) -> Option<Parts> {
        None
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
    fn unstored<'a>(self, _: &'a V, _: Found<'_, 'a>) {}
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
