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

fn main() {
    let _ = query!(GameScore.filter(score = 5 | score = 6));
    let _ = query!(GameScore.filter(score__lt = 5 || cheat_mode = true));
    let _ = query!(GameScore.filter((score = 5) | (score = 6), !cheat_mode = true));
    let _ = query!(GameScore.filter(score = 5 & cheat_mode = true | player = &me));
    let _ = query!(GameScore.filter(Q()));
}
