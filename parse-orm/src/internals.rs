//! The library's readers and writers as plain functions, from bytes to values and back, for the benchmarks and the fuzz
//! targets of this repository. No part of the API: it changes with the code.

use crate::client::{self, Method, Path, refused};
use crate::object::{self, New, ParseObject, Raw};
use crate::query::{self, ParseView, QuerySet, view_page};
use crate::{Client, DecodeError, Error, Object, Result};
use bytes::Bytes;
#[cfg(feature = "live-query")]
use serde_json::value::RawValue;

/// Rows, some of which may not fit their model.
pub type Rows<T> = Vec<Result<Object<T>, DecodeError>>;

/// Reads the answer to a find: its rows, and how many there are where it says so.
///
/// # Errors
/// [`Error::UnexpectedAnswer`] where it is no page.
pub fn page<T: ParseObject>(body: &[u8]) -> Result<(Rows<T>, Option<u64>)> {
    let mut rows = std::collections::VecDeque::new();
    let count = object::page(body, &mut rows)?;
    Ok((rows.into(), count))
}

/// Reads the answer to a find of which only the numbers matter: how many rows it holds, and the count.
///
/// # Errors
/// [`Error::UnexpectedAnswer`] where it is no page.
pub fn tally(body: &[u8]) -> Result<(usize, Option<u64>)> {
    object::tally(body)
}

/// Reads the answer to a find as views.
///
/// # Errors
/// [`Error::UnexpectedAnswer`] where it is no page.
pub fn views<W: ParseView>(body: &[u8]) -> Result<Vec<Result<W, DecodeError>>> {
    view_page(body)
}

/// Reads the answer to a get.
///
/// # Errors
/// [`Error::UnexpectedAnswer`] where it is no JSON, [`Error::Decode`] where it does not fit the model.
pub fn row<T: ParseObject>(body: &[u8]) -> Result<Object<T>> {
    object::row(body)
}

/// Reads the answer to a create or an update.
///
/// # Errors
/// As those of [`row`].
pub fn written<T: ParseObject>(body: &[u8]) -> Result<Raw<T>> {
    object::answer(body)
}

/// Reads an answer whose status is no success.
pub fn error(status: u16, body: &[u8]) -> Error {
    refused(status, body, "GET", Path::Class("GameScore"))
}

/// Reads the answer to a batch of so many deletes.
///
/// # Errors
/// [`Error::UnexpectedAnswer`] where it is not the answer to so many requests.
pub fn batch(body: &[u8], requests: usize) -> Result<Vec<Result<Bytes>>> {
    let item = || client::batch::Item {
        method: Method::Delete,
        path: Path::Object("GameScore", "a"),
        body: None,
    };
    let items: Vec<_> = std::iter::repeat_with(item).take(requests).collect();
    client::batch::answers(&Bytes::copy_from_slice(body), &items)
}

/// What a LiveQuery server said.
#[cfg(feature = "live-query")]
#[derive(Debug)]
pub struct Frame {
    /// What it is about: `subscribed`, or `create`.
    pub op: &'static str,
    /// The subscription.
    pub request: Option<u64>,
    /// The object of an event, undecoded.
    pub object: Option<Box<RawValue>>,
    /// The object as it was.
    pub original: Option<Box<RawValue>>,
    /// The code and the text of an error.
    pub refusal: Option<(Option<i64>, String)>,
    /// Whether an error forbids another try.
    pub last: bool,
}

/// Reads a frame of LiveQuery; `None` where it is none that a client knows.
#[cfg(feature = "live-query")]
pub fn live_frame(text: &str) -> Option<Frame> {
    crate::live::read(text)
}

/// Reads the object of an event, or another one that says itself what it is.
///
/// # Errors
/// Where it does not fit the model.
pub fn object<T: ParseObject>(text: &str) -> Result<Object<T>, DecodeError> {
    object::object(text)
}

/// The body of a save; none where nothing changed.
///
/// # Errors
/// [`Error::Invalid`] where a value has no wire form.
pub fn changes<T: ParseObject>(object: &Object<T>) -> Result<Option<Vec<u8>>> {
    object.changes()
}

/// The body of a batch of creates.
///
/// # Errors
/// [`Error::Invalid`] where a value has no wire form.
pub fn creates<T: ParseObject>(values: &[T]) -> Result<Vec<u8>> {
    let mut bodies = Vec::new();
    let mut write = |value| {
        let before = bodies.len();
        New::value(value).write(None, &mut bodies)?;
        Ok(before..bodies.len())
    };
    let places = values.iter().map(&mut write).collect::<Result<Vec<_>>>()?;
    let item = |place: std::ops::Range<usize>| client::batch::Item {
        method: Method::Post,
        path: Path::Class(T::CLASS_NAME),
        body: bodies.get(place),
    };
    let items: Vec<_> = places.into_iter().map(item).collect();
    client::batch::body("/parse", &items, client::batch::Kind::Independent)
}

/// The address of the GET that asks for the rows of a query.
///
/// # Errors
/// [`Error::Invalid`] where it cannot be sent.
pub fn address<T: ParseObject>(client: &Client, query: &QuerySet<T>) -> Result<String> {
    query::address(client, query)
}

/// Reads the JSON of any serde type, as answers are read.
///
/// # Errors
/// Why it cannot be read.
pub fn json<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Result<T, String> {
    crate::json::read(std::marker::PhantomData::<T>, text).map_err(|error| error.to_string())
}

/// Writes the JSON of any serde type, as bodies are written.
///
/// # Errors
/// Why it has none.
pub fn to_json(value: &impl serde::Serialize) -> Result<String, String> {
    let mut json = Vec::new();
    crate::json::write(value, &mut json).map_err(|error| error.to_string())?;
    String::from_utf8(json).map_err(|error| error.to_string())
}
