use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
#[parse(classname = "Score")]
struct GameScore {
    #[parse(renamed = "points")]
    score: i64,
    #[parse(readonly)]
    rank: i64,
    #[parse(index)]
    level: i64,
}

fn main() {}
