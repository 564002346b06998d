//! A place between two rows of a query, to go on from: in another request, another process, another day.

use super::position::Position;
use super::set::Core;
use crate::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A place behind a row of a query: what [`Rows::cursor`](crate::Rows::cursor) and
/// [`Page::next`](crate::Page::next) give, and [`QuerySet::after`](crate::QuerySet::after) takes.
///
/// Its text, by `Display`, `FromStr` and serde, is opaque, needs no escaping in a URL, and survives the process.
/// It holds the values that the last row has in the keys of the order, and no key of the client: who gets it
/// can read these values. A changed cursor can only lead to other rows that the same query would give.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let server = MockServer::start().await; let client = server.client();
/// # for score in 1..=5 { GameScore { score }.create(&client).await?; }
/// let best = query!(GameScore.order_by(-score));
/// let mut rows = best.stream(&client);
/// rows.try_next().await?;
/// rows.try_next().await?;
/// let bookmark = rows.cursor()?.to_string(); // into a file, a URL, a queue
///
/// // later, perhaps elsewhere
/// let rest = best.after(&bookmark.parse()?).all(&client).await?;
/// assert_eq!(rest.iter().map(|row| row.score).collect::<Vec<_>>(), [3, 2, 1]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// Of the query that it belongs to.
    pub(super) digest: u64,
    /// The rows before it.
    pub(super) passed: u64,
    /// `None`: for a query whose pages can only be counted off.
    pub(super) position: Option<Position>,
}

/// What the text stands for.
#[derive(Serialize, Deserialize)]
struct Written {
    q: u64,
    c: u64,
    p: Option<Position>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Written {
            q: self.digest,
            c: self.passed,
            p: self.position.clone(),
        };
        let json = serde_json::to_vec(&written).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let written = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice::<Written>(&json).ok())
            .filter(|written| written.p.as_ref().is_none_or(Position::is_plain));
        match written {
            Some(Written { q, c, p }) => Ok(Self {
                digest: q,
                passed: c,
                position: p,
            }),
            None => Err(Error::invalid(
                "cursor",
                None,
                "the text is no cursor, or a part of one",
            )),
        }
    }
}

impl TryFrom<String> for Cursor {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// What the query's cursors have in common: its class, conditions and order, as FNV-1a, which is the same in
/// every build.
pub(super) fn digest(core: &Core, class_name: &str) -> Result<u64> {
    let query = (class_name, &core.order, core.skip, super::set::conditions(core));
    let bytes =
        serde_json::to_vec(&query).map_err(|error| Error::invalid(class_name, None, error.to_string()))?;
    Ok(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

impl Cursor {
    /// Refuses the cursor of another query.
    pub(super) fn check(&self, digest: u64, class_name: &str, by_key: bool) -> Result<()> {
        // a scan by key may have gone over to counting, not the other way
        if self.digest == digest && (by_key || self.position.is_none()) {
            return Ok(());
        }
        Err(Error::invalid(
            class_name,
            None,
            "the cursor belongs to another query: it goes on only with the class, the conditions and the order that it was taken from",
        ))
    }
}
