use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

async fn twice(client: &Client, mut object: Object<GameScore>) {
    let _ = client.save_all([&mut object, &mut object]).await;
}

async fn mixed(client: &Client, mut object: Object<GameScore>) {
    let mut batch = client.batch();
    batch.save(&mut object);
    batch.delete(&object);
    let _ = batch.await;
}

fn main() {}
