//! The contents of files: small ones in memory, large ones in temporary files that go with the last user.

use std::io::{self, SeekFrom};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures::stream;
use tempfile::TempPath;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

/// What is held in memory; more goes to disk.
const IN_MEMORY: usize = 4 * 1024 * 1024;
/// How much of a file on disk is read at once.
const CHUNK: usize = 64 * 1024;

/// Whole contents.
#[derive(Debug, Clone)]
pub(crate) enum Contents {
    Memory(Bytes),
    Disk(Arc<TempPath>, u64),
}

impl Contents {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk(_, length) => *length,
        }
    }

    /// The bytes from `start` to before `end`, which are within the contents, as a body.
    pub(crate) async fn body(&self, start: u64, end: u64) -> io::Result<Body> {
        match self {
            Self::Memory(bytes) => {
                let place = |at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(Body::from(bytes.slice(place(start)..place(end))))
            }
            Self::Disk(path, _) => {
                let mut file = tokio::fs::File::open(&**path).await?;
                file.seek(SeekFrom::Start(start)).await?;
                // the path, and so the file, stays until the last byte is read
                let reading = (file.take(end - start), Arc::clone(path));
                let next = |(mut file, path): (tokio::io::Take<tokio::fs::File>, _)| async move {
                    let mut chunk = Vec::with_capacity(CHUNK);
                    let read = file.read_buf(&mut chunk).await?;
                    Ok::<_, io::Error>((read > 0).then_some((chunk, (file, path))))
                };
                Ok(Body::from_stream(stream::try_unfold(reading, next)))
            }
        }
    }
}

/// Contents that are still coming.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    memory: Vec<u8>,
    disk: Option<(tokio::fs::File, TempPath)>,
    length: u64,
}

impl Spool {
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    pub(crate) async fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.length += chunk.len() as u64;
        if self.disk.is_none() && self.memory.len() + chunk.len() > IN_MEMORY {
            let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
            let mut file = tokio::fs::File::from_std(file);
            file.write_all(&std::mem::take(&mut self.memory)).await?;
            self.disk = Some((file, path));
        }
        if let Some((file, _)) = &mut self.disk {
            return file.write_all(chunk).await;
        }
        self.memory.extend_from_slice(chunk);
        Ok(())
    }

    pub(crate) async fn whole(self) -> io::Result<Contents> {
        match self.disk {
            Some((mut file, path)) => {
                file.flush().await?;
                Ok(Contents::Disk(Arc::new(path), self.length))
            }
            None => Ok(Contents::Memory(self.memory.into())),
        }
    }
}
