//! Calling a function by its name.

use super::FunctionResult;
use crate::client::{Call, Method, Path, unexpected};
use crate::value::{Form, Json, ParseValue};
use crate::{Client, Error, Result};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

impl Client {
    /// Calls a cloud function. One POST: `POST /functions/averageStars` with `{"movie":"The Matrix"}`, answered by
    /// `{"result": 4.5}`.
    ///
    /// The parameters are a struct with [`#[derive(ParseValue)]`](derive@crate::ParseValue), a map, `json!({..})`, any
    /// serde type in a [`Json`](crate::Json), or `()` for none, each by value or by reference; what returns is anything
    /// that implements [`FunctionResult`]. Dates, points, files and pointers travel as such, and the function receives them as such.
    /// A function that is called in more than one place is better [declared](macro@crate::cloud_function).
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// #[derive(ParseValue, Clone, Debug)]
    /// struct Order { item: String, wanted_at: Option<DateTime<Utc>> }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let code = parse_orm_mock::CloudCode::new().function("price", |call| async move { Ok((call.params["item"] == "tea").then_some(3.5)) });
    /// # let server = MockServer::builder().cloud_code(code).start().await?;
    /// # let client = server.client();
    /// let price: f64 = client.call("price", Order { item: "tea".into(), wanted_at: None }).await?;
    /// let other = client.call::<Option<f64>>("price", serde_json::json!({"item": "coffee"})).await?;
    /// assert_eq!((price, other), (3.5, None));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] when the parameters have no wire form, or are no object; nothing is sent then.
    /// [`Error::Server`] when the function refuses: with the code that it chose, 141
    /// ([`ScriptFailed`](crate::ErrorCode::ScriptFailed)) for any other error of its own and where no function has the
    /// name, 142 ([`ValidationFailed`](crate::ErrorCode::ValidationFailed)) when its validator refuses. An error that is
    /// an object is kept in [`details`](crate::ServerError::details). [`Error::Returned`] when it returned something else
    /// than an `R`.
    pub fn call<'a, R: FunctionResult>(
        &'a self,
        function: &'a str,
        params: impl FunctionParams,
    ) -> BoxFuture<'a, Result<R>> {
        let body = params.json();
        Box::pin(async move {
            let body = body.map_err(|message| Error::invalid(function, None, message))?;
            returned(function, &run(self, function, body).await?)
        })
    }
}

/// Calls a function with parameters that are JSON already.
pub(super) async fn run(client: &Client, function: &str, body: Vec<u8>) -> Result<bytes::Bytes> {
    let path = Path::Named("/functions", function);
    let call = Call {
        method: Method::Post,
        path,
        body: Some(body),
    };
    client.request(call).await
}

/// Reads what it returned.
pub(super) fn returned<R: FunctionResult>(function: &str, body: &[u8]) -> Result<R> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        // none where the function returned nothing
        #[serde(borrow)]
        result: Option<&'a RawValue>,
    }
    let Answer { result } = serde_json::from_slice(body).map_err(|_| unexpected(200, body))?;
    R::read(function, result.map_or("null", RawValue::get))
}

/// What a function, a job or a context takes: a JSON object.
///
/// A struct with `#[derive(ParseValue)]`, a `HashMap<String, V>` or `BTreeMap<String, V>`, a `serde_json::Value`, a
/// [`Json`](crate::Json) around any serde type, or `()` for no parameters; or a reference to one of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parameters of a cloud function",
    label = "not a set of parameters",
    note = "give `()` for none, `serde_json::json!({{..}})`, a map, or a struct of yours with `#[derive(ParseValue, Clone)]`",
    note = "a serde type goes in a `Json`: `Json(value)`; an object goes as a pointer: `serde_json::json!({{\"player\": ..}})` or a struct with a `Pointer<Player>`"
)]
pub trait FunctionParams {
    /// The JSON, or what is wrong with it.
    #[doc(hidden)]
    fn json(&self) -> Result<Vec<u8>, String>;
}

#[diagnostic::do_not_recommend]
impl<P: FunctionParams + ?Sized> FunctionParams for &P {
    fn json(&self) -> Result<Vec<u8>, String> {
        P::json(self)
    }
}

impl FunctionParams for () {
    fn json(&self) -> Result<Vec<u8>, String> {
        Ok(b"{}".to_vec())
    }
}

impl FunctionParams for Value {
    fn json(&self) -> Result<Vec<u8>, String> {
        params(self)
    }
}

impl<T> FunctionParams for Json<T>
where
    Self: ParseValue,
{
    fn json(&self) -> Result<Vec<u8>, String> {
        params(self)
    }
}

impl<V: ParseValue, H: BuildHasher> FunctionParams for HashMap<String, V, H>
where
    Self: ParseValue,
{
    fn json(&self) -> Result<Vec<u8>, String> {
        params(self)
    }
}

impl<V: ParseValue> FunctionParams for BTreeMap<String, V> {
    fn json(&self) -> Result<Vec<u8>, String> {
        params(self)
    }
}

/// The parameters that a value is, if it is a JSON object.
///
/// # Errors
/// When the value has no wire form, or is no object.
pub fn params<V: ParseValue>(value: &V) -> Result<Vec<u8>, String> {
    let json = encoded(value)?;
    if json.starts_with(b"{") {
        return Ok(json);
    }
    Err(
        "the parameters are one JSON object, and this is another JSON value: give a struct with \
         `#[derive(ParseValue)]`, a map or `json!({\"name\": value})`"
            .into(),
    )
}

/// The wire form of a value that is passed on, not stored.
pub(super) fn encoded<V: ParseValue>(value: &V) -> Result<Vec<u8>, String> {
    let mut json = Vec::new();
    value
        .encode(Form::Passed, &mut serde_json::Serializer::new(&mut json))
        .map_err(|error| error.to_string())?;
    Ok(json)
}
