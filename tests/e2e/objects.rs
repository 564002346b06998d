//! Create, get, save, delete, refresh, and what counts as a change.

use crate::backend::{Outcome, PostgresCannot, backend, mock_because_postgres_cannot, unique};
use crate::models::{Game, GameAccessors, Team, TeamAccessors, game, team};
use parse_orm::Error;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::json;

#[tokio::test]
async fn create_get_change_save_delete() -> Outcome {
    let backend = backend().await;
    let client = backend.client();

    let mut stored = game(&backend.run(), "Sean Plott", 1337).create(client).await?;
    assert_eq!(stored.id().as_str().len(), 10);
    assert_eq!(stored.created_at(), stored.updated_at());
    assert!(!stored.is_dirty());

    let read = Game::get(client, stored.id()).await?;
    assert_eq!(*read, *stored);
    assert_eq!(
        (read.created_at(), read.updated_at()),
        (stored.created_at(), stored.updated_at())
    );

    stored.player_name = "Jang Min Chul".into();
    stored.set_cheat_mode(true);
    assert_eq!(stored.dirty_fields(), ["cheatMode", "playerName"]);
    stored.save(client).await?;
    assert!(!stored.is_dirty());
    assert!(stored.updated_at() >= stored.created_at());
    let read = Game::get(client, stored.id()).await?;
    assert_eq!(
        (read.player_name.as_str(), read.cheat_mode, read.score),
        ("Jang Min Chul", true, 1337)
    );

    let id = stored.id().clone();
    let value = stored.delete(client).await?;
    assert_eq!(value.player_name, "Jang Min Chul");
    let error = Game::get(client, &id).await.unwrap_err();
    assert!(matches!(&error, Error::DoesNotExist { class_name: "E2eGame", id: Some(gone) } if *gone == id));
    Ok(())
}

/// Only what changed is sent, and never what the server keeps itself.
#[tokio::test]
async fn row_43_an_update_leaves_other_fields_alone() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut mine = game(&backend.run(), "Ann", 1).create(client).await?;
    let mut theirs = Game::get(client, mine.id()).await?;
    theirs.score = 2;
    theirs.save(client).await?;
    mine.player_name = "Bob".into();
    mine.save(client).await?;
    let read = Game::get(client, mine.id()).await?;
    assert_eq!((read.player_name.as_str(), read.score), ("Bob", 2));
    Ok(())
}

#[tokio::test]
async fn assigning_the_same_value_back_is_no_change() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut stored = game(&backend.run(), "Ann", 1).create(client).await?;
    stored.score = 7;
    stored.nickname = Some("A".into());
    assert_eq!(stored.dirty_fields(), ["nickname", "score"]);
    stored.score = 1;
    stored.nickname = None;
    assert!(!stored.is_dirty());
    assert!(stored.dirty_fields().is_empty());
    Ok(())
}

/// Mutable access alone is no change either.
#[tokio::test]
async fn a_clean_save_sends_nothing() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut stored = game(&backend.run(), "Ann", 1).create(client).await?;
    let before = Game::get(client, stored.id()).await?.updated_at();
    let sent = backend.server().map(|server| server.requests().len());

    stored.save(client).await?;
    let value: &mut Game = &mut stored;
    value.skills.clear();
    stored.save(client).await?;

    assert_eq!(backend.server().map(|server| server.requests().len()), sent);
    assert_eq!(Game::get(client, stored.id()).await?.updated_at(), before);
    Ok(())
}

#[tokio::test]
async fn row_44_what_was_read_is_clean() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut written = game(&backend.run(), "Ann", 1);
    written.played_at = Some("1969-07-20T20:17:40.999999Z".parse()?);
    written.rating = Some(0.1 + 0.2);
    written.skills = vec!["a".into(), "b".into()];
    let stored = written.create(client).await?;
    assert!(!stored.is_dirty());
    assert!(!Game::get(client, stored.id()).await?.is_dirty());
    let run = backend.run();
    for mut found in query!(Game.filter(run = &run)).all(client).await? {
        let _: &mut Game = &mut found;
        assert!(!found.is_dirty());
    }
    Ok(())
}

