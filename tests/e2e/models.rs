//! The models that most of the tests share. `run` marks the rows of one test.

use crate::backend::Backend;
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eTeam")]
pub struct Team {
    pub run: String,
    pub name: String,
    pub city: Option<String>,
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2ePlayer")]
pub struct Player {
    pub run: String,
    pub name: String,
    pub rank: Option<i64>,
    pub team: Option<Pointer<Team>>,
}

#[derive(ParseValue, Debug, Clone, Copy, PartialEq)]
#[parse(rename_all = "lowercase")]
pub enum Level {
    Easy,
    Hard,
}

#[derive(ParseValue, Debug, Clone, PartialEq)]
pub struct Venue {
    pub city: String,
    pub street_name: Option<String>,
    pub seats: i64,
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eGame")]
pub struct Game {
    pub run: String,
    pub score: i64,
    pub player_name: String,
    pub cheat_mode: bool,
    #[parse(default)]
    pub skills: Vec<String>,
    pub played_at: Option<DateTime<Utc>>,
    pub rating: Option<f64>,
    pub nickname: Option<String>,
    pub level: Option<Level>,
    pub venue: Option<Venue>,
    pub player: Option<Pointer<Player>>,
    pub opponents: Relation<Player>,
}

/// A team, a player and a game of one run, to be completed by `..`.
pub fn team(run: &str, name: &str) -> Team {
    Team {
        run: run.into(),
        name: name.into(),
        city: None,
    }
}

pub fn player(run: &str, name: &str) -> Player {
    Player {
        run: run.into(),
        name: name.into(),
        rank: None,
        team: None,
    }
}

pub fn game(run: &str, player_name: &str, score: i64) -> Game {
    Game {
        run: run.into(),
        score,
        player_name: player_name.into(),
        cheat_mode: false,
        skills: Vec::new(),
        played_at: None,
        rating: None,
        nickname: None,
        level: None,
        venue: None,
        player: None,
        opponents: Relation::new(),
    }
}

/// Stores these, in this order.
pub async fn store<T: ParseObject>(
    backend: &Backend,
    values: impl IntoIterator<Item = T>,
) -> parse_orm::Result<Vec<Object<T>>> {
    let mut stored = Vec::new();
    for value in values {
        stored.push(value.create(backend.client()).await?);
    }
    Ok(stored)
}

/// The names of the games that a query finds, sorted.
pub async fn names(set: &QuerySet<Game>, backend: &Backend) -> parse_orm::Result<Vec<String>> {
    let games = set.all(backend.client()).await?;
    Ok(crate::backend::sorted(
        games.into_iter().map(|game| game.into_inner().player_name),
    ))
}
