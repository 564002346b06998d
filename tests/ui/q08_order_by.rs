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
    let _ = query!(GameScore.order_by(location));
    let _ = query!(GameScore.order_by(-skills));
    let _ = query!(GameScore.order_by("score"));
    let _ = query!(GameScore.order_by(score.desc()));
    let _ = query!(GameScore.order_by());
    let _ = GameScore::objects().order_by(Player::F.name);
}
