use parse_orm::prelude::*;

#[derive(Clone, Debug, ParseValue)]
enum Level {
    Easy,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    #[parse(default = "ten")]
    lives: i64,
    #[parse(default = "nobody")]
    name: String,
    #[parse(default)]
    level: Level,
    #[parse(skip)]
    seen: Level,
}

fn main() {}
