use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Match {
    winner: Option<Player>,
    players: Vec<Player>,
    best: Object<Player>,
}

fn main() {}
