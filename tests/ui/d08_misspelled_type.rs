use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    home: Adress,
    score: i64,
}

fn main() {}
