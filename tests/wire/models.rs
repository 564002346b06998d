//! The models whose wire forms are tested.

use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
pub struct Team {
    pub name: String,
    pub win_pct: Option<f64>,
}

#[derive(ParseObject, Debug, Clone)]
pub struct Player {
    pub name: String,
    pub team: Option<Pointer<Team>>,
    pub home: Option<Address>,
}

#[derive(ParseValue, Debug, Clone, PartialEq)]
pub struct Address {
    pub city: String,
    pub zip_code: Option<i64>,
    pub geo: Option<Inner>,
}

#[derive(ParseValue, Debug, Clone, PartialEq)]
pub struct Inner {
    pub floor: i64,
}

#[derive(ParseValue, Debug, Clone, Copy, PartialEq)]
#[parse(rename_all = "lowercase")]
pub enum Level {
    Easy,
    #[parse(rename = "very-hard")]
    Hard,
}

#[derive(ParseObject, Debug, Clone)]
pub struct GameScore {
    pub score: i64,
    pub player_name: String,
    pub cheat_mode: bool,
    pub ratio: Option<f64>,
    pub played_at: Option<DateTime<Utc>>,
    pub skills: Vec<String>,
    pub lucky: Option<Vec<i64>>,
    pub level: Option<Level>,
    pub place: Option<GeoPoint>,
    pub area: Option<Polygon>,
    pub data: Option<Bytes>,
    pub any: Option<serde_json::Value>,
    pub home: Option<Address>,
    pub player: Option<Pointer<Player>>,
    pub rivals: Vec<Pointer<Player>>,
    pub opponents: Relation<Player>,
}

/// A row of which only the score matters.
pub fn score(score: i64) -> GameScore {
    GameScore {
        score,
        player_name: "Ann".into(),
        cheat_mode: false,
        ratio: None,
        played_at: None,
        skills: vec![],
        lucky: None,
        level: None,
        place: None,
        area: None,
        data: None,
        any: None,
        home: None,
        player: None,
        rivals: vec![],
        opponents: Relation::new(),
    }
}
