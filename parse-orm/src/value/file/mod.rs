//! Files: `{"__type": "File", "name": "..", "url": ".."}`. The contents live beside the row.

mod builder;
mod contents;
mod download;
mod progress;
mod upload;

pub use builder::FileBuilder;
pub use download::{Download, Downloading};
pub use progress::Transferred;
pub(crate) use upload::NewFile;

use super::unstored::{Found, Unstored};
use super::{FieldType, Form, ParseValue};
use crate::client::{Call, MasterKey, Method, Path, unexpected};
use crate::{Client, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use builder::About;
use contents::Contents;
use futures::future::BoxFuture;
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

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

impl File {
    /// New contents, not uploaded yet. The server takes the content type from the name's extension;
    /// [`builder`](Self::builder) has more to say.
    ///
    /// A name begins with a letter, a digit or `_`, and holds these, `@`, `.`, `~`, `-` and spaces; at most 128
    /// characters. There is no empty file. Both are looked at before anything is sent.
    pub fn new(name: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self::builder(name).bytes(contents)
    }

    /// A new file with the name and the contents of one on disk. It is opened by the upload, sent piece by piece,
    /// and never in memory as a whole.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = MockServer::start().await; let client = server.master_client();
    /// # let path = std::env::temp_dir().join(format!("video-{}.mp4", std::process::id()));
    /// # std::fs::write(&path, "frames")?;
    /// let video = File::from_path(&path);
    /// video.upload(&client).await?;
    /// assert_eq!(video.download(&client).await?, b"frames");
    /// # std::fs::remove_file(&path)?;
    /// # Ok(()) }
    /// ```
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self::builder(name).path(path)
    }

    /// A new file with more than a name and bytes: content type, metadata, tags, directory, progress, contents from
    /// a path or a stream.
    pub fn builder(name: impl Into<String>) -> FileBuilder {
        FileBuilder::new(name.into())
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
    /// It may take as long as it will, but the client's `timeout` is the longest that nothing may move. Dropping the
    /// future before all of it is sent ends it, and the server keeps nothing of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that the server would refuse, and for empty contents; [`Error::File`] for
    /// contents that cannot be read or are too large for the server; and what the server answers: code 130 where this
    /// client may not upload.
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

    /// The contents. Lazy: `.await` gives them as a `Vec<u8>`; see [`Download`] for a limit, progress, and contents
    /// that do not fit into memory.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.master_client();
    /// let file = File::new("notes.txt", "a note");
    /// file.upload(&client).await?;
    /// assert_eq!(file.download(&client).await?, b"a note");
    ///
    /// let mut chunks = file.download(&client).limit(1_000_000).stream().await?;
    /// assert_eq!(chunks.content_type(), Some("text/plain; charset=utf-8"));
    /// while let Some(chunk) = chunks.try_next().await? {
    ///     println!("{} bytes", chunk.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::File`] for a file that is gone or larger than the limit; [`Error::Invalid`] for one that is not
    /// uploaded; and what the server answers.
    pub fn download(&self, client: &Client) -> Download {
        Download::new(client, self)
    }

    /// What was stored beside the contents by [`FileBuilder::metadata`]; empty where there is nothing, and where the
    /// server's file adapter keeps none.
    ///
    /// One GET of `/files/<application id>/metadata/<name>`, without keys.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a file that is not uploaded, and what the server answers.
    pub async fn metadata(&self, client: &Client) -> Result<Map<String, Value>> {
        #[derive(Deserialize)]
        struct About {
            #[serde(default)]
            metadata: Option<Map<String, Value>>,
        }
        let name = self.uploaded("no metadata")?;
        let about = File(Kind::Stored(Stored {
            name: name.to_owned(),
            url: Some(client.file_url("metadata/", name)),
        }));
        let answer = about.download(client).await?;
        let about: About = serde_json::from_slice(&answer).map_err(|_| unexpected(200, &answer))?;
        Ok(about.metadata.unwrap_or_default())
    }

    /// Deletes the contents, with the master key. Objects that hold the file go on to do so, with an address behind
    /// which there is nothing.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let master = server.master_client();
    /// let file = File::new("notes.txt", "a note");
    /// file.upload(&master).await?;
    /// file.delete(&master).await?;
    /// assert!(file.download(&master).await.is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Code 153 for a file that does not exist or cannot be deleted; [`Error::Invalid`] for one that is not uploaded.
    pub fn delete<'a>(&'a self, master: &'a impl MasterKey) -> BoxFuture<'a, Result<()>> {
        let client = master.client();
        Box::pin(self.delete_by(client))
    }

    async fn delete_by(&self, client: &Client) -> Result<()> {
        let name = self.uploaded("nothing to delete")?;
        let call = Call {
            method: Method::Delete,
            path: Path::File(name),
            body: None,
        };
        client.request(call).await.map(drop)
    }

    /// The server's name, or why there is none.
    fn uploaded(&self, missing: &str) -> Result<&str> {
        let stored = self.known().ok_or_else(|| {
            let message = format!("`{}` is not uploaded yet, so there is {missing}", self.name());
            Error::invalid("File", None, message)
        })?;
        Ok(&stored.name)
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
            (None, Kind::New(new)) => match &new.contents {
                Contents::Bytes(bytes) => out.field("new_bytes", &bytes.len()),
                Contents::Path(path) => out.field("new_path", path),
                Contents::Stream(..) => out.field("new_stream", &format_args!("..")),
            },
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
            #[serde(flatten)]
            about: About,
        }
        let Wire {
            kind: Kind::File,
            name,
            url,
            base64,
            about,
        } = Wire::deserialize(from)?;
        match base64 {
            None => Ok(Self(self::Kind::Stored(Stored { name, url }))),
            Some(text) => {
                let contents = STANDARD.decode(text).map_err(D::Error::custom)?;
                Ok(FileBuilder { name, about }.bytes(contents))
            }
        }
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        if let (None, Kind::New(new)) = (self.known(), &self.0) {
            return match form {
                Form::Wire | Form::Passed | Form::Shown => Err(S::Error::custom(format_args!(
                    "the file `{}` is not uploaded yet: call `file.upload(&client)` first, or save it with an object that holds it",
                    new.name
                ))),
                Form::Trial => to.serialize_unit(),
                Form::Full => {
                    let Contents::Bytes(contents) = &new.contents else {
                        return Err(S::Error::custom(format_args!(
                            "the file `{}` is not uploaded yet and its contents are not in memory, so it cannot be kept: call `file.upload(&client)` first",
                            new.name
                        )));
                    };
                    #[derive(Serialize)]
                    struct Kept<'a> {
                        __type: &'static str,
                        name: &'a str,
                        base64: String,
                        #[serde(flatten)]
                        about: &'a About,
                    }
                    let base64 = STANDARD.encode(contents);
                    let (name, about) = (&*new.name, &new.about);
                    let __type = "File";
                    Kept {
                        __type,
                        name,
                        base64,
                        about,
                    }
                    .serialize(to)
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
