use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

async fn f(client: &Client) {
    let mut rows = query!(GameScore.order_by(score)).stream(client);
    while let Some(row) = rows.next().await {
        println!("{}", row.score);
    }
}

fn main() {}
