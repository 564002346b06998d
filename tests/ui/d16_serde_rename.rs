use parse_orm::prelude::*;

#[derive(ParseObject, Clone, serde::Serialize)]
#[serde(rename_all = "snake_case")]
struct GameScore {
    #[serde(rename = "player")]
    player_name: String,
}

fn main() {}
