//! Creating, saving and deleting many objects at once.

use crate::backend::{Outcome, backend, sorted, unique};
use crate::models::{Game, GameAccessors, game, player};
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode, Progress};
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

/// A column of numbers, as one that can hold anything: the server refuses what is no number (code 111).
#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eBulk")]
struct Loose {
    run: String,
    number: i64,
    score: Value,
    #[parse(default)]
    skills: Vec<String>,
}

fn loose(run: &str, number: i64, score: impl Into<Value>) -> Loose {
    Loose {
        run: run.into(),
        number,
        score: score.into(),
        skills: vec![],
    }
}

/// Rows of a number column.
async fn rows(client: &Client, run: &str, number: i64) -> parse_orm::Result<Vec<Object<Loose>>> {
    let values: Vec<_> = (0..number).map(|number| loose(run, number, number)).collect();
    // the first one fixes the column's type: requests side by side could each find it missing
    client.create_all(&values[..1]).await.into_result()?;
    client.create_all(&values[1..]).await.into_result()?;
    query!(Loose.filter(run = run).order_by(number)).all(client).await
}

fn refused(number: i64) -> bool {
    number % 30 == 3
}

#[tokio::test]
async fn row_7_every_value_becomes_an_object_of_its_own() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    // each twice, and equal
    let values: Vec<_> = (0..130).map(|number| game(&run, "Ann", number / 2)).collect();
    let outcome = client.create_all(&values).await;
    assert_eq!((outcome.len(), outcome.failed().count()), (130, 0));
    let games: Vec<Object<Game>> = outcome.into_result()?;
    for (game, value) in games.iter().zip(&values) {
        assert_eq!(**game, *value);
        assert!(!game.is_dirty());
    }
    let mut ids = sorted(games.iter().map(|game| game.id().to_string()));
    ids.dedup();
    assert_eq!(ids.len(), 130);
    let stored = query!(Game.filter(run = run)).all(client).await?;
    assert_eq!(sorted(stored.iter().map(|game| game.id().to_string())), ids);
    Ok(())
}

#[tokio::test]
async fn row_5_the_values_that_are_refused_are_named_and_the_others_created() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    rows(client, &unique("first"), 1).await?;
    let values: Vec<_> = (0..70)
        .map(|number| {
            let score = if refused(number) {
                json!("no number")
            } else {
                json!(number)
            };
            loose(&run, number, score)
        })
        .collect();
    let outcome = client.create_all(&values).await;
    for failure in outcome.failed() {
        assert_eq!((failure.class_name, &failure.id), ("E2eBulk", &None));
        assert_eq!(failure.error.code(), Some(ErrorCode::IncorrectType), "{failure}");
    }
    assert_eq!(
        outcome.failed().map(|failure| failure.index).collect::<Vec<_>>(),
        [3, 33, 63]
    );
    // a result for each, in their order
    for (number, result) in (0..).zip(outcome) {
        match result {
            Ok(object) => assert_eq!((object.number, refused(number)), (number, false)),
            Err(error) => assert!(refused(number), "{error}"),
        }
    }
    assert_eq!(query!(Loose.filter(run = run)).count(client).await?, 67);
    Ok(())
}

/// Every result is told, so that what is tried again is only what failed.
#[tokio::test]
async fn row_6_trying_the_failed_ones_again_duplicates_nothing() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    rows(client, &unique("first"), 1).await?;
    let mut values: Vec<_> = (0..70)
        .map(|number| {
            loose(
                &run,
                number,
                if refused(number) {
                    json!("no number")
                } else {
                    json!(1)
                },
            )
        })
        .collect();
    let mut again = Vec::new();
    let outcome = client.create_all(&values).chunk_size(20).await;
    for (value, result) in values.iter_mut().zip(outcome) {
        if result.is_err() {
            value.score = json!(2);
            again.push(value.clone());
        }
    }
    assert_eq!(client.create_all(&again).await.into_result()?.len(), 3);
    let stored = query!(Loose.filter(run = run).order_by(number))
        .all(client)
        .await?;
    assert_eq!(
        stored.into_iter().map(Object::into_inner).collect::<Vec<_>>(),
        values
    );
    Ok(())
}

