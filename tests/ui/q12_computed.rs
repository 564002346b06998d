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
    let _ = query!(GameScore.update(score = F(score) * 2));
    let _ = query!(GameScore.update(score = F(level) + 1));
    let _ = query!(GameScore.update(score = F(score) + F(level)));
    let _ = query!(GameScore.update(score = F(score)));
    let _ = query!(GameScore.update(score = 1 - F(score)));
    let _ = query!(GameScore.update(score = F(score) + 1 + 2));
    let _ = query!(GameScore.update(score += F(score)));
    let _ = query!(GameScore.update(score *= 2));
}
