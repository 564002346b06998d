use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    player_name: String,
    #[parse(rename = "playerName")]
    name: String,
}

fn main() {}