#[tokio::test]
async fn row_5_what_cannot_be_saved_keeps_its_changes_and_the_others_are_saved() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut objects = rows(client, &run, 70).await?;
    for object in &mut objects {
        let number = object.number;
        object.score = if refused(number) {
            json!("no number")
        } else {
            json!(number + 100)
        };
        object.add_unique_skills(["flying"]);
    }
    let before = objects.clone();
    let outcome = client.save_all(&mut objects).await;
    assert_eq!(outcome.len(), 70);
    let error = outcome.into_result().unwrap_err();
    let text = error.to_string();
    let Error::Batch(error) = error else {
        panic!("{text}")
    };
    assert_eq!((error.failures.len(), error.total), (3, 70));
    for failure in &error.failures {
        assert_eq!(failure.id.as_ref(), Some(before[failure.index].id()));
        assert_eq!(failure.error.code(), Some(ErrorCode::IncorrectType));
        assert!(text.contains(before[failure.index].id().as_str()), "{text}");
    }
    let stored = query!(Loose.filter(run = &run).order_by(number))
        .all(client)
        .await?;
    for ((now, before), stored) in objects.iter().zip(&before).zip(&stored) {
        if refused(now.number) {
            assert_eq!((&**now, now.dirty_fields()), (&**before, before.dirty_fields()));
            assert_eq!((&stored.score, stored.skills.len()), (&json!(now.number), 0));
        } else {
            assert!(!now.is_dirty() && now.updated_at() > before.updated_at());
            assert_eq!(**now, **stored);
        }
    }
    // put right, they are saved, and nothing else is sent
    for object in &mut objects {
        if refused(object.number) {
            object.score = json!(-1);
        }
    }
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    client.save_all(&mut objects).await.into_result()?;
    if let Some(server) = backend.server() {
        let body = server.requests().pop().and_then(|request| request.body).unwrap();
        assert_eq!(server.requests().len(), 1);
        assert_eq!(body["requests"].as_array().map(Vec::len), Some(3));
    }
    assert_eq!(
        query!(Loose.filter(run = run, skills__in = ["flying"]))
            .count(client)
            .await?,
        70
    );
    Ok(())
}

#[tokio::test]
async fn what_is_gone_does_not_exist() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut objects = rows(client, &run, 3).await?;
    objects[1].clone().delete(client).await?;
    for object in &mut objects {
        object.number += 1;
    }
    let failed = client.save_all(&mut objects).await.into_result().unwrap_err();
    assert!(
        matches!(&failed, Error::Batch(error) if error.failures.len() == 1),
        "{failed}"
    );
    let outcome = client.delete_all(&objects).await;
    let failure = outcome.failed().next().unwrap();
    assert!(matches!(&failure.error, Error::DoesNotExist { id: Some(id), .. } if id == objects[1].id()));
    assert_eq!((failure.index, outcome.len()), (1, 3));
    assert_eq!(query!(Loose.filter(run = run)).count(client).await?, 0);
    Ok(())
}

/// By objects, by references, by pointers; a subset; of several classes.
#[tokio::test]
async fn each_kind_of_delete() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let objects = rows(client, &run, 8).await?;
    client.delete_all(&objects[..2]).await.into_result()?;
    client
        .delete_all(objects[2..4].iter().map(Object::pointer))
        .await
        .into_result()?;
    let ids: Vec<_> = objects[4..6]
        .iter()
        .map(|object| Pointer::<Loose>::to(object.id()))
        .collect();
    client.delete_all(&ids).await.into_result()?;
    client
        .delete_all(objects.into_iter().filter(|object| object.number == 6))
        .await
        .into_result()?;
    let left = query!(Loose.filter(run = run)).all(client).await?;
    assert_eq!(left.iter().map(|object| object.number).collect::<Vec<_>>(), [7]);
    Ok(())
}

