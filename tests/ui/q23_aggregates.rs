use parse_orm::Aggregate;
use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Team {
    name: String,
    size: i64,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player_name: String,
    cheat_mode: bool,
    fans: Relation<Team>,
}

async fn mistakes(master: &MasterClient) -> parse_orm::Result<()> {
    let f = GameScore::F;
    let all = GameScore::objects();
    // not numbers
    let _ = all.aggregate(master, f.player_name.sum()).await?;
    let _ = all.aggregate(master, f.cheat_mode.avg()).await?;
    // no order
    let _ = all.aggregate(master, f.cheat_mode.max()).await?;
    // kept in a table of its own
    let _ = all.distinct(master, f.fans).await?;
    let _ = all.group_by(f.fans);
    // of another model
    let _ = all.group_by(Team::F.name);
    let _ = all.distinct(master, Team::F.name).await?;
    let _ = all.aggregate(master, Team::F.size.sum()).await?;
    // a field is not yet a result
    let _ = all.aggregate(master, f.score).await?;
    let _ = all.aggregate(master, (Aggregate::count(), f.score)).await?;
    // not an array
    let _ = all.pipeline().unwind(f.player_name);
    let _ = all.pipeline().sort(5);
    Ok(())
}

fn main() {}
