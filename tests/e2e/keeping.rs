//! Keeping objects outside of the server, unsaved changes included.

use crate::backend::{Backend, Outcome, backend};
use crate::models::{Game, GameAccessors, Level, Venue, game, player, team};
use crate::models::{Player, Team};
use parse_orm::prelude::*;

fn kept(object: &Object<Game>) -> Result<Object<Game>, serde_json::Error> {
    serde_json::from_str(&serde_json::to_string(object)?)
}

async fn stored(backend: &Backend) -> parse_orm::Result<Object<Game>> {
    let mut value = game(&backend.run(), "Ann", 1);
    value.skills = vec!["a".into()];
    value.played_at = Some("1969-07-20T20:17:40.123Z".parse().unwrap());
    value.rating = Some(0.1 + 0.2);
    value.level = Some(Level::Hard);
    value.venue = Some(Venue {
        city: "Bern".into(),
        street_name: None,
        seats: 9,
    });
    value.create(backend.client()).await
}

#[tokio::test]
async fn a_clean_object_comes_back_as_it_was() -> Outcome {
    let backend = backend().await;
    let mut stored = stored(&backend).await?;
    stored.set_acl(Acl::public());
    stored.save(backend.client()).await?;
    let back = kept(&stored)?;
    assert_eq!(*back, *stored);
    assert_eq!(
        (back.id(), back.created_at(), back.updated_at(), back.acl()),
        (
            stored.id(),
            stored.created_at(),
            stored.updated_at(),
            stored.acl()
        )
    );
    assert!(!back.is_dirty());
    Ok(())
}

/// Operations stay operations: what another program did meanwhile is not overwritten.
#[tokio::test]
async fn unsaved_changes_come_back() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let ann = player(&backend.run(), "Ann").create(client).await?;
    let mut stored = stored(&backend).await?;
    stored.increment_score(10);
    stored.add_unique_skills(["b"]);
    stored.player_name = "Bob".into();
    stored.level = None;
    stored.add_to_opponents([&ann]);
    stored.set_acl(Acl::public());
    let mut back = kept(&stored)?;
    assert_eq!(*back, *stored);
    assert_eq!(
        back.dirty_fields(),
        ["ACL", "level", "opponents", "playerName", "score", "skills"]
    );

    let mut other = Game::get(client, back.id()).await?;
    other.increment_score(1000);
    other.add_skills(["c"]);
    other.save(client).await?;
    back.save(client).await?;
    let read = Game::get(client, back.id()).await?;
    assert_eq!(
        (read.score, read.player_name.as_str(), read.level),
        (1011, "Bob", None)
    );
    assert_eq!(crate::backend::sorted(read.skills.clone()), ["a", "b", "c"]);
    assert_eq!(read.acl(), Some(&Acl::public()));
    assert_eq!(read.opponents().count(client).await?, 1);

    // and they can be undone
    let mut undone = kept(&stored)?;
    undone.revert();
    assert_eq!(
        (undone.score, undone.player_name.as_str(), undone.level),
        (1, "Ann", Some(Level::Hard))
    );
    assert_eq!(undone.acl(), None);
    Ok(())
}

/// Included objects are part of it, at any depth.
#[tokio::test]
async fn included_objects_come_back() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = Team {
        city: Some("Bern".into()),
        ..team(&run, "Red")
    }
    .create(client)
    .await?;
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
    let mut row = query!(Game.filter(run = &run).select_related(player.team))
        .get(client)
        .await?;
    row.nickname = Some("x".into());
    let back = kept(&row)?;
    let found = back.player.as_ref().unwrap().get()?;
    assert_eq!(
        (found.name.as_str(), found.id(), found.created_at()),
        ("Ann", ann.id(), ann.created_at())
    );
    assert_eq!(found.team.as_ref().unwrap().get()?.city.as_deref(), Some("Bern"));
    assert_eq!(back.dirty_fields(), ["nickname"]);
    // undone, the included object is still there
    let mut undone = kept(&row)?;
    undone.revert();
    assert_eq!(undone.player.as_ref().unwrap().get()?.name, "Ann");
    Ok(())
}

#[tokio::test]
async fn an_object_of_another_class_is_refused() -> Outcome {
    let backend = backend().await;
    let red = team(&backend.run(), "Red").create(backend.client()).await?;
    let text = serde_json::to_string(&red)?;
    let error = serde_json::from_str::<Object<Player>>(&text)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("E2eTeam") && error.contains("E2ePlayer"),
        "{error}"
    );
    let incomplete = text.replace("\"name\":\"Red\"", "\"other\":1");
    let error = serde_json::from_str::<Object<Team>>(&incomplete)
        .unwrap_err()
        .to_string();
    assert!(error.contains("E2eTeam") && error.contains("`name`"), "{error}");
    Ok(())
}
