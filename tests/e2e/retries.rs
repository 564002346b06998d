//! How requests are tried again; which of them are is in `faults/retry_table.rs`.

use crate::backend::Outcome;
use crate::models::{Game, GameAccessors, Team, game, team};
use parse_orm::prelude::*;
use parse_orm::{Error, RetryPolicy};
use parse_orm_mock::{Fault, MockServer};
use std::time::Duration;

/// A server with one game, and a client that does not wait.
struct Bench {
    server: MockServer,
    client: MasterClient,
    game: Object<Game>,
}

fn policy() -> RetryPolicy {
    RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(2))
}

fn client(server: &MockServer, ids: bool, policy: RetryPolicy) -> parse_orm::Result<MasterClient> {
    Client::builder(server.url())
        .app_id("app")
        .master_key("master")
        .retries(policy)
        .request_ids(ids)
        .build_master()
}

impl Bench {
    async fn new(ids: bool) -> Result<Self, Box<dyn std::error::Error>> {
        let server = MockServer::builder()
            .idempotency([".*"], Duration::from_secs(60))
            .start()
            .await?;
        let client = client(&server, ids, policy())?;
        let game = game("r", "Ann", 1).create(&server.client()).await?;
        server.clear_requests();
        Ok(Self { server, client, game })
    }
}

#[tokio::test]
async fn row_58_as_often_as_the_policy_says() -> Outcome {
    let server = MockServer::start().await;
    let tries = |attempts| {
        let client = client(&server, false, policy().attempts(attempts));
        server.clear_requests();
        async {
            let client = client?;
            let answer = Team::objects().count(&client).await;
            Ok::<_, Error>((answer.is_ok(), server.requests().len()))
        }
    };
    server.fail(Fault::status(502).on("GET", "/classes/E2eTeam"));
    assert_eq!(tries(0).await?, (false, 1));
    assert_eq!(tries(1).await?, (false, 1));
    assert_eq!(tries(5).await?, (false, 5));
    server.clear_faults();
    server.fail(Fault::status(502).times(4));
    assert_eq!(tries(5).await?, (true, 5));
    server.fail(Fault::status(502));
    let never = client(&server, false, RetryPolicy::never())?;
    server.clear_requests();
    assert!(Team::objects().all(&never).await.is_err());
    assert_eq!(server.requests().len(), 1);
    // the default is three
    server.clear_requests();
    assert!(Team::objects().all(&server.client()).await.is_err());
    assert_eq!(server.requests().len(), 3);
    Ok(())
}

#[tokio::test]
async fn row_58_a_server_that_wants_to_be_left_alone_for_longer_than_there_is() -> Outcome {
    let server = MockServer::start().await;
    let client = client(&server, false, policy().deadline(Duration::from_secs(30)))?;
    server.fail(Fault::status(503).header("Retry-After", "31").times(1));
    let error = Team::objects().all(&client).await.unwrap_err();
    assert!(
        matches!(error, Error::UnexpectedAnswer { status: 503, .. }),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
    // a date that has passed is no time at all
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    server.fail(
        Fault::error(100, "Too many requests")
            .header("Retry-After", past)
            .times(1),
    );
    Team::objects().count(&client).await?;
    assert_eq!(server.requests().len(), 3);
    Ok(())
}

/// The first try may have done it: that the second did not reach the server does not say that nothing was done.
#[tokio::test]
async fn row_58_the_failure_that_leaves_a_doubt_is_the_one_that_is_told() -> Outcome {
    let bench = Bench::new(true).await?;
    bench.server.fail(Fault::lose_answer().times(1));
    bench.server.fail(Fault::status(429).nth(2).times(2));
    let error = team("r", "Red").create(&bench.client).await.unwrap_err();
    assert!(matches!(error, Error::Connection(_)), "{error}");
    assert_eq!(
        (bench.server.count("E2eTeam"), bench.server.requests().len()),
        (1, 3)
    );
    Ok(())
}

#[tokio::test]
async fn row_58_a_delete_that_finds_nothing_has_succeeded_only_after_one_that_may_have() -> Outcome {
    let bench = Bench::new(false).await?;
    bench.server.fail(Fault::lose_answer().times(1));
    let deleted = bench.game.clone().delete(&bench.client).await?;
    assert_eq!(deleted.player_name, "Ann");
    // gone before the first try
    bench.server.fail(Fault::status(429).times(1));
    let error = bench.game.clone().delete(&bench.client).await.unwrap_err();
    assert!(matches!(error, Error::DoesNotExist { .. }), "{error}");
    Ok(())
}

/// A batch carries no request id that the server minds: what became of its objects is in doubt, and said so.
#[tokio::test]
async fn row_58_batches_stay_in_doubt() -> Outcome {
    for ids in [false, true] {
        let bench = Bench::new(ids).await?;
        bench.server.fail(Fault::lose_answer().times(1));
        let mut games = [bench.game.clone()];
        games[0].increment_score(1);
        let outcome = bench.client.save_all(&mut games).await;
        assert!(
            outcome
                .failed()
                .all(|failure| matches!(failure.error, Error::InDoubt(_)))
        );
        assert_eq!(outcome.failed().count(), 1);
        let sent = bench.server.requests_to("POST", "/batch");
        assert_eq!(sent.len(), 1);
        assert!(sent[0].header("x-parse-request-id").is_none());
        let stored = Game::get(&bench.server.client(), bench.game.id()).await?;
        assert_eq!(stored.score, 2);
    }
    Ok(())
}

/// The contents of a file are read while they are sent: they go once.
#[tokio::test]
async fn row_58_files_are_sent_once() -> Outcome {
    for fault in [Fault::status(429), Fault::status(503), Fault::lose_answer()] {
        let bench = Bench::new(true).await?;
        bench.server.fail(fault.times(1));
        assert!(File::new("a.txt", "a").upload(&bench.client).await.is_err());
        assert_eq!(bench.server.requests_to("POST", "/files").len(), 1);
    }
    Ok(())
}

/// Row 6: what is tried again has the same id, what is another request another one.
#[tokio::test]
async fn row_6_an_id_for_each_request_and_the_same_in_all_of_its_tries() -> Outcome {
    let bench = Bench::new(true).await?;
    bench.server.fail(Fault::disconnect().times(2));
    team("r", "Red").create(&bench.client).await?;
    let mut game = bench.game.clone();
    game.increment_score(1);
    game.save(&bench.client).await?;
    game.score = 7;
    game.save(&bench.client).await?;
    Game::objects().count(&bench.client).await?;
    let ids: Vec<Option<String>> = bench
        .server
        .requests()
        .iter()
        .map(|request| request.header("x-parse-request-id").map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), 6);
    let created = ids[0].as_ref().ok_or("an id")?;
    assert_eq!(created.len(), 32);
    assert_eq!(ids[..3], [ids[0].clone(), ids[0].clone(), ids[0].clone()]);
    assert!(ids[3].as_ref().is_some_and(|other| other != created));
    // setting a value twice does no harm, and reading none at all
    assert_eq!(ids[4..], [None, None]);
    assert_eq!(bench.server.count("E2eTeam"), 1);

    // a client that was not told of the server's option sends none
    let plain = Bench::new(false).await?;
    team("r", "Red").create(&plain.client).await?;
    assert!(plain.server.requests()[0].header("x-parse-request-id").is_none());
    Ok(())
}

