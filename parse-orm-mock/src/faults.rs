//! Faults on order: what a server does wrong when a test tells it to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use futures::stream;
use percent_encoding::percent_decode_str;

use crate::refusal::Refusal;
use crate::state::RecordedRequest;

/// Something that goes wrong; [`MockServer::fail`](crate::MockServer::fail) orders it.
///
/// | | the work | what the client gets |
/// | --- | --- | --- |
/// | [`error`](Self::error) | not done | an error of Parse |
/// | [`status`](Self::status) | not done | a proxy's page with this status |
/// | [`answer`](Self::answer) | not done | this status and body |
/// | [`disconnect`](Self::disconnect) | not done | no answer: the connection ends |
/// | [`lose_answer`](Self::lose_answer) | done | no answer: the connection ends |
/// | [`truncate`](Self::truncate) | done | half of the answer, then the connection ends |
/// | [`delay`](Self::delay) | done | the answer, late |
///
/// Without more it meets every request. [`on`](Self::on) and [`when`](Self::when) choose, [`nth`](Self::nth) and
/// [`times`](Self::times) count those that were chosen. A request in a batch is no request of its own.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// use parse_orm_mock::{Fault, MockServer};
/// use std::time::Duration;
///
/// let server = MockServer::start().await;
/// server.fail(Fault::error(101, "Object not found.").on("GET", "/classes/GameScore").nth(3));
/// server.fail(Fault::status(503).header("Retry-After", "1").times(2));
/// server.fail(Fault::lose_answer().on("POST", "/classes/GameScore").times(1));
/// server.fail(Fault::delay(Duration::from_millis(20)).when(|request| request.body.is_some()));
/// assert_eq!(server.faults().len(), 4);
/// server.clear_faults();
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a fault does nothing before `server.fail(..)`"]
pub struct Fault {
    what: What,
    method: Option<String>,
    path: Option<String>,
    when: Option<Condition>,
    nth: Option<u64>,
    times: Option<u64>,
    headers: Vec<(String, String)>,
}

type Condition = Arc<dyn Fn(&RecordedRequest) -> bool + Send + Sync>;

#[derive(Debug, Clone)]
enum What {
    Answer {
        status: u16,
        content_type: String,
        body: Vec<u8>,
    },
    Disconnect,
    LoseAnswer,
    Truncate,
    Delay(Duration),
}

impl Fault {
    fn new(what: What) -> Self {
        Self {
            what,
            method: None,
            path: None,
            when: None,
            nth: None,
            times: None,
            headers: Vec::new(),
        }
    }

    /// An error of Parse, `{"code":101,"error":".."}`, with the status that Parse Server gives it: 404 for 101, 500
    /// for 1, 429 for 100 (its rate limit), 400 for all others. Nothing is done.
    pub fn error(code: i64, message: impl Into<String>) -> Self {
        let mut refusal = Refusal::new(code, message.into());
        if code == CONNECTION_FAILED {
            refusal.status = 429;
        }
        let (content_type, body) = refusal.body("", "");
        Self::new(What::Answer {
            status: refusal.status,
            content_type: content_type.to_owned(),
            body,
        })
    }

    /// An answer of a proxy in front of the server: this status, with a page that is no JSON. Nothing is done.
    pub fn status(status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok();
        let reason = reason
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Unknown");
        let page = format!("<html><head><title>{status} {reason}</title></head></html>\n");
        Self::answer(status, "text/html", page)
    }

