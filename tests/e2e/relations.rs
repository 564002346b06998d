//! Relations: added to, removed from, queried.

use crate::backend::{Outcome, backend, sorted};
use crate::models::{Game, GameAccessors, Player, game, player, store};
use parse_orm::prelude::*;

async fn related(game: &Object<Game>, client: &Client) -> parse_orm::Result<Vec<String>> {
    let players = game.opponents().all(client).await?;
    Ok(sorted(players.into_iter().map(|player| player.into_inner().name)))
}

#[tokio::test]
async fn row_14_several_objects_are_added_by_several_calls() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b", "c", "d"].map(|name| player(&run, name))).await?;
    let mut stored = game(&run, "Ann", 1).create(client).await?;
    assert!(related(&stored, client).await?.is_empty());

    stored.add_to_opponents([&players[0], &players[1]]);
    stored.add_to_opponents([&players[2]]);
    stored.add_to_opponents([&players[0]]);
    assert_eq!(stored.dirty_fields(), ["opponents"]);
    stored.save(client).await?;
    assert!(!stored.is_dirty());
    assert_eq!(related(&stored, client).await?, ["a", "b", "c"]);

    stored.remove_from_opponents([&players[0], &players[1]]);
    stored.save(client).await?;
    assert_eq!(related(&stored, client).await?, ["c"]);
    Ok(())
}

#[tokio::test]
async fn add_and_remove_in_one_save() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b", "c"].map(|name| player(&run, name))).await?;
    let mut stored = game(&run, "Ann", 1).create(client).await?;
    stored.add_to_opponents([&players[0]]);
    stored.save(client).await?;

    // AddRelation [b] and RemoveRelation [a] at once
    stored.add_to_opponents([&players[1], &players[2]]);
    stored.remove_from_opponents([&players[0], &players[2]]);
    stored.save(client).await?;
    assert_eq!(related(&stored, client).await?, ["b"]);

    // the last word on an object counts
    stored.remove_from_opponents([&players[1]]);
    stored.add_to_opponents([&players[1]]);
    stored.save(client).await?;
    assert_eq!(related(&stored, client).await?, ["b"]);
    Ok(())
}

/// A relation never travels as a value, so an object that has one can be saved after use.
#[tokio::test]
async fn row_48_an_object_with_a_relation_is_saved_again() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    let mut stored = game(&run, "Ann", 1).create(client).await?;
    stored.add_to_opponents([&ann]);
    stored.save(client).await?;
    let mut read = Game::get(client, stored.id()).await?;
    read.score = 2;
    assert_eq!(read.dirty_fields(), ["score"]);
    read.save(client).await?;
    assert_eq!(related(&read, client).await?, ["Ann"]);
    Ok(())
}

/// Targets by pointer, without having the object.
#[tokio::test]
async fn targets_by_id() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = player(&run, "Ann").create(client).await?;
    let mut stored = game(&run, "Ann", 1).create(client).await?;
    stored.add_to_opponents([Pointer::<Player>::to(ann.id().as_str())]);
    stored.add_to_opponents(Vec::<Pointer<Player>>::new());
    stored.save(client).await?;
    assert_eq!(related(&stored, client).await?, ["Ann"]);
    Ok(())
}

#[tokio::test]
async fn row_49_the_contents_are_a_query() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = ["Ann", "Bob", "Cid", "Dan"].map(|name| Player {
        rank: Some(name.bytes().map(i64::from).sum()),
        ..player(&run, name)
    });
    let players = store(&backend, players).await?;
    let mut stored = game(&run, "Ann", 1).create(client).await?;
    // before the first use there is nothing on the server to ask for
    assert_eq!(stored.opponents().count(client).await?, 0);
    stored.add_to_opponents(&players[..3]);
    stored.save(client).await?;

    let all = stored.opponents();
    assert_eq!(all.count(client).await?, 3);
    let found = query!(all.filter(name__in = ["Bob", "Dan"])).all(client).await?;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id(), players[1].id());
    let ordered = query!(all.order_by(-name)[1..]).all(client).await?;
    let names: Vec<_> = ordered.iter().map(|player| player.name.as_str()).collect();
    assert_eq!(names, ["Bob", "Ann"]);
    assert_eq!(
        query!(all.filter(name = "Cid")).get(client).await?.id(),
        players[2].id()
    );
    Ok(())
}

/// Several in one go, in several calls, and once more: the relation is a set.
#[tokio::test]
async fn row_14_a_new_object_is_created_with_its_relations() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b", "c"].map(|name| player(&run, name))).await?;
    let mut opponents = Relation::of([&players[0], &players[1]]);
    opponents.add([&players[0], &players[2]]);
    opponents.remove([&players[1]]);
    let value = Game {
        opponents,
        ..game(&run, "Ann", 1)
    };
    let stored = value.create(client).await?;
    assert!(!stored.is_dirty());
    assert_eq!(stored.opponents, Relation::new());
    assert_eq!(related(&stored, client).await?, ["a", "c"]);
    // the value still says what a create of it adds
    assert_eq!(related(&value.create(client).await?, client).await?, ["a", "c"]);
    Ok(())
}

