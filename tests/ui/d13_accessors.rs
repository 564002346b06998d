use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Team {
    // `set_acl` is every object's own
    acl: String,
    // `save()` would be the relation's query
    save: Relation<Player>,
    // `add_unique_tags` twice
    tags: Vec<String>,
    unique_tags: Vec<String>,
}

fn main() {}
