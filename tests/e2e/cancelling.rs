//! Futures that are dropped, at every point at which they wait: at once, and again when the server has done what it
//! was asked and nobody took its answer. What is left is as it was before, and can be tried again.

use crate::backend::{Outcome, backend, unique};
use crate::models::{Game, GameAccessors, Player, Team, Venue, game, player, team};
use parse_orm::prelude::*;
use parse_orm::{Error, RetryPolicy, User};
use parse_orm_mock::MockServer;
use serde_json::Value;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Enough for the server to do what it was sent, and for what was sent to arrive.
const SETTLED: Duration = Duration::from_millis(25);

/// The point at which a future is dropped.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// So many times it was waited for before.
    waits: usize,
    /// Whether the server has the time to do what it was sent.
    late: bool,
}

impl Point {
    /// What comes of the work, unless it waits at this point: then it is dropped there.
    async fn cut<W: Future>(self, work: W) -> Option<W::Output> {
        let mut work = pin!(work);
        let mut waits = 0;
        let done = poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if waits == self.waits => Poll::Ready(None),
            Poll::Pending => {
                waits += 1;
                Poll::Pending
            }
        });
        let done = done.await;
        if done.is_none() && self.late {
            tokio::time::sleep(SETTLED).await;
        }
        done
    }
}

/// Calls `test` with one point after the other, until its work is done before it could be dropped.
async fn everywhere(mut test: impl AsyncFnMut(Point) -> Result<bool, Box<dyn std::error::Error>>) -> Outcome {
    for late in [false, true] {
        let mut waits = 0;
        while !test(Point { waits, late }).await? {
            waits += 1;
        }
        assert!(waits > 0, "it never waited");
    }
    Ok(())
}

/// The way to a server on which an answer is waited for twice: once for its head, and again for its body.
async fn in_pieces(server: &MockServer) -> io::Result<String> {
    async fn pass(client: TcpStream, server: SocketAddr) -> io::Result<()> {
        client.set_nodelay(true)?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
        let there = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(drop) };
        let back = async {
            let mut piece = vec![0; 1 << 16];
            loop {
                let length = from_server.read(&mut piece).await?;
                if length == 0 {
                    return Ok(());
                }
                let head = piece[..length].windows(4).position(|end| end == b"\r\n\r\n");
                let (head, rest) = piece[..length].split_at(head.map_or(length, |head| length.min(head + 5)));
                to_client.write_all(head).await?;
                if !rest.is_empty() {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    to_client.write_all(rest).await?;
                }
            }
        };
        // who has gone is not waited for
        tokio::select! { ended = there => ended, ended = back => ended }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = server
        .url()
        .replace(&server.address().to_string(), &address.to_string());
    let server = server.address();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, server));
        }
    });
    Ok(url)
}

/// A mock that minds request ids.
struct Place {
    server: MockServer,
    /// Where its answers come from in pieces.
    url: String,
    /// One that sends them.
    client: Client,
}

fn patient(url: &str, app_id: &str, rest_key: &str) -> parse_orm::Result<Client> {
    Client::builder(url)
        .app_id(app_id)
        .rest_key(rest_key)
        .retries(RetryPolicy::never())
        .request_ids(true)
        .build()
}

impl Place {
    async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let server = MockServer::builder()
            .idempotency([".*"], Duration::from_secs(300))
            .public_file_upload(true)
            .live_query_classes(["E2eTeam"])
            .start()
            .await?;
        let url = in_pieces(&server).await?;
        let client = patient(&url, "app", "rest")?;
        Ok(Self { server, url, client })
    }

    /// What was under way arrives, and nothing comes after it: at most `flying` requests were.
    async fn is_quiet(&self, flying: usize) -> usize {
        let before = self.server.requests().len();
        tokio::time::sleep(SETTLED).await;
        let arrived = self.server.requests().len();
        assert!(arrived <= before + flying, "{:?}", self.server.requests());
        arrived
    }

    fn sent(&self, method: &str, path: &str) -> usize {
        self.server.requests_to(method, path).len()
    }
}

/// All that there is to an object: its fields, dates, ACL, and what is unsaved.
fn whole<T: ParseObject>(object: &Object<T>) -> Value {
    serde_json::to_value(object).expect("JSON")
}

