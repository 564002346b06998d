//! Pointers: stored, included or not, and what a save does to what was included.

use crate::backend::{Outcome, backend, sorted};
use crate::models::{Game, GameAccessors, Player, PlayerAccessors, Team, game, player, store, team};
use parse_orm::Error;
use parse_orm::prelude::*;

#[tokio::test]
async fn a_pointer_is_stored_and_read() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = team(&run, "Red").create(client).await?;
    let mut ann = player(&run, "Ann");
    ann.team = Some(Pointer::from(&red));
    let mut ann = ann.create(client).await?;
    let read = Player::get(client, ann.id()).await?;
    assert_eq!(read.team.as_ref().and_then(Pointer::id), Some(red.id()));

    let blue = team(&run, "Blue").create(client).await?;
    ann.set_team(&blue);
    assert_eq!(ann.dirty_fields(), ["team"]);
    ann.save(client).await?;
    assert_eq!(Player::get(client, ann.id()).await?.team, Some(blue.pointer()));
    ann.unset_team();
    ann.save(client).await?;
    assert_eq!(Player::get(client, ann.id()).await?.team, None);
    Ok(())
}

/// The error tells how to include what is missing.
#[tokio::test]
async fn what_was_not_included_says_how_to_include_it() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = team(&run, "Red").create(client).await?;
    let ann = Player {
        team: Some(red.pointer()),
        ..player(&run, "Ann")
    }
    .create(client)
    .await?;
    Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;

    let row = query!(Game.filter(run = &run)).get(client).await?;
    let pointer = row.player.as_ref().unwrap();
    assert!(pointer.loaded().is_none());
    let error = pointer.get().unwrap_err();
    assert_eq!((error.target, error.id.as_ref()), ("E2ePlayer", Some(ann.id())));
    let text = error.to_string();
    assert!(
        text.contains(".select_related(player)") && text.contains("E2eGame"),
        "{text}"
    );
    assert!(text.contains(ann.id().as_str()), "{text}");
    let error = Error::from(error);
    assert!(matches!(error, Error::NotIncluded(_)));

    let made = Pointer::<Player>::to("Ed1nuqPvcm");
    assert!(
        made.get()
            .unwrap_err()
            .to_string()
            .contains("pointer.fetch(&client)")
    );
    Ok(())
}

#[tokio::test]
async fn row_18_select_related_goes_as_deep_as_asked() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = Team {
        city: Some("Bern".into()),
        ..team(&run, "Red")
    }
    .create(client)
    .await?;
    let ann = Player {
        rank: Some(3),
        team: Some(red.pointer()),
        ..player(&run, "Ann")
    }
    .create(client)
    .await?;
    Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    let all = query!(Game.filter(run = &run));

    let one = query!(all.select_related(player)).get(client).await?;
    let found = one.player.as_ref().unwrap().get()?;
    assert_eq!(**found, *ann);
    assert_eq!(found.created_at(), ann.created_at());
    let text = found.team.as_ref().unwrap().get().unwrap_err().to_string();
    assert!(
        text.contains(".select_related(team)") && text.contains("E2ePlayer.team"),
        "{text}"
    );

    for deep in [
        query!(all.select_related(player.team)),
        query!(all.select_related(player__team)),
    ] {
        let two = deep.get(client).await?;
        let team = two.player.as_ref().unwrap().get()?.team.as_ref().unwrap().get()?;
        assert_eq!((team.name.as_str(), team.city.as_deref()), ("Red", Some("Bern")));
    }
    assert!(!one.is_dirty());
    Ok(())
}

#[tokio::test]
async fn row_17_an_included_target_that_is_gone_is_none() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    let stored = Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    ann.clone().delete(client).await?;

    // without include the reference is still there
    let plain = Game::get(client, stored.id()).await?;
    assert_eq!(plain.player.as_ref().and_then(Pointer::id), Some(ann.id()));
    let set = query!(Game.filter(run = &run));
    let included = query!(set.select_related(player)).get(client).await?;
    assert_eq!(included.player, None);
    assert!(!included.is_dirty());
    Ok(())
}

