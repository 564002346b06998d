use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    home: Pointer<Address>,
    others: Relation<Address>,
}

fn main() {}