#[tokio::test]
async fn a_create() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let value = team(&run, "Red");
        let mine = query!(Team.filter(run = &run));
        let done = point.cut(value.create(&place.client)).await;
        place.is_quiet(1).await;
        let stored = mine.all(&place.client).await?;
        assert!(stored.len() <= 1);
        // late, it is stored, and nobody knows its id
        assert!(done.is_none() || stored.len() == 1);
        Ok(done.transpose()?.is_some())
    })
    .await
}

/// Assignments, operations of every kind, parts of an embedded object.
fn change(game: &mut Object<Game>, ann: &Object<Player>) {
    game.player_name = "Bob".into();
    game.increment_score(5);
    game.add_skills(["a", "a"]);
    game.nickname = None;
    game.add_to_opponents([ann]);
    if let Some(venue) = &mut game.venue {
        venue.seats += 1;
    }
    game.set_acl(Acl::new().allow_read(Who::Public).allow_write(Who::Public));
}

/// By a client with request ids each operation is done once, whether or not the first answer was heard.
#[tokio::test]
async fn row_6_a_save_is_done_once() -> Outcome {
    let place = Place::new().await?;
    let ann = player("r", "Ann").create(&place.client).await?;
    everywhere(async |point| {
        let value = Game {
            nickname: Some("x".into()),
            venue: Some(Venue {
                city: "Bern".into(),
                street_name: None,
                seats: 10,
            }),
            ..game("r", "Ann", 1)
        };
        let mut object = value.create(&place.client).await?;
        // what a request adds to cannot hide in the millisecond of the create
        tokio::time::sleep(Duration::from_millis(2)).await;
        change(&mut object, &ann);
        let before = whole(&object);
        if let Some(done) = point.cut(object.save(&place.client)).await {
            done?;
            assert!(!object.is_dirty());
            return Ok(true);
        }
        place.is_quiet(1).await;
        assert_eq!(whole(&object), before, "{point:?}");
        object.save(&place.client).await?;
        assert!(!object.is_dirty());
        let stored = Game::get(&place.client, object.id()).await?;
        assert_eq!(whole(&object), whole(&stored), "{point:?}");
        assert_eq!(
            (stored.score, &*stored.skills),
            (6, &["a".to_owned(), "a".into()][..])
        );
        assert_eq!(stored.venue.as_ref().map(|venue| venue.seats), Some(11));
        assert_eq!(stored.opponents().count(&place.client).await?, 1);
        // the next change is a request of its own
        object.increment_score(5);
        object.save(&place.client).await?;
        assert_eq!(Game::get(&place.client, object.id()).await?.score, 11);
        Ok(false)
    })
    .await
}

/// Without request ids: what is assigned can be sent as often as one likes.
#[tokio::test]
async fn assignments_without_request_ids() -> Outcome {
    let place = Place::new().await?;
    let client = Client::builder(&place.url)
        .app_id("app")
        .rest_key("rest")
        .build()?;
    everywhere(async |point| {
        let mut object = game("r", "Ann", 1).create(&client).await?;
        object.score = 7;
        object.skills.push("b".into());
        let before = whole(&object);
        if let Some(done) = point.cut(object.save(&client)).await {
            return Ok(done.map(|()| true)?);
        }
        place.is_quiet(1).await;
        assert_eq!(whole(&object), before);
        object.save(&client).await?;
        let stored = Game::get(&client, object.id()).await?;
        assert_eq!((stored.score, &*stored.skills), (7, &["b".to_owned()][..]));
        assert!(!object.is_dirty());
        Ok(false)
    })
    .await
}

/// On the real server, too.
#[tokio::test]
async fn row_6_an_increment_on_a_server_that_minds_ids() -> Outcome {
    let backend = backend().await;
    let own = match backend.server() {
        Some(_) => Some(Place::new().await?),
        None => None,
    };
    let variable = |name, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let client = match &own {
        Some(place) => place.client.clone(),
        None => patient(
            &backend.url(),
            &backend.app_id(),
            &variable("PARSE_REST_KEY", "rest"),
        )?,
    };
    let run = unique("cut");
    everywhere(async |point| {
        let mut object = game(&run, "Ann", 1).create(&client).await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        object.increment_score(5);
        let before = whole(&object);
        if let Some(done) = point.cut(object.save(&client)).await {
            return Ok(done.map(|()| true)?);
        }
        tokio::time::sleep(SETTLED * 4).await;
        assert_eq!(whole(&object), before);
        object.save(&client).await?;
        assert_eq!((object.score, object.is_dirty()), (6, false), "{point:?}");
        assert_eq!(Game::get(&client, object.id()).await?.score, 6);
        Ok(false)
    })
    .await
}

