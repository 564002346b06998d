//! A mock server that listens nowhere, kept from input to input.

use parse_orm_mock::MockServer;
use parse_orm_mock::internals::Inside;
use serde_json::Value;
use tokio::runtime::Runtime;

/// A server, and the runtime that it needs.
pub(crate) struct Server {
    inside: Inside,
    runtime: Runtime,
}

/// One request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
}

impl Server {
    pub(crate) fn new() -> Self {
        let builder = MockServer::builder()
            .allow_custom_object_id(true)
            .reset_route(true);
        Self {
            inside: Inside::new(builder).expect("no fixtures"),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        }
    }

    pub(crate) fn reset(&self) {
        self.inside.reset();
    }

    /// Answers a request; none where it could not travel.
    pub(crate) fn answer(&self, request: &Request<'_>) -> Option<(u16, Vec<u8>)> {
        let mut built = axum::http::Request::builder()
            .method(request.method)
            .uri(request.target);
        for (name, value) in &request.headers {
            built = built.header(*name, *value);
        }
        let built = built.body(request.body.to_vec()).ok()?;
        let (status, body) = self
            .runtime
            .block_on(self.inside.answer(built))
            .expect("an answer");
        check(request, status, &body);
        Some((status, body))
    }

    /// What the master asks: the answer's tree.
    pub(crate) fn ask(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let request = Request {
            method,
            target,
            headers: MASTER.to_vec(),
            body: body.as_bytes(),
        };
        let (status, body) = self.answer(&request).expect("a sound request");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

pub(crate) const MASTER: [(&str, &str); 3] = [
    ("x-parse-application-id", "app"),
    ("x-parse-master-key", "master"),
    ("content-type", "application/json"),
];

/// The failures that a server has, and no other.
fn check(request: &Request<'_>, status: u16, body: &[u8]) {
    assert!(
        matches!(status, 200..=206 | 302 | 400..=404 | 409 | 413 | 416 | 429 | 431 | 500),
        "{status} to {request:?}"
    );
    if status == 500 {
        let tree: Value = serde_json::from_slice(body).expect("a failure in JSON");
        assert_eq!(tree["code"], 1, "{tree} to {request:?}");
        assert!(
            tree["error"].is_string() || tree["message"].is_string(),
            "{tree} to {request:?}"
        );
    }
}
