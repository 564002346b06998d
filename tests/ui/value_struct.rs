use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
#[parse(class_name = "Address")]
struct Address {
    #[parse(rename = "__type")]
    kind: String,
    number: usize,
}

#[derive(ParseValue, Clone)]
struct Pair(i64, i64);

#[derive(ParseValue)]
struct Street {
    name: String,
}

#[derive(ParseValue, Clone)]
struct Town {
    #[parse(default = 1)]
    name: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    home: Address,
    pair: Pair,
}

fn main() {}
