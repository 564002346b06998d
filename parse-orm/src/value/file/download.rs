//! The contents of a file on their way here. Without keys: the address may be anybody's.

use super::File;
use super::progress::{Listener, Transferred};
use crate::client::{Path, by, late, refused};
use crate::error::FileProblem;
use crate::{Client, Error, Result};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream, StreamExt as _, TryStreamExt as _};
use reqwest::header::CONTENT_TYPE;
use std::fmt;
use std::future::IntoFuture;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{self, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::AsyncWriteExt as _;

/// So much is read of an answer that is no file.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// A download that has not begun; made by [`File::download`]. `.await` gives the contents as they are in memory,
/// [`to_path`](Self::to_path) and [`stream`](Self::stream) hold a piece of them at a time.
///
/// A request to the file's own address, with neither keys nor session, whatever the client has. Dropping the future
/// ends it. It may take as long as it will, but the client's `timeout` is the longest that nothing may come.
#[must_use = "nothing is downloaded before `.await`, `to_path` or `stream`"]
#[derive(Clone)]
pub struct Download {
    client: Client,
    name: String,
    /// `None` for a file that is not uploaded.
    url: Option<String>,
    limit: Option<u64>,
    listener: Option<Listener>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Download {
    pub(super) fn new(client: &Client, file: &File) -> Self {
        let name = file.name().to_owned();
        let url = match file.url() {
            Some(url) => Some(url.to_owned()),
            None => file.is_uploaded().then(|| client.file_url("", &name)),
        };
        Self {
            client: client.clone(),
            name,
            url,
            limit: None,
            listener: None,
        }
    }

    /// Takes so many bytes at the most: a larger file is an error, before its contents are read where its size is
    /// told, else as soon as it is seen.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Calls this for each piece of the contents that arrives.
    pub fn on_progress(mut self, listener: impl Fn(Transferred) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// The contents as a stream of pieces, which begins when the server has answered.
    ///
    /// # Errors
    /// [`FileProblem::Missing`] for a file that is gone, [`FileProblem::TooLarge`] by the limit, and what the server
    /// answers. The stream has errors of its own.
    pub async fn stream(self) -> Result<Downloading> {
        let Self {
            client,
            name,
            url,
            limit,
            listener,
        } = self;
        let Some(url) = url else {
            let message = format!("`{name}` is not uploaded yet: call `file.upload(&client)` first");
            return Err(Error::invalid("File", None, message));
        };
        let path = Path::File(&name);
        let mut answer = wait(&client, &name, client.fetch(path, &url)).await?;
        let status = answer.status().as_u16();
        if status == 404 {
            return Err(Error::file(&name, FileProblem::Missing));
        }
        if !(200..300).contains(&status) {
            let mut body = Vec::new();
            while body.len() < LONGEST_REFUSAL
                && let Some(chunk) = wait(&client, &name, answer.chunk()).await?
            {
                body.extend_from_slice(&chunk);
            }
            return Err(refused(status, &body, "GET", path));
        }
        let size = answer.content_length();
        let content_type = answer.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok().map(Into::into));
        let incoming = Incoming {
            client,
            name,
            answer,
            limit,
            received: 0,
            total: size,
            listener,
        };
        if size > limit && limit.is_some() {
            return Err(incoming.too_large());
        }
        Ok(Downloading {
            content_type,
            size,
            chunks: stream::try_unfold(incoming, Incoming::next).boxed(),
        })
    }

    /// Writes the contents to a file on disk and returns how many bytes they were. What was there is replaced only
    /// when all of them have come: until then they are in a file of this download alone, `<path>.<random>.part`, beside
    /// it.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = MockServer::start().await; let client = server.master_client();
    /// # let folder = std::env::temp_dir().join(format!("parse-orm-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let file = File::new("notes.txt", "a note");
    /// file.upload(&client).await?;
    /// let path = folder.join("notes.txt");
    /// assert_eq!(file.download(&client).limit(1_000_000).to_path(&path).await?, 6);
    /// assert_eq!(std::fs::read(&path)?, b"a note");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and [`FileProblem::Unwritten`] when the disk refuses.
    pub async fn to_path(self, path: impl Into<PathBuf>) -> Result<u64> {
        let path = path.into();
        let name = self.name.clone();
        let mut chunks = self.stream().await?;
        let unwritten = |error| Error::file(&name, FileProblem::Unwritten(error));
        let (mut file, part) = Part::beside(&path).await.map_err(unwritten)?;
        let mut written = 0;
        while let Some(chunk) = chunks.try_next().await? {
            file.write_all(&chunk).await.map_err(unwritten)?;
            written += chunk.len() as u64;
        }
        file.flush().await.map_err(unwritten)?;
        drop(file);
        part.become_whole(path).await.map_err(unwritten)?;
        Ok(written)
    }

    async fn whole(self) -> Result<Vec<u8>> {
        let mut chunks = self.stream().await?;
        // the size is only said: what was not sent yet gets no more than a moderate place
        let expected = chunks.size.unwrap_or(0).min(1 << 20);
        let mut contents = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
        while let Some(chunk) = chunks.try_next().await? {
            contents.extend_from_slice(&chunk);
        }
        Ok(contents)
    }
}

impl IntoFuture for Download {
    type Output = Result<Vec<u8>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.whole())
    }
}

