//! Values whose type is not told by a field.

use super::{FieldType, ParseValue, to_json};
use serde_json::Value;

/// Any value that a field can hold: a [`ParseValue`], or a text that is borrowed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value that the server can hold",
    label = "not a value",
    note = "a value is anything that a field of a model can hold, or a `&str`; a serde type goes in a `Json`: `Json(value)`"
)]
pub trait AnyValue {
    /// What the server calls the type.
    #[doc(hidden)]
    const TYPE: FieldType;
    /// The wire form, or why there is none; `None` for no value.
    #[doc(hidden)]
    fn json(&self) -> Option<Result<Value, String>>;
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> AnyValue for V {
    const TYPE: FieldType = V::TYPE;
    fn json(&self) -> Option<Result<Value, String>> {
        (!self.is_absent()).then(|| to_json(self))
    }
}

impl AnyValue for &str {
    const TYPE: FieldType = FieldType::String;
    fn json(&self) -> Option<Result<Value, String>> {
        Some(Ok((*self).into()))
    }
}

impl AnyValue for &String {
    const TYPE: FieldType = FieldType::String;
    fn json(&self) -> Option<Result<Value, String>> {
        Some(Ok(self.as_str().into()))
    }
}
