//! Work that is over by its deadline, whatever the server does.

use crate::backend::{Outcome, backend, unique};
use crate::live_server::Scripted;
use crate::models::{Game, GameAccessors, Team, game, team};
use futures::stream;
use parse_orm::prelude::*;
use parse_orm::{DeadlineError, Error, RetryPolicy, User};
use parse_orm_mock::{CloudCode, Fault, MockServer};
use serde_json::json;
use std::time::{Duration, Instant};

/// Longer than any test runs.
const NEVER: Duration = Duration::from_secs(3600);

/// Not long, and enough for what is answered at once.
fn soon() -> Instant {
    Instant::now() + Duration::from_millis(700)
}

/// A client whose time is up.
fn over(client: &Client) -> Client {
    client.with_deadline(Instant::now())
}

fn late<T>(result: parse_orm::Result<T>) -> DeadlineError {
    match result {
        Err(Error::Deadline(late)) => *late,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was in time"),
    }
}

fn with_retries(server: &MockServer, policy: RetryPolicy) -> parse_orm::Result<Client> {
    let builder = Client::builder(server.url()).app_id("app").rest_key("rest");
    builder
        .retries(policy.backoff(Duration::from_millis(1), Duration::from_millis(2)))
        .build()
}

#[tokio::test]
async fn a_try_ends_with_the_policys_deadline() -> Outcome {
    let server = MockServer::start().await;
    let time = Duration::from_millis(200);
    let client = with_retries(&server, RetryPolicy::default().deadline(time))?;
    let mut stored = game("r", "Ann", 1).create(&server.client()).await?;
    server.fail(Fault::delay(NEVER));
    let error = late(Game::objects().all(&client).await);
    assert_eq!((error.policy, error.sent), (Some(time), true));
    assert_eq!(
        error.to_string(),
        "GET /classes/E2eGame: not answered within 0.2 seconds, the deadline of the `RetryPolicy`"
    );
    stored.score = 2;
    let error = late(stored.save(&client).await);
    assert_eq!(error.request, format!("PUT /classes/E2eGame/{}", stored.id()));
    assert_eq!(stored.dirty_fields(), ["score"]);
    Ok(())
}

