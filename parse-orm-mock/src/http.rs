//! The layers in front of the rooms: sizes, body, method override, keys, and writing the answer.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::cloud::Info;
use crate::faults::Fault;
use crate::idempotency;
use crate::json_error;
use crate::keys::authenticate;
use crate::live;
use crate::refusal::Refusal;
use crate::rooms::files::{self, FileAnswer, FileCall};
use crate::rooms::pages::{Page, PageCall};
use crate::rooms::{self, Answer, Call};
use crate::state::{RecordedRequest, State};

/// `maxUploadSize`.
const BODY_LIMIT: usize = 20 * 1024 * 1024;
/// No path of Parse, and not below the mount.
const RESET: &str = "/__reset";
/// What Node accepts as the head of a request.
const HEAD_LIMIT: usize = 16 * 1024;

/// The HTTP service of a server.
pub(crate) fn service(state: Arc<State>) -> Router {
    let answer = |extract::State(state), request| enter(state, request);
    Router::new().fallback(answer).with_state(state)
}

/// Answers a request.
pub(crate) async fn enter(state: Arc<State>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if state.options.reset_route && parts.uri.path() == RESET {
        reset(&state, &parts.method)
    } else if live::is_upgrade(&parts) {
        upgrade(state, parts).await
    } else {
        handle(state, parts, body).await
    }
}

async fn handle(state: Arc<State>, parts: Parts, body: Body) -> Response<Body> {
    let path = parts.uri.path().to_owned();
    let refuse = |refusal: &Refusal, method: &str| write_refusal(refusal, method, &path);
    if head_size(&parts.uri, &parts.headers) > HEAD_LIMIT {
        return refuse(&Refusal::headers_too_large(), "");
    }
    let Some(below) = below_mount(&path, &state.options.mount) else {
        return refuse(&Refusal::no_route(), parts.method.as_str());
    };
    if parts.method == Method::OPTIONS {
        return preflight();
    }
    let segments: Vec<String> = below
        .split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect();
    if segments.first().is_some_and(|first| first == "health") {
        return health(&state, &parts, below).await;
    }
    if let Some((first, file)) = segments.split_first()
        && first == "files"
    {
        return files(&state, &parts, below, file, body).await;
    }
    let Ok(bytes) = to_bytes(body, BODY_LIMIT).await else {
        return refuse(&Refusal::bare(413, "request entity too large"), "");
    };
    let wire_method = parts.method.as_str();
    let query = read_pairs(parts.uri.query().unwrap_or_default());
    let mut body = match read_body(&parts.headers, &bytes) {
        Ok(body) => body,
        Err(refusal) => return refuse(&refusal, ""),
    };
    if let Some((first, page)) = segments.split_first()
        && first == "apps"
    {
        let page = rooms::pages::enter(&PageCall {
            state: &state,
            method: wire_method,
            segments: page,
            query: &query,
            body,
            by_program: parts.headers.contains_key("x-requested-with"),
        });
        return page.map_or_else(|refusal| refuse(&refusal, wire_method), write_page);
    }
    let info = match Info::read(&parts.headers, body.as_ref()) {
        Ok(info) => info,
        Err(refusal) => return refuse(&refusal, ""),
    };
    let method = take_override(wire_method, body.as_mut()).unwrap_or_else(|| wire_method.to_owned());
    let auth = authenticate(
        &state.options,
        &parts.headers,
        body.as_mut().and_then(Value::as_object_mut),
    );
    let fault = state.record(RecordedRequest {
        method: method.clone(),
        wire_method: wire_method.to_owned(),
        path: below.to_owned(),
        query: query.clone(),
        headers: headers(&parts.headers),
        body: body.clone(),
    });
    if let Some(response) = fault.as_ref().and_then(Fault::instead) {
        return response;
    }
    let auth = auth.and_then(|auth| match (method.as_str(), below.trim_end_matches('/')) {
        // A log-in asks for no session, and this room looks at the token itself.
        (_, "/login") => Ok(auth.without_session()),
        ("GET", "/sessions/me") => Ok(auth),
        _ => auth.identified(&state),
    });
    let auth = match auth {
        Ok(auth) => auth,
        Err(refusal) => return spoil(fault, refuse(&refusal, &method)).await,
    };
    if let Err(refusal) = idempotency::admit(&state, &parts.headers, &method, &segments) {
        return spoil(fault, refuse(&refusal, &method)).await;
    }
    let mut call = Call {
        state: &state,
        auth: &auth,
        info: &info,
        method: &method,
        segments,
        query: &query,
        body,
    };
    let response = match rooms::route(&mut call).await {
        Some(Ok(answer)) => write_answer(answer),
        Some(Err(refusal)) => {
            state.errors().refused(&refusal);
            refuse(&refusal, &method)
        }
        None => refuse(&Refusal::no_route(), &method),
    };
    spoil(fault, response).await
}

