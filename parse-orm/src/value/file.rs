//! Files: `{"__type": "File", "name": "..", "url": ".."}`. The contents live beside the row.

use super::unstored::{Found, Unstored};
use super::{FieldType, Form, ParseValue};
use crate::client::unexpected;
use crate::{Client, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::lock::Mutex;
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeStruct};
use serde::{Deserialize, Deserializer, Serializer};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The longest name that the server takes.
const LONGEST_NAME: usize = 128;

/// A file: one that the server holds, or new contents that are uploaded before the object that holds them.
///
/// A new file is uploaded by the `create` or `save` of an object that holds it, or by [`upload`](Self::upload),
/// and only once: its clones are the same file. A server takes uploads from the master key and from
/// sessions, from others only where its `fileUpload` options say so. In a row
/// `{"__type": "File", "name": "..", "url": ".."}`.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// #[derive(ParseObject, Clone, Debug)]
/// struct Album { title: String, cover: Option<File> }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.master_client();
/// let cover = File::new("cover.txt", "a drawing");
/// let album = Album { title: "Blue".into(), cover: Some(cover) }.create(&client).await?; // two requests
/// let cover = album.cover.as_ref().unwrap();
/// assert!(cover.name().ends_with("_cover.txt")); // the server puts something unique before the name
/// assert!(cover.url().is_some());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct File(Kind);

#[derive(Clone)]
enum Kind {
    Stored(Stored),
    New(Arc<NewFile>),
}

/// The server's name of a file, and its address.
#[derive(Clone, Debug, Deserialize)]
struct Stored {
    name: String,
    url: Option<String>,
}

/// New contents, shared by every clone of a file.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "handed on by generated code only")]
pub struct NewFile {
    name: String,
    content_type: Option<String>,
    contents: bytes::Bytes,
    stored: OnceLock<Stored>,
    gate: Mutex<()>,
}

impl File {
    /// New contents, not uploaded yet. The server takes the content type from the name's extension.
    ///
    /// A name begins with a letter, a digit or `_`, and holds these, `@`, `.`, `~`, `-` and spaces; at most 128
    /// characters. There is no empty file. Both are looked at before anything is sent.
    pub fn new(name: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self::made(name.into(), None, contents.into())
    }

    /// As [`new`](Self::new), with a content type such as `image/png`, for a name without an extension that
    /// the server knows.
    pub fn with_content_type(
        name: impl Into<String>,
        content_type: impl Into<String>,
        contents: impl Into<Vec<u8>>,
    ) -> Self {
        Self::made(name.into(), Some(content_type.into()), contents.into())
    }

    fn made(name: String, content_type: Option<String>, contents: Vec<u8>) -> Self {
        Self(Kind::New(Arc::new(NewFile {
            name,
            content_type,
            contents: contents.into(),
            stored: OnceLock::new(),
            gate: Mutex::new(()),
        })))
    }

    /// A file that was uploaded before, by the name that the server gave it.
    ///
    /// ```
    /// let file = parse_orm::File::stored("5b3c_photo.jpg");
    /// assert_eq!((file.name(), file.url()), ("5b3c_photo.jpg", None));
    /// ```
    pub fn stored(name: impl Into<String>) -> Self {
        let (name, url) = (name.into(), None);
        Self(Kind::Stored(Stored { name, url }))
    }

    /// What the server said of the file.
    fn known(&self) -> Option<&Stored> {
        match &self.0 {
            Kind::Stored(stored) => Some(stored),
            Kind::New(new) => new.stored.get(),
        }
    }

    /// The server's name of the file; the given one until it is uploaded.
    pub fn name(&self) -> &str {
        match (self.known(), &self.0) {
            (Some(stored), _) | (None, Kind::Stored(stored)) => &stored.name,
            (None, Kind::New(new)) => &new.name,
        }
    }

    /// Where the contents can be had; `None` until the server has said so.
    pub fn url(&self) -> Option<&str> {
        self.known()?.url.as_deref()
    }

    /// True when the server holds the contents.
    pub fn is_uploaded(&self) -> bool {
        self.known().is_some()
    }

    /// Uploads the contents: one POST, and none if that was done before, by whatever clone of this file.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await;
    /// let notes = File::new("notes.txt", "...");
    /// notes.upload(&server.master_client()).await?;
    /// assert!(notes.url().is_some_and(|url| url.ends_with("_notes.txt")));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that the server would refuse, and for empty contents; and what the
    /// server answers: code 130 where this client may not upload.
    pub async fn upload(&self, client: &Client) -> Result<()> {
        match &self.0 {
            Kind::Stored(_) => Ok(()),
            Kind::New(new) => {
                new.check()?;
                let _mine = new.gate.lock().await;
                new.send(client).await
            }
        }
    }
}