/// All tries together, and what the one before has met is not forgotten.
#[tokio::test]
async fn later_tries_have_what_is_left() -> Outcome {
    let server = MockServer::start().await;
    let client = with_retries(
        &server,
        RetryPolicy::default().deadline(Duration::from_millis(400)),
    )?;
    server.fail(Fault::status(502).times(1));
    server.fail(Fault::delay(NEVER));
    let error = late(Game::objects().count(&client).await);
    assert!(
        matches!(
            error.earlier.as_deref(),
            Some(Error::UnexpectedAnswer { status: 502, .. })
        ),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("; an earlier try: HTTP status 502"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 2);
    Ok(())
}

/// The first try has a limit of its own, which says more.
#[tokio::test]
async fn a_timeout_that_is_as_long_comes_first() -> Outcome {
    let server = MockServer::start().await;
    server.fail(Fault::delay(NEVER));
    let time = Duration::from_millis(200);
    let client = Client::builder(server.url())
        .app_id("app")
        .rest_key("rest")
        .timeout(time)
        .retries(RetryPolicy::default().deadline(time))
        .build()?;
    let error = Game::objects().count(&client).await.unwrap_err();
    assert!(
        matches!(&error, Error::Connection(cause) if cause.is_timeout()),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn one_request_with_the_clients_deadline() -> Outcome {
    let server = MockServer::start().await;
    let stored = game("r", "Ann", 1).create(&server.client()).await?;
    server.fail(Fault::delay(NEVER));
    let client = server.client().with_deadline(soon());
    let mut changed = stored.clone();
    changed.increment_score(2);
    let error = late(changed.save(&client).await);
    assert_eq!(
        (error.policy, error.sent, error.earlier.is_none()),
        (None, true, true)
    );
    assert_eq!(
        error.to_string(),
        format!(
            "PUT /classes/E2eGame/{}: not answered before the client's deadline",
            stored.id()
        )
    );
    assert_eq!((changed.score, changed.dirty_fields()), (3, vec!["score"]));
    let of_session = server.client().with_session("r:x").with_deadline(soon());
    assert!(late(Game::objects().count(&of_session).await).sent);
    let master = server.master_client().with_deadline(soon());
    assert!(late(Game::objects().count(&master).await).sent);
    Ok(())
}

/// Nothing is sent when it is too late.
#[tokio::test]
async fn what_comes_too_late_is_not_sent() -> Outcome {
    let server = MockServer::builder().public_file_upload(true).start().await?;
    let mut stored = game("r", "Ann", 1).create(&server.client()).await?;
    let photo = File::new("a.txt", "a");
    photo.upload(&server.client()).await?;
    server.clear_requests();
    let client = over(&server.client());
    let error = late(Game::objects().all(&client).await);
    assert!(!error.sent);
    assert_eq!(
        error.to_string(),
        "GET /classes/E2eGame: the client's deadline had passed, nothing was sent"
    );
    stored.score = 2;
    assert!(!late(stored.save(&client).await).sent);
    assert!(stored.is_dirty());
    assert!(!late(team("r", "Red").create(&client).await).sent);
    assert!(!late(client.call::<String>("hello", json!({})).await).sent);
    assert!(!late(User::log_in(&client, "ann", "secret").await).sent);
    assert!(!late(Game::objects().stream(&client).try_next().await).sent);
    assert!(!late(File::new("b.txt", "b").upload(&client).await).sent);
    assert!(!late(photo.download(&client).await).sent);
    assert!(!late(query!(Game.update(score += 1)).run(&client).await).sent);
    let outcome = client.save_all([&mut stored]).await;
    assert!(
        outcome
            .failed()
            .all(|failed| matches!(&failed.error, Error::Untouched(cause)
        if matches!(&**cause, Error::Deadline(_))))
    );
    assert_eq!(outcome.failed().count(), 1);
    assert!(matches!(
        client.save_all([&mut stored]).atomic().await,
        Err(Error::Deadline(late)) if !late.sent
    ));
    assert!(server.requests().is_empty(), "{:?}", server.requests());
    // the client that it was made from goes on
    stored.save(&server.client()).await?;
    Ok(())
}

#[tokio::test]
async fn the_earlier_deadline_stays() -> Outcome {
    let server = MockServer::start().await;
    let later = Instant::now() + NEVER;
    for client in [
        over(&server.client()).with_deadline(later),
        server.client().with_deadline(later).with_deadline(Instant::now()),
        over(&server.client()).with_session("r:x"),
        over(&server.client()).with_installation("phone"),
        over(&server.client()).with_context(&json!({"a": 1}))?,
    ] {
        late(Game::objects().count(&client).await);
    }
    late(
        Game::objects()
            .count(&over(&server.client()).master("master"))
            .await,
    );
    Game::objects()
        .count(&server.client().with_deadline(later))
        .await?;
    Ok(())
}

/// A pause that would end too late is not begun: the failure says more.
#[tokio::test]
async fn there_is_no_pause_beyond_the_deadline() -> Outcome {
    let server = MockServer::start().await;
    server.fail(Fault::status(503).header("Retry-After", "30"));
    let client = server
        .client()
        .with_deadline(Instant::now() + Duration::from_secs(10));
    let begun = Instant::now();
    let error = Game::objects().count(&client).await.unwrap_err();
    assert!(
        matches!(error, Error::UnexpectedAnswer { status: 503, .. }),
        "{error:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(9));
    assert_eq!(server.requests().len(), 1);
    Ok(())
}

/// Some are done, one request is under way, the others are not sent.
#[tokio::test]
async fn of_many_objects_each_is_accounted_for() -> Outcome {
    let server = MockServer::start().await;
    let teams: Vec<_> = (0..50).map(|n| team("r", &format!("{n}"))).collect();
    server.fail(Fault::delay(NEVER).on("POST", "/batch").nth(3));
    let client = server.client().with_deadline(soon());
    let outcome = client.create_all(&teams).chunk_size(10).concurrency(1).await;
    let (mut done, mut in_doubt, mut untouched) = (0, 0, 0);
    for result in outcome {
        match result {
            Ok(_) => done += 1,
            Err(Error::InDoubt(cause)) if matches!(*cause, Error::Deadline(_)) => in_doubt += 1,
            Err(Error::Untouched(cause)) if matches!(*cause, Error::Deadline(_)) => untouched += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((done, in_doubt, untouched), (20, 10, 20));
    assert_eq!(server.requests_to("POST", "/batch").len(), 3);
    // by a query
    server.clear_faults();
    server.fail(Fault::delay(NEVER).on("POST", "/batch").nth(2));
    let client = server.client().with_deadline(soon());
    let delete = Team::objects().delete().chunk_size(10).concurrency(1);
    let Err(Error::Interrupted(stopped)) = delete.run(&client).await else {
        return Err("not interrupted".into());
    };
    assert_eq!((stopped.done, stopped.in_doubt.len()), (10, 10));
    assert!(matches!(&*stopped.cause, Error::Deadline(late) if late.sent));
    Ok(())
}

/// The same deadline for all pages; another client goes on where it ended.
#[tokio::test]
async fn many_pages_have_one_deadline() -> Outcome {
    let server = MockServer::start().await;
    let teams: Vec<_> = (0..30).map(|n| team("r", &format!("{n:02}"))).collect();
    server.client().create_all(&teams).await.into_result()?;
    let set = query!(Team.order_by(name)).page_size(10);
    server.fail(Fault::delay(NEVER).on("GET", "/classes/E2eTeam").nth(3));
    let client = server.client().with_deadline(soon());
    let mut rows = set.stream(&client);
    let mut names = Vec::new();
    let error = loop {
        match rows.try_next().await {
            Ok(Some(row)) => names.push(row.into_inner().name),
            other => break late(other),
        }
    };
    assert!(error.sent && names.len() == 20, "{names:?}");
    let rest = set.after(&rows.cursor()?).all(&server.client()).await?;
    names.extend(rest.into_iter().map(|row| row.into_inner().name));
    assert_eq!(
        names,
        teams.iter().map(|team| team.name.clone()).collect::<Vec<_>>()
    );
    server.fail(Fault::delay(NEVER).on("GET", "/classes/E2eTeam").nth(3));
    late(set.all(&server.client().with_deadline(soon())).await);
    Ok(())
}

#[tokio::test]
async fn files_on_their_way() -> Outcome {
    let server = MockServer::builder().public_file_upload(true).start().await?;
    // contents that never come
    let first = stream::iter([Ok::<_, std::io::Error>(vec![1; 1000])]);
    let stuck = File::builder("a.bin").stream(None, first.chain(stream::pending()));
    let error = late(stuck.upload(&server.client().with_deadline(soon())).await);
    assert_eq!((&*error.request, error.sent), ("POST /files/a.bin", true));
    assert!(server.file_names().is_empty());
    // an answer that never comes, and one that ends in the middle
    let file = File::new("b.bin", vec![2; 1000]);
    file.upload(&server.client()).await?;
    server.fail(Fault::delay(NEVER));
    let error = late(file.download(&server.client().with_deadline(soon())).await);
    assert_eq!(error.request, format!("GET /files/{}", file.name()));
    let half = half_an_answer().await?;
    let client = Client::builder(half).app_id("app").build()?;
    let mut pieces = File::stored("c.bin")
        .download(&client.with_deadline(soon()))
        .stream()
        .await?;
    assert_eq!(pieces.try_next().await?.ok_or("a piece")?.len(), 3);
    assert!(late(pieces.try_next().await).sent);
    Ok(())
}

/// A server that sends three bytes of five.
async fn half_an_answer() -> std::io::Result<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/parse", listener.local_addr()?);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")
                .await;
            kept.push(stream);
        }
    });
    Ok(url)
}

/// It waits for another task, and sends nothing of its own.
#[tokio::test]
async fn a_new_object_that_another_task_stores() -> Outcome {
    let server = MockServer::start().await;
    let red = Pointer::new(team("r", "Red"));
    let [first, second] = ["Ann", "Bob"].map(|name| crate::models::Player {
        team: Some(red.clone()),
        ..crate::models::player("r", name)
    });
    server.fail(Fault::delay(NEVER).on("POST", "/classes/E2eTeam"));
    let client = server.client();
    let stuck = tokio::spawn(async move { first.create(&client).await.map(drop) });
    while server.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = late(second.create(&server.client().with_deadline(soon())).await);
    assert!(!error.sent && error.request.contains("another task"), "{error}");
    assert_eq!(server.requests().len(), 1);
    stuck.abort();
    Ok(())
}

#[tokio::test]
async fn a_subscription_that_is_not_answered() -> Outcome {
    let server = Scripted::start().await;
    let client = server.client();
    let asking = tokio::spawn(
        Team::objects()
            .subscribe(&client.with_deadline(soon()))
            .into_future(),
    );
    let mut connection = server.welcome().await;
    assert_eq!(connection.read().await["op"], "subscribe");
    let error = late(asking.await?);
    assert_eq!(
        (&*error.request, error.sent),
        ("the subscription to E2eTeam", true)
    );
    // it was the connection's only one
    assert_eq!(connection.read().await, json!(null));
    assert!(!late(Team::objects().subscribe(&over(&client)).await).sent);
    Ok(())
}

/// It outlives the deadline.
#[tokio::test]
async fn what_begins_is_not_bound_by_it() -> Outcome {
    let server = MockServer::builder()
        .live_query_classes(["E2eTeam"])
        .start()
        .await?;
    let client = server.client().with_deadline(soon());
    let mut events = Team::objects().subscribe(&client).await?;
    let session = User::new("ann").sign_up(&client, "secret").await?;
    tokio::time::sleep_until(soon().into()).await;
    late(Team::objects().count(&client).await);
    assert_eq!(Team::objects().count(&session).await?, 0);
    team("r", "Red").create(&session).await?;
    assert!(matches!(
        crate::live_events::next(&mut events).await?,
        LiveEvent::Create(_)
    ));
    late(
        Team::objects()
            .count(&session.with_deadline(Instant::now()))
            .await,
    );
    Ok(())
}

#[tokio::test]
async fn a_job_that_does_not_end() -> Outcome {
    let server = MockServer::builder()
        .cloud_code(CloudCode::new().job("long", |_| async {
            tokio::time::sleep(NEVER).await;
            Ok::<_, parse_orm_mock::CloudError>("done")
        }))
        .start()
        .await?;
    let master = server.master_client().with_deadline(soon());
    let job = master.start_job("long", json!({})).await?;
    let begun = Instant::now();
    // not at the end of the pause
    late(job.finished().every(NEVER).await);
    assert!(begun.elapsed() < NEVER / 2);
    Ok(())
}

/// On the real server, too: a function that sleeps, and what comes afterwards.
#[tokio::test]
async fn a_server_that_takes_its_time() -> Outcome {
    let backend = backend().await;
    let run = unique("deadline");
    let client = backend
        .client()
        .with_deadline(Instant::now() + Duration::from_secs(60));
    let stored = client
        .create_all(&[team(&run, "Red"), team(&run, "Blue")])
        .await
        .into_result()?;
    assert_eq!(
        query!(Team.filter(run = &run)).all(&client).await?.len(),
        stored.len()
    );
    let hurried = client.with_deadline(soon());
    let begun = Instant::now();
    let error = late(hurried.call::<String>("sleep", json!({"ms": 20_000})).await);
    assert_eq!((&*error.request, error.sent), ("POST /functions/sleep", true));
    assert!(begun.elapsed() < Duration::from_secs(19));
    assert!(!late(team(&run, "Green").create(&hurried).await).sent);
    assert_eq!(query!(Team.filter(run = &run)).count(&client).await?, 2);
    Ok(())
}
