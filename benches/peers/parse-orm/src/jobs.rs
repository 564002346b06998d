//! The jobs, with parse-orm.

use std::hint::black_box;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parse_orm::internals::{address, changes};
use parse_orm::prelude::*;

use super::Result;

/// Rows of a page, where the consumer of the overlapping scan works.
const PAGE: usize = 1_000;

/// What it works: it waits for a timer, and takes no processor time.
pub(crate) const WORK: Duration = Duration::from_millis(20);

/// The user of a score.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_User")]
pub(crate) struct Player {
    pub(crate) username: String,
}

/// One finished game.
#[derive(ParseObject, Debug, Clone)]
pub(crate) struct GameScore {
    pub(crate) score: i64,
    pub(crate) player_name: String,
    pub(crate) cheat_mode: bool,
    pub(crate) skills: Vec<String>,
    pub(crate) location: GeoPoint,
    pub(crate) played_at: DateTime<Utc>,
    pub(crate) player: Pointer<Player>,
}

impl GameScore {
    fn new(number: i64) -> Result<Self> {
        let part = (number % 1000) as f64 / 1000.0;
        Ok(Self {
            score: number,
            player_name: "Søren Plott".into(),
            cheat_mode: number % 2 == 0,
            skills: vec!["pwnage".into(), "flying".into(), "jumping".into()],
            location: GeoPoint::new(40.0 + part, -30.0 - part)?,
            played_at: DateTime::from_timestamp_millis(1_600_000_000_000 + number * 1000).unwrap_or_default(),
            player: Pointer::to("dI0lUmR2NA"),
        })
    }
}

/// An object with ten fields.
#[derive(ParseObject, Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) score: i64,
    pub(crate) player_name: String,
    pub(crate) cheat_mode: bool,
    pub(crate) level: i32,
    pub(crate) ratio: f64,
    pub(crate) title: Option<String>,
    pub(crate) played_at: Option<DateTime<Utc>>,
    pub(crate) skills: Vec<String>,
    pub(crate) note: String,
    pub(crate) active: bool,
}

/// Does a job so many times, and says what came of it: the same for everybody.
pub(crate) async fn run(job: &str, url: &str, number: usize) -> Result<String> {
    let client = client(url)?;
    match job {
        "start" => Ok(String::new()),
        "stream" => stream(&client, None).await,
        "overlap" => stream(&client, Some(WORK)).await,
        "all" => all(&client).await,
        "batch" => batch(&client, number).await,
        "single" => single(&client, number).await,
        "gets" => gets(&client, number).await,
        "query" => query(&client, number),
        "diff" => diff(&client, number).await,
        _ => Err(format!("there is no job `{job}`").into()),
    }
}

pub(crate) fn client(url: &str) -> Result<Client> {
    Ok(Client::builder(url).app_id("app").rest_key("rest").build()?)
}

async fn stream(client: &Client, work: Option<Duration>) -> Result<String> {
    let mut rows = GameScore::objects().stream(client);
    let (mut number, mut sum) = (0, 0);
    while let Some(row) = rows.try_next().await? {
        number += 1;
        sum += row.score;
        if let Some(work) = work.filter(|_| number % PAGE == 0) {
            tokio::time::sleep(work).await;
        }
    }
    Ok(format!("{number} {sum}"))
}

async fn all(client: &Client) -> Result<String> {
    let rows = GameScore::objects().all(client).await?;
    let sum: i64 = rows.iter().map(|row| row.score).sum();
    Ok(format!("{} {sum}", rows.len()))
}

/// Batch by batch, and nothing kept, as the reference does.
async fn batch(client: &Client, number: usize) -> Result<String> {
    let mut created = 0;
    let number = i64::try_from(number)?;
    for first in (0..number).step_by(50) {
        let scores = (first..number.min(first + 50)).map(GameScore::new);
        let scores = scores.collect::<Result<Vec<_>>>()?;
        created += client.create_all(&scores).await.into_result()?.len();
    }
    Ok(created.to_string())
}

async fn single(client: &Client, number: usize) -> Result<String> {
    for number in 0..i64::try_from(number)? {
        let mut score = GameScore::new(number)?.create(client).await?;
        score.score = number + 1;
        score.save(client).await?;
    }
    Ok(number.to_string())
}

async fn gets(client: &Client, number: usize) -> Result<String> {
    let get = |row: usize| async move {
        let row = GameScore::get(client, format!("r{:09}", row * 5)).await?;
        Ok::<_, Error>(row.score)
    };
    let scores = futures::stream::iter(0..number).map(get).buffer_unordered(64);
    let sum: i64 = scores
        .try_fold(0, |sum, score| async move { Ok(sum + score) })
        .await?;
    Ok(format!("{number} {sum}"))
}

/// The address of one find.
pub(crate) fn query_url(
    client: &Client,
    score: i64,
    day: DateTime<Utc>,
    player: &Pointer<Player>,
) -> Result<String> {
    let query = query!(
        GameScore
            .filter(
                score__gte = score,
                cheat_mode = false,
                player_name__in = ["Sean Plott", "Anna Smith"],
                played_at__gt = day,
                player = player,
                skills = "flying"
            )
            .order_by(-score)
            .limit(100)
    );
    Ok(address(client, &query)?)
}

fn query(client: &Client, number: usize) -> Result<String> {
    let day = DateTime::from_timestamp_millis(1_600_000_000_000).unwrap_or_default();
    let player = Pointer::to("dI0lUmR2NA");
    for score in 0..i64::try_from(number)? {
        black_box(query_url(client, score, day, &player)?);
    }
    Ok(number.to_string())
}

async fn diff(client: &Client, number: usize) -> Result<String> {
    let profile = Profile {
        score: 0,
        player_name: "Søren Plott".into(),
        cheat_mode: false,
        level: 3,
        ratio: 0.75,
        title: Some("Captain".into()),
        played_at: None,
        skills: vec!["pwnage".into(), "flying".into(), "jumping".into()],
        note: "nothing to say".into(),
        active: true,
    };
    let mut profile = profile.create(client).await?;
    let mut bytes = 0;
    for score in 1..=i64::try_from(number)? {
        profile.score = score;
        profile.note = "something to say".into();
        profile.played_at = DateTime::from_timestamp_millis(1_600_000_000_000 + score * 1000);
        let body = changes(&profile)?;
        bytes += black_box(body).map_or(0, |body| body.len());
        profile.revert();
    }
    Ok(bytes.to_string())
}
