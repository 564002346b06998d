use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    level: Option<i64>,
    player: Option<Pointer<Player>>,
}

async fn f(client: &Client) -> parse_orm::Result<()> {
    let all = GameScore::objects();
    let _ = query!(all.watch(scoer)).subscribe(client).await?;
    let _ = query!(all.watch("score")).subscribe(client).await?;
    let _ = query!(all.watch(player.name)).subscribe(client).await?;
    let _ = query!(all.watch(-score)).subscribe(client).await?;
    let _ = query!(all.watch()).subscribe(client).await?;
    let _ = query!(all.wacth(score, level)).subscribe(client).await?;
    let _ = all.watch(Player::F.name).subscribe(client).await?;
    let _ = query!(all.watch(score)).first(client).await?;
    let _ = query!(all.watch(score)).all(client).await?;
    let _ = query!(all[..10]).subscribe(client).await?;
    Ok(())
}

fn main() {}
