//! The server's log.

use crate::client::{MasterKey, Pairs, Params, Path, unexpected};
use crate::value::Timestamp;
use crate::{Client, Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Which entries of the server's log: the newest ten of the last week, unless told.
///
/// Wire form: `GET /scriptlog?size=..&level=..&order=..&from=..&until=..`, with the master key.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client(); let master = server.master_client();
/// use parse_orm::{LogLevel, Logs};
///
/// assert!(GameScore::get(&client, "nobody").await.is_err());
/// for entry in Logs::new().level(LogLevel::Error).size(3).read(&master).await? {
///     println!("{} {}: {}", entry.timestamp, entry.level, entry.message);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[must_use = "nothing is asked before `read`"]
pub struct Logs {
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<LogLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// How much of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogLevel {
    /// Everything.
    Info,
    /// Errors only.
    Error,
}

/// An entry of the server's log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// When it was written.
    #[serde(deserialize_with = "timestamp")]
    pub timestamp: DateTime<Utc>,
    /// `error`, `warn`, `info` and what else the server's logger has.
    pub level: String,
    /// The text. Keep in mind that it may repeat what users sent.
    #[serde(default)]
    pub message: String,
    /// All else: `code` and `stack` of an error, `method` and `url` of a request.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

fn timestamp<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    Timestamp::deserialize(from).map(|Timestamp(time)| time)
}

impl Logs {
    /// The newest ten entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries at most.
    pub fn size(mut self, entries: u64) -> Self {
        self.size = Some(entries);
        self
    }

    /// Errors only, or everything, which it is unless told.
    pub fn level(mut self, level: LogLevel) -> Self {
        self.level = Some(level);
        self
    }

    /// None that are older. A week ago unless told.
    pub fn since(mut self, time: DateTime<Utc>) -> Self {
        self.from = Some(spell(time));
        self
    }

    /// None that are newer. Now unless told.
    pub fn until(mut self, time: DateTime<Utc>) -> Self {
        self.until = Some(spell(time));
        self
    }

    /// The oldest first, and of many the oldest ones.
    pub fn oldest_first(mut self) -> Self {
        self.order = Some("asc");
        self
    }

    /// The entries. One GET.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a size of 0, which the server takes for 10; nothing is sent then.
    pub fn read<'a>(&'a self, master: &'a impl MasterKey) -> BoxFuture<'a, Result<Vec<LogEntry>>> {
        let client = master.client();
        Box::pin(self.entries(client))
    }

    async fn entries(&self, client: &Client) -> Result<Vec<LogEntry>> {
        if self.size == Some(0) {
            let message = "`size(0)` asks for nothing: the server would answer with 10 entries";
            return Err(Error::invalid("scriptlog", None, message));
        }
        let path = Path::Plain("/scriptlog");
        let answer = client.read(path, self).await?;
        serde_json::from_slice(&answer).map_err(|_| unexpected(200, &answer))
    }
}

fn spell(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Params for Logs {
    fn pairs(&self, to: &mut Pairs) -> Result<()> {
        if let Some(size) = self.size {
            to.text("size", &size.to_string());
        }
        if let Some(level) = self.level {
            let level = match level {
                LogLevel::Info => "info",
                LogLevel::Error => "error",
            };
            to.text("level", level);
        }
        let others = [
            ("order", self.order),
            ("from", self.from.as_deref()),
            ("until", self.until.as_deref()),
        ];
        for (name, text) in others {
            if let Some(text) = text {
                to.text(name, text);
            }
        }
        Ok(())
    }
}