/// The same as when it was cut off by a deadline, or its answer was lost.
#[tokio::test]
async fn row_6_after_a_failure_the_same_save_is_the_same_request() -> Outcome {
    use parse_orm_mock::Fault;
    let place = Place::new().await?;
    let score =
        async |object: &Object<Game>| Game::get(&place.client, object.id()).await.map(|game| game.score);
    let new = async || -> Result<Object<Game>, Box<dyn std::error::Error>> {
        let object = game("r", "Ann", 1).create(&place.client).await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(object)
    };
    let lose = || place.server.fail(Fault::lose_answer().on("PUT", "/").times(1));

    // once more, after any number of failures
    let mut object = new().await?;
    object.increment_score(5);
    for _ in 0..3 {
        lose();
        assert!(matches!(
            object.save(&place.client).await,
            Err(Error::Connection(_))
        ));
        assert_eq!(object.dirty_fields(), ["score"]);
    }
    object.save(&place.client).await?;
    assert_eq!((object.score, score(&object).await?), (6, 6));

    // read again in between
    let mut object = new().await?;
    object.increment_score(5);
    lose();
    assert!(object.save(&place.client).await.is_err());
    object.refresh(&place.client, Unsaved::Keep).await?;
    object.save(&place.client).await?;
    assert_eq!((object.score, score(&object).await?), (6, 6));

    // what is not the same is another request: the first one may be done as well
    let mut object = new().await?;
    object.increment_score(5);
    lose();
    assert!(object.save(&place.client).await.is_err());
    object.revert();
    object.increment_score(5);
    object.save(&place.client).await?;
    assert_eq!(score(&object).await?, 11);

    // refused: the server has used the id up, and the next try has another
    let mut object = new().await?;
    object.increment_score(5);
    place
        .server
        .fail(Fault::error(142, "not today").on("PUT", "/").times(1));
    assert!(object.save(&place.client).await.is_err());
    object.save(&place.client).await?;
    let ids: Vec<_> = place
        .server
        .requests_to("PUT", &format!("/classes/E2eGame/{}", object.id()));
    let ids: Vec<_> = ids
        .iter()
        .map(|request| request.header("x-parse-request-id"))
        .collect();
    assert!(ids.len() == 2 && ids[0].is_some() && ids[0] != ids[1], "{ids:?}");
    assert_eq!(score(&object).await?, 6);

    // not done, for whatever reason, and the id is used up: said once, and then done
    let mut object = new().await?;
    object.increment_score(5);
    place.server.fail(Fault::disconnect().on("PUT", "/").times(1));
    assert!(object.save(&place.client).await.is_err());
    place
        .server
        .fail(Fault::error(159, "Duplicate request").on("PUT", "/").times(1));
    assert!(matches!(
        object.save(&place.client).await,
        Err(Error::AlreadyApplied(_))
    ));
    object.save(&place.client).await?;
    assert_eq!((object.score, score(&object).await?), (6, 6));

    // a session that ended is found before the id is looked at
    let mut object = new().await?;
    object.increment_score(5);
    lose();
    assert!(object.save(&place.client).await.is_err());
    let error = object
        .save(&place.client.with_session("r:ended"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidSessionToken));
    object.save(&place.client).await?;
    assert_eq!((object.score, score(&object).await?), (6, 6));
    Ok(())
}

