use parse_orm::Aggregate;
use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player_name: String,
}

async fn without_the_key(client: &Client) -> parse_orm::Result<()> {
    let f = GameScore::F;
    let _ = GameScore::objects().distinct(client, f.player_name).await?;
    let _ = GameScore::objects().aggregate(client, f.score.sum()).await?;
    let _ = GameScore::objects().group_by(f.player_name).aggregate(client, Aggregate::count()).await?;
    let _: Vec<serde_json::Value> = GameScore::objects().pipeline().limit(3).all(client).await?;
    Ok(())
}

fn main() {}
