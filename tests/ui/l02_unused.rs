#![deny(unused_must_use)]
use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

async fn f(client: &Client) -> parse_orm::Result<()> {
    GameScore::objects().subscribe(client);
    GameScore::objects().subscribe(client).await?;
    query!(GameScore.watch(score));
    Ok(())
}

fn main() {}