/// A new team, a new player with it, and the game that holds the player.
#[tokio::test]
async fn new_objects_inside_of_others() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let mut object = game(&run, "Ann", 1).create(&place.client).await?;
        let red = Pointer::new(team(&run, "Red"));
        let ann = Pointer::new(Player {
            team: Some(red.clone()),
            ..player(&run, "Ann")
        });
        object.set_player(ann.clone());
        place.server.clear_requests();
        let done = point.cut(object.save(&place.client)).await;
        let finished = done.is_some();
        if let Some(done) = done {
            done?;
        } else {
            place.is_quiet(1).await;
            assert_eq!(object.dirty_fields(), ["player"]);
            assert!(object.player.as_ref() == Some(&ann));
            // a player is not sent before its team is known
            let posts = ["/classes/E2eTeam", "/classes/E2ePlayer"].map(|path| place.sent("POST", path));
            assert!(red.id().is_some() || posts[1] == 0);
            let known = [red.id().cloned(), ann.id().cloned()];
            object.save(&place.client).await?;
            let again = ["/classes/E2eTeam", "/classes/E2ePlayer"].map(|path| place.sent("POST", path));
            for ((known, posts), again) in known.iter().zip(posts).zip(again) {
                // what is known to be stored is not stored again
                assert!(again == posts || (known.is_none() && again > posts), "{point:?}");
            }
            for (known, now) in known.iter().zip([red.id(), ann.id()]) {
                assert!(known.is_none() || known.as_ref() == now);
            }
        }
        assert!(!object.is_dirty());
        let read = query!(Game.filter(run = &run).select_related(player.team))
            .get(&place.client)
            .await?;
        let (read, ann_read) = (read.player.clone(), ann.clone());
        assert_eq!(read, Some(ann_read));
        let team = read.as_ref().and_then(|player| player.get().ok()?.team.clone());
        assert_eq!(team, Some(red));
        Ok(finished)
    })
    .await
}

/// Two at once, of which one is dropped: the other one stores what they share.
#[tokio::test]
async fn who_waits_for_another_save_goes_on_when_that_is_dropped() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let red = Pointer::new(team(&run, "Red"));
        let [first, second] = ["Ann", "Bob"].map(|name| Player {
            team: Some(red.clone()),
            ..player(&run, name)
        });
        let (cut, other) = tokio::join!(
            point.cut(first.create(&place.client)),
            tokio::time::timeout(Duration::from_secs(20), second.create(&place.client))
        );
        let other = other.expect("it waits for nobody")?;
        assert_eq!(other.team.as_ref(), Some(&red));
        place.is_quiet(0).await;
        let teams = query!(Team.filter(run = &run)).count(&place.client).await?;
        assert!((1..=2).contains(&teams), "{point:?}: {teams}");
        Ok(cut.transpose()?.is_some())
    })
    .await
}

/// An object that was answered for is saved, any other one is as it was.
#[tokio::test]
async fn many_objects() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let values: Vec<_> = (0..6).map(|n| game(&run, "Ann", n)).collect();
        let mine = query!(Game.filter(run = &run));
        let created = place.client.create_all(&values).chunk_size(2).concurrency(2);
        let mut finished = match point.cut(created.into_future()).await {
            Some(outcome) => outcome.into_result().map(|_| true)?,
            None => false,
        };
        place.is_quiet(2).await;
        let stored = mine.count(&place.client).await?;
        assert!(stored <= 6 && (!finished || stored == 6));

        assert!(mine.delete().run(&place.client).await?.failed.is_empty());
        let mut objects = place.client.create_all(&values).await.into_result()?;
        for object in &mut objects {
            object.score += 100;
        }
        let before: Vec<_> = objects.iter().map(whole).collect();
        let saving = place.client.save_all(&mut objects).chunk_size(2).concurrency(2);
        let cut = point.cut(saving.into_future()).await;
        finished &= cut.is_some();
        place.is_quiet(2).await;
        for (object, before) in objects.iter().zip(&before) {
            let stored = Game::get(&place.client, object.id()).await?;
            if object.is_dirty() {
                assert_eq!(whole(object), *before, "{point:?}");
            } else {
                assert_eq!(whole(object), whole(&stored), "{point:?}");
            }
        }
        place.client.save_all(&mut objects).await.into_result()?;
        assert_eq!(
            mine.filter(q!(Game, score__gte = 100))
                .count(&place.client)
                .await?,
            6
        );

        let deleting = place.client.delete_all(&objects).chunk_size(2).concurrency(2);
        finished &= point.cut(deleting.into_future()).await.is_some();
        place.is_quiet(2).await;
        assert_eq!(mine.count(&place.client).await? % 2, 0);
        let outcome = place.client.delete_all(&objects).await;
        assert!(outcome.failed().all(|failed| failed.error.is_not_found()));
        assert_eq!(mine.count(&place.client).await?, 0);
        Ok(finished)
    })
    .await
}

