//! Request ids: `X-Parse-Request-Id` makes the second of two equal requests a refusal.

use std::time::Duration;

use axum::http::HeaderMap;
use chrono::{TimeDelta, Utc};
use fancy_regex::Regex;
use serde_json::json;

use crate::MockServerBuilder;
use crate::clock;
use crate::options::Index;
use crate::refusal::{Refusal, code};
use crate::state::State;
use crate::store::{Row, Store};

impl MockServerBuilder {
    /// `idempotencyOptions`: for paths that begin like one of these regular expressions (`classes/.*`, `.*` for all,
    /// without a slash at the beginning), the second request with an `X-Parse-Request-Id` is refused with code 159,
    /// for so long after the first. Off unless set, as by a real server's default.
    ///
    /// As on the real server the id counts for all paths, is used up by a request that is refused, and is minded for
    /// creates and updates of objects, users and installations, functions and jobs only.
    ///
    /// # Panics
    ///
    /// When a path is not a regular expression.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// # use parse_orm_mock::MockServer;
    /// use std::time::Duration;
    ///
    /// let server = MockServer::builder().idempotency([".*"], Duration::from_secs(300)).start().await?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn idempotency<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>, ttl: Duration) -> Self {
        let seconds = u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX);
        let idempotency = Idempotency::new(paths.into_iter().map(Into::into), seconds);
        #[expect(clippy::panic, reason = "documented; a mistake in the test itself")]
        let idempotency = idempotency.unwrap_or_else(|error| panic!("not a regular expression: {error}"));
        self.options.idempotency = Some(idempotency);
        let unique = Index::new("_Idempotency".to_owned(), ["reqId".to_owned()], true);
        self.options.indexes.push(unique);
        self
    }
}

const CLASS: &str = "_Idempotency";

/// `idempotencyOptions`.
#[derive(Debug, Clone)]
pub(crate) struct Idempotency {
    paths: Vec<Regex>,
    /// Seconds.
    ttl: u32,
}

impl Idempotency {
    /// For paths that begin like one of these regular expressions, without the leading slash.
    pub(crate) fn new(paths: impl IntoIterator<Item = String>, ttl: u32) -> Result<Self, String> {
        let paths = paths.into_iter().map(|path| {
            let anchor = if path.starts_with('^') { "" } else { "^" };
            Regex::new(&format!("{anchor}{path}")).map_err(|error| format!("`{path}`: {error}"))
        });
        Ok(Self {
            paths: paths.collect::<Result<_, _>>()?,
            ttl,
        })
    }
}

/// Refuses a request whose id was seen, whatever became of the first. It is asked before the work is begun, and only
/// where the real server looks: not for batches, log-ins, roles by their own route, reads and deletes.
pub(crate) fn admit(
    state: &State,
    headers: &HeaderMap,
    method: &str,
    segments: &[String],
) -> Result<(), Refusal> {
    let Some(Idempotency { paths, ttl }) = &state.options.idempotency else {
        return Ok(());
    };
    let Some(id) = headers.get("x-parse-request-id").and_then(|id| id.to_str().ok()) else {
        return Ok(());
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let minded = matches!(
        (method, segments.as_slice()),
        (
            "POST",
            ["classes" | "functions" | "jobs", _] | ["users" | "installations"]
        ) | ("PUT", ["classes", _, _] | ["users" | "installations", _])
    );
    let path = segments.join("/");
    if id.is_empty() || !minded || !paths.iter().any(|regex| regex.is_match(&path).unwrap_or(false)) {
        return Ok(());
    }
    let mut store = state.store();
    if keep(&mut store, id, *ttl) {
        return Ok(());
    }
    let now = clock::now();
    let expired = store.class(CLASS).and_then(|class| {
        let old = class.rows().find(|row| row.get("reqId") == Some(&json!(id)))?;
        let expire = old.get("expire")?.get("iso")?.as_str()?;
        (expire < now.as_str()).then(|| old.get("objectId")?.as_str().map(str::to_owned))?
    });
    if let Some(old) = expired {
        store.remove(CLASS, &old);
        if keep(&mut store, id, *ttl) {
            return Ok(());
        }
    }
    Err(Refusal::new(code::DUPLICATE_REQUEST, "Duplicate request"))
}

/// False where the id is kept already: the database has a unique index on it.
fn keep(store: &mut Store, request: &str, ttl: u32) -> bool {
    let now = clock::now();
    let expire = clock::spell(Utc::now() + TimeDelta::seconds(ttl.into()));
    let id = store.draw_id();
    let row = Row::from_iter([
        ("objectId".to_owned(), json!(id)),
        ("createdAt".to_owned(), json!(now)),
        ("updatedAt".to_owned(), json!(now)),
        ("reqId".to_owned(), json!(request)),
        ("expire".to_owned(), json!({"__type": "Date", "iso": expire})),
    ]);
    store.insert(CLASS, &id, row).is_ok()
}
