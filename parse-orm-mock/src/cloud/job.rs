//! Jobs: they go on behind the answer, and say in a row of `_JobStatus` how far they are.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock;
use crate::refusal::{Refusal, code};
use crate::state::State;

/// The class that holds the rows.
const STATUS: &str = "_JobStatus";

/// A run of a job.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JobCall {
    /// The job.
    pub name: String,
    /// The id of its status.
    pub id: String,
    /// The parameters, as they came.
    pub params: Value,
    state: Arc<State>,
}

impl JobCall {
    /// Says how far it is.
    pub fn message(&self, text: impl Into<String>) {
        report(&self.state, &self.id, [("message", json!(text.into()))]);
    }

    /// A client of this server with the master key, for the job's own work.
    #[cfg(feature = "client")]
    pub fn client(&self) -> parse_orm::MasterClient {
        self.state.home.client()
    }
}

/// Starts a job, and gives the id of its status.
pub(crate) fn start(state: &State, name: &str, params: Value) -> Result<String, Refusal> {
    let handler = state.cloud().jobs.get(name).cloned();
    let handler = handler.ok_or_else(|| Refusal::new(code::SCRIPT_FAILED, "Invalid job."))?;
    let state = state.me().ok_or_else(Refusal::crash)?;
    let id = state.store().draw_id();
    let mut row = Map::new();
    row.insert("objectId".to_owned(), json!(id));
    row.insert("createdAt".to_owned(), json!(clock::now()));
    row.insert("jobName".to_owned(), json!(name));
    row.insert("source".to_owned(), json!("api"));
    row.insert("status".to_owned(), json!("running"));
    // nobody but the master key
    row.insert("ACL".to_owned(), json!({}));
    let stored = {
        let mut store = state.store();
        store.ensure_class(STATUS);
        store.insert(STATUS, &id, row)
    };
    stored.map_err(|_| Refusal::crash())?;
    let work = handler(JobCall {
        name: name.to_owned(),
        id: id.clone(),
        params,
        state: Arc::clone(&state),
    });
    let status = id.clone();
    tokio::spawn(async move {
        let (outcome, message) = match work.await {
            Ok(message) => ("succeeded", message),
            Err(error) => ("failed", json!(error.to_string())),
        };
        let finished = json!({"__type": "Date", "iso": clock::now()});
        let last = [("status", json!(outcome)), ("finishedAt", finished)];
        report(&state, &status, last);
        if message.as_str().is_some_and(|message| !message.is_empty()) {
            report(&state, &status, [("message", message)]);
        }
    });
    Ok(id)
}

fn report<const N: usize>(state: &State, id: &str, fields: [(&str, Value); N]) {
    let mut store = state.store();
    let Some(row) = store.class(STATUS).and_then(|class| class.get(id)) else {
        return;
    };
    let mut row = Map::clone(row);
    for (name, value) in fields {
        row.insert(name.to_owned(), value);
    }
    // a row that was there can be replaced: no unique index speaks of it
    let _ = store.replace(STATUS, id, row);
}
