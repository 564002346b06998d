//! Updating every row that a query matches.

use crate::backend::{
    Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted, unique,
};
use crate::models::{Game, Level, Venue, game, player, store};
use futures::future::try_join_all;
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode, Update};
use parse_orm_mock::MockServer;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eCounter")]
struct Counter {
    run: String,
    number: i64,
    score: i64,
    level: Option<i32>,
    note: Option<String>,
    #[parse(default)]
    skills: Vec<String>,
    #[parse(read_only)]
    rank: Option<i64>,
    parent: Option<Pointer<Counter>>,
    friends: Relation<Counter>,
}

fn counter(run: &str, number: i64) -> Counter {
    Counter {
        run: run.into(),
        number,
        score: number,
        level: None,
        note: Some("old".into()),
        skills: vec!["a".into()],
        rank: None,
        parent: None,
        friends: Relation::new(),
    }
}

/// Rows with the numbers and scores `0..rows`.
async fn fill(client: &Client, run: &str, rows: i64) -> parse_orm::Result<QuerySet<Counter>> {
    for chunk in (0..rows).collect::<Vec<_>>().chunks(16) {
        let values: Vec<_> = chunk.iter().map(|&number| counter(run, number)).collect();
        try_join_all(values.iter().map(|value| value.create(client))).await?;
    }
    Ok(query!(Counter.filter(run = run)))
}

/// The scores, by the numbers.
async fn scores(set: &QuerySet<Counter>, client: &Client) -> parse_orm::Result<Vec<i64>> {
    let rows = query!(set.order_by(number)).all(client).await?;
    Ok(rows.iter().map(|row| row.score).collect())
}

fn body<T>(update: &Update<T>) -> Value {
    serde_json::to_value(update).unwrap()
}

#[tokio::test]
async fn every_row_of_many() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let all = fill(client, &run, 130).await?;
    let some = query!(all.filter(number__lt = 120));
    let update = query!(some.update(
        score += 1000,
        level = 20,
        note = None,
        skills.add_unique(["a", "b"]),
    ));
    // lazy, and a value: made once, run twice
    assert_eq!(scores(&all, client).await?, (0..130).collect::<Vec<_>>());
    let done = update.run(client).await?;
    assert_eq!((done.updated, done.matched(), done.failed.len()), (120, 120, 0));
    assert_eq!(update.run(client).await?.updated, 120);
    for row in all.all(client).await? {
        let reached = row.number < 120;
        assert_eq!(row.score, if reached { row.number + 2000 } else { row.number });
        assert_eq!(row.level, reached.then_some(20));
        assert_eq!(row.note.is_none(), reached);
        assert_eq!(
            sorted(row.skills.clone()).concat(),
            if reached { "ab" } else { "a" }
        );
    }
    Ok(())
}

#[tokio::test]
async fn each_kind_of_change() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let all = fill(client, &run, 2).await?;
    let parent = counter(&unique("parent"), 0).create(client).await?;
    let done = query!(all.update(
        number -= 10,
        score = F(score) + 5,
        level += 3,
        note = "new",
        skills.add("b"),
        parent = &parent,
    ));
    assert_eq!(done.run(client).await?.updated, 2);
    let rows = query!(all.order_by(number)).all(client).await?;
    assert_eq!(
        (rows[0].number, rows[0].score, rows[1].number, rows[1].score),
        (-10, 5, -9, 6)
    );
    assert_eq!((rows[0].level, rows[0].note.as_deref()), (Some(3), Some("new")));
    assert_eq!(sorted(rows[1].skills.clone()), ["a", "b"]);
    assert_eq!(rows[1].parent.as_ref().and_then(Pointer::id), Some(parent.id()));
    let done = query!(all.update(skills.remove(["a", "c"]), score = 7, number = F(number) - 1))
        .run(client)
        .await?;
    assert_eq!(done.updated, 2);
    let rows = query!(all.order_by(number)).all(client).await?;
    assert_eq!(
        (rows[0].number, rows[1].number, rows[0].score, rows[1].score),
        (-11, -10, 7, 7)
    );
    assert_eq!(rows[0].skills, ["b"]);
    Ok(())
}