/// A LiveQuery client. Not remembered among the requests, but faults meet it.
async fn upgrade(state: Arc<State>, parts: Parts) -> Response<Body> {
    let path = parts.uri.path();
    let path = below_mount(path, &state.options.mount).unwrap_or(path).to_owned();
    let fault = state.faults().meet(&plain_request(&parts, &path));
    match fault.as_ref().and_then(Fault::instead) {
        Some(response) => response,
        None => spoil(fault, live::upgrade(state, parts).await).await,
    }
}

/// Below `/files` the body is read by the room, piece by piece.
async fn files(state: &State, parts: &Parts, below: &str, segments: &[String], body: Body) -> Response<Body> {
    let method = parts.method.as_str();
    let fault = state.record(RecordedRequest {
        method: method.to_owned(),
        wire_method: method.to_owned(),
        path: below.to_owned(),
        query: read_pairs(parts.uri.query().unwrap_or_default()),
        headers: headers(&parts.headers),
        body: None,
    });
    if let Some(response) = fault.as_ref().and_then(Fault::instead) {
        files::drain(body).await;
        return response;
    }
    let call = FileCall {
        state,
        method,
        segments,
        headers: &parts.headers,
    };
    let response = match files::enter(&call, body).await {
        Ok(answer) => write_file(answer),
        Err(refusal) => write_refusal(&refusal, method, parts.uri.path()),
    };
    spoil(fault, response).await
}

/// For tests in other programs, when the server was told to allow it.
fn reset(state: &State, method: &Method) -> Response<Body> {
    if *method == Method::OPTIONS {
        return preflight();
    }
    if *method != Method::POST {
        return write_refusal(&Refusal::no_route(), method.as_str(), RESET);
    }
    state.reset();
    write_answer(Answer::ok(Value::Object(Map::new())))
}

/// Not remembered among the requests: what looks after a server asks all the time.
async fn health(state: &State, parts: &Parts, below: &str) -> Response<Body> {
    let fault = state.faults().meet(&plain_request(parts, below));
    match fault.as_ref().and_then(Fault::instead) {
        Some(response) => response,
        None => spoil(fault, write_answer(rooms::health())).await,
    }
}

/// A request of which nobody reads more than its head.
fn plain_request(parts: &Parts, below: &str) -> RecordedRequest {
    RecordedRequest {
        method: parts.method.as_str().to_owned(),
        wire_method: parts.method.as_str().to_owned(),
        path: below.to_owned(),
        query: Vec::new(),
        headers: headers(&parts.headers),
        body: None,
    }
}

async fn spoil(fault: Option<Fault>, response: Response<Body>) -> Response<Body> {
    match fault {
        Some(fault) => fault.spoil(response).await,
        None => response,
    }
}

fn head_size(uri: &Uri, headers: &HeaderMap) -> usize {
    let line = uri.path_and_query().map_or(0, |target| target.as_str().len());
    // Four bytes: colon, space and the line break.
    line + headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum::<usize>()
}