/// Stored first, whether it is added to a new object or to a stored one.
#[tokio::test]
async fn row_15_what_is_not_stored_is_stored_and_added() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let shared = Pointer::new(player(&run, "shared"));
    let mut stored = Game {
        player: Some(shared.clone()),
        opponents: Relation::of([shared.clone(), player(&run, "new").into()]),
        ..game(&run, "Ann", 1)
    }
    .create(client)
    .await?;
    assert_eq!(related(&stored, client).await?, ["new", "shared"]);

    stored.add_to_opponents([player(&run, "newer")]);
    stored.remove_from_opponents([&shared]);
    assert_eq!(stored.dirty_fields(), ["opponents"]);
    stored.save(client).await?;
    assert!(!stored.is_dirty());
    assert_eq!(related(&stored, client).await?, ["new", "newer"]);

    // what was never stored is in no relation
    let never = Pointer::new(player(&run, "never"));
    stored.remove_from_opponents([&never]);
    assert!(!stored.is_dirty());
    stored.add_to_opponents([&never]);
    stored.remove_from_opponents([&never]);
    assert!(!stored.is_dirty() && never.id().is_none());
    Ok(())
}

/// Assigned to a stored object, it adds: a relation has no value that could be replaced.
#[tokio::test]
async fn row_48_an_assigned_relation_adds() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b"].map(|name| player(&run, name))).await?;
    let mut stored = Game {
        opponents: Relation::of([&players[0]]),
        ..game(&run, "Ann", 1)
    }
    .create(client)
    .await?;
    stored.opponents = Relation::of([&players[1]]);
    assert_eq!(stored.dirty_fields(), ["opponents"]);
    stored.save(client).await?;
    assert_eq!(related(&stored, client).await?, ["a", "b"]);

    // nothing to add is nothing to do
    stored.add_to_opponents([&players[0]]);
    stored.opponents = Relation::new();
    assert!(!stored.is_dirty());
    stored.add_to_opponents([&players[0]]);
    stored.revert();
    assert!(!stored.is_dirty());

    // what could not be sent still waits
    stored.clone().delete(client).await?;
    stored.remove_from_opponents([&players[0]]);
    assert!(stored.save(client).await.unwrap_err().is_not_found());
    assert_eq!(stored.dirty_fields(), ["opponents"]);
    Ok(())
}

/// Changes of a relation live through a refresh, and through being kept elsewhere.
#[tokio::test]
async fn changes_of_a_relation_are_kept() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let players = store(&backend, ["a", "b"].map(|name| player(&run, name))).await?;
    let mut stored = Game {
        opponents: Relation::of([&players[0]]),
        ..game(&run, "Ann", 1)
    }
    .create(client)
    .await?;
    stored.remove_from_opponents([&players[0]]);
    stored.add_to_opponents([&players[1]]);
    stored.refresh(client, Unsaved::Keep).await?;
    let mut kept: Object<Game> = serde_json::from_str(&serde_json::to_string(&stored)?)?;
    assert_eq!(kept.opponents, stored.opponents);
    kept.save(client).await?;
    assert_eq!(related(&kept, client).await?, ["b"]);
    stored.refresh(client, Unsaved::Discard).await?;
    assert!(!stored.is_dirty());
    Ok(())
}

/// A server on MongoDB orders what a relation holds by when it was added, and cuts the list off before it looks at
/// the other conditions: a page that goes on behind a date would lose rows.
#[tokio::test]
async fn a_relation_in_the_order_of_its_dates_is_read_as_a_whole_or_not_at_all() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let names = ["a", "b", "c", "d", "e"];
    let players = store(&backend, names.map(|name| player(&run, name))).await?;
    let stored = Game {
        opponents: Relation::of(&players),
        ..game(&run, "Ann", 1)
    }
    .create(client)
    .await?;
    let oldest = stored.opponents().order_by(Player::F.created_at).page_size(2);
    let found = oldest.all(client).await?;
    assert_eq!(sorted(found.iter().map(|player| player.name.as_str())), names);
    let best = query!(oldest.filter(name__ne = "a"));
    for refused in [
        best.all(client).await.unwrap_err(),
        best.first(client).await.unwrap_err(),
        oldest
            .prefetch_related(Game::F.opponents, [&stored])
            .all(client)
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(refused, Error::Invalid(_)), "{refused}");
        assert!(refused.to_string().contains("createdAt"), "{refused}");
    }
    assert_eq!(best.count(client).await?, 4);
    Ok(())
}
