//! What functions return.

use crate::object::{describe, object, value};
use crate::value::ParseValue;
use crate::{Error, Object, ParseObject, Result, ReturnedError};
use serde_json::value::RawValue;

/// What the result of a cloud function can be read as.
///
/// | Rust | what the function returned |
/// | --- | --- |
/// | any [`ParseValue`]: `f64`, `String`, `DateTime<Utc>`, [`Pointer<T>`](crate::Pointer), `Vec<V>`, a struct with the derive, `serde_json::Value`, .. | that value |
/// | `Option<V>` | that value, or null, or nothing |
/// | [`Json<T>`](crate::Json) | whatever serde reads as a `T` |
/// | [`Object<T>`], `Option<Object<T>>`, `Vec<Object<T>>` | stored objects, ready to be changed and saved |
/// | `()` | anything, which is not looked at |
#[diagnostic::on_unimplemented(
    message = "a cloud function's result cannot be read as `{Self}`",
    label = "not a result",
    note = "a stored object is an `Object<T>`, a list of them a `Vec<Object<T>>`; a struct of your own needs `#[derive(ParseValue, Clone)]`",
    note = "any serde type can be read by a `Json`: `let Json(report) = client.call::<Json<Report>>(..).await?`"
)]
pub trait FunctionResult: Sized {
    /// Reads the result, which is JSON.
    #[doc(hidden)]
    fn read(function: &str, result: &str) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> FunctionResult for V {
    fn read(function: &str, result: &str) -> Result<Self> {
        value(result).map_err(|error| {
            let found = match result {
                "null" => "null or nothing".into(),
                result => describe(result, &error),
            };
            misread(function, V::TYPE.to_string(), found)
        })
    }
}

impl FunctionResult for () {
    fn read(_: &str, _: &str) -> Result<Self> {
        Ok(())
    }
}

impl<T: ParseObject> FunctionResult for Object<T> {
    fn read(function: &str, result: &str) -> Result<Self> {
        if result.starts_with('{') {
            return object(result).map_err(Error::from);
        }
        let expected = format!("an object of the class {}", T::CLASS_NAME);
        Err(misread(function, expected, short(result)))
    }
}

impl<T: ParseObject> FunctionResult for Option<Object<T>> {
    fn read(function: &str, result: &str) -> Result<Self> {
        if result == "null" {
            return Ok(None);
        }
        Object::read(function, result).map(Some)
    }
}

impl<T: ParseObject> FunctionResult for Vec<Object<T>> {
    fn read(function: &str, result: &str) -> Result<Self> {
        let list: Vec<&RawValue> = serde_json::from_str(result).map_err(|_| {
            let expected = format!("objects of the class {}", T::CLASS_NAME);
            misread(function, expected, short(result))
        })?;
        list.iter().map(|raw| Object::read(function, raw.get())).collect()
    }
}

fn misread(function: &str, expected: String, found: String) -> Error {
    Error::Returned(Box::new(ReturnedError {
        function: function.into(),
        expected,
        found,
    }))
}

/// What is no object, for a message.
fn short(result: &str) -> String {
    if result == "null" {
        return "null or nothing".into();
    }
    let mut short: String = result.chars().take(40).collect();
    if short.len() < result.len() {
        short.push('…');
    }
    short
}
