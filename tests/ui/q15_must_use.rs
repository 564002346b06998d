#![deny(unused_must_use)]

use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
    zip: i64,
}

#[derive(ParseObject, Clone)]
struct Team {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
    team: Option<Pointer<Team>>,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player_name: String,
    cheat_mode: bool,
    played_at: Option<DateTime<Utc>>,
    skills: Vec<String>,
    location: Option<GeoPoint>,
    player: Option<Pointer<Player>>,
    home: Address,
    fans: Relation<Player>,
}

async fn rows(client: &Client, mut stored: Object<GameScore>) -> parse_orm::Result<()> {
    query!(GameScore.filter(score = 5));
    query!(GameScore.order_by(score)[..10]);
    q!(GameScore, score = 5);
    GameScore::objects().all(client);
    stored.save(client);
    Draft::new(Team { name: "Red".into() });
    GameScore::F.score.eq(5);
    Ok(())
}

fn main() {}