/// The path below the mount; it is empty or begins with a slash.
fn below_mount<'a>(path: &'a str, mount: &str) -> Option<&'a str> {
    path.strip_prefix(mount)
        .filter(|below| below.is_empty() || below.starts_with('/'))
}

fn decode(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn read_pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| decode(&part.replace('+', " "));
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

/// Whatever its content type says, a body is JSON, unless it is a form.
fn read_body(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let pairs = read_pairs(&String::from_utf8_lossy(bytes));
        let map: Map<String, Value> = pairs
            .into_iter()
            .map(|(key, value)| (key, Value::String(value)))
            .collect();
        return Ok(Some(Value::Object(map)));
    }
    json_error::read(bytes).map(Some)
}

/// The method that a POST asks for in its body.
fn take_override(wire_method: &str, body: Option<&mut Value>) -> Option<String> {
    if wire_method != "POST" {
        return None;
    }
    match body?.as_object_mut()?.shift_remove("_method") {
        Some(Value::String(method)) if !method.is_empty() => Some(method.to_uppercase()),
        _ => None,
    }
}

fn write_page(page: Page) -> Response<Body> {
    match page {
        Page::Html(text) => respond(200, "text/html; charset=utf-8", text.into_bytes()),
        Page::Json(value) => write_answer(Answer::ok(value)),
    }
}

fn write_answer(answer: Answer) -> Response<Body> {
    let mut response = respond(
        answer.status,
        "application/json; charset=utf-8",
        serde_json::to_vec(&answer.body).unwrap_or_default(),
    );
    if let Some(location) = answer
        .location
        .and_then(|location| HeaderValue::from_str(&location).ok())
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if let Some((name, id)) = answer.status_id
        && let Ok(id) = HeaderValue::from_str(&id)
    {
        response.headers_mut().insert(HeaderName::from_static(name), id);
    }
    response
}

fn write_file(answer: FileAnswer) -> Response<Body> {
    match answer {
        FileAnswer::Json(answer) => write_answer(answer),
        FileAnswer::Missing => respond(404, "text/plain; charset=utf-8", b"File not found.".to_vec()),
        FileAnswer::Deleted => {
            let mut response = respond(200, "text/plain", Vec::new());
            response.headers_mut().remove(header::CONTENT_TYPE);
            response
        }
        FileAnswer::Contents(served) => {
            let status = if served.range.is_some() { 206 } else { 200 };
            let mut response = respond(status, "application/octet-stream", Vec::new());
            *response.body_mut() = served.body;
            let headers = response.headers_mut();
            if let Ok(kind) = HeaderValue::from_str(&served.content_type) {
                headers.insert(header::CONTENT_TYPE, kind);
            }
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(served.length));
            headers.insert(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            );
            if let Some(range) = served.range.and_then(|range| HeaderValue::from_str(&range).ok()) {
                headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
                headers.insert(header::CONTENT_RANGE, range);
            }
            response
        }
    }
}

fn write_refusal(refusal: &Refusal, method: &str, path: &str) -> Response<Body> {
    let (kind, body) = refusal.body(method, path);
    respond(refusal.status, kind, body)
}

fn respond(status: u16, kind: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in CROSS_ORIGIN {
        headers.insert(name, value);
    }
    response
}

/// What every answer says to browsers. The JavaScript client asks elsewhere, too, which headers it may look at.
const CROSS_ORIGIN: [(HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET,PUT,POST,DELETE,OPTIONS"),
    ),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, \
             X-Parse-Client-Version, X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, \
             X-Parse-Request-Id, Content-Type, Pragma, Cache-Control",
        ),
    ),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("X-Parse-Job-Status-Id, X-Parse-Push-Status-Id"),
    ),
];

fn preflight() -> Response<Body> {
    respond(200, "text/plain; charset=utf-8", b"OK".to_vec())
}