/// A change inside of a collection is noticed, without any accessor.
#[tokio::test]
async fn row_55_a_change_in_place_is_saved() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut written = game(&backend.run(), "Ann", 1);
    written.skills = vec!["run".into(), "jump".into()];
    let mut stored = written.create(client).await?;
    stored.skills[0] = "fly".into();
    assert_eq!(stored.dirty_fields(), ["skills"]);
    stored.save(client).await?;
    assert_eq!(Game::get(client, stored.id()).await?.skills, ["fly", "jump"]);
    Ok(())
}

#[tokio::test]
async fn row_45_none_after_some_deletes_the_field() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    let mut written = team(&run, "Reds");
    written.city = Some("Bern".into());
    let mut stored = written.create(client).await?;
    assert_eq!(
        query!(Team.filter(run = &run, city__isnull = false))
            .count(client)
            .await?,
        1
    );

    stored.city = None;
    assert_eq!(stored.dirty_fields(), ["city"]);
    stored.save(client).await?;
    assert_eq!(Team::get(client, stored.id()).await?.city, None);
    assert_eq!(
        query!(Team.filter(run = &run, city__isnull = true))
            .count(client)
            .await?,
        1
    );

    stored.set_city("Basel");
    stored.save(client).await?;
    stored.unset_city();
    stored.save(client).await?;
    assert_eq!(Team::get(client, stored.id()).await?.city, None);
    Ok(())
}

/// Missing is not null: the key itself is gone from the row, as a model that keeps raw JSON sees.
#[tokio::test]
async fn row_45_a_deleted_field_is_missing_not_null() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDeleted")]
    struct Typed {
        note: Option<String>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDeleted")]
    struct Raw {
        #[parse(default = json!("missing"))]
        note: serde_json::Value,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDeleted")]
    struct Strict {
        note: String,
    }
    let backend = backend().await;
    let client = backend.client();
    let mut typed = Typed {
        note: Some("x".into()),
    }
    .create(client)
    .await?;
    assert_eq!(Raw::get(client, typed.id()).await?.note, json!("x"));
    assert_eq!(Strict::get(client, typed.id()).await?.note, "x");
    typed.note = None;
    typed.save(client).await?;
    assert_eq!(Raw::get(client, typed.id()).await?.note, json!("missing"));
    let error = Strict::get(client, typed.id()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Decode(error) if error.found == "no such field"),
        "{error}"
    );
    Ok(())
}

/// A field that was never there stays absent: `None` is not sent when creating.
#[tokio::test]
async fn none_is_not_sent_on_create() -> Outcome {
    let server = MockServer::start().await;
    team("r", "Reds").create(&server.client()).await?;
    assert_eq!(
        server.requests()[0].body,
        Some(json!({"run": "r", "name": "Reds"}))
    );
    Ok(())
}

/// Two models of one class: the second one's type is refused, and nothing of the change is lost.
#[tokio::test]
async fn a_refused_save_keeps_every_change() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eLockIn")]
    struct Right {
        size: Option<i64>,
        name: String,
        tags: Vec<String>,
        count: i64,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eLockIn")]
    struct Wrong {
        size: Option<String>,
        name: String,
        tags: Vec<String>,
        count: i64,
    }
    let backend = backend().await;
    let client = backend.client();
    Right {
        size: Some(1),
        name: "a".into(),
        tags: vec![],
        count: 0,
    }
    .create(client)
    .await?;
    let id = Right {
        size: None,
        name: "b".into(),
        tags: vec!["x".into()],
        count: 3,
    }
    .create(client)
    .await?
    .id()
    .clone();

    let mut wrong = Wrong::get(client, &id).await?;
    wrong.size = Some("large".into());
    wrong.name = "c".into();
    wrong.increment_count(4);
    wrong.add_tags(["y"]);
    let error = wrong.save(client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::IncorrectType), "{error}");
    assert_eq!(wrong.dirty_fields(), ["count", "name", "size", "tags"]);
    assert_eq!((wrong.count, wrong.name.as_str()), (7, "c"));
    let untouched = Right::get(client, &id).await?;
    assert_eq!((untouched.count, untouched.name.as_str()), (3, "b"));

    wrong.size = None;
    wrong.save(client).await?;
    let saved = Right::get(client, &id).await?;
    assert_eq!((saved.count, saved.name.as_str(), saved.size), (7, "c", None));
    assert_eq!(saved.tags, ["x", "y"]);
    Ok(())
}

