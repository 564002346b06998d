//! New objects inside of many objects at once.

use crate::backend::{Outcome, backend, sorted, unique};
use crate::models::{Game, Player, Team, game, player, team};
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode};
use parse_orm_mock::MockServer;
use serde_json::Value;
use std::collections::BTreeSet;

/// A number column, as one that can hold anything: the server refuses what is no number (code 111).
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eBulkPart")]
struct Part {
    run: String,
    size: Value,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eBulkWhole")]
struct Whole {
    run: String,
    number: i64,
    part: Option<Pointer<Part>>,
    #[parse(default)]
    more: Vec<Pointer<Part>>,
}

fn part(run: &str, size: impl Into<Value>) -> Pointer<Part> {
    Pointer::new(Part {
        run: run.into(),
        size: size.into(),
    })
}

fn whole(run: &str, number: i64) -> Whole {
    Whole {
        run: run.into(),
        number,
        part: None,
        more: vec![],
    }
}

fn batches(server: Option<&MockServer>) -> Option<usize> {
    let requests = server?.requests();
    server?.clear_requests();
    Some(requests.len())
}

/// A team that all share, a player of each: three waves.
#[tokio::test]
async fn what_all_hold_is_stored_together() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = Pointer::new(team(&run, "Red"));
    let games: Vec<_> = (0..60)
        .map(|number| {
            let ann = Player {
                team: Some(red.clone()),
                ..player(&run, "Ann")
            };
            Game {
                player: Some(Pointer::new(ann)),
                ..game(&run, "g", number)
            }
        })
        .collect();
    batches(backend.server());
    let mut games = client.create_all(&games).await.into_result()?;
    // the team alone; 60 players and 60 games in 50 and 10
    assert_eq!(batches(backend.server()).unwrap_or(5), 5);
    assert_eq!(query!(Team.filter(run = &run)).count(client).await?, 1);
    assert_eq!(
        query!(Player.filter(run = &run, team = &red))
            .count(client)
            .await?,
        60
    );
    assert_eq!(
        query!(Game.filter(run = &run, player.team.name = "Red"))
            .count(client)
            .await?,
        60
    );

    // a save, with what is new since
    let bob = Pointer::new(player(&run, "Bob"));
    for game in &mut games[..3] {
        game.player = Some(bob.clone());
    }
    let cem = player(&run, "Cem");
    let other = Game {
        player: Some(bob.clone()),
        ..game(&run, "h", 0)
    };
    batches(backend.server());
    let mut batch = client.batch();
    for game in &mut games {
        batch.save(game);
    }
    let other = batch.create(&other);
    batch.create(&cem);
    let mut done = batch.await.into_result()?;
    assert_eq!(batches(backend.server()).unwrap_or(2), 2);
    assert_eq!(done.take(other)?.player, games[0].player);
    assert_eq!(
        query!(Game.filter(run = &run, player.name = "Bob"))
            .count(client)
            .await?,
        4
    );
    assert_eq!(
        query!(Player.filter(run = &run, name = "Bob"))
            .count(client)
            .await?,
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_part_that_fails_fails_exactly_what_holds_it() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    // the column is one of numbers
    Whole {
        part: Some(part(&unique("first"), 1)),
        ..whole(&unique("first"), 1)
    }
    .create(client)
    .await?;
    let (good, bad) = (part(&run, 1), part(&run, "no number"));
    let mut values: Vec<_> = (0..6).map(|number| whole(&run, number)).collect();
    values[1].part = Some(good.clone());
    values[2].part = Some(bad.clone());
    values[3].more = vec![good.clone(), bad.clone()];
    values[4].more = vec![good.clone(), part(&run, 2)];
    let outcome = client.create_all(&values).await;
    assert_eq!(
        outcome.failed().map(|failure| failure.index).collect::<Vec<_>>(),
        [2, 3]
    );
    for (failure, field) in outcome.failed().zip(["part", "more"]) {
        let Error::Dependency(error) = &failure.error else {
            panic!("{failure}")
        };
        assert_eq!(
            (error.class_name, error.field, error.held),
            ("E2eBulkWhole", field, "E2eBulkPart")
        );
        assert_eq!(failure.error.code(), Some(ErrorCode::IncorrectType));
    }
    let stored = query!(Whole.filter(run = &run)).all(client).await?;
    assert_eq!(sorted(stored.iter().map(|whole| whole.number)), [0, 1, 4, 5]);
    assert_eq!(query!(Part.filter(run = &run)).count(client).await?, 2);

    // the same of saves: what failed has its changes, the new object too
    let mut stored = stored;
    for whole in &mut stored {
        let which = if whole.number < 3 { &bad } else { &good };
        whole.part = Some(which.clone());
    }
    let outcome = client.save_all(&mut stored).await;
    assert_eq!(outcome.failed().count(), 2);
    for whole in &stored {
        let dirty: &[&str] = if whole.number < 3 { &["part"] } else { &[] };
        assert_eq!(whole.dirty_fields(), dirty);
    }
    Ok(())
}

/// It would have to be stored before the transaction, and stay where that is rolled back.
#[tokio::test]
async fn a_transaction_refuses_what_is_not_stored() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut stored = whole(&run, 1).create(client).await?;
    let new = part(&run, 1);
    let value = Whole {
        part: Some(new.clone()),
        ..whole(&run, 2)
    };
    stored.more = vec![new.clone()];
    batches(backend.server());
    let create = client.create_all([&value]).atomic().await.unwrap_err();
    let save = client.save_all([&mut stored]).atomic().await.unwrap_err();
    for (error, field) in [(create, "part"), (save, "more")] {
        assert!(matches!(&error, Error::Invalid(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(&format!("field `{field}`")) && text.contains("create it first"),
            "{text}"
        );
    }
    assert_eq!(batches(backend.server()).unwrap_or(0), 0);
    // by itself first, and all is well
    client.save_all([&mut stored]).await.into_result()?;
    assert!(new.id().is_some());
    client.create_all([&value]).atomic().await?;
    assert_eq!(
        query!(Whole.filter(run = &run, part = &new))
            .count(client)
            .await?,
        1
    );
    Ok(())
}

#[tokio::test]
async fn files_of_many_are_uploaded_first() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eBulkPicture")]
    struct Picture {
        run: String,
        file: Option<File>,
    }
    let backend = backend().await;
    let (client, run) = (backend.master(), backend.run());
    let shared = File::new("shared.txt", "shared");
    let pictures: Vec<_> = (0..5)
        .map(|number| Picture {
            run: run.clone(),
            file: Some(if number < 2 {
                shared.clone()
            } else {
                File::new("own.txt", format!("{number}"))
            }),
        })
        .collect();
    batches(backend.server());
    let pictures = client.create_all(&pictures).await.into_result()?;
    assert_eq!(batches(backend.server()).unwrap_or(5), 5);
    let urls: BTreeSet<_> = pictures
        .iter()
        .filter_map(|picture| picture.file.as_ref()?.url())
        .collect();
    assert_eq!(urls.len(), 4);
    Ok(())
}