/// What each row is sent, by the macro and by tokens.
#[test]
fn what_is_sent() -> Outcome {
    let someone = Pointer::<crate::models::Player>::to("player0001");
    let day: DateTime<Utc> = "2026-01-02T03:04:05.678Z".parse()?;
    let venue = Venue {
        city: "Bern".into(),
        street_name: None,
        seats: 7,
    };
    let (name, nickname, none) = ("Ann".to_owned(), Some("A".to_owned()), None::<f64>);
    let update = query!(Game.update(
        score -= 3,
        player_name = &name,
        cheat_mode = true,
        skills = ["a", "b"],
        played_at = day,
        rating = none,
        nickname = nickname,
        level = Level::Hard,
        venue = venue.clone(),
        player = &someone,
    ));
    let pointer = json!({"__type": "Pointer", "className": "E2ePlayer", "objectId": "player0001"});
    assert_eq!(
        body(&update),
        json!({
            "score": {"__op": "Increment", "amount": -3},
            "playerName": "Ann",
            "cheatMode": true,
            "skills": ["a", "b"],
            "playedAt": {"__type": "Date", "iso": "2026-01-02T03:04:05.678Z"},
            "rating": {"__op": "Delete"},
            "nickname": "A",
            "level": "hard",
            "venue": {"city": "Bern", "seats": 7},
            "player": pointer,
        })
    );
    let f = Game::F;
    let set = Game::objects();
    let changes = [
        f.score.decrement(3),
        f.rating.increment(0.5),
        f.skills.remove("x"),
        f.nickname.unset(),
    ];
    assert_eq!(
        body(&set.update(changes)),
        body(&query!(set.update(
            score -= 3,
            rating += 0.5,
            skills.remove("x"),
            nickname = None
        )))
    );
    let (amount, more) = (3_000_000_000, ["x".to_owned(), "y".to_owned()]);
    assert_eq!(
        body(&query!(set.update(
            score = amount + F(score),
            rating = 5,
            skills.add(&more[..])
        ))),
        json!({
            "score": {"__op": "Increment", "amount": 3_000_000_000_i64},
            "rating": 5.0,
            "skills": {"__op": "Add", "objects": ["x", "y"]},
        })
    );
    // a change can be made elsewhere, and a list of them where it is needed
    let mut changes = vec![f.score.set(1)];
    changes.extend(name.is_empty().then(|| f.cheat_mode.set(true)));
    assert_eq!(body(&set.update(changes)), json!({"score": 1}));
    let forgiven = f.cheat_mode.set(false);
    assert_eq!(
        body(&query!(set.update(score = 1, forgiven))),
        json!({"score": 1, "cheatMode": false})
    );
    Ok(())
}

/// The requests: ids by pages, rows by batches of 50, every path with the mount path.
#[tokio::test]
async fn row_36_batches_carry_the_mount_path() -> Outcome {
    for mount in ["/", "/a/b", "/parse"] {
        let server = MockServer::builder().mount_path(mount).start().await?;
        let client = server.client();
        let all = fill(&client, "r", 51).await?;
        server.clear_requests();
        let done = query!(all.filter(number__lt = 51).update(score += 1))
            .concurrency(1)
            .run(&client)
            .await?;
        assert_eq!((done.updated, done.failed.len()), (51, 0), "{mount}");
        let (finds, batches): (Vec<_>, Vec<_>) = server
            .requests()
            .into_iter()
            .partition(|request| request.method == "GET");
        assert!(
            finds
                .iter()
                .all(|find| find.query_value("keys") == Some("objectId"))
        );
        let [first, second] = batches.as_slice() else {
            panic!("{} batches", batches.len())
        };
        assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/batch"));
        let sent = first.body.as_ref().unwrap()["requests"].as_array().unwrap();
        assert_eq!(sent.len(), 50);
        let last = query!(all.order_by(-object_id)).first(&client).await?.unwrap();
        let prefix = mount.trim_end_matches('/');
        assert_eq!(
            second.body,
            Some(json!({"requests": [{
                "method": "PUT",
                "path": format!("{prefix}/classes/E2eCounter/{}", last.id()),
                "body": {"score": {"__op": "Increment", "amount": 1}},
            }]}))
        );
        server.clear_requests();
        let done = query!(all.update(score += 1)).chunk_size(20).run(&client).await?;
        let batches = server
            .requests()
            .iter()
            .filter(|request| request.path == "/batch")
            .count();
        assert_eq!((done.updated, batches), (51, 3));
    }
    Ok(())
}

#[tokio::test]
async fn nothing_matched_sends_no_batch() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let all = fill(client, &run, 1).await?;
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    let done = query!(all.filter(number__gt = 5).update(score += 1))
        .run(client)
        .await?;
    assert_eq!((done.updated, done.matched()), (0, 0));
    // no changes: not even the rows are asked for
    let done = all.update([]).run(client).await?;
    assert_eq!(done.updated, 0);
    if let Some(server) = backend.server() {
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(scores(&all, client).await?, [0]);
    Ok(())
}

