use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: Strin,
    score: i64,
}

fn main() {}
