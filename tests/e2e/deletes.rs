//! Deleting every row that a query matches; reading while rows are written.

use crate::backend::{Outcome, backend, unique};
use crate::models::{Game, Player, game, player};
use crate::updates::enforces_acls;
use parse_orm::Error;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

async fn fill(client: &Client, run: &str, rows: i64) -> parse_orm::Result<QuerySet<Game>> {
    let games: Vec<_> = (0..rows).map(|score| game(run, "Ann", score)).collect();
    client.create_all(&games).await.into_result()?;
    Ok(query!(Game.filter(run = run)))
}

#[tokio::test]
async fn every_row_of_many() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let all = fill(client, &run, 130).await?;
    let delete = query!(all.filter(score__lt = 120).delete());
    // lazy, and a value: made once, run twice
    assert_eq!(all.count(client).await?, 130);
    let done = delete.run(client).await?;
    assert_eq!((done.deleted, done.matched(), done.failed.len()), (120, 120, 0));
    assert_eq!(delete.run(client).await?.matched(), 0);
    assert_eq!(all.count(client).await?, 10);
    Ok(())
}

#[tokio::test]
async fn rows_are_written_while_others_are_read() -> Outcome {
    let server = MockServer::builder().max_limit(20).start().await?;
    let client = server.client();
    let ann = player("r", "Ann").create(&client).await?;
    let all = fill(&client, "r", 100).await?;
    let kinds = |of: &MockServer| -> Vec<String> {
        of.requests().into_iter().map(|request| request.method).collect()
    };
    server.clear_requests();
    let done = query!(all.update(score += 1, player = &ann))
        .chunk_size(20)
        .concurrency(1)
        .run(&client)
        .await?;
    assert_eq!(done.updated, 100);
    let seen = kinds(&server);
    let first_batch = seen.iter().position(|method| method == "POST");
    let last_page = seen.iter().rposition(|method| method == "GET");
    assert!(first_batch < last_page, "{seen:?}");

    // through a pointer, a change may decide which other rows match: they are all read before
    server.clear_requests();
    let done = query!(all.filter(player.name = "Ann").delete())
        .chunk_size(20)
        .concurrency(1)
        .run(&client)
        .await?;
    assert_eq!(done.deleted, 100);
    let seen = kinds(&server);
    let first_batch = seen.iter().position(|method| method == "POST");
    let last_page = seen.iter().rposition(|method| method == "GET");
    assert!(first_batch > last_page, "{seen:?}");
    Ok(())
}

/// Each row once, in small pages and chunks that do not fit each other, several at once.
#[tokio::test]
async fn each_row_once_however_it_is_cut_up() -> Outcome {
    for (page, chunk, concurrency) in [(7, 3, 4), (1, 10, 2), (10, 1, 8), (50, 7, 1)] {
        let server = MockServer::builder().max_limit(page).start().await?;
        let client = server.client();
        let all = fill(&client, "r", 60).await?;
        // most of them match no longer, and some still do
        let low = query!(all.filter(score__lt = 50));
        let done = query!(low.update(score += 45))
            .chunk_size(chunk)
            .concurrency(concurrency)
            .run(&client)
            .await?;
        assert_eq!((done.updated, done.failed.len()), (50, 0));
        let mut scores: Vec<_> = all.all(&client).await?.iter().map(|game| game.score).collect();
        scores.sort_unstable();
        let mut expected: Vec<_> = (0..60)
            .map(|score| if score < 50 { score + 45 } else { score })
            .collect();
        expected.sort_unstable();
        assert_eq!(scores, expected);
        let done = all
            .delete()
            .chunk_size(chunk)
            .concurrency(concurrency)
            .run(&client)
            .await?;
        assert_eq!((done.deleted, server.count("E2eGame")), (60, 0));
    }
    Ok(())
}

/// What may not be deleted, among others that may; only a server that enforces ACLs has it.
#[tokio::test]
async fn row_5_rows_that_may_not_be_deleted_are_named() -> Outcome {
    let backend = backend().await;
    if !enforces_acls(&backend).await? {
        return Ok(());
    }
    let (client, run) = (backend.client(), backend.run());
    let all = fill(client, &run, 3).await?;
    let closed = Acl::new().allow_read(Who::Public);
    let closed = Draft::new(game(&run, "Bob", 3))
        .acl(closed)
        .create(client)
        .await?;
    let done = all.delete().run(client).await?;
    assert_eq!((done.deleted, done.matched()), (3, 4));
    assert_eq!(done.failed[0].id, *closed.id());
    assert!(done.failed[0].error.is_not_found(), "{}", done.failed[0]);
    assert_eq!(all.delete().run(backend.master()).await?.deleted, 1);
    Ok(())
}

macro_rules! refused {
    ($client:expr, $($delete:expr => $message:expr,)*) => {$(
        let error = $delete.run($client).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains($message), "{error}");
    )*};
}

#[tokio::test]
async fn what_has_no_meaning_is_refused_before_anything_is_sent() -> Outcome {
    let server = MockServer::start().await;
    let client = &server.client();
    let all = Game::objects();
    refused! { client,
        query!(all.limit(5).delete()) => "cannot delete a query once a slice has been taken",
        query!(all.skip(5).delete()) => "cannot delete a query once a slice has been taken",
        query!(all.order_by(score).delete()) => "leave `order_by` away",
        query!(all.select_related(player).delete()) => "leave `select_related` away",
    }
    assert_eq!(server.requests(), []);
    Ok(())
}

