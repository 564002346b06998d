use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: usize,
    rank: Option<isize>,
    total: u128,
    initial: char,
}

fn main() {}