#[tokio::test]
async fn a_save_that_never_arrives_keeps_every_change() -> Outcome {
    let backend = backend().await;
    let mut stored = game(&backend.run(), "Ann", 1).create(backend.client()).await?;
    stored.increment_score(2);
    stored.player_name = "Bob".into();
    let nowhere = Client::builder("http://127.0.0.1:1/parse")
        .app_id("app")
        .build()?;
    assert!(matches!(stored.save(&nowhere).await, Err(Error::Connection(_))));
    assert_eq!(stored.dirty_fields(), ["playerName", "score"]);
    stored.save(backend.client()).await?;
    let read = Game::get(backend.client(), stored.id()).await?;
    assert_eq!((read.score, read.player_name.as_str()), (3, "Bob"));
    Ok(())
}

#[tokio::test]
async fn refresh_keeps_or_discards_changes() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut mine = game(&backend.run(), "Ann", 10).create(client).await?;
    mine.nickname = Some("A".into());
    mine.save(client).await?;
    let mut theirs = Game::get(client, mine.id()).await?;
    theirs.score = 100;
    theirs.player_name = "Theirs".into();
    theirs.nickname = Some("T".into());
    theirs.save(client).await?;

    // assignments win, operations are applied to the newer value, all else is theirs
    mine.increment_score(5);
    mine.nickname = None;
    mine.refresh(client, Unsaved::Keep).await?;
    assert_eq!(
        (mine.score, mine.player_name.as_str(), mine.nickname.as_deref()),
        (105, "Theirs", None)
    );
    assert_eq!(mine.dirty_fields(), ["nickname", "score"]);
    assert_eq!(mine.updated_at(), theirs.updated_at());
    let mut kept = mine.clone();
    mine.refresh(client, Unsaved::Discard).await?;
    assert_eq!(
        (mine.score, mine.player_name.as_str(), mine.nickname.as_deref()),
        (100, "Theirs", Some("T"))
    );
    assert!(!mine.is_dirty());

    kept.save(client).await?;
    let read = Game::get(client, kept.id()).await?;
    assert_eq!((read.score, read.nickname.as_deref()), (105, None));
    Ok(())
}

/// Row 21: a removed field is gone after a refresh, not left over.
#[tokio::test]
async fn row_21_refresh_shows_what_was_removed() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut written = team(&backend.run(), "Reds");
    written.city = Some("Bern".into());
    let mut mine = written.create(client).await?;
    let mut theirs = Team::get(client, mine.id()).await?;
    theirs.unset_city();
    theirs.save(client).await?;
    mine.refresh(client, Unsaved::Discard).await?;
    assert_eq!(mine.city, None);
    Ok(())
}

#[tokio::test]
async fn what_is_gone_says_so_and_keeps_the_object() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut stored = team(&backend.run(), "Reds").create(client).await?;
    stored.clone().delete(client).await?;
    stored.name = "Blues".into();
    for error in [
        stored.save(client).await.unwrap_err(),
        stored.refresh(client, Unsaved::Discard).await.unwrap_err(),
        stored.clone().delete(client).await.unwrap_err(),
    ] {
        assert!(error.is_not_found());
        assert!(
            matches!(&error, Error::DoesNotExist { class_name: "E2eTeam", id: Some(id) } if id == stored.id()),
            "{error}"
        );
    }
    assert_eq!(
        (stored.name.as_str(), stored.dirty_fields()),
        ("Blues", vec!["name"])
    );
    Ok(())
}