/// The change takes rows out of the query, or into it again, while they are updated.
async fn reach_once(client: &Client, run: &str) -> Outcome {
    let all = fill(client, run, 120).await?;
    let low = query!(all.filter(score__lt = 100));
    assert_eq!(query!(low.update(score += 1000)).run(client).await?.updated, 100);
    let expected: Vec<_> = (0..120)
        .map(|number| if number < 100 { number + 1000 } else { number })
        .collect();
    assert_eq!(scores(&all, client).await?, expected);
    assert_eq!(low.count(client).await?, 0);
    // these still match afterwards: none is changed twice
    let done = query!(all.filter(score__gte = 0).update(score += 1))
        .run(client)
        .await?;
    assert_eq!(done.updated, 120);
    assert_eq!(
        scores(&all, client).await?,
        expected.iter().map(|score| score + 1).collect::<Vec<_>>()
    );
    Ok(())
}

#[tokio::test]
async fn rows_that_stop_matching_are_reached_once() -> Outcome {
    let backend = backend().await;
    reach_once(backend.client(), &backend.run()).await
}

#[tokio::test]
async fn rows_that_stop_matching_are_reached_once_in_small_pages() -> Outcome {
    let server = MockServer::builder().max_limit(7).start().await?;
    reach_once(&server.client(), "r").await
}

/// Rows match by other rows that the same update changes: the query means the rows as they were.
#[tokio::test]
async fn what_matches_is_decided_before_the_first_change() -> Outcome {
    let server = MockServer::builder().max_limit(1).start().await?;
    let client = server.client();
    let mut parent = Counter {
        level: Some(1),
        ..counter("r", 0)
    }
    .create(&client)
    .await?;
    for number in 1..20 {
        let child = Counter {
            parent: Some(parent.pointer()),
            ..counter("r", number)
        };
        parent = child.create(&client).await?;
    }
    let children = query!(Counter.filter(parent.level = 1));
    assert_eq!(query!(children.update(level = 1)).run(&client).await?.updated, 1);
    assert_eq!(query!(Counter.filter(level = 1)).count(&client).await?, 2);
    Ok(())
}

/// MongoDB cannot add to a null, which another client may have stored.
#[tokio::test]
async fn row_5_the_rows_that_are_refused_are_named_and_the_others_updated() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eCounter")]
    struct Loose {
        run: String,
        number: i64,
        score: Value,
    }
    let backend = mock_because_postgres_cannot(PostgresCannot::RefuseToAddToNull).await;
    let (client, run) = (backend.client(), backend.run());
    let mut refused = Vec::new();
    for number in 0..70 {
        let score = if number % 30 == 3 {
            Value::Null
        } else {
            json!(number)
        };
        let row = Loose {
            run: run.clone(),
            number,
            score,
        }
        .create(client)
        .await?;
        refused.extend((number % 30 == 3).then(|| row.id().clone()));
    }
    let all = query!(Counter.filter(run = run));
    let done = query!(all.update(score += 100)).run(client).await?;
    assert_eq!((done.updated, done.matched()), (67, 70));
    assert_eq!(
        sorted(done.failed.iter().map(|failure| failure.id.clone())),
        sorted(refused.clone())
    );
    for failure in &done.failed {
        assert_eq!(failure.error.code(), Some(ErrorCode::InternalServerError));
        assert!(failure.to_string().contains(failure.id.as_str()), "{failure}");
    }
    let loose = query!(Loose.filter(run = backend.run(), number__gte = 30))
        .all(client)
        .await?;
    for row in loose {
        let expected = if refused.contains(row.id()) {
            Value::Null
        } else {
            json!(row.number + 100)
        };
        assert_eq!(row.score, expected);
    }
    Ok(())
}

/// Rows that may be read and not written; only a server that enforces ACLs has them.
#[tokio::test]
async fn row_5_rows_that_may_not_be_written_do_not_exist_for_an_update() -> Outcome {
    let backend = backend().await;
    if !enforces_acls(&backend).await? {
        return Ok(());
    }
    let (client, run) = (backend.client(), backend.run());
    let all = fill(client, &run, 3).await?;
    let closed = Acl::new().allow_read(Who::Public);
    let closed = Draft::new(counter(&run, 3)).acl(closed).create(client).await?;
    let done = query!(all.update(score += 100)).run(client).await?;
    assert_eq!((done.updated, done.matched()), (3, 4));
    assert_eq!(done.failed[0].id, *closed.id());
    assert!(matches!(&done.failed[0].error, Error::DoesNotExist { id: Some(id), .. } if id == closed.id()));
    assert_eq!(
        query!(all.update(score += 100))
            .run(backend.master())
            .await?
            .updated,
        4
    );
    assert_eq!(scores(&all, client).await?, [200, 201, 202, 103]);
    Ok(())
}

