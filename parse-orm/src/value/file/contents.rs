//! Where the contents of a new file come from, and how they are read: piece by piece.

use crate::error::FileProblem;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::future::ready;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tokio::io::AsyncReadExt as _;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

pub(super) type Chunks = BoxStream<'static, io::Result<Bytes>>;

/// The contents of a new file.
pub(super) enum Contents {
    Bytes(Bytes),
    /// Read anew by every upload.
    Path(PathBuf),
    /// Read once; with its length, where that is known.
    Stream(Mutex<Option<Chunks>>, Option<u64>),
}

/// Contents as they are sent.
pub(super) struct Opened {
    pub(super) length: Option<u64>,
    pub(super) chunks: Chunks,
}

impl Contents {
    pub(super) async fn open(&self) -> Result<Opened, FileProblem> {
        match self {
            Self::Bytes(bytes) => Ok(Opened {
                length: Some(bytes.len() as u64),
                chunks: pieces(bytes.clone()),
            }),
            Self::Path(path) => {
                let file = tokio::fs::File::open(path).await.map_err(FileProblem::Unread)?;
                let about = file.metadata().await.map_err(FileProblem::Unread)?;
                Ok(Opened {
                    length: about.is_file().then_some(about.len()),
                    chunks: read(file),
                })
            }
            Self::Stream(place, length) => {
                let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(Opened {
                    length: *length,
                    chunks: place.take().ok_or(FileProblem::UsedUp)?,
                })
            }
        }
    }
}

fn pieces(bytes: Bytes) -> Chunks {
    let next = |mut rest: Bytes| {
        let chunk = rest.split_to(rest.len().min(CHUNK));
        ready((!chunk.is_empty()).then_some((Ok(chunk), rest)))
    };
    stream::unfold(bytes, next).boxed()
}

fn read(file: tokio::fs::File) -> Chunks {
    let next = |mut file: tokio::fs::File| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (chunk.freeze(), file)))
    };
    stream::try_unfold(file, next).boxed()
}
