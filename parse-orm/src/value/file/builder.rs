//! A new file with more than a name and contents.

use super::contents::Contents;
use super::progress::{Listener, Transferred};
use super::{File, NewFile};
use bytes::Bytes;
use futures::stream::{StreamExt as _, TryStreamExt as _};
use futures::{Stream, lock::Mutex};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// What the server is told of a new file beside its contents.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) metadata: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) tags: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) directory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_upload_size: Option<u64>,
    #[serde(skip)]
    pub(super) listener: Option<Listener>,
}

/// A new file that still wants its contents; made by [`File::builder`].
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.master_client();
/// let report = File::builder("report.txt")
///     .content_type("text/plain")
///     .metadata("author", "Ann")
///     .tag("year", "2026")
///     .directory("reports/2026") // with the master key alone
///     .on_progress(|sent| println!("{} bytes", sent.bytes))
///     .bytes("all is well");
/// report.upload(&client).await?;
/// assert!(report.name().starts_with("reports/2026/"));
/// assert_eq!(report.metadata(&client).await?["author"], "Ann");
/// # Ok(()) }
/// ```
///
/// Metadata, tags and a directory travel in headers, which the server (9.6 and newer) reads of an upload that it is
/// told to stream; so do contents from a path or a stream go. A `beforeSaveFile` trigger sees no contents of these.
#[derive(Clone)]
#[must_use = "a builder makes no file before `bytes`, `path` or `stream`"]
pub struct FileBuilder {
    pub(super) name: String,
    pub(super) about: About,
}

impl fmt::Debug for FileBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBuilder")
            .field("name", &self.name)
            .field("content_type", &self.about.content_type)
            .field("metadata", &self.about.metadata)
            .field("tags", &self.about.tags)
            .field("directory", &self.about.directory)
            .finish_non_exhaustive()
    }
}

impl FileBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            about: About::default(),
        }
    }

    /// A content type such as `image/png`, for a name without an extension that the server knows; an extension
    /// wins.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.about.content_type = Some(content_type.into());
        self
    }

    /// One entry of what is stored beside the contents and comes back by [`File::metadata`]; a server's file
    /// adapter may not keep it. In the header `X-Parse-File-Metadata`.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.about.metadata.insert(key.into(), value.into());
        self
    }

    /// A tag for the file store behind the server, such as S3; others ignore it. In the header `X-Parse-File-Tags`.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.about.tags.insert(key.into(), value.into().into());
        self
    }

    /// A directory to put the file into, such as `reports/2026`: it becomes the beginning of the file's name. The
    /// server takes one from the master key only (119). In the header `X-Parse-File-Directory`.
    pub fn directory(mut self, directory: impl Into<String>) -> Self {
        self.about.directory = Some(directory.into());
        self
    }

    /// So many bytes may this upload have, instead of the server's `maxUploadSize` (20 MB unless configured). With
    /// the master key only (403). In the header `X-Parse-File-Max-Upload-Size`.
    pub fn max_upload_size(mut self, bytes: u64) -> Self {
        self.about.max_upload_size = Some(bytes);
        self
    }

    /// Calls this for each piece of the contents that goes out.
    pub fn on_progress(mut self, listener: impl Fn(Transferred) + Send + Sync + 'static) -> Self {
        self.about.listener = Some(Arc::new(listener));
        self
    }

    /// The file with these contents.
    pub fn bytes(self, contents: impl Into<Vec<u8>>) -> File {
        self.file(Contents::Bytes(contents.into().into()))
    }

    /// The file with the contents of this file on disk, which is opened by the upload and never held in memory as a
    /// whole.
    pub fn path(self, path: impl Into<PathBuf>) -> File {
        self.file(Contents::Path(path.into()))
    }

    /// The file with the contents that a stream gives, of this length in bytes where it is known. (An `AsyncRead`
    /// becomes a stream by `tokio_util::io::ReaderStream`.)
    ///
    /// The stream is read once: when an upload of it fails, the file has no contents any more.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.master_client();
    /// let lines = futures::stream::iter((1..=3).map(|n| Ok::<_, std::io::Error>(format!("line {n}\n"))));
    /// let log = File::builder("log.txt").stream(None, lines);
    /// log.upload(&client).await?;
    /// assert_eq!(log.download(&client).await?, b"line 1\nline 2\nline 3\n");
    /// # Ok(()) }
    /// ```
    pub fn stream<S, B, E>(self, length: Option<u64>, chunks: S) -> File
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes> + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let chunks = chunks.map_ok(Into::into).map_err(io::Error::other).boxed();
        self.file(Contents::Stream(std::sync::Mutex::new(Some(chunks)), length))
    }

    fn file(self, contents: Contents) -> File {
        File(super::Kind::New(Arc::new(NewFile {
            name: self.name,
            about: self.about,
            contents,
            stored: OnceLock::new(),
            gate: Mutex::new(()),
        })))
    }
}
