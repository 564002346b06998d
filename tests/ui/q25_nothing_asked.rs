#![deny(unused_must_use)]

use parse_orm::Aggregate;
use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Team {
    size: i64,
    members: Relation<Player>,
}

async fn unused(teams: &[Object<Team>], master: &MasterClient) {
    let f = Team::F;
    Team::objects().group_by(f.size);
    Team::objects().pipeline().limit(5);
    Team::objects().aggregate(master, Aggregate::count());
    f.size.sum();
    Player::objects().prefetch_related(f.members, teams);
}

fn main() {}
