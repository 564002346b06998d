//! From a request to the answer that lies ready for it.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::rows::{Rows, row_of};

/// The time of everything that is written.
const NOW: &str = "2026-01-02T03:04:05.678Z";

/// What an answer of the real server carries as well.
const HEADERS: [(HeaderName, &str); 7] = [
    (HeaderName::from_static("x-powered-by"), "Express"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET,PUT,POST,DELETE,OPTIONS",
    ),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, X-Parse-Client-Version, X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, X-Parse-Request-Id, Content-Type, Pragma, Cache-Control",
    ),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "X-Parse-Job-Status-Id, X-Parse-Push-Status-Id",
    ),
    (header::CONTENT_TYPE, "application/json; charset=utf-8"),
    (header::ETAG, "W/\"61a80-Y3bkh8ZQmRzGzHq3Fj8d2Bq8wbk\""),
];

/// Answers a request.
pub(super) async fn answer(rows: &Rows, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Some(way) = Way::of(head.uri.path(), rows) else {
        return refusal(StatusCode::NOT_FOUND, 101, "no such way");
    };
    let body = match head.method {
        Method::GET => Bytes::new(),
        _ => body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default(),
    };
    // a client may send everything as a POST that says in its body what it is
    let find = match (&head.method, way.target) {
        (&Method::GET, Target::Class) => Find::of_url(head.uri.query().unwrap_or_default()),
        (&Method::POST, Target::Class | Target::Object(_)) => serde_json::from_slice(&body).ok(),
        _ => None,
    };
    let find = find.unwrap_or_default();
    let method = find.method.as_deref().unwrap_or(head.method.as_str());
    match (method, way.target) {
        ("GET", Target::Class) => match find.selected(way.rows) {
            Some((first, count)) => {
                if !way.delay.is_zero() {
                    tokio::time::sleep(way.delay).await;
                }
                success(StatusCode::OK, rows.page(first, count))
            }
            None => refusal(StatusCode::BAD_REQUEST, 102, "no find that lies ready"),
        },
        ("GET", Target::Object(row)) => match row.filter(|row| *row < way.rows) {
            Some(row) => success(StatusCode::OK, rows.one(row)),
            None => refusal(StatusCode::NOT_FOUND, 101, "Object not found."),
        },
        ("PUT", Target::Object(_)) => success(StatusCode::OK, format!(r#"{{"updatedAt":"{NOW}"}}"#).into()),
        ("POST", Target::Class) => create(rows, head.uri.path()),
        ("POST", Target::Batch) => batch(rows, &body),
        _ => refusal(StatusCode::NOT_FOUND, 101, "nothing lies ready for this"),
    }
}

/// What a path says.
struct Way {
    delay: Duration,
    rows: usize,
    target: Target,
}

#[derive(Clone, Copy, PartialEq)]
enum Target {
    Class,
    /// A row, if the id is one of a row.
    Object(Option<usize>),
    Batch,
}

impl Way {
    fn of(path: &str, rows: &Rows) -> Option<Self> {
        let (how, target) = path.split_once("/parse/")?;
        let mut way = Self {
            delay: Duration::ZERO,
            rows: rows.prepared(),
            target: Target::Batch,
        };
        for word in how.split('/').filter(|word| !word.is_empty()) {
            match word.split_once('-')? {
                ("delay", millis) => way.delay = Duration::from_millis(millis.parse().ok()?),
                ("rows", rows) => way.rows = rows.parse().ok()?,
                _ => return None,
            }
        }
        let target = target.trim_end_matches('/');
        if target != "batch" {
            way.target = match target.strip_prefix("classes/")?.split_once('/') {
                None => Target::Class,
                Some((_, id)) => Target::Object(row_of(id)),
            };
        }
        Some(way)
    }
}

/// The parameters of a find, of a URL or of a POST that stands for a GET.
#[derive(Deserialize, Default)]
struct Find {
    #[serde(rename = "_method")]
    method: Option<String>,
    #[serde(rename = "where")]
    conditions: Option<Conditions>,
    limit: Option<usize>,
    skip: Option<usize>,
}

#[derive(Deserialize)]
struct Conditions {
    #[serde(rename = "objectId")]
    id: Option<Id>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Equal(String),
    Behind {
        #[serde(rename = "$gt")]
        id: String,
    },
}

impl Find {
    fn of_url(query: &str) -> Option<Self> {
        let mut find = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let value = value.replace('+', " ");
            let value = percent_decode_str(&value).decode_utf8().ok()?;
            match name {
                "where" => find.conditions = Some(serde_json::from_str(&value).ok()?),
                "limit" => find.limit = Some(value.parse().ok()?),
                "skip" => find.skip = Some(value.parse().ok()?),
                _ => {}
            }
        }
        Some(find)
    }

    /// The first row and their number, of so many; none where the id is not one of a row.
    fn selected(&self, rows: usize) -> Option<(usize, usize)> {
        let id = self
            .conditions
            .as_ref()
            .and_then(|conditions| conditions.id.as_ref());
        let (begin, end) = match id {
            None => (0, rows),
            Some(Id::Equal(id)) => {
                let row = row_of(id)?;
                (row, (row + 1).min(rows))
            }
            Some(Id::Behind { id }) => (row_of(id)? + 1, rows),
        };
        let begin = (begin + self.skip.unwrap_or(0)).min(end);
        Some((begin, (end - begin).min(self.limit.unwrap_or(100))))
    }
}

fn create(rows: &Rows, path: &str) -> Response<Full<Bytes>> {
    let id = rows.new_id();
    let mut response = success(
        StatusCode::CREATED,
        format!(r#"{{"objectId":"{id}","createdAt":"{NOW}"}}"#).into(),
    );
    if let Ok(location) = HeaderValue::from_str(&format!("http://127.0.0.1{path}/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn batch(rows: &Rows, body: &[u8]) -> Response<Full<Bytes>> {
    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow)]
        requests: Vec<&'a RawValue>,
    }
    let Ok(Batch { requests }) = serde_json::from_slice(body) else {
        return refusal(StatusCode::BAD_REQUEST, 107, "no batch");
    };
    let mut answers = String::with_capacity(requests.len() * 90);
    for _ in requests {
        answers.push(if answers.is_empty() { '[' } else { ',' });
        // writing to a String cannot fail
        let _ = write!(
            answers,
            r#"{{"success":{{"objectId":"{}","createdAt":"{NOW}"}}}}"#,
            rows.new_id()
        );
    }
    answers.push(']');
    success(StatusCode::OK, answers.into())
}

fn success(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refusal(status: StatusCode, code: u32, error: &str) -> Response<Full<Bytes>> {
    success(status, format!(r#"{{"code":{code},"error":"{error}"}}"#).into())
}
