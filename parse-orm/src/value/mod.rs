//! The data types and their wire form: what a field of a model may hold.

mod acl;
mod any;
mod bytes;
mod collection;
mod date;
mod default_acl;
mod file;
mod geo;
mod json;
mod number;
mod object_id;
mod parts;
mod text;
mod unstored;

pub use acl::{Acl, IntoRole, IntoUser, Permission, Who};
pub use any::AnyValue;
pub use bytes::Bytes;
pub use default_acl::DefaultAcl;
pub(crate) use file::NewFile;
pub use file::{Download, Downloading, File, FileBuilder, Transferred};
pub use geo::{GeoError, GeoPoint, Polygon};
pub use json::Json;
pub use object_id::ObjectId;
pub(crate) use parts::Part;
pub use parts::Parts;
pub use unstored::{Found, Unstored};
pub(crate) use unstored::{Holder, NewObject};

pub(crate) use date::{Iso, Timestamp, iso};
pub(crate) use json::refuse_reserved;
pub use json::{decode_json, encode_json, same_json};

use serde::de::DeserializeSeed;
use serde::{Deserializer, Serialize, Serializer};
use std::marker::PhantomData;

/// A Rust type that a field of a class can hold.
///
/// | Rust | Parse |
/// | --- | --- |
/// | `String`, [`ObjectId`], an enum with `#[derive(ParseValue)]` | String |
/// | `i8 .. i64`, `u8 .. u64`, `f32`, `f64` | Number |
/// | `bool` | Boolean |
/// | `DateTime<Utc>` | Date |
/// | `Vec<V>` | Array |
/// | `HashMap<String, V>`, `BTreeMap<String, V>`, [`Json<T>`], `serde_json::Value`, a struct with `#[derive(ParseValue)]` | Object |
/// | [`GeoPoint`], [`Polygon`], [`Bytes`], [`File`] | the same |
/// | [`Pointer<T>`](crate::Pointer), [`Relation<T>`](crate::Relation) | Pointer, Relation |
/// | `Option<V>` | as `V`, or no value at all |
///
/// Implement it with `#[derive(ParseValue)]` for your own enums and structs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a field of a Parse class",
    label = "not a storable type",
    note = "storable are: String, bool, i8..i64, u8..u64, f32, f64, DateTime<Utc>, ObjectId, GeoPoint, Polygon, Bytes, File, Pointer<T>, Relation<T>, Vec<V>, Option<V>, HashMap<String, V>, BTreeMap<String, V>, serde_json::Value",
    note = "for an enum or struct of your own add `#[derive(ParseValue)]` to it; to store any serde type as a JSON object put `#[parse(json)]` on the field"
)]
pub trait ParseValue: Clone + Send + Sync + 'static {
    /// What the server calls the type.
    const TYPE: FieldType;

    /// Reads the wire form.
    ///
    /// # Errors
    /// When the input is not the wire form of this type.
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// Writes the wire form.
    ///
    /// # Errors
    /// When the value has no wire form, such as `f64::NAN`.
    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error>;

    /// True when saving the one instead of the other would change nothing on the server.
    fn same(&self, other: &Self) -> bool;

    /// The value of a field that a row does not have; `None`: the field must be there.
    fn missing() -> Option<Self> {
        None
    }

    /// True when the value means "no value": it is left out of a create and deletes the field in an
    /// update.
    fn is_absent(&self) -> bool {
        false
    }

    /// Takes over the server's newer value, keeping what an answer leaves out (an included object).
    fn merge(&mut self, newer: Self) {
        *self = newer;
    }

    /// What differs from the value that the server holds, key by key, for a value that can be sent in parts.
    #[doc(hidden)]
    fn parts(&self, _held: &Self) -> Option<Parts> {
        None
    }

    /// Tells the value which field it was read from, for its errors.
    #[doc(hidden)]
    fn locate(&mut self, _field: &'static FieldSchema) {}

    /// Shows what has to be stored before the value: new objects and files.
    #[doc(hidden)]
    fn unstored<'a>(&'a self, _found: Found<'_, 'a>) {}
}

/// Which of a value's two JSON forms to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// What the server takes: a pointer is only a pointer.
    Wire,
    /// What keeps everything, for storing an object elsewhere: a pointer's included object as well.
    Full,
    /// As `Wire`, for what is not stored: keys may be any text.
    #[doc(hidden)]
    Passed,
    /// As the server shows it: a pointer's included object as well, and nothing that is not stored.
    #[doc(hidden)]
    Shown,
    /// As `Wire`, before new objects and files are stored: `null` stands for each of them.
    #[doc(hidden)]
    Trial,
}

