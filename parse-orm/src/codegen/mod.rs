//! What generated code refers to. Nothing here is for use by hand, and anything may change.

mod codec;
#[cfg(rust_analyzer)]
mod editor;
mod embedded;
mod operate;
mod reported;

pub use codec::{
    AnyJson, Codec, HasDefault, JsonValue, Value, default, json, no_such_field, no_such_field_to_write, value,
};
#[cfg(rust_analyzer)]
pub use editor::*;
pub use embedded::{EmbeddedObject, decode_embedded, decode_name};
pub use operate::{add, add_unique, increment, related, remove};
pub use reported::{Reported, RowFields};

pub use crate::cloud::{Arguments, FunctionParams, params};
pub use crate::installation::ParseInstallation;
pub use crate::object::{
    FieldSet, Misfit, Operation, ParseObject, Raw, RawRow, Schema, Snapshot, WrappedInPointer,
};
pub use crate::query::{
    Area, Collected, Comparable, Embedded, Field, Listed, ListedTexts, Located, Nullable, Objects, Operand,
    OperandOf, Order, Ordered, ParseView, Q, QuerySet, RefersTo, Request, Sortable, Textual, Through,
    Traversable, ViewCodec,
};
pub use crate::user::ParseUser;
pub use crate::value::{
    FieldSchema, FieldType, Form, Found, ParseValue, Parts, Unstored, decode_json, encode_json, same_json,
};
pub use crate::{Object, ObjectId, Pointer, Relation};
pub use chrono::{DateTime, Utc};
pub use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
pub use serde::ser::{Serialize, SerializeMap, Serializer};

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
