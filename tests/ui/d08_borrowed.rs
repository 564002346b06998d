use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    name: &'static str,
    tags: Vec<&'static str>,
    pair: (i64, i64),
    best: [i64; 3],
    label: Box<str>,
}

fn main() {}
