use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore(i64, String);

fn main() {}
