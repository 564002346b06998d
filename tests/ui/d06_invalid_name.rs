use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    #[parse(rename = "1st")]
    first: i64,
    #[parse(rename = "player name")]
    player_name: String,
    größe: i64,
}

fn main() {}
