//! The jobs of the client's benchmark, with small numbers: whoever does one comes to the same.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;

use chrono::DateTime;
use parse_orm::Pointer;
use parse_orm_benches::Canned;
use serde_json::Value;
use tokio::net::TcpListener;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[path = "../peers/reference/src"]
#[allow(clippy::pedantic, reason = "a program of its own")]
mod reference {
    pub(crate) mod jobs;
    mod model;
    use super::Result;
}

#[path = "../peers/parse-orm/src"]
#[allow(clippy::pedantic, reason = "a program of its own")]
mod with_parse_orm {
    pub(crate) mod jobs;
    use super::Result;
}

const ROWS: usize = 2_000;

async fn canned() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Canned::prepare(ROWS).serve(listener));
    address
}

/// What both come to.
async fn both(job: &str, url: &str, number: usize) -> String {
    let by_hand = reference::jobs::run(job, url, number).await.unwrap();
    let ours = with_parse_orm::jobs::run(job, url, number).await.unwrap();
    assert_eq!(by_hand, ours, "{job}");
    ours
}

fn sum(rows: impl Iterator<Item = usize>) -> usize {
    rows.map(|row| row % ROWS * 7 % 10_000).sum()
}

#[tokio::test]
async fn reads_see_every_row() {
    let origin = format!("http://{}", canned().await);
    let url = format!("{origin}/parse");
    for job in ["stream", "all"] {
        assert_eq!(both(job, &url, 1).await, format!("{ROWS} {}", sum(0..ROWS)));
        let more = format!("{origin}/rows-5000/parse");
        assert_eq!(both(job, &more, 1).await, format!("5000 {}", sum(0..5_000)));
    }
    let slow = format!("{origin}/rows-1000/delay-1/parse");
    assert_eq!(both("overlap", &slow, 1).await, format!("1000 {}", sum(0..1_000)));
    let some = sum((0..100).map(|row| row * 5));
    assert_eq!(both("gets", &url, 100).await, format!("100 {some}"));
}

#[tokio::test]
async fn writes_are_all_answered() {
    let url = format!("http://{}/parse", canned().await);
    assert_eq!(both("batch", &url, 120).await, "120");
    assert_eq!(both("single", &url, 3).await, "3");
    assert_eq!(both("start", &url, 1).await, "");
}

#[tokio::test]
async fn both_find_and_encode_the_same_changes() {
    let url = format!("http://{}/parse", canned().await);
    let bytes: usize = both("diff", &url, 10).await.parse().unwrap();
    assert!(bytes > 10 * "{}".len());
}

#[tokio::test]
async fn both_ask_for_the_same_rows() {
    let url = "http://127.0.0.1:1/parse";
    assert_eq!(both("query", url, 3).await, "3");
    let day = DateTime::from_timestamp_millis(1_600_000_000_000).unwrap();
    let client = with_parse_orm::jobs::client(url).unwrap();
    let ours = with_parse_orm::jobs::query_url(&client, 7, day, &Pointer::to("dI0lUmR2NA")).unwrap();
    assert_eq!(
        asked(&ours),
        asked(&reference::jobs::query_url(&format!("{url}/classes/GameScore"), 7, day).unwrap())
    );
}

/// An address, with its parameters as values.
fn asked(url: &str) -> (String, BTreeMap<String, Value>) {
    let url = url::Url::parse(url).unwrap();
    let parameters = url.query_pairs().map(|(name, text)| {
        let value = serde_json::from_str(&text).unwrap_or_else(|_| text.into_owned().into());
        (name.into_owned(), value)
    });
    (url.path().to_owned(), parameters.collect())
}
