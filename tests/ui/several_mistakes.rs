use parse_orm::prelude::*;

// every mistake of a struct is reported in one compilation
#[derive(ParseObject, Clone)]
#[parse(class_nam = "Score")]
struct GameScore {
    #[parse(rename = "1st")]
    score: i64,
    rank: usize,
    player__name: String,
    object_id: String,
    #[parse(skip, json)]
    seen: bool,
}

fn main() {}
