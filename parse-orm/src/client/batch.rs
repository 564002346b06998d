//! Several requests in one: `POST /batch`. Untyped; what they mean is the caller's.
//!
//! The server runs the requests of a batch side by side and answers in their order. One that it refuses does
//! not stop the others, unless all of them are one transaction.

use super::{Call, Client, Method, Path, refused, unexpected};
use crate::json::{self, Raw};
use crate::{Error, Result};
use bytes::Bytes;
use serde::Deserialize;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a request of its own is answered where the server fails.
const FAILED: &[u8] = br#"{"code":1,"error":"Internal server error."}"#;

/// One request of a batch.
pub(crate) struct Item<'a> {
    pub(crate) method: Method,
    pub(crate) path: Path<'a>,
    /// JSON.
    pub(crate) body: Option<&'a [u8]>,
}

/// How the requests of a batch depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not at all: each is done or refused on its own.
    Independent,
    /// All of them are done, or none. The server says no more about a failure than status 500 with code 1.
    Transaction,
}

/// Sends the requests in one, and returns the body of each answer, or why it was refused.
///
/// `Err` is about the batch as a whole. It does not say that nothing was done.
pub(crate) async fn send(client: &Client, items: &[Item<'_>], kind: Kind) -> Result<Vec<Result<Bytes>>> {
    let body = Some(body(client.mount_path(), items, kind)?);
    let bytes = client
        .request(Call {
            method: Method::Post,
            path: match kind {
                Kind::Independent => Path::Batch,
                Kind::Transaction => Path::Transaction,
            },
            body,
        })
        .await?;
    answers(&bytes, items)
}

pub(crate) fn body(mount: &str, items: &[Item<'_>], kind: Kind) -> Result<Vec<u8>> {
    /// What a request has beside its body, of most classes.
    const BESIDE: usize = 100;
    let size = |item: &Item<'_>| item.body.map_or(0, <[u8]>::len) + BESIDE;
    // the server routes by the whole path, with its own mount path at the beginning
    let mount =
        serde_json::to_string(mount).map_err(|error| Error::invalid("batch", None, error.to_string()))?;
    let mount = mount.strip_prefix('"').and_then(|mount| mount.strip_suffix('"'));
    let mount = mount.unwrap_or_default().as_bytes();
    let mut json = Vec::with_capacity(BESIDE + items.iter().map(size).sum::<usize>());
    json.extend_from_slice(br#"{"requests":["#);
    for (number, item) in items.iter().enumerate() {
        let comma: &[u8] = if number == 0 { b"" } else { b"," };
        let method = item.method.name().as_bytes();
        for part in [comma, br#"{"method":""#, method, br#"","path":""#, mount] {
            json.extend_from_slice(part);
        }
        // escaped for a URL, it has nothing left that JSON would escape
        item.path
            .spell(&mut |part| json.extend_from_slice(part.as_bytes()));
        json.push(b'"');
        if let Some(body) = item.body {
            json.extend_from_slice(br#","body":"#);
            json.extend_from_slice(body);
        }
        json.push(b'}');
    }
    json.push(b']');
    if kind == Kind::Transaction {
        json.extend_from_slice(br#","transaction":true"#);
    }
    json.push(b'}');
    Ok(json)
}

pub(crate) fn answers(bytes: &Bytes, items: &[Item<'_>]) -> Result<Vec<Result<Bytes>>> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        success: Option<Raw<'a>>,
        #[serde(borrow)]
        error: Option<Raw<'a>>,
    }
    let text = std::str::from_utf8(bytes).map_err(|_| unexpected(200, bytes))?;
    let read = json::read(PhantomData::<Vec<Answer<'_>>>, text);
    let answers = read.map_err(|_| unexpected(200, bytes))?;
    if answers.len() != items.len() {
        let excerpt = format!(
            "a batch of {} requests has {} answers",
            items.len(),
            answers.len()
        );
        return Err(Error::UnexpectedAnswer { status: 200, excerpt });
    }
    let outcome = |(item, answer): (&Item<'_>, &Answer<'_>)| match (answer.error, answer.success) {
        // a failure of the database, which has a code and a text only outside of a batch
        (Some(Raw("{}")), _) => Err(refused(200, FAILED, item.method.name(), item.path)),
        (Some(Raw(error)), _) => Err(refused(200, error.as_bytes(), item.method.name(), item.path)),
        (None, Some(Raw(success))) => Ok(bytes.slice_ref(success.as_bytes())),
        (None, None) => Err(unexpected(200, b"neither success nor error")),
    };
    Ok(items.iter().zip(&answers).map(outcome).collect())
}

/// What the failure of a whole request means for each object that was part of it.
pub(crate) fn each(cause: &Arc<Error>) -> Error {
    if nothing_done(cause) {
        Error::Untouched(cause.clone())
    } else {
        Error::InDoubt(cause.clone())
    }
}

/// True where the failure of a whole request means that the server did nothing: it was not reached, or it
/// refused the request as such, for its keys or its size.
pub(crate) fn nothing_done(cause: &Error) -> bool {
    match cause {
        Error::Server(refused) => (400..500).contains(&refused.status),
        // a proxy's own page: not 408 and 499, which come when the server may be at it
        Error::UnexpectedAnswer { status, .. } => {
            matches!(status, 400 | 401 | 403 | 404 | 411 | 413 | 414 | 431)
        }
        Error::Connection(failed) => failed.is_connect() || failed.is_builder(),
        Error::Deadline(late) => !late.sent,
        Error::Invalid(_) | Error::Config(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn row_36_paths_carry_the_mount_path() {
        let change = br#"{"score":1}"#;
        let items = [
            Item {
                method: Method::Put,
                path: Path::Object("GameScore", "a/1"),
                body: Some(change),
            },
            Item {
                method: Method::Delete,
                path: Path::Object("GameScore", "b2"),
                body: None,
            },
        ];
        let wire = |mount| {
            let body = body(mount, &items, Kind::Independent).unwrap();
            serde_json::from_slice::<Value>(&body).unwrap()
        };
        assert_eq!(
            wire("/a/b"),
            json!({"requests": [
                {"method": "PUT", "path": "/a/b/classes/GameScore/a%2F1", "body": {"score": 1}},
                {"method": "DELETE", "path": "/a/b/classes/GameScore/b2"},
            ]})
        );
        assert_eq!(wire("")["requests"][1]["path"], "/classes/GameScore/b2");
        let transaction = body("", &items, Kind::Transaction).unwrap();
        assert!(transaction.ends_with(br#","transaction":true}"#));
    }

    #[test]
    fn row_5_each_answer_is_its_requests_own() {
        let item = |id| Item {
            method: Method::Delete,
            path: Path::Object("GameScore", id),
            body: None,
        };
        let items = [item("a"), item("b"), item("c"), item("d")];
        let bytes = &Bytes::from_static(br#"[{"success":{"x":1}},{"error":{"code":101,"error":"Object not found."}},{"error":"?"},{"error":{}}]"#);
        let outcomes = answers(bytes, &items).unwrap();
        assert_eq!(outcomes[0].as_ref().unwrap(), r#"{"x":1}"#);
        let refused = outcomes[1].as_ref().unwrap_err();
        assert!(
            refused.is_not_found() && refused.to_string().contains("/classes/GameScore/b"),
            "{refused}"
        );
        assert!(matches!(outcomes[2], Err(Error::UnexpectedAnswer { .. })));
        let failed = outcomes[3].as_ref().unwrap_err();
        assert_eq!(failed.code(), Some(crate::ErrorCode::InternalServerError));
    }

    #[test]
    fn answers_that_do_not_fit_the_requests_are_not_assigned_to_any() {
        let items = [Item {
            method: Method::Delete,
            path: Path::Object("A", "b"),
            body: None,
        }];
        for bytes in [
            &b"[]"[..],
            b"{}",
            b"<html>",
            br#"[{"success":{}},{"success":{}}]"#,
        ] {
            assert!(matches!(
                answers(&Bytes::from_static(bytes), &items),
                Err(Error::UnexpectedAnswer { .. })
            ));
        }
    }
}