#[tokio::test]
async fn row_17_an_array_loses_included_targets_that_are_gone() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSquad")]
    struct Squad {
        run: String,
        players: Vec<Pointer<Player>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b", "c"].map(|name| player(&run, name))).await?;
    let squad = Squad {
        run: run.clone(),
        players: players.iter().map(Pointer::from).collect(),
    };
    squad.create(client).await?;
    let set = query!(Squad.filter(run = &run));
    let read = set.get(client).await?;
    assert_eq!(read.players.len(), 3);
    let text = read.players[1].get().unwrap_err().to_string();
    assert!(text.contains(".select_related(players)"), "{text}");

    let included = query!(set.select_related(players));
    let names = |squad: &Squad| -> Result<Vec<String>, parse_orm::NotIncluded> {
        squad
            .players
            .iter()
            .map(|player| player.get().map(|player| player.name.clone()))
            .collect()
    };
    assert_eq!(names(&*included.get(client).await?)?, ["a", "b", "c"]);
    players[1].clone().delete(client).await?;
    assert_eq!(names(&*included.get(client).await?)?, ["a", "c"]);
    assert_eq!(set.get(client).await?.players.len(), 3);
    Ok(())
}

#[tokio::test]
async fn row_63_a_save_keeps_what_was_included() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    let mut row = query!(Game.filter(run = &run).select_related(player))
        .get(client)
        .await?;
    row.increment_score(1);
    row.nickname = Some("x".into());
    row.save(client).await?;
    assert_eq!(row.player.as_ref().unwrap().get()?.name, "Ann");

    // pointing elsewhere and back again, by id only: still the same object, and no change
    row.player = Some(Pointer::to(ann.id()));
    assert!(!row.is_dirty());
    Ok(())
}

/// A pointer of a new object is at hand after the create.
#[tokio::test]
async fn row_63_a_create_keeps_what_was_given() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    let stored = Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    assert_eq!(stored.player.as_ref().unwrap().get()?.name, "Ann");
    Ok(())
}

/// What changed in the target is the target's business.
#[tokio::test]
async fn row_24_a_change_in_the_target_does_not_make_the_owner_dirty() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut ann = player(&run, "Ann").create(client).await?;
    let mut stored = Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    ann.name = "Anna".into();
    ann.save(client).await?;
    stored.set_player(&ann);
    assert!(!stored.is_dirty());
    assert_eq!(stored.player.as_ref().unwrap().get()?.name, "Anna");
    Ok(())
}

#[tokio::test]
async fn a_pointer_of_another_class_does_not_fit() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eOwner")]
    struct ToPlayer {
        owner: Option<Pointer<Player>>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eOwner")]
    struct ToTeam {
        owner: Option<Pointer<Team>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    let red = team(&run, "Red").create(client).await?;
    let owned = ToPlayer {
        owner: Some(ann.pointer()),
    }
    .create(client)
    .await?;
    let error = ToTeam {
        owner: Some(red.pointer()),
    }
    .create(client)
    .await
    .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::IncorrectType));
    let Error::Decode(error) = ToTeam::get(client, owned.id()).await.unwrap_err() else {
        panic!("the row holds a pointer to another class");
    };
    assert_eq!(
        (error.class_name, error.field.as_deref()),
        ("E2eOwner", Some("owner"))
    );
    assert!(error.expected.contains("Pointer to E2eTeam"), "{error}");
    assert!(error.found.contains("E2ePlayer"), "{error}");
    Ok(())
}

#[tokio::test]
async fn queries_by_pointer() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b"].map(|name| player(&run, name))).await?;
    for (name, owner) in [("1", Some(0)), ("2", Some(1)), ("3", None), ("4", Some(0))] {
        let player = owner.map(|owner: usize| players[owner].pointer());
        Game {
            player,
            ..game(&run, name, 1)
        }
        .create(client)
        .await?;
    }
    let all = query!(Game.filter(run = &run));
    let a = &players[0];
    let names = async |set: QuerySet<Game>| crate::models::names(&set, &backend).await;
    assert_eq!(names(query!(all.filter(player = a))).await?, ["1", "4"]);
    assert_eq!(names(query!(all.filter(player = a.pointer()))).await?, ["1", "4"]);
    assert_eq!(
        names(query!(all.filter(player = Pointer::to(a.id())))).await?,
        ["1", "4"]
    );
    assert_eq!(names(query!(all.exclude(player = a))).await?, ["2", "3"]);
    assert_eq!(names(query!(all.filter(player__ne = a))).await?, ["2", "3"]);
    assert_eq!(
        names(query!(all.filter(player__in = &players))).await?,
        ["1", "2", "4"]
    );
    assert_eq!(names(query!(all.filter(player__isnull = true))).await?, ["3"]);
    assert_eq!(
        names(query!(all.filter(player__isnull = false))).await?,
        ["1", "2", "4"]
    );
    let ids = sorted(all.all(client).await?.iter().map(|game| game.id().to_string()));
    assert_eq!(ids.len(), 4);
    Ok(())
}
