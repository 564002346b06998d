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

fn swap(score: &mut Object<GameScore>) {
    // two fields at once: borrow the plain value first, `let value = &mut **score;`
    let name = &mut score.player_name;
    let points = &mut score.score;
    name.push('!');
    *points += 1;
}

fn main() {}
