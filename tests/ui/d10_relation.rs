use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Team {
    members: Vec<Relation<Player>>,
    reserve: Option<Relation<Player>>,
    fans: Relation<Vec<Pointer<Player>>>,
    coach: Relation<Pointer<Player>>,
}

fn main() {}