#[tokio::test]
async fn revert_undoes_assignments_operations_and_acl() -> Outcome {
    let backend = backend().await;
    let mut stored = game(&backend.run(), "Ann", 1).create(backend.client()).await?;
    let before = (*stored).clone();
    stored.score = 5;
    stored.increment_score(1);
    stored.add_skills(["x"]);
    stored.set_acl(Acl::public());
    assert_eq!(stored.dirty_fields(), ["ACL", "score", "skills"]);
    stored.revert();
    assert!(!stored.is_dirty());
    assert_eq!(*stored, before);
    assert_eq!(stored.acl(), None);
    Ok(())
}

#[tokio::test]
async fn row_59_an_acl_is_sent_only_when_it_changed() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let acl = Acl::new()
        .allow_read(Who::Public)
        .allow_write(Who::role("Admin"))
        .allow_write(Who::user("someone123"));
    let stored = Draft::new(team(&backend.run(), "Reds"))
        .acl(acl.clone())
        .create(client)
        .await?;
    assert_eq!(stored.acl(), Some(&acl));
    let mut read = Team::get(master, stored.id()).await?;
    assert_eq!(read.acl(), Some(&acl));
    assert!(
        read.acl()
            .is_some_and(|acl| acl.may_read(&Who::Public) && !acl.may_write(&Who::Public))
    );

    read.name = "Blues".into();
    read.save(master).await?;
    assert_eq!(Team::get(master, stored.id()).await?.acl(), Some(&acl));

    read.set_acl(acl.clone());
    assert!(!read.is_dirty());
    read.set_acl(acl.clone().forbid(&Who::role("Admin")));
    assert_eq!(read.dirty_fields(), ["ACL"]);
    read.save(master).await?;
    let read = Team::get(master, stored.id()).await?;
    assert!(read.acl().is_some_and(|acl| !acl.may_write(&Who::role("Admin"))));
    assert_eq!(read.name, "Blues");
    Ok(())
}

#[tokio::test]
async fn row_61_a_custom_id_is_refused_without_the_option() -> Outcome {
    let backend = backend().await;
    let draft = Draft::new(team(&backend.run(), "Reds")).id(unique("id"));
    let error = draft.create(backend.client()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidKeyName), "{error}");
    Ok(())
}

#[tokio::test]
async fn row_61_a_custom_id_where_the_server_allows_it() -> Outcome {
    let server = MockServer::builder().allow_custom_object_id(true).start().await?;
    let client = server.client();
    let id = "käse / 100% & more?";
    let mut stored = Draft::new(team("r", "Reds")).id(id).create(&client).await?;
    assert_eq!(stored.id().as_str(), id);
    stored.name = "Blues".into();
    stored.save(&client).await?;
    assert_eq!(Team::get(&client, id).await?.name, "Blues");
    assert_eq!(query!(Team.filter(object_id = id)).count(&client).await?, 1);
    stored.delete(&client).await?;
    assert_eq!(server.count("E2eTeam"), 0);
    Ok(())
}

/// What the server fills is read and never sent.
#[tokio::test]
async fn read_only_fields_are_never_sent() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eReadOnly")]
    struct Writer {
        name: String,
        rank: i64,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eReadOnly")]
    struct Reader {
        name: String,
        #[parse(read_only)]
        rank: Option<i64>,
    }
    let backend = backend().await;
    let client = backend.client();
    let id = Writer {
        name: "a".into(),
        rank: 5,
    }
    .create(client)
    .await?
    .id()
    .clone();
    let mut reader = Reader::get(client, &id).await?;
    assert_eq!(reader.rank, Some(5));
    reader.name = "b".into();
    reader.save(client).await?;
    assert_eq!(Writer::get(client, &id).await?.rank, 5);

    reader.rank = Some(6);
    let error = reader.save(client).await.unwrap_err().to_string();
    assert!(
        error.contains("E2eReadOnly") && error.contains("`rank`") && error.contains("read_only"),
        "{error}"
    );
    reader.revert();

    let fresh = Reader {
        name: "c".into(),
        rank: Some(9),
    }
    .create(client)
    .await?;
    assert_eq!(Reader::get(client, fresh.id()).await?.rank, None);
    Ok(())
}