pub async fn enforces_acls(backend: &Backend) -> parse_orm::Result<bool> {
    let hidden = Draft::new(counter(&backend.run(), 0))
        .acl(Acl::new())
        .create(backend.client())
        .await?;
    let seen = Counter::get(backend.client(), hidden.id().clone()).await;
    hidden.delete(backend.master()).await?;
    Ok(seen.is_err())
}

/// What stopped half-way says how far it came.
#[tokio::test]
async fn a_batch_without_an_answer_stops_the_update() -> Outcome {
    let server = wiremock::MockServer::start().await;
    let ids = [
        "row0000001",
        "row0000002",
        "row0000003",
        "row0000004",
        "row0000005",
    ];
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
    let first = json!([
        {"success": {"updatedAt": "2026-01-02T00:00:00.000Z"}},
        {"error": {"code": 101, "error": "Object not found."}},
    ]);
    Mock::given(path("/batch"))
        .respond_with(ResponseTemplate::new(200).set_body_json(first))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/batch"))
        .respond_with(ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"))
        .mount(&server)
        .await;
    let client = Client::builder(server.uri()).app_id("app").build()?;
    let error = query!(Counter.update(score += 1))
        .chunk_size(2)
        .concurrency(1)
        .run(&client)
        .await
        .unwrap_err();
    let text = error.to_string();
    let Error::Interrupted(stopped) = error else {
        panic!("{text}")
    };
    // five rows are no full page, but may be all that this server gives at once
    assert_eq!((stopped.done, stopped.unread), (1, true));
    assert_eq!(stopped.failed[0].id.as_str(), "row0000002");
    assert!(stopped.failed[0].error.is_not_found());
    assert_eq!(
        stopped.in_doubt.iter().map(ObjectId::as_str).collect::<Vec<_>>(),
        ["row0000003", "row0000004"]
    );
    assert_eq!(
        stopped.untouched.iter().map(ObjectId::as_str).collect::<Vec<_>>(),
        ["row0000005"]
    );
    assert!(matches!(
        *stopped.cause,
        Error::UnexpectedAnswer { status: 502, .. }
    ));
    assert!(
        text.contains("1 objects were done") && text.contains("Bad gateway"),
        "{text}"
    );
    Ok(())
}

macro_rules! refused {
    ($client:expr, $($update:expr => $message:expr,)*) => {$(
        let error = $update.run($client).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains($message), "{error}");
    )*};
}

#[tokio::test]
async fn what_cannot_be_updated_is_refused_before_anything_is_sent() -> Outcome {
    let server = MockServer::start().await;
    let client = &server.client();
    let all = Counter::objects();
    let f = Counter::F;
    refused! { client,
        query!(all.limit(5).update(score += 1)) => "once a slice has been taken",
        query!(all.skip(5).update(score += 1)) => "once a slice has been taken",
        query!(all.order_by(score).update(score += 1)) => "no order",
        query!(all.select_related(parent).update(score += 1)) => "returns no rows",
        all.update([f.score.set(1), f.score.increment(1)]) => "field `score`: the field is changed twice",
        query!(all.update(rank = 1)) => "field `rank`: the field is declared `read_only`",
        query!(all.update(object_id = "x")) => "field `objectId`: the server sets it",
        query!(all.update(created_at = Utc::now())) => "field `createdAt`: the server sets it",
        query!(all.update(friends = Relation::new())) => "`friends`: a relation is changed object by object",
        query!(all.update(score = 1 << 60)) => "field `score`: 1152921504606846976 is beyond 2^53",
        query!(Game.update(rating += f64::NAN)) => "field `rating`: NaN is not a number",
    }
    assert_eq!(server.requests(), []);
    Ok(())
}

/// A long list of conditions does not fit into a URL.
#[tokio::test]
async fn row_34_a_long_query_is_updated_as_well() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, (0..60).map(|number| player(&run, &number.to_string()))).await?;
    let games = (0..60).map(|number| game(&run, &number.to_string(), number));
    let games = store(&backend, games).await?;
    let ids: Vec<_> = games
        .iter()
        .map(Object::id)
        .chain(players.iter().map(Object::id))
        .cycle()
        .take(600)
        .collect();
    let done = query!(Game.filter(object_id__in = ids).update(score += 1))
        .run(client)
        .await?;
    assert_eq!(done.updated, 60);
    assert_eq!(
        query!(Game.filter(run = run, score__gt = 0))
            .count(client)
            .await?,
        60
    );
    Ok(())
}
