//! The jobs, with parse-rs. It leaves dates as texts, so its user parses them; it has no batches and no changed fields.

use std::hint::black_box;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use parse_rs::geopoint::ParseGeoPoint;
use parse_rs::types::{ParseDate, Pointer};
use parse_rs::{Parse, ParseObject, ParseQuery};
use serde::{Deserialize, Serialize};

use super::Result;

const PAGE: usize = 1_000;

#[derive(Deserialize, Serialize, Debug, Clone)]
#[serde(rename_all = "camelCase")]
struct GameScore {
    object_id: String,
    score: i64,
    player_name: String,
    cheat_mode: bool,
    skills: Vec<String>,
    location: ParseGeoPoint,
    played_at: ParseDate,
    player: Pointer,
    created_at: String,
    updated_at: String,
}

impl GameScore {
    fn dates(&self) -> Result<[DateTime<Utc>; 3]> {
        let played = self.played_at.to_datetime().map_err(|error| error.to_string())?;
        Ok([played, self.created_at.parse()?, self.updated_at.parse()?])
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewScore {
    score: i64,
    player_name: &'static str,
    cheat_mode: bool,
    skills: [&'static str; 3],
    location: ParseGeoPoint,
    played_at: ParseDate,
    player: Pointer,
}

impl NewScore {
    fn new(number: i64) -> Self {
        let part = (number % 1000) as f64 / 1000.0;
        let day = DateTime::from_timestamp_millis(1_600_000_000_000 + number * 1000).unwrap_or_default();
        Self {
            score: number,
            player_name: "Søren Plott",
            cheat_mode: number % 2 == 0,
            skills: ["pwnage", "flying", "jumping"],
            location: ParseGeoPoint::new(40.0 + part, -30.0 - part),
            played_at: ParseDate::from_datetime(day),
            player: Pointer::new("_User", "dI0lUmR2NA"),
        }
    }
}

/// Does a job so many times, and says what came of it: the same for everybody.
pub(crate) async fn run(job: &str, url: &str, number: usize) -> Result<String> {
    let client = Parse::new(url, "app", None, Some("rest"), None)?;
    match job {
        "start" => Ok(String::new()),
        "stream" => scan(&client, false).await,
        "all" => scan(&client, true).await,
        "batch" => batch(&client, number).await,
        "single" => single(&client, number).await,
        "gets" => gets(&client, number).await,
        "query" => query(url, number),
        _ => Err(format!("there is no job `{job}`").into()),
    }
}

async fn scan(client: &Parse, keep: bool) -> Result<String> {
    let (mut rows, mut sum, mut kept) = (0, 0, Vec::new());
    loop {
        let mut query = ParseQuery::new("GameScore");
        query.limit(isize::try_from(PAGE)?).skip(rows);
        let page: Vec<GameScore> = query.find(client).await?;
        rows += page.len();
        for row in &page {
            sum += row.score;
            black_box(row.dates()?);
        }
        let last = page.len() < PAGE;
        if keep {
            kept.extend(page);
        }
        if last {
            black_box(kept);
            return Ok(format!("{rows} {sum}"));
        }
    }
}

async fn batch(client: &Parse, number: usize) -> Result<String> {
    for number in 0..i64::try_from(number)? {
        client.create_object("GameScore", &NewScore::new(number)).await?;
    }
    Ok(number.to_string())
}

async fn single(client: &Parse, number: usize) -> Result<String> {
    for number in 0..i64::try_from(number)? {
        let created = client.create_object("GameScore", &NewScore::new(number)).await?;
        let mut update = ParseObject::new("GameScore");
        update.set("score", number + 1);
        client
            .update_object("GameScore", &created.object_id, &update)
            .await?;
    }
    Ok(number.to_string())
}

async fn gets(client: &Parse, number: usize) -> Result<String> {
    let query = &ParseQuery::new("GameScore");
    let get = |row: usize| async move {
        let row: GameScore = query.get(&format!("r{:09}", row * 5), client).await?;
        black_box(row.dates()?);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(row.score)
    };
    let scores = futures::stream::iter(0..number).map(get).buffer_unordered(64);
    let sum: i64 = scores
        .try_fold(0, |sum, score| async move { Ok(sum + score) })
        .await?;
    Ok(format!("{number} {sum}"))
}

fn query(url: &str, number: usize) -> Result<String> {
    let day = DateTime::from_timestamp_millis(1_600_000_000_000).unwrap_or_default();
    let (day, player) = (ParseDate::from_datetime(day), Pointer::new("_User", "dI0lUmR2NA"));
    for score in 0..i64::try_from(number)? {
        let mut query = ParseQuery::new("GameScore");
        query
            .greater_than_or_equal_to("score", score)
            .equal_to("cheatMode", false)
            .contained_in("playerName", vec!["Sean Plott", "Anna Smith"])
            .greater_than("playedAt", &day)
            .equal_to("player", &player)
            .equal_to("skills", "flying")
            .order_by_descending("score")
            .limit(100);
        // as its own requests do
        let mut address = url::Url::parse(url)?.join("/parse/classes/GameScore")?;
        for (name, value) in &query.build_query_params() {
            address.query_pairs_mut().append_pair(name, value);
        }
        black_box(address);
    }
    Ok(number.to_string())
}