#[tokio::test]
async fn mixed_batches_and_transactions() -> Outcome {
    let place = Place::new().await?;
    for atomic in [false, true] {
        everywhere(async |point| {
            let run = unique("cut");
            let mut first = game(&run, "Ann", 1).create(&place.client).await?;
            let second = game(&run, "Bob", 2).create(&place.client).await?;
            let third = game(&run, "Cid", 3);
            first.score = 10;
            let before = whole(&first);
            let mut batch = place.client.batch();
            let _ticket = batch.create(&third);
            batch.save(&mut first);
            batch.delete(&second);
            let finished = if atomic {
                point
                    .cut(batch.atomic().into_future())
                    .await
                    .map(|done| done.map(drop))
            } else {
                let done = point.cut(batch.into_future()).await;
                done.map(|done| done.into_result().map(drop))
            };
            place.is_quiet(1).await;
            let names: Vec<_> = query!(Game.filter(run = &run).order_by(player_name))
                .all(&place.client)
                .await?
                .into_iter()
                .map(|game| (game.player_name.clone(), game.score))
                .collect();
            let names: Vec<_> = names.iter().map(|(name, score)| (&**name, *score)).collect();
            // all of it or nothing came to the server in one request
            assert!(
                names == [("Ann", 1), ("Bob", 2)] || names == [("Ann", 10), ("Cid", 3)],
                "{names:?}"
            );
            match finished {
                Some(done) => {
                    done?;
                    assert!(!first.is_dirty());
                    Ok(true)
                }
                None => {
                    assert_eq!(whole(&first), before);
                    Ok(false)
                }
            }
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_row_that_matches_or_a_new_one() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let mine = query!(Team.filter(run = &run));
        let got = point
            .cut(mine.get_or_create(&place.client, || team(&run, "Red")))
            .await;
        place.is_quiet(1).await;
        mine.get_or_create(&place.client, || team(&run, "Red")).await?;
        assert_eq!(mine.count(&place.client).await?, 1);
        let rename = |team: &mut Object<Team>| team.city = Some("Bern".into());
        let updated = point
            .cut(mine.update_or_create(&place.client, rename, || team(&run, "Red")))
            .await;
        place.is_quiet(1).await;
        let (row, created) = mine
            .update_or_create(&place.client, rename, || team(&run, "Red"))
            .await?;
        assert_eq!((row.city.as_deref(), created), (Some("Bern"), false));
        assert_eq!(mine.count(&place.client).await?, 1);
        Ok(got.transpose()?.is_some() && updated.transpose()?.is_some())
    })
    .await
}

#[tokio::test]
async fn reading_again_and_deleting() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let mut object = game("r", "Ann", 1).create(&place.client).await?;
        object.increment_score(1);
        object.player_name = "Bob".into();
        let before = whole(&object);
        let mut finished = true;
        for unsaved in [Unsaved::Keep, Unsaved::Discard] {
            let mut read = object.clone();
            if point
                .cut(read.refresh(&place.client, unsaved))
                .await
                .transpose()?
                .is_none()
            {
                finished = false;
                assert_eq!(whole(&read), before);
                read.refresh(&place.client, unsaved).await?;
            }
            assert_eq!(read.is_dirty(), unsaved == Unsaved::Keep);
            let mut read = object.clone();
            let set = query!(Game.select_related(player));
            if point
                .cut(set.refresh(&place.client, &mut read, unsaved))
                .await
                .transpose()?
                .is_none()
            {
                assert_eq!(whole(&read), before);
            }
        }
        let pointer = object.pointer();
        finished &= point
            .cut(pointer.fetch(&place.client))
            .await
            .transpose()?
            .is_some();
        finished &= point
            .cut(object.delete(&place.client))
            .await
            .transpose()?
            .is_some();
        place.is_quiet(1).await;
        let again = place.client.delete_all([&pointer]).await;
        assert!(again.failed().all(|failed| failed.error.is_not_found()));
        assert!(pointer.fetch(&place.client).await.unwrap_err().is_not_found());
        Ok(finished)
    })
    .await
}

