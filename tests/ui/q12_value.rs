use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    level: i32,
    rating: Option<f64>,
    player_name: String,
    note: Option<String>,
    skills: Vec<String>,
    player: Option<Pointer<Player>>,
    home: Address,
}

fn main() {
    let _ = query!(GameScore.update(score = "20"));
    let _ = query!(GameScore.update(score = 1.5));
    let _ = query!(GameScore.update(player_name = 20));
    let _ = query!(GameScore.update(player = "abc"));
    let _ = query!(GameScore.update(score = None));
    let _ = GameScore::F.score.set("20");
}
