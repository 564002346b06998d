use parse_orm::prelude::*;

#[derive(ParseObject)]
struct GameScore {
    score: i64,
    player_name: String,
}

fn main() {}