    /// Any other answer. Nothing is done.
    pub fn answer(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Answer {
            status,
            content_type: content_type.into(),
            body: body.into(),
        })
    }

    /// The request is read, nothing is done, and the connection ends without an answer.
    pub fn disconnect() -> Self {
        Self::new(What::Disconnect)
    }

    /// The request is done, and the connection ends without an answer: the client cannot know.
    pub fn lose_answer() -> Self {
        Self::new(What::LoseAnswer)
    }

    /// The request is done, and the connection ends in the middle of the answer's body.
    pub fn truncate() -> Self {
        Self::new(What::Truncate)
    }

    /// The request is done, and its answer comes so much later.
    pub fn delay(time: Duration) -> Self {
        Self::new(What::Delay(time))
    }

    /// Only requests of this method to this path below the mount, or to what lies below it: `/classes/GameScore`
    /// is also the path of its objects, and not that of `/classes/GameScores`. The method is the effective one (a
    /// long query is a GET, though it travels as a POST), `*` is any.
    pub fn on(mut self, method: impl Into<String>, path: impl Into<String>) -> Self {
        self.method = Some(method.into()).filter(|method| method != "*");
        self.path = Some(path.into());
        self
    }

    /// Only requests for which this is true.
    pub fn when(mut self, condition: impl Fn(&RecordedRequest) -> bool + Send + Sync + 'static) -> Self {
        self.when = Some(Arc::new(condition));
        self
    }

    /// Not before the n-th of the requests that it is for, counted from 1 and from when it is ordered; and only
    /// that one, unless [`times`](Self::times) says more.
    pub fn nth(mut self, n: u64) -> Self {
        self.nth = Some(n.max(1));
        self
    }

    /// So many times, then never again.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// A header of the answer, where there is one: `Retry-After`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How many times it will still happen; `None` when there is no end.
    pub fn left(&self) -> Option<u64> {
        self.times.or(self.nth.map(|_| 1))
    }

    fn is_for(&self, request: &RecordedRequest) -> bool {
        let method = self.method.as_ref();
        method.is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && self.path.as_ref().is_none_or(|path| is_below(request, path))
            && self.when.as_ref().is_none_or(|when| when(request))
    }

    /// What is answered instead of doing the work; `None` where it is done.
    pub(crate) fn instead(&self) -> Option<Response<Body>> {
        match &self.what {
            What::Disconnect => Some(broken(Bytes::new())),
            What::Answer {
                status,
                content_type,
                body,
            } => {
                let mut response = Response::new(Body::from(body.clone()));
                *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
                if let Ok(kind) = HeaderValue::from_str(content_type) {
                    response.headers_mut().insert(header::CONTENT_TYPE, kind);
                }
                self.add_headers(&mut response);
                Some(response)
            }
            What::LoseAnswer | What::Truncate | What::Delay(_) => None,
        }
    }

    /// What becomes of the answer to work that was done.
    pub(crate) async fn spoil(&self, mut response: Response<Body>) -> Response<Body> {
        self.add_headers(&mut response);
        match &self.what {
            What::Answer { .. } => response,
            What::Disconnect | What::LoseAnswer => broken(Bytes::new()),
            What::Delay(time) => {
                tokio::time::sleep(*time).await;
                response
            }
            What::Truncate => {
                let (mut parts, body) = response.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
                parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
                let (_, half) = broken(body.slice(..body.len() / 2)).into_parts();
                Response::from_parts(parts, half)
            }
        }
    }

    fn add_headers(&self, response: &mut Response<Body>) {
        for (name, value) in &self.headers {
            let (name, value) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            );
            if let (Ok(name), Ok(value)) = (name, value) {
                response.headers_mut().insert(name, value);
            }
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.what {
            What::Answer { status, body, .. } => {
                format!(
                    "{status} {}",
                    String::from_utf8_lossy(&body[..body.len().min(80)])
                )
            }
            other => format!("{other:?}"),
        };
        f.debug_struct("Fault")
            .field("what", &what)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("nth", &self.nth)
            .field("times", &self.left())
            .finish_non_exhaustive()
    }
}

/// The code of the rate limit.
const CONNECTION_FAILED: i64 = 100;

/// Whether a request went to this path, or to one below it.
pub(crate) fn is_below(request: &RecordedRequest, path: &str) -> bool {
    let sent = percent_decode_str(&request.path).decode_utf8_lossy();
    sent.strip_prefix(path.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An answer that ends behind these bytes with the connection. Without any, nothing at all is sent: the head of an
/// answer waits for the beginning of its body.
fn broken(bytes: Bytes) -> Response<Body> {
    let body = stream::unfold(Some(bytes), async |part| match part {
        Some(bytes) if !bytes.is_empty() => Some((Ok(bytes), None)),
        Some(_) => Some((Err(Broken), None)),
        None => {
            // What was written goes out while this waits; an error at once would take it back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Err(Broken), None))
        }
    });
    Response::new(Body::from_stream(body))
}

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault that was ordered")
    }
}

impl std::error::Error for Broken {}

/// The faults that are ordered.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    ordered: Vec<Ordered>,
}

#[derive(Debug)]
struct Ordered {
    fault: Fault,
    /// How many requests that it is for are to be let through.
    spared: u64,
}

impl Faults {
    pub(crate) fn order(&mut self, fault: Fault) {
        let spared = fault.nth.map_or(0, |n| n - 1);
        self.ordered.push(Ordered { fault, spared });
    }

    /// The fault that meets a request, the one that was ordered first. Each that the request is for counts it.
    pub(crate) fn meet(&mut self, request: &RecordedRequest) -> Option<Fault> {
        let mut met = None;
        self.ordered.retain_mut(|Ordered { fault, spared }| {
            if !fault.is_for(request) {
                return true;
            }
            if *spared > 0 {
                *spared -= 1;
                return true;
            }
            if met.is_some() {
                return fault.left() != Some(0);
            }
            let left = fault.left();
            if left == Some(0) {
                return false;
            }
            met = Some(fault.clone());
            fault.times = left.map(|left| left - 1);
            fault.times != Some(0)
        });
        met
    }

    pub(crate) fn all(&self) -> Vec<Fault> {
        self.ordered.iter().map(|ordered| ordered.fault.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.ordered.clear();
    }
}
