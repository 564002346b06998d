use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore<T> {
    score: T,
}

#[derive(ParseObject, Clone)]
struct Named<'a> {
    name: &'a str,
}

fn main() {}
