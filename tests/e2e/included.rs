//! Objects with what they include: several paths, shared targets, and rows without them.

use crate::backend::{Outcome, backend};
use crate::models::{Game, Player, Team, game, player, team};
use parse_orm::prelude::*;

#[tokio::test]
async fn several_pointers_of_one_row() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMatch")]
    struct Match {
        run: String,
        home: Pointer<Team>,
        guest: Pointer<Team>,
        best: Option<Pointer<Player>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = team(&run, "Red").create(client).await?;
    let blue = team(&run, "Blue").create(client).await?;
    let ann = Player {
        team: Some(blue.pointer()),
        ..player(&run, "Ann")
    }
    .create(client)
    .await?;
    let stored = Match {
        run: run.clone(),
        home: red.pointer(),
        guest: blue.pointer(),
        best: Some(ann.pointer()),
    };
    stored.create(client).await?;

    let set = query!(Match.filter(run = &run));
    let row = query!(set.select_related(home, guest)).get(client).await?;
    assert_eq!(
        (row.home.get()?.name.as_str(), row.guest.get()?.name.as_str()),
        ("Red", "Blue")
    );
    assert!(row.best.as_ref().unwrap().get().is_err());

    let row = query!(set.select_related(home).select_related(best.team))
        .first(client)
        .await?
        .unwrap();
    assert!(row.guest.get().is_err());
    assert_eq!(row.home.get()?.name, "Red");
    assert_eq!(
        row.best
            .as_ref()
            .unwrap()
            .get()?
            .team
            .as_ref()
            .unwrap()
            .get()?
            .name,
        "Blue"
    );
    Ok(())
}

#[tokio::test]
async fn rows_that_share_a_target_and_rows_without_one() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    for (score, player) in [(1, Some(ann.pointer())), (2, Some(ann.pointer())), (3, None)] {
        Game {
            player,
            ..game(&run, "g", score)
        }
        .create(client)
        .await?;
    }
    let rows = query!(
        Game.filter(run = &run)
            .order_by(score)
            .select_related(player.team)
    )
    .all(client)
    .await?;
    let names: Vec<_> = rows
        .iter()
        .map(|row| {
            row.player
                .as_ref()
                .and_then(Pointer::loaded)
                .map(|player| player.name.as_str())
        })
        .collect();
    assert_eq!(names, [Some("Ann"), Some("Ann"), None]);
    Ok(())
}

/// An included object is an object like any other: it can be changed and saved.
#[tokio::test]
async fn an_included_object_can_be_saved() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    let row = query!(Game.filter(run = &run).select_related(player))
        .get(client)
        .await?;
    let mut found = row.player.as_ref().unwrap().get()?.clone();
    found.rank = Some(1);
    assert_eq!(found.dirty_fields(), ["rank"]);
    found.save(client).await?;
    assert_eq!(Player::get(client, ann.id()).await?.rank, Some(1));
    Ok(())
}
