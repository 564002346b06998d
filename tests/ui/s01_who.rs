//! Who an ACL and permissions speak of.

use parse_orm::prelude::*;
use parse_orm::{ClassOperation, ClassPermissions, ClassSchema};

#[derive(ParseObject, Debug, Clone)]
struct Game {
    score: i64,
}

fn of_another_class(game: &Object<Game>) -> Acl {
    Acl::only(Who::user(game))
}

fn as_a_role(game: &Object<Game>) -> Acl {
    Acl::only(Who::role(game))
}

fn a_text() -> ClassPermissions {
    ClassPermissions::new().allow(ClassOperation::Find, "*")
}

async fn without_the_key(client: &Client) {
    let _ = ClassSchema::of::<Game>().ensure(client).await;
}

fn main() {}
