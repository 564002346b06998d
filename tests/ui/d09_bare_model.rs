use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player: Player,
}

fn main() {}
