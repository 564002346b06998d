#![deny(unused_must_use)]
use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

async fn bulk(client: &Client, values: Vec<GameScore>, mut objects: Vec<Object<GameScore>>) {
    client.create_all(&values);
    client.save_all(&mut objects);
    client.save_all(&mut objects).atomic();
    client.save_all(&mut objects).await;
    client.delete_all(objects);
    query!(GameScore.filter(score = 1).delete());
    client.batch();
}

fn main() {}
