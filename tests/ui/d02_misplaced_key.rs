use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
#[parse(read_only)]
struct GameScore {
    #[parse(rename_all = "snake_case")]
    score: i64,
}

fn main() {}
