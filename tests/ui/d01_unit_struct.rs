use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore;

fn main() {}
