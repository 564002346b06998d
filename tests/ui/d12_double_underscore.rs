use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    player__name: String,
}

fn main() {}