/// What the server calls the type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// `String`
    String,
    /// `Number`
    Number,
    /// `Boolean`
    Boolean,
    /// `Date`
    Date,
    /// `Object`
    Object,
    /// `Array`
    Array,
    /// `GeoPoint`
    GeoPoint,
    /// `Polygon`
    Polygon,
    /// `File`
    File,
    /// `Bytes`
    Bytes,
    /// `Pointer` to this class
    Pointer(&'static str),
    /// `Relation` to this class
    Relation(&'static str),
}

impl std::fmt::Display for FieldType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pointer(class) => write!(f, "Pointer to {class}"),
            Self::Relation(class) => write!(f, "Relation to {class}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// One field of a model, as the derive saw it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FieldSchema {
    /// The class that the field belongs to.
    pub class_name: &'static str,
    /// The name in the Rust struct.
    pub rust_name: &'static str,
    /// The type in the Rust struct, as written.
    pub rust_type: &'static str,
    /// The name on the server.
    pub name: &'static str,
    /// True when the field is read but never written.
    pub read_only: bool,
    /// True when a row without the field takes a default.
    pub has_default: bool,
    kind: fn() -> (FieldType, bool),
}

impl FieldSchema {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(
        [class_name, rust_name, rust_type, name]: [&'static str; 4],
        [read_only, has_default]: [bool; 2],
        kind: fn() -> (FieldType, bool),
    ) -> Self {
        Self {
            class_name,
            rust_name,
            rust_type,
            name,
            read_only,
            has_default,
            kind,
        }
    }

    /// The type on the server.
    pub fn field_type(&self) -> FieldType {
        (self.kind)().0
    }

    /// True when a row without the field cannot be read.
    pub fn is_required(&self) -> bool {
        !self.has_default && !(self.kind)().1
    }

    /// Server and Rust type, for messages.
    pub(crate) fn describe(&self) -> String {
        format!("{} (`{}`)", self.field_type(), self.rust_type)
    }
}

impl<V: ParseValue> ParseValue for Option<V> {
    const TYPE: FieldType = V::TYPE;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor<V>(PhantomData<V>);
        impl<'de, V: ParseValue> serde::de::Visitor<'de> for Visitor<V> {
            type Value = Option<V>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} or nothing", V::TYPE)
            }
            fn visit_none<E>(self) -> Result<Option<V>, E> {
                Ok(None)
            }
            fn visit_unit<E>(self) -> Result<Option<V>, E> {
                Ok(None)
            }
            fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Option<V>, D::Error> {
                V::decode(from).map(Some)
            }
        }
        from.deserialize_option(Visitor(PhantomData))
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.encode(form, to),
            None => to.serialize_none(),
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn merge(&mut self, newer: Self) {
        match (self, newer) {
            (Some(old), Some(newer)) => old.merge(newer),
            (slot, newer) => *slot = newer,
        }
    }

    fn parts(&self, held: &Self) -> Option<Parts> {
        self.as_ref()?.parts(held.as_ref()?)
    }

    fn locate(&mut self, field: &'static FieldSchema) {
        if let Some(value) = self {
            value.locate(field);
        }
    }

    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        if let Some(value) = self {
            value.unstored(found);
        }
    }
}

/// Lets serde's machinery decode a [`ParseValue`].
pub(crate) struct Decode<V>(PhantomData<V>);

impl<V> Decode<V> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, V: ParseValue> DeserializeSeed<'de> for Decode<V> {
    type Value = V;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<V, D::Error> {
        V::decode(from)
    }
}

/// Lets serde's machinery encode a [`ParseValue`].
pub(crate) struct Encode<'a, V>(pub(crate) &'a V, pub(crate) Form);

impl<V: ParseValue> Serialize for Encode<'_, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.encode(self.1, to)
    }
}

/// The wire form as a JSON value, for operations and operands.
pub(crate) fn to_json<V: ParseValue>(value: &V) -> Result<serde_json::Value, String> {
    value
        .encode(Form::Wire, serde_json::value::Serializer)
        .map_err(|error| error.to_string())
}

/// The wire form of a number, or why it has none.
pub(crate) fn to_number<V: ParseValue>(value: &V) -> Result<serde_json::Number, String> {
    match to_json(value)? {
        serde_json::Value::Number(number) => Ok(number),
        other => Err(format!("{other} is not a number")),
    }
}