#[tokio::test]
async fn users_and_sessions() -> Outcome {
    let place = Place::new().await?;
    let client = &place.client;
    everywhere(async |point| {
        let name = unique("cut");
        let signed = point.cut(User::new(&name).sign_up(client, "secret")).await;
        place.is_quiet(1).await;
        let mut finished = signed.transpose()?.is_some();
        if let Err(error) = User::new(&name).sign_up(client, "secret").await {
            assert_eq!(error.code(), Some(ErrorCode::UsernameTaken));
        }
        finished &= point
            .cut(User::log_in(client, &name, "secret"))
            .await
            .transpose()?
            .is_some();
        let mut session = User::log_in(client, &name, "secret").await?;
        let become_user = User::become_user(client, session.token());
        finished &= point.cut(become_user).await.transpose()?.is_some();
        assert_eq!(
            User::become_user(client, session.token()).await?.user().id(),
            session.user().id()
        );
        // the session may have ended with the old password, and the new one is lost
        let done = point.cut(session.set_password("other")).await;
        place.is_quiet(1).await;
        if done.transpose()?.is_none() {
            finished = false;
            assert!(!session.user().is_dirty());
            session = match User::log_in(client, &name, "other").await {
                Ok(session) => session,
                Err(_) => User::log_in(client, &name, "secret").await?,
            };
        }
        finished &= point.cut(session.log_out()).await.transpose()?.is_some();
        Ok(finished)
    })
    .await
}

#[tokio::test]
async fn files() -> Outcome {
    #[derive(ParseObject, Clone, Debug)]
    #[parse(class_name = "E2eCutFile")]
    struct Photo {
        run: String,
        picture: Option<File>,
    }
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let mut object = Photo { run, picture: None }.create(&place.client).await?;
        let picture = File::new("a.txt", "a picture");
        object.picture = Some(picture.clone());
        place.server.clear_requests();
        let done = point.cut(object.save(&place.client)).await;
        place.is_quiet(1).await;
        let finished = done.transpose()?.is_some();
        if !finished {
            assert_eq!(object.dirty_fields(), ["picture"]);
            let uploads = place.sent("POST", "/files");
            let known = picture.is_uploaded();
            object.save(&place.client).await?;
            assert!(!known || place.sent("POST", "/files") == uploads);
        }
        assert!(!object.is_dirty());
        assert!(place.server.file_names().contains(&picture.name().to_owned()));
        assert_eq!(picture.download(&place.client).await?, b"a picture");
        Ok(finished)
    })
    .await
}

/// The whole file, or none at all.
#[tokio::test]
async fn downloads() -> Outcome {
    let place = Place::new().await?;
    let picture = File::new("a.bin", vec![7; 300_000]);
    picture.upload(&place.client).await?;
    let folder = std::env::temp_dir().join(unique("parse-orm-cut"));
    std::fs::create_dir_all(&folder)?;
    everywhere(async |point| {
        let path = folder.join("a.bin");
        let done = point.cut(picture.download(&place.client).to_path(&path)).await;
        let finished = done.transpose()?.is_some();
        tokio::time::sleep(SETTLED).await;
        let names: Vec<_> = std::fs::read_dir(&folder)?.collect::<Result<_, _>>()?;
        assert!(
            names.iter().all(|entry| entry.path() == path),
            "{point:?}: {names:?}"
        );
        if path.exists() {
            assert_eq!(std::fs::read(&path)?.len(), 300_000);
            std::fs::remove_file(&path)?;
        }
        Ok(finished)
    })
    .await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

#[tokio::test]
async fn every_row_of_a_query() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let run = unique("cut");
        let values: Vec<_> = (0..8).map(|n| game(&run, "Ann", n)).collect();
        place.client.create_all(&values).await.into_result()?;
        let mine = query!(Game.filter(run = &run)).page_size(3);
        let update = mine
            .update([Game::F.cheat_mode.set(true)])
            .chunk_size(2)
            .concurrency(2);
        let updated = point.cut(update.run(&place.client)).await;
        // two batches, and the next page
        place.is_quiet(3).await;
        assert_eq!(update.run(&place.client).await?.updated, 8);
        assert_eq!(
            mine.filter(q!(Game, cheat_mode = true))
                .count(&place.client)
                .await?,
            8
        );
        let delete = mine.delete().chunk_size(2).concurrency(2);
        let deleted = point.cut(delete.run(&place.client)).await;
        place.is_quiet(3).await;
        assert!(delete.run(&place.client).await?.failed.is_empty());
        assert_eq!(mine.count(&place.client).await?, 0);
        Ok(updated.transpose()?.is_some() && deleted.transpose()?.is_some())
    })
    .await
}

