//! The jobs, by hand.

use std::hint::black_box;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::Result;
use super::model::{
    Batch, BatchAnswer, BatchRequest, Created, GameScore, Page, Profile, Updated, date, new_score,
};

/// Rows of a page.
const PAGE: usize = 1_000;

/// What the consumer of the overlapping scan works on each page: it waits for a timer, and takes no processor time.
pub(crate) const WORK: Duration = Duration::from_millis(20);

fn client() -> Result<Client> {
    // as an application does that brings the provider along
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    headers.insert("X-Parse-Application-Id", HeaderValue::from_static("app"));
    headers.insert("X-Parse-REST-API-Key", HeaderValue::from_static("rest"));
    Ok(Client::builder().default_headers(headers).build()?)
}

/// Does a job so many times, and says what came of it: the same for everybody.
pub(crate) async fn run(job: &str, url: &str, number: usize) -> Result<String> {
    let client = client()?;
    match job {
        "start" => Ok(String::new()),
        "stream" => scan(&client, url, None).await,
        "overlap" => scan(&client, url, Some(WORK)).await,
        "all" => all(&client, url).await,
        "batch" => batch(&client, url, number).await,
        "single" => single(&client, url, number).await,
        "gets" => gets(&client, url, number).await,
        "query" => query(url, number),
        "diff" => diff(number),
        _ => Err(format!("there is no job `{job}`").into()),
    }
}

async fn page(client: &Client, url: &str, skip: usize) -> Result<Vec<GameScore>> {
    let request = client
        .get(format!("{url}/classes/GameScore"))
        .query(&[("limit", PAGE), ("skip", skip)]);
    let page: Page<GameScore> = request.send().await?.error_for_status()?.json().await?;
    Ok(page.results)
}

async fn scan(client: &Client, url: &str, work: Option<Duration>) -> Result<String> {
    let (mut rows, mut sum) = (0, 0);
    loop {
        let page = page(client, url, rows).await?;
        rows += page.len();
        for row in &page {
            sum += row.score;
        }
        if page.len() < PAGE {
            return Ok(format!("{rows} {sum}"));
        }
        if let Some(work) = work {
            tokio::time::sleep(work).await;
        }
    }
}

async fn all(client: &Client, url: &str) -> Result<String> {
    let mut all: Vec<GameScore> = Vec::new();
    loop {
        let page = page(client, url, all.len()).await?;
        let last = page.len() < PAGE;
        all.extend(page);
        if last {
            break;
        }
    }
    let sum: i64 = all.iter().map(|row| row.score).sum();
    Ok(format!("{} {sum}", all.len()))
}

async fn batch(client: &Client, url: &str, number: usize) -> Result<String> {
    let mut created = 0;
    let number = i64::try_from(number)?;
    for first in (0..number).step_by(50) {
        let request = |number| BatchRequest {
            method: "POST",
            path: "/parse/classes/GameScore",
            body: new_score(number),
        };
        let batch = Batch {
            requests: (first..number.min(first + 50)).map(request).collect(),
        };
        let request = client.post(format!("{url}/batch")).json(&batch);
        let answers: Vec<BatchAnswer> = request.send().await?.error_for_status()?.json().await?;
        let stored = |answer: &&BatchAnswer| matches!(answer, BatchAnswer::Success(_));
        created += answers.iter().filter(stored).count();
    }
    Ok(created.to_string())
}

async fn single(client: &Client, url: &str, number: usize) -> Result<String> {
    for number in 0..i64::try_from(number)? {
        let create = client
            .post(format!("{url}/classes/GameScore"))
            .json(&new_score(number));
        let created: Created = create.send().await?.error_for_status()?.json().await?;
        let update = client
            .put(format!("{url}/classes/GameScore/{}", created.object_id))
            .json(&json!({"score": number + 1}));
        let _: Updated = update.send().await?.error_for_status()?.json().await?;
    }
    Ok(number.to_string())
}

async fn gets(client: &Client, url: &str, number: usize) -> Result<String> {
    let get = |row: usize| async move {
        let request = client.get(format!("{url}/classes/GameScore/r{:09}", row * 5));
        let row: GameScore = request.send().await?.error_for_status()?.json().await?;
        Ok::<_, reqwest::Error>(row.score)
    };
    let scores = futures::stream::iter(0..number).map(get).buffer_unordered(64);
    let sum: i64 = scores
        .try_fold(0, |sum, score| async move { Ok(sum + score) })
        .await?;
    Ok(format!("{number} {sum}"))
}

/// The address of one find in a class.
pub(crate) fn query_url(class: &str, score: i64, day: DateTime<Utc>) -> Result<String> {
    let conditions = json!({
        "score": {"$gte": score},
        "cheatMode": false,
        "playerName": {"$in": ["Sean Plott", "Anna Smith"]},
        "playedAt": {"$gt": date(&day)},
        "player": {"__type": "Pointer", "className": "_User", "objectId": "dI0lUmR2NA"},
        "skills": "flying",
    });
    let mut address = url::Url::parse(class)?;
    address
        .query_pairs_mut()
        .append_pair("where", &conditions.to_string())
        .append_pair("order", "-score")
        .append_pair("limit", "100");
    Ok(address.into())
}

fn query(url: &str, number: usize) -> Result<String> {
    let day = DateTime::from_timestamp_millis(1_600_000_000_000).unwrap_or_default();
    let class = format!("{url}/classes/GameScore");
    for score in 0..i64::try_from(number)? {
        black_box(query_url(&class, score, day)?);
    }
    Ok(number.to_string())
}

fn diff(number: usize) -> Result<String> {
    let mut profile = Profile::new();
    let mut bytes = 0;
    for score in 1..=i64::try_from(number)? {
        let held = profile.clone();
        profile.score = score;
        profile.note = "something to say".into();
        profile.played_at = DateTime::from_timestamp_millis(1_600_000_000_000 + score * 1000);
        let body = serde_json::to_string(&profile.changes(&held))?;
        bytes += black_box(body).len();
        profile = held;
    }
    Ok(bytes.to_string())
}