#[tokio::test]
async fn skipped_fields_stay_here() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSkip")]
    struct Skipping {
        name: String,
        #[parse(skip)]
        seen: u32,
    }
    let backend = backend().await;
    let client = backend.client();
    let mut stored = Skipping {
        name: "a".into(),
        seen: 3,
    }
    .create(client)
    .await?;
    assert_eq!(stored.seen, 3);
    stored.seen = 4;
    assert!(!stored.is_dirty());
    stored.name = "b".into();
    stored.save(client).await?;
    assert_eq!(stored.seen, 4);
    assert_eq!(Skipping::get(client, stored.id()).await?.seen, 0);
    Ok(())
}

#[tokio::test]
async fn defaults_fill_what_is_missing_or_null() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDefaults")]
    struct Sparse {
        name: String,
        lives: Option<serde_json::Value>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDefaults")]
    struct Full {
        name: String,
        #[parse(default)]
        tags: Vec<String>,
        #[parse(default = 3)]
        lives: u8,
        #[parse(default = "nobody".into())]
        owner: String,
    }
    let backend = backend().await;
    let client = backend.client();
    Full {
        name: "typed".into(),
        tags: vec!["t".into()],
        lives: 1,
        owner: "me".into(),
    }
    .create(client)
    .await?;
    let missing = Sparse {
        name: "missing".into(),
        lives: None,
    }
    .create(client)
    .await?;
    let null = Sparse {
        name: "null".into(),
        lives: Some(json!(null)),
    }
    .create(client)
    .await?;
    for id in [missing.id(), null.id()] {
        let mut read = Full::get(client, id).await?;
        assert_eq!(
            (read.tags.len(), read.lives, read.owner.as_str()),
            (0, 3, "nobody")
        );
        assert!(!read.is_dirty());
        read.lives = 2;
        read.save(client).await?;
        assert_eq!(Full::get(client, id).await?.lives, 2);
    }
    Ok(())
}

/// A name on the server, and a case for all names.
#[tokio::test]
async fn names_on_the_server() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eNames", rename_all = "snake_case")]
    struct Named {
        first_name: String,
        #[parse(rename = "lastNAME")]
        family: String,
        r#type: String,
    }
    let server = MockServer::start().await;
    let client = server.client();
    let stored = Named {
        first_name: "A".into(),
        family: "B".into(),
        r#type: "C".into(),
    }
    .create(&client)
    .await?;
    assert_eq!(
        server.requests()[0].body,
        Some(json!({"first_name": "A", "lastNAME": "B", "type": "C"}))
    );
    let found = query!(Named.filter(first_name = "A", family = "B", r#type = "C"))
        .get(&client)
        .await?;
    assert_eq!(found.id(), stored.id());
    Ok(())
}

/// The local array keeps the order that the server will hold, and duplicates.
#[tokio::test]
async fn added_elements_keep_their_order() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::KeepTheOrderOfAdded).await;
    let client = backend.client();
    let mut stored = game(&backend.run(), "Ann", 1).create(client).await?;
    stored.add_skills(["b", "a"]);
    stored.add_skills(["b"]);
    assert_eq!(stored.skills, ["b", "a", "b"]);
    stored.save(client).await?;
    assert_eq!(Game::get(client, stored.id()).await?.skills, ["b", "a", "b"]);
    Ok(())
}
