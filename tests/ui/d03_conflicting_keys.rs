use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
#[parse(class_name = "Score")]
#[parse(class_name = "Result")]
struct GameScore {
    #[parse(rename = "points", rename = "value")]
    score: i64,
    #[parse(skip, rename = "place")]
    rank: i64,
    #[parse(default)]
    level: Option<i64>,
}

fn main() {}