/// Row 37: the increment was made, its answer lost: made once, and read.
#[tokio::test]
async fn row_37_a_save_that_was_applied_is_read_back() -> Outcome {
    let bench = Bench::new(true).await?;
    for fault in [Fault::lose_answer(), Fault::truncate()] {
        bench.server.clear_requests();
        let mut game = Game::get(&bench.client, bench.game.id()).await?;
        let before = (game.score, game.updated_at());
        game.increment_score(5);
        game.nickname = Some("x".into());
        bench.server.fail(fault.on("PUT", "/classes/E2eGame").times(1));
        game.save(&bench.client).await?;
        assert!(!game.is_dirty() && game.updated_at() > before.1);
        assert_eq!((game.score, game.nickname.as_deref()), (before.0 + 5, Some("x")));
        assert_eq!(bench.server.requests_to("PUT", "/").len(), 2);
        let stored = Game::get(&bench.client, game.id()).await?;
        assert_eq!(
            (stored.score, stored.updated_at()),
            (game.score, game.updated_at())
        );
    }
    Ok(())
}

/// The server uses an id up where it fails, too: nothing is taken for done that the object does not show.
#[tokio::test]
async fn row_37_a_save_that_the_object_does_not_show() -> Outcome {
    let bench = Bench::new(true).await?;
    let mut game = bench.game.clone();
    game.increment_score(5);
    bench.server.fail(Fault::disconnect().on("PUT", "/").times(1));
    bench
        .server
        .fail(Fault::error(159, "Duplicate request").on("PUT", "/").nth(2));
    let error = game.save(&bench.client).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyApplied(_)), "{error}");
    assert_eq!(error.code(), Some(parse_orm::ErrorCode::DuplicateRequest));
    assert!(error.to_string().contains("earlier try"), "{error}");
    assert_eq!(game.dirty_fields(), ["score"]);
    game.save(&bench.client).await?;
    assert_eq!(game.score, 6);
    Ok(())
}

/// Row 37: a new object exists, and nobody knows its id, unless the client chose it or the row can be found.
#[tokio::test]
async fn row_37_a_create_that_was_applied() -> Outcome {
    let bench = Bench::new(true).await?;
    let lose = || Fault::lose_answer().on("POST", "/classes/E2eTeam").times(1);
    bench.server.fail(lose());
    let error = team("r", "Red").create(&bench.client).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyApplied(_)), "{error}");
    assert_eq!(bench.server.count("E2eTeam"), 1);

    bench.server.fail(lose());
    let blue = query!(Team.filter(name = "Blue"));
    let (row, created) = blue.get_or_create(&bench.client, || team("r", "Blue")).await?;
    assert!(created && row.name == "Blue" && bench.server.count("E2eTeam") == 2);

    let server = MockServer::builder()
        .idempotency(["classes/"], Duration::from_secs(60))
        .allow_custom_object_id(true)
        .start()
        .await?;
    let client = client(&server, true, policy())?;
    server.fail(lose());
    let green = Draft::new(team("r", "Green")).id("green");
    let stored = green.create(&client).await?;
    assert_eq!(
        (
            stored.id().as_str(),
            stored.name.as_str(),
            server.count("E2eTeam")
        ),
        ("green", "Green", 1)
    );
    Ok(())
}
