use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct User {
    username: String,
}

#[derive(ParseObject, Clone)]
#[parse(class_name = "Role")]
struct Group {
    name: String,
}

#[derive(ParseObject, Clone)]
#[parse(class_name = "Game-Score")]
struct GameScore {
    score: i64,
}

#[derive(ParseObject, Clone)]
#[parse(class_name = "_Users")]
struct Member {
    username: String,
}

fn main() {}
