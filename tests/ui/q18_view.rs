use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player_name: String,
}

#[derive(ParseView)]
#[parse(model = GameScore)]
struct Line {
    score: i64,
}

async fn f(client: &Client) {
    let mut lines: Vec<Line> = GameScore::objects().values(client).await.unwrap();
    lines[0].score = 5;
    lines[0].save(client).await;
}

fn main() {}