#[tokio::test]
async fn only_what_changed_is_sent() -> Outcome {
    let server = MockServer::start().await;
    let client = server.client();
    let mut objects = rows(&client, "r", 60).await?;
    server.clear_requests();
    client.save_all(&mut objects).await.into_result()?;
    assert_eq!(server.requests(), []);
    // assigned, and back again
    objects[0].number += 1;
    objects[0].number -= 1;
    objects[59].number += 1;
    client.save_all(&mut objects).await.into_result()?;
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].body,
        Some(json!({"requests": [{
            "method": "PUT",
            "path": format!("/parse/classes/E2eBulk/{}", objects[59].id()),
            "body": {"number": 60},
        }]}))
    );
    assert!(objects.iter().all(|object| !object.is_dirty()));
    server.clear_requests();
    client.create_all(&[] as &[Loose]).await.into_result()?;
    client.delete_all(&objects[..0]).await.into_result()?;
    assert!(client.batch().await.is_empty());
    assert_eq!(server.requests(), []);
    Ok(())
}

/// What cannot be stored is refused before it is sent, and does not keep the others back.
#[tokio::test]
async fn what_cannot_be_stored_is_not_sent() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let values = [game(&run, "a", 1), game(&run, "b", 1 << 60), game(&run, "c", 3)];
    let outcome = client.create_all(&values).await;
    let failures: Vec<_> = outcome.failed().collect();
    assert!(matches!(failures[0].error, Error::Invalid(_)), "{}", failures[0]);
    assert!(
        failures[0].to_string().contains("GameScore") || failures[0].to_string().contains("field `score`")
    );
    assert_eq!((failures.len(), failures[0].index), (1, 1));
    // an id that would lead elsewhere must not spoil the batch that it is part of
    let mut games = outcome.into_iter().flatten();
    let (first, last) = (games.next().unwrap(), games.next().unwrap());
    let outcome = client
        .delete_all([
            first.pointer(),
            Pointer::to(""),
            Pointer::to(".."),
            last.pointer(),
        ])
        .await;
    assert_eq!(
        outcome.failed().map(|failure| failure.index).collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(
        outcome
            .failed()
            .all(|failure| matches!(failure.error, Error::Invalid(_)))
    );
    assert_eq!(query!(Game.filter(run = run)).count(client).await?, 0);
    Ok(())
}

#[tokio::test]
async fn row_65_a_request_may_have_more_than_50_objects() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let values: Vec<_> = (0..130).map(|number| game(&run, "Ann", number)).collect();
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    let mut games = client.create_all(&values).chunk_size(130).await.into_result()?;
    for game in &mut games {
        game.increment_score(1000);
    }
    client.save_all(&mut games).chunk_size(130).await.into_result()?;
    assert_eq!(
        query!(Game.filter(run = &run, score__gte = 1000))
            .count(client)
            .await?,
        130
    );
    client.delete_all(&games).chunk_size(130).await.into_result()?;
    if let Some(server) = backend.server() {
        let batches = server
            .requests()
            .into_iter()
            .filter(|request| request.path == "/batch");
        assert_eq!(batches.count(), 3);
    }
    assert_eq!(query!(Game.filter(run = run)).count(client).await?, 0);
    Ok(())
}

#[tokio::test]
async fn row_36_batches_go_where_the_server_is_mounted() -> Outcome {
    for mount in ["/", "/a/b", "/1"] {
        let server = MockServer::builder().mount_path(mount).start().await?;
        let client = server.client();
        let values: Vec<_> = (0..3).map(|number| game("r", "Ann", number)).collect();
        let mut games = client.create_all(&values).await.into_result()?;
        games[0].score = 7;
        client.save_all(&mut games).await.into_result()?;
        let (of_ann, ann) = (Game::objects(), player("r", "Ann"));
        let mut batch = client.batch();
        batch.create(&ann);
        batch.save(&mut games[1]);
        batch.delete(Pointer::<Game>::to("nobody"));
        assert_eq!(batch.await.failed().count(), 1);
        client.delete_all(&games[..2]).await.into_result()?;
        assert_eq!(of_ann.delete().run(&client).await?.deleted, 1, "{mount}");
        assert_eq!((server.count("E2eGame"), server.count("E2ePlayer")), (0, 1));
    }
    Ok(())
}

