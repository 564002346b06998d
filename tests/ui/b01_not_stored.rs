use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

async fn bulk(client: &Client, mut values: Vec<GameScore>, mut objects: Vec<Object<GameScore>>) {
    let _ = client.save_all(&mut values).await;
    let _ = client.save_all(&objects).await;
    let _ = client.delete_all(&values).await;
    let _ = client.delete_all(["a1b2c3d4e5"]).await;
    let _ = client.create_all(values).await;
    let _ = client.create_all(&objects).await;
    let mut batch = client.batch();
    batch.create(&objects[0]);
    batch.save(&mut objects);
    let _ = batch.await;
}

fn main() {}
