//! One request and its answer: the only place that speaks HTTP.

use super::pairs::Pairs;
use super::retry::{Next, Tries};
use super::{Auth, Client, Task, by, config::header, late, plain_http};
use crate::{Error, ErrorCode, Result, ServerError, json};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use reqwest::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::marker::PhantomData;
use std::pin::pin;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// Everything but letters, digits and what RFC 3986 leaves unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Longest URL that is sent as a GET; a longer query goes as a POST with `_method`. Servers and proxies
/// refuse long URLs (the real server at about 16 KB, many proxies at 8 or 4).
const LONGEST_URL: usize = 2000;

/// So much memory is taken at most before anything of an answer's body has come.
const MOST_AHEAD: usize = 1 << 22;

/// No time limit: longer than any connection.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What is asked for, below the mount path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'a> {
    Class(&'a str),
    Object(&'a str, &'a str),
    Aggregate(&'a str),
    Batch,
    /// A batch whose requests are all done, or none.
    Transaction,
    File(&'a str),
    /// A fixed path: `/login`.
    Plain(&'static str),
    /// A fixed path and a name below it: `/functions`, `hello`.
    Named(&'static str, &'a str),
    /// A webhook: its class and its trigger.
    Trigger(&'a str, &'a str),
}

impl Path<'_> {
    /// A URL is resolved before it is sent, and so is the path of a request in a batch: some ids would lead
    /// elsewhere, escaped or not.
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Object(class, id @ ("" | "." | "..")) => {
                let message = format!("the object id `{id}` cannot be part of an address");
                Err(Error::invalid(class, Some("objectId"), message))
            }
            Self::Named(service, name @ ("" | "." | "..")) => {
                let message = format!("the name `{name}` cannot be part of an address");
                Err(Error::invalid(service.trim_start_matches('/'), None, message))
            }
            Self::Trigger(class @ ("" | "." | ".."), _) => {
                let message = format!("the class `{class}` cannot be part of an address");
                Err(Error::invalid("hooks", None, message))
            }
            _ => Ok(()),
        }
    }
}

impl Path<'_> {
    /// The address behind that of a server.
    fn behind(self, server: &str) -> String {
        let mut url = String::with_capacity(server.len() + 64);
        url.push_str(server);
        self.spell(&mut |part| url.push_str(part));
        url
    }

    /// Tells the parts of the path, escaped.
    pub(super) fn spell(self, to: &mut dyn FnMut(&str)) {
        let mut parts = |path: &str, names: &[&str]| {
            to(path);
            for name in names {
                to("/");
                utf8_percent_encode(name, ENCODED).for_each(&mut *to);
            }
        };
        match self {
            Self::Class(class) => parts("/classes", &[class]),
            Self::Object(class, id) => parts("/classes", &[class, id]),
            Self::Aggregate(class) => parts("/aggregate", &[class]),
            Self::Batch | Self::Transaction => parts("/batch", &[]),
            Self::File(name) => parts("/files", &[name]),
            Self::Plain(path) => parts(path, &[]),
            Self::Trigger(class, name) => parts("/hooks/triggers", &[class, name]),
            Self::Named(path, name) => parts(path, &[name]),
        }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut done = Ok(());
        self.spell(&mut |part| done = done.and_then(|()| f.write_str(part)));
        done
    }
}

/// The parameters of a reading request: JSON in a POST's body, or `name=value` pairs in a URL.
pub(crate) trait Params: Serialize {
    /// As those of a URL.
    fn pairs(&self, to: &mut Pairs) -> Result<()>;
}

/// No parameters at all.
#[derive(Serialize)]
pub(crate) struct NoParams {}

impl Params for NoParams {
    fn pairs(&self, _: &mut Pairs) -> Result<()> {
        Ok(())
    }
}

/// What travels in a body.
enum Payload {
    Json(Bytes),
    /// With the headers that belong to it. It is read while it is sent, and so sent once. It may take as long as it will: its sender watches that it moves.
    Contents(Box<(HeaderMap, reqwest::Body)>),
}

pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: Path<'a>,
    pub(crate) body: Option<Vec<u8>>,
}

