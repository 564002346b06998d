use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    home: serde_json::Value,
    player: Option<Pointer<Player>>,
}

async fn f(client: &Client) {
    let all = GameScore::objects();
    let _ = query!(all.values_list(client, (score, scoer))).await;
    let _ = query!(all.values_list(client, (score, player.name))).await;
    let _ = query!(all.values_list(client, "score")).await;
    let _ = query!(all.latest(client, home)).await;
    let _ = all.values_list(client, Player::F.name).await;
}

fn main() {}
