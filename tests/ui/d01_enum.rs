use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
enum Level {
    Easy,
    Hard,
}

fn main() {}