/// A successful answer with what travels beside its body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    /// Asks for rows. Goes as a GET, or as a POST with `_method` where the URL would be too long.
    pub(crate) async fn read<P: Params>(&self, path: Path<'_>, params: &P) -> Result<Bytes> {
        let url = self.address(path, params)?;
        if url.len() <= LONGEST_URL {
            let answer = self.send(Method::Get, Method::Get, path, url, None, None).await?;
            return Ok(answer.body);
        }
        #[derive(Serialize)]
        struct Overridden<'a, P> {
            _method: &'static str,
            #[serde(flatten)]
            params: &'a P,
        }
        let body = serde_json::to_vec(&Overridden {
            _method: "GET",
            params,
        })
        .map_err(|error| Error::invalid("query", None, error.to_string()))?;
        let url = path.behind(&self.server.url);
        let body = Some(Payload::Json(body.into()));
        let answer = self
            .send(Method::Post, Method::Get, path, url, body, None)
            .await?;
        Ok(answer.body)
    }

    /// The URL of a GET.
    pub(crate) fn address<P: Params>(&self, path: Path<'_>, params: &P) -> Result<String> {
        let mut pairs = Pairs::behind(&self.server.url, path);
        params.pairs(&mut pairs)?;
        Ok(pairs.into_url())
    }

    /// Sends one request and returns the body of a successful answer.
    pub(crate) async fn request(&self, call: Call<'_>) -> Result<Bytes> {
        Ok(self.exchange(call).await?.body)
    }

    /// Sends one request and returns a successful answer with its status and headers.
    pub(crate) async fn exchange(&self, call: Call<'_>) -> Result<Answer> {
        let url = call.path.behind(&self.server.url);
        let body = call.body.map(|body| Payload::Json(body.into()));
        self.send(call.method, call.method, call.path, url, body, None)
            .await
    }

    /// As [`request`](Self::request), known to the server by this id.
    pub(crate) async fn request_as(&self, call: Call<'_>, id: Option<String>) -> Result<Bytes> {
        let url = call.path.behind(&self.server.url);
        let body = call.body.map(|body| Payload::Json(body.into()));
        let answer = self
            .send(call.method, call.method, call.path, url, body, id)
            .await?;
        Ok(answer.body)
    }

    /// Sends the contents of a file as they are.
    pub(crate) async fn upload(
        &self,
        name: &str,
        headers: HeaderMap,
        contents: reqwest::Body,
    ) -> Result<Bytes> {
        let path = Path::File(name);
        let url = path.behind(&self.server.url);
        let body = Some(Payload::Contents(Box::new((headers, contents))));
        let answer = self
            .send(Method::Post, Method::Post, path, url, body, None)
            .await?;
        Ok(answer.body)
    }

    /// Asks for what lies behind the address of a file, with no key and no session: it may be anybody's. The answer
    /// comes without its body, which may take as long as it will.
    pub(crate) async fn fetch(&self, path: Path<'_>, url: &str) -> Result<Response> {
        let span =
            tracing::debug_span!("parse_request", method = "GET", %path, status = tracing::field::Empty);
        let outcome = span.clone();
        let work = async {
            if self.is_late() {
                return Err(late(format!("GET {path}"), None, false, None));
            }
            let answer = self.server.http.get(url).timeout(FOREVER).send().await?;
            outcome.record("status", answer.status().as_u16());
            Ok(answer)
        };
        work.instrument(span).await
    }

    /// The address of a file, where a row does not say it: a name may have directories in it.
    pub(crate) fn file_url(&self, below: &str, name: &str) -> String {
        let app_id = self.server.keys.get("x-parse-application-id");
        let app_id = app_id.map_or(&[][..], HeaderValue::as_bytes);
        let app_id = percent_encode(app_id, ENCODED);
        let mut url = format!("{}/files/{app_id}/{below}", self.server.url);
        for (number, part) in name.split('/').enumerate() {
            let slash = if number == 0 { "" } else { "/" };
            // writing to a String cannot fail
            let _ = write!(url, "{slash}{}", utf8_percent_encode(part, ENCODED));
        }
        url
    }

    /// `method` travels, `meaning` is what it stands for.
    async fn send(
        &self,
        method: Method,
        meaning: Method,
        path: Path<'_>,
        url: String,
        body: Option<Payload>,
        id: Option<String>,
    ) -> Result<Answer> {
        path.check()?;
        let span = tracing::debug_span!("parse_request", method = meaning.name(), %path, status = tracing::field::Empty);
        // not `Span::current()`, which is the application's own where this one is switched off
        let outcome = span.clone();
        let (json, mut contents) = match body {
            None => (None, None),
            Some(Payload::Json(json)) => (Some(json), None),
            Some(Payload::Contents(contents)) => (None, Some(contents)),
        };
        let once = contents.is_some();
        let mut tries = Tries::new(self, meaning, path, json.as_deref(), id);
        let work = async {
            loop {
                let until = if once { self.deadline } else { tries.until() };
                if until.is_some_and(|until| until <= Instant::now()) {
                    return Err(tries.late(false));
                }
                let mut http = self.attempt(method, path, &url, tries.id.as_deref())?;
                if let Some(json) = &json {
                    let kind = HeaderValue::from_static("application/json");
                    http = http.header(CONTENT_TYPE, kind).body(json.clone());
                }
                if let Some(contents) = contents.take() {
                    let (headers, contents) = *contents;
                    http = http.headers(headers).timeout(FOREVER).body(contents);
                }
                let (error, headers) =
                    match by(until, pin!(answer(http.send(), meaning, path, &outcome))).await {
                        Some(Ok(answer)) => return Ok(answer),
                        Some(Err(failed)) => failed,
                        None => return Err(tries.late(true)),
                    };
                if let (Auth::Session(token, _), Some(hook)) = (&self.auth, &self.server.invalid_session)
                    && error.code() == Some(ErrorCode::InvalidSessionToken)
                {
                    hook.found(token, path);
                }
                if once {
                    return Err(error);
                }
                match tries.after(error, &headers) {
                    Next::TryAfter(pause) => tokio::time::sleep(pause).await,
                    Next::Fail(error) => return Err(error),
                    Next::Done => {
                        return Ok(Answer {
                            status: 200,
                            headers: HeaderMap::new(),
                            body: Bytes::from_static(b"{}"),
                        });
                    }
                }
            }
        };
        work.instrument(span).await
    }

    /// One try of a request, but for its body.
    fn attempt(&self, method: Method, path: Path<'_>, url: &str, id: Option<&str>) -> Result<RequestBuilder> {
        let http = match method {
            Method::Get => self.server.http.get(url),
            Method::Post => self.server.http.post(url),
            Method::Put => self.server.http.put(url),
            Method::Delete => self.server.http.delete(url),
        };
        let mut http = http.headers(self.server.keys.clone());
        match &self.auth {
            Auth::Public => {}
            Auth::Session(token, _) => {
                http = http.header(
                    HeaderName::from_static("x-parse-session-token"),
                    header(token.expose(), "session token")?,
                );
            }
            Auth::Master(key) => {
                if self.server.no_master_key {
                    return Err(plain_http::refused(&self.server.url));
                }
                http = http.header(
                    HeaderName::from_static("x-parse-master-key"),
                    header(key.expose(), "master key")?,
                );
            }
        }
        if let Some(id) = id {
            http = http.header(HeaderName::from_static("x-parse-request-id"), id);
        }
        if let Some(context) = &self.context {
            http = http.header(HeaderName::from_static("x-parse-cloud-context"), context.clone());
        }
        if let Some(id) = &self.installation {
            http = http.header(
                HeaderName::from_static("x-parse-installation-id"),
                header(id, "installation id")?,
            );
        }
        if matches!(path, Path::Transaction) {
            // the server breaks the connection off behind the answer to one that fails, and a request that
            // followed on it would be lost
            http = http.header(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(http)
    }
}

/// The status and the headers of an answer, and its body.
type Whole = (u16, HeaderMap, reqwest::Result<Bytes>);

/// Reads the whole answer to what is sent.
async fn exchange(sent: impl Future<Output = reqwest::Result<Response>>) -> reqwest::Result<Whole> {
    let mut answer = sent.await?;
    let status = answer.status().as_u16();
    let headers = std::mem::take(answer.headers_mut());
    Ok((status, headers, body(answer).await))
}

/// The whole body of an answer. A large one comes in pieces, each of which is let go before the next one comes; where it
/// is known how long it is, nobody waits for the word that there are no more.
async fn body(mut answer: Response) -> reqwest::Result<Bytes> {
    let length = answer.content_length();
    let length = length.and_then(|length| usize::try_from(length).ok());
    let Some(first) = answer.chunk().await? else {
        return Ok(Bytes::new());
    };
    if length == Some(first.len()) {
        return Ok(first);
    }
    // what is said of it may be anything
    let mut whole = Vec::with_capacity(length.unwrap_or_default().min(MOST_AHEAD));
    whole.extend_from_slice(&first);
    drop(first);
    while length != Some(whole.len())
        && let Some(piece) = answer.chunk().await?
    {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

/// Waits for the answer to one try; a failure comes with the headers of its answer, where there is one.
async fn answer(
    sent: impl Future<Output = reqwest::Result<Response>> + Send + 'static,
    meaning: Method,
    path: Path<'_>,
    outcome: &tracing::Span,
) -> Result<Answer, (Error, HeaderMap)> {
    let failed = |error: Error| (error, HeaderMap::new());
    let whole = if matches!(path, Path::Batch | Path::Transaction) {
        // much goes out and comes back: who waits for it is woken once
        match Task::begin("a batch", exchange(sent)) {
            Ok(task) => task.await.and_then(|whole| Ok(whole?)),
            Err(error) => Err(error),
        }
    } else {
        exchange(sent).await.map_err(Error::from)
    };
    let (status, headers, body) = whole.map_err(failed)?;
    outcome.record("status", status);
    let body = body.map_err(|error| failed(error.into()))?;
    if !(200..300).contains(&status) {
        return Err((refused(status, &body, meaning.name(), path), headers));
    }
    if !is_whole(&body, meaning, path) {
        return Err((unexpected(status, &body), headers));
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// Whether an answer of success is the server's, and all of it: always JSON, an object or a list, but for the delete of
/// a file. What is not says nothing about what was done.
fn is_whole(body: &[u8], meaning: Method, path: Path<'_>) -> bool {
    match body.trim_ascii() {
        [] => matches!((meaning, path), (Method::Delete, Path::File(_))),
        [b'{', .., b'}'] | [b'[', .., b']'] => {
            // rows and batches are read to their end anyway
            meaning == Method::Get
                || matches!(path, Path::Batch | Path::Transaction)
                || std::str::from_utf8(body)
                    .is_ok_and(|text| json::read(PhantomData::<IgnoredAny>, text).is_ok())
        }
        _ => false,
    }
}

/// Reads every error shape that the server has: `{code, error}`, `{error}` without a code, `{code,
/// message}`, an `error` that is an object, and what is no JSON at all.
pub(crate) fn refused(status: u16, body: &[u8], method: &'static str, path: Path<'_>) -> Error {
    #[derive(Deserialize)]
    struct Body {
        code: Option<serde_json::Value>,
        error: Option<serde_json::Value>,
        message: Option<String>,
    }
    let shape: Option<Body> = serde_json::from_slice(body).ok();
    let Some(Body { code, error, message }) = shape else {
        return unexpected(status, body);
    };
    if code.is_none() && error.is_none() && message.is_none() {
        return unexpected(status, body);
    }
    let (text, details) = match error {
        Some(serde_json::Value::String(text)) => (Some(text), None),
        Some(serde_json::Value::Null) | None => (None, None),
        Some(object) => {
            let text = object
                .get("message")
                .or_else(|| object.get("error"))
                .and_then(|text| text.as_str());
            (text.map(Into::into), Some(object))
        }
    };
    let code = code
        .as_ref()
        .or_else(|| details.as_ref()?.get("code"))
        .and_then(serde_json::Value::as_i64);
    Error::Server(Box::new(ServerError {
        status,
        code: code.map(ErrorCode::from),
        message: text
            .or(message)
            .unwrap_or_else(|| "the server gave no reason".into()),
        details,
        method,
        path: path.to_string(),
    }))
}

/// An answer that is not Parse's, by its beginning; one about a user holds secrets, and is not repeated.
pub(crate) fn unexpected(status: u16, body: &[u8]) -> Error {
    let text = String::from_utf8_lossy(&body[..body.len().min(800)]);
    if text.contains("sessionToken") || text.contains("authData") {
        let excerpt = "(withheld: it holds a session token or auth data)".into();
        return Error::UnexpectedAnswer { status, excerpt };
    }
    let excerpt: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(200)
        .collect();
    let excerpt = if excerpt.is_empty() {
        "(empty)".into()
    } else {
        excerpt
    };
    Error::UnexpectedAnswer { status, excerpt }
}
