use parse_orm::prelude::*;

#[derive(Clone)]
struct Settings {
    volume: u8,
}

#[derive(ParseObject, Clone)]
struct Player {
    #[parse(json)]
    settings: Settings,
}

fn main() {}
