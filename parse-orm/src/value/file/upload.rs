//! A new file: what is looked at before it is sent, and its way to the server.

use super::Stored;
use super::builder::About;
use super::contents::{Chunks, Contents, Opened};
use super::progress::{Listener, Transferred, while_moving};
use crate::client::unexpected;
use crate::error::FileProblem;
use crate::{Client, Error, ErrorCode, Result};
use bytes::Bytes;
use futures::lock::Mutex;
use futures::stream::{self, StreamExt as _};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

/// The longest name that the server takes.
const LONGEST_NAME: usize = 128;
/// The longest directory that the server takes.
const LONGEST_DIRECTORY: usize = 256;

/// New contents, shared by every clone of a file.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "handed on by generated code only")]
pub struct NewFile {
    pub(super) name: String,
    pub(super) about: About,
    pub(super) contents: Contents,
    pub(super) stored: OnceLock<Stored>,
    pub(super) gate: Mutex<()>,
}

impl NewFile {
    pub(crate) fn is_stored(&self) -> bool {
        self.stored.get().is_some()
    }

    pub(crate) fn gate(&self) -> &Mutex<()> {
        &self.gate
    }

    /// The rules of the server, as far as they can be known before the contents are read.
    pub(crate) fn check(&self) -> Result<()> {
        let Self {
            name,
            about,
            contents,
            ..
        } = self;
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
        if let Contents::Bytes(bytes) = contents
            && bytes.is_empty()
        {
            return empty(name);
        }
        if let Some(directory) = &about.directory {
            check_directory(name, directory)?;
        }
        self.headers(None).map(drop)
    }

    /// Uploads the contents, unless that was done. The gate is the caller's.
    pub(crate) async fn send(&self, client: &Client) -> Result<()> {
        if self.is_stored() {
            return Ok(());
        }
        let failed = |problem| Error::file(&self.name, problem);
        let Opened { length, chunks } = self.contents.open().await.map_err(failed)?;
        if length == Some(0) {
            return empty(&self.name);
        }
        let watch = Arc::new(Watch::default());
        let outgoing = Outgoing {
            chunks,
            length,
            sent: 0,
            watch: watch.clone(),
            listener: self.about.listener.clone(),
        };
        let body = reqwest::Body::wrap_stream(stream::unfold(outgoing, Outgoing::next));
        let upload = client.upload(&self.name, self.headers(length)?, body);
        let answer = while_moving(client.timeout(), &watch.sent, upload).await;
        let answer = match answer {
            Some(Ok(answer)) => answer,
            // what the transport says of a body that broke off is less than what broke it off
            Some(Err(error)) => return Err(watch.failure().map_or_else(|| self.refused(error), failed)),
            None => return Err(failed(FileProblem::Stalled(client.timeout()))),
        };
        let stored: Stored = serde_json::from_slice(&answer).map_err(|_| unexpected(201, &answer))?;
        // no other can have come first: the gate was held
        let _ = self.stored.set(stored);
        Ok(())
    }

    fn headers(&self, length: Option<u64>) -> Result<HeaderMap> {
        let About {
            content_type,
            metadata,
            tags,
            directory,
            max_upload_size,
            ..
        } = &self.about;
        let mut headers = HeaderMap::new();
        let mut put = |header: HeaderName, what: &str, text: String| match HeaderValue::try_from(text) {
            Ok(value) => {
                headers.insert(header, value);
                Ok(())
            }
            Err(_) => invalid(format!("the {what} of `{}` is not a header's value", self.name)),
        };
        if let Some(content_type) = content_type {
            put(CONTENT_TYPE, "content type", content_type.clone())?;
        }
        if let Some(length) = length {
            put(CONTENT_LENGTH, "length", length.to_string())?;
        }
        if let Some(size) = max_upload_size {
            let name = HeaderName::from_static("x-parse-file-max-upload-size");
            put(name, "largest size", size.to_string())?;
        }
        if !metadata.is_empty() {
            let name = HeaderName::from_static("x-parse-file-metadata");
            put(name, "metadata", ascii(metadata))?;
        }
        if !tags.is_empty() {
            put(HeaderName::from_static("x-parse-file-tags"), "tags", ascii(tags))?;
        }
        if let Some(directory) = directory {
            let name = HeaderName::from_static("x-parse-file-directory");
            put(name, "directory", directory.clone())?;
        }
        let bytes = matches!(self.contents, Contents::Bytes(_));
        // what fits into memory here does so there, and triggers see it then
        if !bytes || directory.is_some() || !metadata.is_empty() || !tags.is_empty() {
            let name = HeaderName::from_static("x-parse-upload-mode");
            headers.insert(name, HeaderValue::from_static("stream"));
        }
        Ok(headers)
    }

