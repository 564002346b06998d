use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
#[parse(rename_all = "snake", class_name = Score)]
struct GameScore {
    #[parse(rename)]
    score: i64,
    #[parse(rename("rank"))]
    rank: i64,
    #[parse(read_only = true)]
    level: i64,
    #[parse]
    wins: i64,
    #[parse(default rename = "x")]
    losses: i64,
    #[parse = "draws"]
    draws: i64,
}

fn main() {}