/// The ids of a page that was not read are nobody's knowledge.
#[tokio::test]
async fn what_was_not_read_is_said_to_be_unread() -> Outcome {
    let server = wiremock::MockServer::start().await;
    let rows: Vec<_> = (0..4)
        .map(|id| json!({"objectId": format!("row000000{id}")}))
        .collect();
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": rows})))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(502))
        .mount(&server)
        .await;
    let gone = json!([{"success": {}}, {"success": {}}]);
    Mock::given(path("/batch"))
        .respond_with(ResponseTemplate::new(200).set_body_json(gone))
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let error = Game::objects()
        .delete()
        .chunk_size(2)
        .concurrency(1)
        .run(&client)
        .await
        .unwrap_err();
    let Error::Interrupted(stopped) = &error else {
        panic!("{error}")
    };
    assert_eq!((stopped.done, stopped.unread), (4, true));
    assert!(stopped.in_doubt.is_empty() && stopped.untouched.is_empty() && stopped.failed.is_empty());
    assert!(error.to_string().contains("more were not yet read"), "{error}");
    // without a single id, nothing was begun
    let error = Game::objects().delete().run(&client).await.unwrap_err();
    assert!(
        matches!(error, Error::UnexpectedAnswer { status: 502, .. }),
        "{error}"
    );
    Ok(())
}

/// Several requests under way when one fails: every row is in exactly one place.
#[tokio::test]
async fn no_row_is_lost_from_sight_where_requests_run_side_by_side() -> Outcome {
    for failing in 0..10 {
        let server = wiremock::MockServer::start().await;
        let ids: Vec<_> = (0..40).map(|id| format!("row00000{id:02}")).collect();
        let rows: Vec<_> = ids.iter().map(|id| json!({"objectId": id})).collect();
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": rows})))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": []})))
            .mount(&server)
            .await;
        let seen = AtomicUsize::new(0);
        let answer = move |request: &wiremock::Request| {
            if seen.fetch_add(1, Ordering::Relaxed) == failing {
                return ResponseTemplate::new(502);
            }
            let body: Value = request.body_json().unwrap_or_default();
            let requests = body["requests"].as_array().map_or(0, Vec::len);
            ResponseTemplate::new(200).set_body_json(vec![json!({"success": {}}); requests])
        };
        Mock::given(path("/batch"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let client = Client::builder(server.uri()).app_id("app").build()?;
        let low = query!(Game.filter(score__lt = 5));
        let error = low
            .delete()
            .chunk_size(4)
            .concurrency(3)
            .run(&client)
            .await
            .unwrap_err();
        let Error::Interrupted(stopped) = error else {
            panic!("{error}")
        };
        assert_eq!((stopped.in_doubt.len(), stopped.done % 4), (4, 0));
        let requests = server.received_requests().await.unwrap();
        let sent: Vec<String> = requests
            .iter()
            .filter_map(|request| request.body_json::<Value>().ok())
            .flat_map(|body| body["requests"].as_array().cloned().unwrap_or_default())
            .filter_map(|request| Some(request["path"].as_str()?.rsplit('/').next()?.to_owned()))
            .collect();
        let known = stopped
            .in_doubt
            .iter()
            .chain(&stopped.untouched)
            .map(ObjectId::to_string);
        assert!(stopped.in_doubt.iter().all(|id| sent.contains(&id.to_string())));
        assert!(stopped.untouched.iter().all(|id| !sent.contains(&id.to_string())));
        let known: BTreeSet<_> = known.chain(sent).collect();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), ids);
        assert_eq!(
            stopped.done as usize + stopped.in_doubt.len() + stopped.untouched.len(),
            ids.len()
        );
    }
    Ok(())
}

#[tokio::test]
async fn many_objects_by_their_ids() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    let values: Vec<_> = (0..1100)
        .map(|score| Game {
            player: (score == 7).then(|| ann.pointer()),
            ..game(&run, "Ann", score)
        })
        .collect();
    let games = client.create_all(&values).chunk_size(200).await.into_result()?;
    let all = query!(Game.filter(score__gte = 5).select_related(player));
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    assert!(all.in_bulk(client, Vec::<String>::new()).await?.is_empty());
    if let Some(server) = backend.server() {
        assert_eq!(server.requests(), []);
    }
    // each twice, and some that nobody has
    let ids = games.iter().map(Object::id).cycle().take(2200);
    let missing = ObjectId::from(unique("none"));
    let found = all.in_bulk(client, ids.chain([&missing])).await?;
    if let Some(server) = backend.server() {
        // a page that is not full may be all that the server gives at once: it is asked for the rest
        assert!((2..=4).contains(&server.requests().len()));
    }
    assert_eq!(found.len(), 1095);
    for game in &games {
        match found.get(game.id()) {
            Some(row) => assert_eq!(row.score, game.score),
            None => assert!(game.score < 5),
        }
    }
    let player = found[games[7].id()].player.as_ref().unwrap();
    assert_eq!(player.get()?.name, "Ann");
    let error = all.limit(5).in_bulk(client, [games[0].id()]).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(_)) && error.to_string().contains("`in_bulk`"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn many_objects_by_their_ids_from_a_server_with_small_pages() -> Outcome {
    let server = MockServer::builder().max_limit(7).start().await?;
    let client = server.client();
    let values: Vec<_> = (0..60).map(|number| player("r", &number.to_string())).collect();
    let players = client.create_all(&values).await.into_result()?;
    let found = Player::objects()
        .in_bulk(&client, players.iter().map(Object::id))
        .await?;
    assert_eq!(found.len(), 60);
    Ok(())
}
