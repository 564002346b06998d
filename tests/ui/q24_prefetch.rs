use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Team {
    name: String,
    captain: Option<Pointer<Player>>,
    members: Relation<Player>,
}

async fn mistakes(client: &Client) -> parse_orm::Result<()> {
    let teams = Team::objects().all(client).await?;
    let players = Player::objects().all(client).await?;
    // neither a relation nor a pointer
    let _ = Player::objects().prefetch_related(Team::F.name, &teams);
    // the pointer leads from the team to the player: that is `select_related`
    let _ = Player::objects().prefetch_related(Team::F.captain, &teams);
    // owners of another model
    let _ = Player::objects().prefetch_related(Team::F.members, &players);
    // not among these
    let members = Player::objects().prefetch_related(Team::F.members, &teams).all(client).await?;
    members.of(&players[0]);
    Ok(())
}

fn main() {}