/// Whoever does not wait for a row gets it the next time.
#[tokio::test]
async fn rows_of_a_stream() -> Outcome {
    let place = Place::new().await?;
    let teams: Vec<_> = (0..10).map(|n| team("r", &n.to_string())).collect();
    place.client.create_all(&teams).await.into_result()?;
    let set = query!(Team.order_by(name)).page_size(3);
    for look_ahead in [true, false] {
        everywhere(async |point| {
            let mut rows = set.stream(&place.client).look_ahead(look_ahead);
            let mut names = Vec::new();
            let mut finished = true;
            loop {
                let next = match point.cut(rows.try_next()).await {
                    Some(next) => next?,
                    None => {
                        finished = false;
                        rows.try_next().await?
                    }
                };
                match next {
                    Some(row) => names.push(row.into_inner().name),
                    None => break,
                }
            }
            assert_eq!(
                names,
                teams.iter().map(|team| team.name.clone()).collect::<Vec<_>>()
            );
            // a stream that is dropped asks for nothing more
            let before = place.server.requests().len();
            let mut rows = set.stream(&place.client).look_ahead(look_ahead);
            let _ = point.cut(rows.try_next()).await;
            drop(rows);
            let after = place.is_quiet(1).await;
            assert!(point.waits > 0 || point.late || after == before);
            let all = point.cut(set.all(&place.client)).await;
            place.is_quiet(1).await;
            Ok(finished & all.transpose()?.is_some())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_relations_hold() -> Outcome {
    let place = Place::new().await?;
    let ann = player("r", "Ann").create(&place.client).await?;
    let mut object = game("r", "Ann", 1).create(&place.client).await?;
    object.add_to_opponents([&ann]);
    object.save(&place.client).await?;
    let owners = [object];
    everywhere(async |point| {
        let related = Player::objects().prefetch_related(Game::F.opponents, &owners);
        let done = point.cut(related.all(&place.client)).await;
        place.is_quiet(1).await;
        assert_eq!(related.all(&place.client).await?.of(&owners[0]).len(), 1);
        Ok(done.transpose()?.is_some())
    })
    .await
}

/// Nobody is told of anything that nobody waits for.
#[tokio::test]
async fn subscriptions() -> Outcome {
    let place = Place::new().await?;
    everywhere(async |point| {
        let client = patient(&place.url, "app", "rest")?;
        let done = point.cut(Team::objects().subscribe(&client).into_future()).await;
        let finished = done.transpose()?.is_some();
        let gone = async {
            while !place.server.live_subscriptions().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(20), gone).await;
        assert!(gone.is_ok(), "{point:?}: {:?}", place.server.live_subscriptions());
        let mut events = Team::objects().subscribe(&client).await?;
        team("r", "Red").create(&client).await?;
        assert!(matches!(
            crate::live_events::next(&mut events).await?,
            LiveEvent::Create(_)
        ));
        events.unsubscribe().await;
        Ok(finished)
    })
    .await
}

/// Neither a task nor a connection.
#[tokio::test]
async fn nothing_holds_on_to_what_was_dropped() -> Outcome {
    let place = Place::new().await?;
    let marker = Arc::new(());
    everywhere(async |point| {
        let kept = marker.clone();
        let client = Client::builder(&place.url)
            .app_id("app")
            .rest_key("rest")
            .on_invalid_session(move |_| drop(Arc::clone(&kept)))
            .build()?;
        let teams: Vec<_> = (0..10).map(|n| team("r", &n.to_string())).collect();
        let created = point
            .cut(client.create_all(&teams).chunk_size(1).into_future())
            .await;
        let mut rows = Team::objects().stream(&client);
        let read = point.cut(rows.try_next()).await;
        drop((rows, client));
        let gone = async {
            while Arc::strong_count(&marker) > 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let gone = tokio::time::timeout(Duration::from_secs(20), gone).await;
        assert!(gone.is_ok(), "{point:?}");
        Ok(created.is_some() && read.is_some())
    })
    .await
}
