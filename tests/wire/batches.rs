//! The bodies of batches.

use crate::models::{GameScore, GameScoreAccessors, Player, score};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::{Value, json};

async fn stored() -> parse_orm::Result<(MockServer, Client, Vec<Object<GameScore>>)> {
    let server = MockServer::start().await;
    let client = server.client();
    let scores = client
        .create_all(&[score(1), score(2), score(3)])
        .await
        .into_result()?;
    server.clear_requests();
    Ok((server, client, scores))
}

fn only_body(server: &MockServer) -> Value {
    let [request] = <[_; 1]>::try_from(server.requests()).unwrap();
    assert_eq!(
        (request.wire_method.as_str(), request.path.as_str()),
        ("POST", "/batch")
    );
    request.body.unwrap()
}

#[tokio::test]
async fn creates() -> parse_orm::Result<()> {
    let (server, client, _) = stored().await?;
    let draft = Draft::new(score(4)).acl(Acl::new().allow_read(Who::Public));
    client.create_all([&draft]).await.into_result()?;
    assert_eq!(
        only_body(&server),
        json!({"requests": [{
            "method": "POST",
            "path": "/parse/classes/GameScore",
            "body": {
                "score": 4, "playerName": "Ann", "cheatMode": false, "skills": [], "rivals": [],
                "ACL": {"*": {"read": true}},
            },
        }]})
    );
    Ok(())
}

#[tokio::test]
async fn deletes() -> parse_orm::Result<()> {
    let (server, client, scores) = stored().await?;
    client.delete_all(&scores[..2]).await.into_result()?;
    let path = |object: &Object<GameScore>| format!("/parse/classes/GameScore/{}", object.id());
    assert_eq!(
        only_body(&server),
        json!({"requests": [
            {"method": "DELETE", "path": path(&scores[0])},
            {"method": "DELETE", "path": path(&scores[1])},
        ]})
    );
    Ok(())
}

/// The same changes, saved one by one and in a batch: the same bodies, with pointers for included objects.
#[tokio::test]
async fn row_46_a_batch_sends_what_a_save_sends() -> parse_orm::Result<()> {
    let (server, client, mut scores) = stored().await?;
    let player = Player {
        name: "p".into(),
        team: None,
        home: None,
    };
    let player = player.create(&client).await?;
    scores[0].player = Some(player.pointer());
    scores[0].rivals.push(player.pointer());
    scores[1].increment_score(5);
    scores[1].add_unique_skills(["flying"]);
    scores[1].ratio = Some(0.5);
    scores[2].set_acl(Acl::public());
    server.clear_requests();
    for score in &mut scores.clone() {
        score.save(&client).await?;
    }
    let one_by_one: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| {
            let path = format!("/parse{}", request.path);
            json!({"method": request.wire_method, "path": path, "body": request.body})
        })
        .collect();
    let pointer = json!({"__type": "Pointer", "className": "Player", "objectId": player.id().as_str()});
    assert_eq!(
        one_by_one[0]["body"],
        json!({"player": pointer, "rivals": [pointer]})
    );
    server.clear_requests();
    client.save_all(&mut scores).await.into_result()?;
    assert_eq!(only_body(&server), json!({"requests": one_by_one}));
    Ok(())
}

#[tokio::test]
async fn a_transaction_says_so() -> parse_orm::Result<()> {
    let (server, client, mut scores) = stored().await?;
    let gone = scores[2].pointer();
    scores[1].cheat_mode = true;
    let mut batch = client.batch();
    batch.save(&mut scores[1]);
    batch.delete(gone);
    batch.atomic().await?;
    let path = |object: &Object<GameScore>| format!("/parse/classes/GameScore/{}", object.id());
    assert_eq!(
        only_body(&server),
        json!({
            "requests": [
                {"method": "PUT", "path": path(&scores[1]), "body": {"cheatMode": true}},
                {"method": "DELETE", "path": path(&scores[2])},
            ],
            "transaction": true,
        })
    );
    Ok(())
}

#[tokio::test]
async fn rows_of_a_query_are_deleted_by_their_ids() -> parse_orm::Result<()> {
    let (server, client, scores) = stored().await?;
    let done = query!(GameScore.filter(score__gte = 3).delete())
        .run(&client)
        .await?;
    assert_eq!(done.deleted, 1);
    let requests = server.requests();
    let find = &requests[0];
    assert_eq!(find.query_value("where"), Some(r#"{"score":{"$gte":3}}"#));
    assert_eq!(
        (find.query_value("keys"), find.query_value("order")),
        (Some("objectId"), Some("objectId"))
    );
    let path = format!("/parse/classes/GameScore/{}", scores[2].id());
    let last = requests.last().and_then(|request| request.body.clone());
    assert_eq!(
        last,
        Some(json!({"requests": [{"method": "DELETE", "path": path}]}))
    );
    Ok(())
}

#[tokio::test]
async fn ids_in_bulk_are_one_condition() -> parse_orm::Result<()> {
    let (server, client, _) = stored().await?;
    let set = query!(
        GameScore
            .filter(cheat_mode = false)
            .order_by(-score)
            .select_related(player)
    );
    set.in_bulk(&client, ["b", "a", "b"]).await?;
    let find = &server.requests()[0];
    assert_eq!(
        find.query_value("where"),
        Some(r#"{"cheatMode":false,"objectId":{"$in":["a","b"]}}"#)
    );
    assert_eq!(
        (find.query_value("include"), find.query_value("order")),
        (Some("player"), Some("objectId"))
    );
    Ok(())
}