#[tokio::test]
async fn several_classes_in_one_batch() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut old = rows(client, &run, 3).await?;
    let (ann, first, bad) = (
        player(&run, "Ann"),
        game(&run, "Ann", 5),
        loose(&run, 9, "no number"),
    );
    let own = Draft::new(player(&run, "Bob")).acl(Acl::new().allow_read(Who::Public));
    old[0].number = 100;
    let [changed, untouched, gone] = old.as_mut_slice() else {
        panic!()
    };
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    let mut batch = client.batch();
    let ann = batch.create(&ann);
    let refused = batch.create(&bad);
    let changed = batch.save(changed);
    let first = batch.create(&first);
    let clean = batch.save(untouched);
    let bob = batch.create(&own);
    let gone = batch.delete(&*gone);
    assert_eq!(batch.len(), 7);
    let mut done = batch.await;
    if let Some(server) = backend.server() {
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!((done.len(), done.failed().count()), (7, 1));
    assert_eq!(
        done.failed()
            .next()
            .map(|failure| (failure.index, failure.class_name)),
        Some((1, "E2eBulk"))
    );
    let first: Object<Game> = done.take(first)?;
    let ann = done.take(ann)?;
    assert_eq!((first.score, ann.name.as_str()), (5, "Ann"));
    assert_eq!(
        done.take(refused).unwrap_err().code(),
        Some(ErrorCode::IncorrectType)
    );
    assert!(
        done.take(bob)?
            .acl()
            .is_some_and(|acl| !acl.may_write(&Who::Public))
    );
    done.take(changed)?;
    done.take(clean)?;
    done.take(gone)?;
    assert!(!old[0].is_dirty());
    let stored = query!(Loose.filter(run = &run).order_by(number))
        .all(client)
        .await?;
    assert_eq!(stored.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 100]);

    let (one, other) = (player(&run, "C"), player(&run, "D"));
    let (mut batch, mut another) = (client.batch(), client.batch());
    let ticket = batch.create(&one);
    another.create(&other);
    let mut wrong = another.await;
    assert!(
        wrong
            .take(ticket)
            .unwrap_err()
            .to_string()
            .contains("another batch")
    );
    batch.await.into_result()?;
    Ok(())
}

#[tokio::test]
async fn progress_is_told() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    rows(client, &unique("first"), 1).await?;
    let values: Vec<_> = (0..70)
        .map(|number| loose(&run, number, if refused(number) { json!("no") } else { json!(1) }))
        .collect();
    let told: Mutex<Vec<Progress>> = Mutex::default();
    let outcome = client
        .create_all(&values)
        .chunk_size(20)
        .concurrency(2)
        .on_progress(|progress| told.lock().unwrap().push(progress))
        .await;
    assert_eq!(outcome.failed().count(), 3);
    let told = told.into_inner()?;
    let steps: Vec<_> = told
        .iter()
        .map(|progress| progress.done + progress.failed)
        .collect();
    assert!(steps.is_sorted() && steps.len() == 4, "{steps:?}");
    let last = told.last().unwrap();
    assert_eq!((last.done, last.failed, last.total), (67, 3, Some(70)));

    // over a query, the total is known when the last id was read
    let told: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let listener = told.clone();
    let done = query!(Loose.filter(run = run).delete())
        .chunk_size(30)
        .on_progress(move |progress| listener.lock().unwrap().push(progress))
        .run(client)
        .await?;
    assert_eq!(done.deleted, 67);
    let last = told.lock().unwrap().last().copied().unwrap();
    assert_eq!((last.done, last.failed, last.total), (67, 0, Some(67)));
    Ok(())
}

const CREATED: &str = "2026-01-02T00:00:00.000Z";

/// A server that answers the first batches, each of two creates, and then sends a proxy's page.
async fn failing_after(batches: u64, with: ResponseTemplate) -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    let answers = json!([
        {"success": {"objectId": "a", "createdAt": CREATED, "updatedAt": CREATED}},
        {"success": {"objectId": "b", "createdAt": CREATED, "updatedAt": CREATED}},
    ]);
    Mock::given(path("/batch"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answers))
        .up_to_n_times(batches)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(with)
        .mount(&server)
        .await;
    server
}