/// The contents of a file, piece by piece; made by [`Download::stream`].
#[must_use = "a stream gives nothing unless it is read"]
pub struct Downloading {
    content_type: Option<String>,
    size: Option<u64>,
    chunks: BoxStream<'static, Result<Bytes>>,
}

impl Downloading {
    /// The content type that the server says.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The size in bytes, where the server says it.
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

impl fmt::Debug for Downloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Downloading")
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Stream for Downloading {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_next_unpin(context)
    }
}

/// Contents on their way.
struct Incoming {
    client: Client,
    name: String,
    answer: reqwest::Response,
    limit: Option<u64>,
    received: u64,
    total: Option<u64>,
    listener: Option<Listener>,
}

impl Incoming {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>> {
        let Some(chunk) = wait(&self.client, &self.name, self.answer.chunk()).await? else {
            return Ok(None);
        };
        self.received += chunk.len() as u64;
        if self.limit.is_some_and(|limit| self.received > limit) {
            return Err(self.too_large());
        }
        if let Some(listener) = &self.listener {
            listener(Transferred {
                bytes: self.received,
                total: self.total,
            });
        }
        Ok(Some((chunk, self)))
    }

    fn too_large(&self) -> Error {
        let limit = self.limit.unwrap_or_default();
        Error::file(&self.name, FileProblem::TooLarge { limit })
    }
}

/// Waits for the next thing that comes, but not longer than the client waits for anything.
async fn wait<T, E: Into<Error>>(
    client: &Client,
    name: &str,
    next: impl Future<Output = Result<T, E>>,
) -> Result<T> {
    let deadline = client.deadline();
    let stalled = Instant::now().checked_add(client.timeout());
    let until = deadline.into_iter().chain(stalled).min();
    match by(until, pin!(next)).await {
        Some(outcome) => outcome.map_err(Into::into),
        None if until == deadline => {
            let request = format!("GET {}", Path::File(name));
            Err(late(request, None, true, None))
        }
        None => Err(Error::file(name, FileProblem::Stalled(client.timeout()))),
    }
}

/// A file on disk that is not whole yet: gone when it is dropped before it became so.
struct Part(Option<PathBuf>);

impl Part {
    /// A new one: nothing that is there is touched, and no other download writes into it.
    async fn beside(path: &path::Path) -> io::Result<(tokio::fs::File, Self)> {
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{:016x}.part", RandomState::new().hash_one(())));
        let part = PathBuf::from(part);
        // in one: who does not wait for the file leaves none behind
        let made = tokio::task::spawn_blocking(|| {
            let file = std::fs::File::create_new(&part)?;
            io::Result::Ok((file, Self(Some(part))))
        });
        let (file, part) = made.await.map_err(io::Error::other)??;
        Ok((tokio::fs::File::from_std(file), part))
    }

    async fn become_whole(mut self, path: PathBuf) -> io::Result<()> {
        if let Some(part) = &self.0 {
            tokio::fs::rename(part, path).await?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // the error that is told is the one that came first
            let _ = std::fs::remove_file(path);
        }
    }
}
