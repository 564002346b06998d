//! What is tried again, cell by cell of the table of `RetryPolicy`, and what never is.

use crate::backend::Outcome;
use crate::models::{Game, GameAccessors, Team, game, team};
use parse_orm::prelude::*;
use parse_orm::{Error, RetryPolicy};
use parse_orm_mock::{Fault, MockServer};
use std::time::Duration;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verb {
    Read,
    LongRead,
    Set,
    Delete,
    Create,
    Increment,
    Append,
    Batch,
}

use Verb::{Append, Batch, Create, Delete, Increment, LongRead, Read, Set};

const FREE: [Verb; 4] = [Read, LongRead, Set, Delete];
const WITH_ID: [Verb; 3] = [Create, Increment, Append];
const ONCE: [Verb; 1] = [Batch];

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
        // one fault is to be a timeout
        .timeout(Duration::from_millis(300))
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

    /// Does it once, and says how many requests that took.
    async fn perform(&self, verb: Verb) -> (parse_orm::Result<()>, usize) {
        let client = &self.client;
        let mut game = self.game.clone();
        let (result, path) = match verb {
            Read => (Game::objects().count(client).await.map(drop), "/classes/E2eGame"),
            LongRead => {
                let long = query!(Game.filter(player_name = "x".repeat(3000)));
                (long.count(client).await.map(drop), "/classes/E2eGame")
            }
            Set => {
                game.score = 50;
                (game.save(client).await, "/classes/E2eGame")
            }
            Delete => (game.delete(client).await.map(drop), "/classes/E2eGame"),
            Create => (
                team("r", "Red").create(client).await.map(drop),
                "/classes/E2eTeam",
            ),
            Increment => {
                game.increment_score(1);
                (game.save(client).await, "/classes/E2eGame")
            }
            Append => {
                game.add_skills(["a"]);
                (game.save(client).await, "/classes/E2eGame")
            }
            Batch => {
                let outcome = client.create_all(&[team("r", "Red")]).await;
                (outcome.into_result().map(drop), "/batch")
            }
        };
        let requests = self.server.requests_to("*", path);
        // what a save reads afterwards is no try
        let tries = requests
            .iter()
            .filter(|request| verb == Read || verb == LongRead || request.method != "GET");
        let read = verb == Read || verb == LongRead;
        assert!(requests.iter().all(|request| !read || request.method == "GET"));
        (result, tries.count())
    }

    /// Nothing was done twice.
    async fn check(&self, verb: Verb) -> Outcome {
        assert!(self.server.count("E2eTeam") <= 1, "{verb:?}");
        if verb != Delete {
            let game = Game::get(&self.server.client(), self.game.id()).await?;
            assert!([1, 2, 50].contains(&game.score), "{verb:?}: {}", game.score);
            assert!(game.skills.len() <= 1, "{verb:?}: {:?}", game.skills);
        }
        Ok(())
    }
}

/// One row of the table, with a fault that happens once: for each request whether it was tried again.
async fn row(fault: impl Fn() -> Fault, free: bool, with_id: bool, once: bool) -> Outcome {
    let cells = |verbs: &[Verb], ids, again| -> Vec<(Verb, bool, bool)> {
        verbs.iter().map(|verb| (*verb, ids, again)).collect()
    };
    let cells = [
        cells(&FREE, false, free),
        cells(&FREE, true, free),
        cells(&WITH_ID, false, once),
        cells(&WITH_ID, true, with_id),
        cells(&ONCE, false, once),
        cells(&ONCE, true, once),
    ];
    for (verb, ids, again) in cells.concat() {
        let bench = Bench::new(ids).await?;
        bench.server.fail(fault().times(1));
        let (result, tries) = bench.perform(verb).await;
        assert_eq!(
            tries,
            1 + usize::from(again),
            "{verb:?}, ids {ids}, {:?}: {result:?}",
            fault()
        );
        if !again {
            assert!(result.is_err(), "{verb:?}, ids {ids}, {:?}", fault());
        }
        bench.check(verb).await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_58_not_now_is_tried_again() -> Outcome {
    row(|| Fault::error(100, "Too many requests"), true, true, true).await?;
    row(|| Fault::status(429), true, true, true).await
}

#[tokio::test]
async fn row_58_what_was_not_done() -> Outcome {
    row(Fault::disconnect, true, true, false).await?;
    for status in [408, 500, 502, 503, 504] {
        row(|| Fault::status(status), true, true, false).await?;
    }
    row(
        || Fault::answer(502, "application/json", r#"{"message":"Bad gateway"}"#),
        true,
        true,
        false,
    )
    .await
}

#[tokio::test]
async fn row_58_what_was_done_and_not_answered() -> Outcome {
    row(Fault::lose_answer, true, true, false).await?;
    row(Fault::truncate, true, true, false).await
}

#[tokio::test]
async fn row_58_what_takes_too_long() -> Outcome {
    row(|| Fault::delay(Duration::from_secs(5)), true, true, false).await
}

#[tokio::test]
async fn row_58_what_the_server_failed_at() -> Outcome {
    row(|| Fault::error(1, "Internal server error."), true, false, false).await?;
    let message = r#"{"code":1,"message":"Internal server error."}"#;
    row(
        || Fault::answer(500, "application/json", message),
        true,
        false,
        false,
    )
    .await
}

#[tokio::test]
async fn row_58_answers_that_are_final() -> Outcome {
    for code in [101, 119, 137, 141, 155, 159, 209] {
        row(|| Fault::error(code, "no"), false, false, false).await?;
    }
    for status in [400, 401, 403, 404, 413] {
        row(|| Fault::status(status), false, false, false).await?;
    }
    Ok(())
}

/// Nobody listens at first: nothing was sent, and everything may be tried again.
#[tokio::test]
async fn row_58_a_refused_connection_is_tried_again() -> Outcome {
    let patient = policy()
        .attempts(u32::MAX)
        .backoff(Duration::from_millis(5), Duration::from_millis(10));
    for ids in [false, true] {
        let gone = MockServer::start().await;
        let (client, port) = (client(&gone, ids, patient.clone())?, gone.port());
        drop(gone);
        let asked = async {
            team("r", "Red").create(&client).await?;
            client.create_all(&[team("r", "Blue")]).await.into_result()
        };
        let late = async {
            tokio::time::sleep(Duration::from_millis(40)).await;
            MockServer::builder().port(port).start().await
        };
        let (created, server) = tokio::join!(asked, late);
        created?;
        assert_eq!(server?.count("E2eTeam"), 2);
    }
    Ok(())
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
        bench.check(Batch).await?;
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

/// An answer with code 159 that no earlier try can have caused is the server's refusal.
#[tokio::test]
async fn row_37_a_duplicate_without_another_try_is_a_refusal() -> Outcome {
    let bench = Bench::new(true).await?;
    bench.server.fail(Fault::error(159, "Duplicate request"));
    let error = team("r", "Red").create(&bench.client).await.unwrap_err();
    assert!(matches!(error, Error::Server(_)), "{error}");
    assert_eq!(bench.server.requests().len(), 1);
    Ok(())
}