/// Done, in doubt and untouched are told apart.
#[tokio::test]
async fn row_5_a_batch_without_an_answer_stops_the_others() -> Outcome {
    let broken = ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>");
    let server = failing_after(1, broken).await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let values: Vec<_> = (0..5).map(|number| game("r", "Ann", number)).collect();
    let outcome = client.create_all(&values).chunk_size(2).concurrency(1).await;
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
    let results: Vec<_> = outcome.into_iter().collect();
    let [
        Ok(_),
        Ok(_),
        Err(Error::InDoubt(one)),
        Err(Error::InDoubt(two)),
        Err(Error::Untouched(three)),
    ] = results.as_slice()
    else {
        panic!("{results:?}")
    };
    assert!(Arc::ptr_eq(one, two) && Arc::ptr_eq(two, three));
    assert!(matches!(**one, Error::UnexpectedAnswer { status: 502, .. }));
    Ok(())
}

#[tokio::test]
async fn an_object_in_doubt_keeps_its_changes() -> Outcome {
    let broken = ResponseTemplate::new(200).set_body_string("[]");
    let staged = failing_after(1, broken).await;
    let (server, away) = (
        MockServer::start().await,
        Client::builder(staged.uri()).app_id("app").build()?,
    );
    let client = server.client();
    let values: Vec<_> = (0..4).map(|number| game("r", "Ann", number)).collect();
    let mut games = client.create_all(&values).await.into_result()?;
    for game in &mut games {
        game.increment_score(5);
    }
    let outcome = away.save_all(&mut games).chunk_size(2).concurrency(1).await;
    assert_eq!(
        outcome.failed().map(|failure| failure.index).collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(
        outcome
            .failed()
            .all(|failure| matches!(failure.error, Error::InDoubt(_)))
    );
    let dirty: Vec<_> = games.iter().map(Object::dirty_fields).collect();
    assert_eq!(dirty, [vec![], vec![], vec!["score"], vec!["score"]]);
    client.save_all(&mut games).await.into_result()?;
    let scores = query!(Game.order_by(score)).all(&client).await?;
    // the first two went to the other server
    assert_eq!(sorted(scores.iter().map(|game| game.score)), [0, 1, 7, 8]);
    Ok(())
}

/// Where the server refuses a request as such, it did nothing.
#[tokio::test]
async fn a_batch_that_is_refused_leaves_its_objects_untouched() -> Outcome {
    let server = MockServer::start().await;
    let stranger = Client::builder(server.url())
        .app_id("other")
        .rest_key("rest")
        .build()?;
    let values: Vec<_> = (0..3).map(|number| game("r", "Ann", number)).collect();
    for result in stranger.create_all(&values).chunk_size(2).await {
        let error = result.unwrap_err();
        let Error::Untouched(cause) = &error else {
            panic!("{error}")
        };
        assert!(
            matches!(&**cause, Error::Server(refused) if refused.status == 403),
            "{error}"
        );
    }
    let nobody = Client::builder("http://127.0.0.1:9/parse")
        .app_id("app")
        .build()?;
    for result in nobody.create_all(&values).await {
        assert!(matches!(result, Err(Error::Untouched(cause)) if matches!(*cause, Error::Connection(_))));
    }
    Ok(())
}

/// A server that answers nothing before it has seen so many requests.
#[tokio::test]
async fn as_many_requests_as_asked_for_are_under_way() -> Outcome {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const TOGETHER: usize = 3;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::builder(format!("http://{}", listener.local_addr()?))
        .app_id("app")
        .build()?;
    let server = tokio::spawn(async move {
        let mut open = Vec::new();
        while open.len() < TOGETHER {
            let (mut stream, _) = listener.accept().await?;
            let mut seen = Vec::new();
            // the only object of the request ends it
            while !seen.ends_with(b"}]}") {
                stream.read_buf(&mut seen).await?;
            }
            open.push(stream);
        }
        let answer = format!(r#"[{{"success":{{"objectId":"a","createdAt":"{CREATED}"}}}}]"#);
        for stream in &mut open {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                answer.len()
            );
            stream.write_all(format!("{head}{answer}").as_bytes()).await?;
        }
        std::io::Result::Ok(())
    });
    let values: Vec<_> = (0..3).map(|number| game("r", "Ann", number)).collect();
    let outcome = client
        .create_all(&values)
        .chunk_size(1)
        .concurrency(TOGETHER)
        .await;
    assert_eq!(outcome.into_result()?.len(), 3);
    server.await??;
    Ok(())
}