    /// A file that is too large is a mistake of its own, in whichever way the server says it.
    fn refused(&self, error: Error) -> Error {
        let Error::Server(server) = &error else {
            return error;
        };
        let streamed = server
            .message
            .strip_prefix("File size exceeds maximum allowed: ")
            .filter(|_| server.code == Some(ErrorCode::FileSaveError));
        if server.status != 413 && streamed.is_none() {
            return error;
        }
        let limit = streamed.and_then(|rest| rest.split(' ').next()?.parse().ok());
        Error::file(&self.name, FileProblem::TooLargeForServer { limit })
    }
}

fn invalid<T>(message: String) -> Result<T> {
    Err(Error::invalid("File", None, message))
}

fn empty<T>(name: &str) -> Result<T> {
    invalid(format!(
        "`{name}` has no contents, and the server stores no empty file"
    ))
}

/// The server's rules for a directory.
fn check_directory(name: &str, directory: &str) -> Result<()> {
    let first = directory.starts_with(|c: char| c.is_ascii_alphanumeric());
    let other = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    if !first || !directory.chars().all(other) || directory.ends_with('/') || directory.contains("//") {
        return invalid(format!(
            "`{directory}`, given for `{name}`, is not a directory: one begins with a letter or a digit, holds these, `_`, `-` and single `/`, and does not end with `/`"
        ));
    }
    if directory.len() > LONGEST_DIRECTORY {
        return invalid(format!(
            "the directory of `{name}` is longer than {LONGEST_DIRECTORY} characters"
        ));
    }
    if directory.split('/').next() == Some("metadata") {
        return invalid(format!(
            "`{directory}`, given for `{name}`, begins with `metadata`, which the server keeps for itself"
        ));
    }
    Ok(())
}

/// JSON that a header can carry: what is not ASCII is escaped.
fn ascii(map: &Map<String, Value>) -> String {
    let json = serde_json::to_string(map).unwrap_or_default();
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // writing to a String cannot fail
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// What is known of contents on their way.
#[derive(Default)]
struct Watch {
    sent: AtomicU64,
    failure: std::sync::Mutex<Option<io::Error>>,
}

impl Watch {
    /// Why the contents broke off, if they did.
    fn failure(&self) -> Option<FileProblem> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take().map(FileProblem::Unread)
    }
}

/// Contents on their way.
struct Outgoing {
    chunks: Chunks,
    length: Option<u64>,
    sent: u64,
    watch: Arc<Watch>,
    listener: Option<Listener>,
}

impl Outgoing {
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        let outcome = match self.chunks.next().await {
            Some(Ok(chunk)) => {
                self.sent += chunk.len() as u64;
                match self.length {
                    Some(length) if self.sent > length => Err(self.other_length("more")),
                    _ => Ok(chunk),
                }
            }
            Some(Err(error)) => Err(error),
            None if self.sent == 0 => Err(io::Error::other(
                "it has no contents, and the server stores no empty file",
            )),
            None if self.length.is_some_and(|length| self.sent < length) => Err(self.other_length("less")),
            None => return None,
        };
        match outcome {
            Ok(chunk) => {
                self.watch.sent.store(self.sent, Ordering::Relaxed);
                if let Some(listener) = &self.listener {
                    listener(Transferred {
                        bytes: self.sent,
                        total: self.length,
                    });
                }
                Some((Ok(chunk), self))
            }
            Err(error) => {
                let broken = io::Error::new(error.kind(), "the contents broke off");
                let mut failure = self.watch.failure.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(error);
                drop(failure);
                Some((Err(broken), self))
            }
        }
    }

    fn other_length(&self, how: &str) -> io::Error {
        io::Error::other(format!(
            "it holds {how} than the {} bytes that it was said to have",
            self.length.unwrap_or_default()
        ))
    }
}
