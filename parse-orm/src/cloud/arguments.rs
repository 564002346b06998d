//! The parameters of a declared function, one by one. For generated code.

use super::call::{encoded, returned, run};
use crate::value::ParseValue;
use crate::{Client, Error, FunctionResult, Object, ParseObject, Result};

/// The parameters of one call, as far as they are written.
#[derive(Debug)]
#[must_use]
pub struct Arguments {
    function: &'static str,
    body: Result<Vec<u8>>,
}

impl Arguments {
    /// No parameter yet.
    pub fn new(function: &'static str) -> Self {
        let body = Ok(b"{".to_vec());
        Self { function, body }
    }

    /// Adds one; `None` is left out.
    pub fn with<A: Argument + ?Sized>(mut self, name: &str, value: &A) -> Self {
        let Some(json) = value.json() else { return self };
        self.body = self.body.and_then(|mut body| {
            let failed = |message| Error::invalid(self.function, Some(name), message);
            let value = json.map_err(failed)?;
            let name = serde_json::to_vec(name).map_err(|error| failed(error.to_string()))?;
            if body.len() > 1 {
                body.push(b',');
            }
            body.extend_from_slice(&name);
            body.push(b':');
            body.extend_from_slice(&value);
            Ok(body)
        });
        self
    }

    /// Adds one that is borrowed, if it is there.
    pub fn with_some<A: Argument + ?Sized>(self, name: &str, value: Option<&A>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Calls the function.
    ///
    /// # Errors
    /// As [`Client::call`](crate::Client::call).
    pub async fn call<R: FunctionResult>(self, client: &Client) -> Result<R> {
        let mut body = self.body?;
        body.push(b'}');
        returned(self.function, &run(client, self.function, body).await?)
    }
}

/// What a parameter of a declared function may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a cloud function",
    label = "not a parameter",
    note = "a parameter is anything that a field of a model can hold (`&str`, numbers, `DateTime<Utc>`, `Vec<V>`, `Option<V>`, `Pointer<T>`, a struct with `#[derive(ParseValue, Clone)]`), or an `&Object<T>`, which goes as its pointer",
    note = "a serde type goes in a `Json<T>`"
)]
pub trait Argument {
    /// The JSON, or what is wrong with it; `None`: it is left out.
    fn json(&self) -> Option<Result<Vec<u8>, String>>;
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> Argument for V {
    fn json(&self) -> Option<Result<Vec<u8>, String>> {
        (!self.is_absent()).then(|| encoded(self))
    }
}

impl Argument for str {
    fn json(&self) -> Option<Result<Vec<u8>, String>> {
        Some(serde_json::to_vec(self).map_err(|error| error.to_string()))
    }
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> Argument for [V] {
    fn json(&self) -> Option<Result<Vec<u8>, String>> {
        Some(encoded(&self.to_vec()))
    }
}

impl<T: ParseObject> Argument for Object<T> {
    fn json(&self) -> Option<Result<Vec<u8>, String>> {
        Some(encoded(&crate::Pointer::<T>::to(self.id())))
    }
}
