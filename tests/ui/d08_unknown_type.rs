use parse_orm::prelude::*;

#[derive(Clone)]
struct Address {
    city: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
    home: Address,
    others: Vec<Address>,
}

fn main() {}