impl NewFile {
    pub(crate) fn is_stored(&self) -> bool {
        self.stored.get().is_some()
    }

    pub(crate) fn gate(&self) -> &Mutex<()> {
        &self.gate
    }

    /// The rules of the server.
    pub(crate) fn check(&self) -> Result<()> {
        let Self { name, contents, .. } = self;
        let invalid = |message: String| Err(Error::invalid("File", None, message));
        let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let other = |c: char| first(c) || matches!(c, '@' | '.' | ' ' | '~' | '-');
        if !name.starts_with(first) || !name.chars().all(other) {
            return invalid(format!(
                "`{name}` is not a name for a file: one begins with a letter, a digit or `_`, and holds these, `@`, `.`, `~`, `-` and spaces"
            ));
        }
        if name.len() > LONGEST_NAME {
            return invalid(format!("`{name}` is longer than {LONGEST_NAME} characters"));
        }
        if contents.is_empty() {
            return invalid(format!(
                "`{name}` has no contents, and the server stores no empty file"
            ));
        }
        Ok(())
    }

    /// Uploads the contents, unless that was done. The gate is the caller's.
    pub(crate) async fn send(&self, client: &Client) -> Result<()> {
        if self.is_stored() {
            return Ok(());
        }
        let answer = client
            .upload(&self.name, self.content_type.as_deref(), self.contents.clone())
            .await?;
        let stored: Stored = serde_json::from_slice(&answer).map_err(|_| unexpected(201, &answer))?;
        // no other can have come first: the gate was held
        let _ = self.stored.set(stored);
        Ok(())
    }
}

/// By the server's name, or the very same new file.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        match (self.known(), other.known(), &self.0, &other.0) {
            (Some(a), Some(b), ..) => a.name == b.name,
            (_, _, Kind::New(a), Kind::New(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Eq for File {}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("File");
        out.field("name", &self.name());
        match (self.known(), &self.0) {
            (None, Kind::New(new)) => out.field("new_bytes", &new.contents.len()),
            _ => out.field("url", &self.url()),
        };
        out.finish()
    }
}

impl ParseValue for File {
    const TYPE: FieldType = FieldType::File;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Kind {
            File,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(rename = "__type")]
            kind: Kind,
            name: String,
            url: Option<String>,
            // what `Form::Full` keeps of a new file
            base64: Option<String>,
            content_type: Option<String>,
        }
        let Wire {
            kind: Kind::File,
            name,
            url,
            base64,
            content_type,
        } = Wire::deserialize(from)?;
        match base64 {
            None => Ok(Self(self::Kind::Stored(Stored { name, url }))),
            Some(text) => {
                let contents = STANDARD.decode(text).map_err(D::Error::custom)?;
                Ok(Self::made(name, content_type, contents))
            }
        }
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        if let (None, Kind::New(new)) = (self.known(), &self.0) {
            return match form {
                Form::Wire => Err(S::Error::custom(format_args!(
                    "the file `{}` is not uploaded yet: call `file.upload(&client)` first, or save it with an object that holds it",
                    new.name
                ))),
                Form::Trial => to.serialize_unit(),
                Form::Full => {
                    let mut map = to.serialize_struct("File", 4)?;
                    map.serialize_field("__type", "File")?;
                    map.serialize_field("name", &new.name)?;
                    if let Some(content_type) = &new.content_type {
                        map.serialize_field("contentType", content_type)?;
                    }
                    map.serialize_field("base64", &STANDARD.encode(&new.contents))?;
                    map.end()
                }
            };
        }
        let mut map = to.serialize_struct("File", 3)?;
        map.serialize_field("__type", "File")?;
        map.serialize_field("name", self.name())?;
        if let Some(url) = self.url() {
            map.serialize_field("url", url)?;
        }
        map.end()
    }

    /// By name: the server makes up the URL anew in every answer.
    fn same(&self, other: &Self) -> bool {
        self == other
    }

    fn merge(&mut self, newer: Self) {
        // an answer without the URL says nothing new
        if newer.url().is_some() || *self != newer {
            *self = newer;
        }
    }

    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        if let Kind::New(new) = &self.0
            && !new.is_stored()
        {
            found(Unstored::File(new));
        }
    }
}
