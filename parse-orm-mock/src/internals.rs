//! The server's parts without its sockets, for the benchmarks and the fuzz targets of this repository. No part of the
//! API: it changes with the code.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Map, Value};

use crate::http;
use crate::live;
use crate::query::compile::compile;
use crate::query::matcher;
use crate::server::MockServerBuilder;
use crate::state::State;

/// A server that listens nowhere: requests are handed to it.
#[derive(Debug, Clone)]
pub struct Inside(Arc<State>);

impl Inside {
    /// A server with the options of the builder.
    ///
    /// # Errors
    /// When its fixtures cannot be stored.
    pub fn new(builder: MockServerBuilder) -> Result<Self, crate::FixtureError> {
        let state = State::new(builder.options);
        state.load_fixtures()?;
        Ok(Self(state))
    }

    /// Answers a request: the status and the body. It needs a Tokio runtime.
    ///
    /// # Errors
    /// When the body of the answer breaks off.
    pub async fn answer(&self, request: Request<Vec<u8>>) -> Result<(u16, Vec<u8>), axum::Error> {
        let answer = http::enter(Arc::clone(&self.0), request.map(Body::from)).await;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await?;
        Ok((status, body.to_vec()))
    }

    /// As it was when it was made.
    pub fn reset(&self) {
        self.0.reset();
    }
}

/// A `where`, ready to be asked about objects, of a class that has no schema.
#[derive(Debug)]
pub struct Filter(matcher::Filter);

impl Filter {
    /// Reads a `where`.
    ///
    /// # Errors
    /// The message of the refusal.
    pub fn read(filter: &Map<String, Value>) -> Result<Self, String> {
        let read = compile(filter, None);
        read.map(Self).map_err(|refusal| refusal.message.into_owned())
    }

    /// Whether a stored object meets it.
    pub fn matches(&self, object: &Map<String, Value>) -> bool {
        self.0.matches(object)
    }
}

/// Whether an object meets what somebody subscribed to; none where the real server's code throws.
pub fn live_matches(filter: &Map<String, Value>, object: &Value) -> Option<bool> {
    live::matches(filter, object)
}
