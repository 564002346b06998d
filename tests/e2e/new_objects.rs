//! New objects inside of objects: stored first, once, in as few requests as possible.

use crate::backend::{Backend, Outcome, backend, sorted};
use crate::models::{Game, GameAccessors, Player, PlayerAccessors, Team, game, player, team};
use parse_orm::Error;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use std::collections::HashMap;

/// Holds new objects in every way.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eHolder")]
struct Holder {
    run: String,
    one: Option<Pointer<Player>>,
    #[parse(default)]
    several: Vec<Pointer<Player>>,
    #[parse(default)]
    by_name: HashMap<String, Pointer<Player>>,
    inside: Option<Inside>,
    below: Option<Pointer<Self>>,
}

#[derive(ParseValue, Debug, Clone)]
struct Inside {
    label: String,
    captain: Option<Pointer<Player>>,
    others: Vec<Pointer<Player>>,
}

fn holder(run: &str) -> Holder {
    Holder {
        run: run.into(),
        one: None,
        several: Vec::new(),
        by_name: HashMap::new(),
        inside: None,
        below: None,
    }
}

/// The names of the stored players of a run, sorted.
async fn players(backend: &Backend, run: &str) -> parse_orm::Result<Vec<String>> {
    let players = query!(Player.filter(run = run)).all(backend.client()).await?;
    Ok(sorted(players.into_iter().map(|player| player.into_inner().name)))
}

/// What the mock was asked since the last time: method and path, ids left out.
fn requests(server: Option<&MockServer>) -> Option<Vec<String>> {
    let server = server?;
    let requests = server.requests();
    server.clear_requests();
    let short = |path: &str| path.split('/').take(3).collect::<Vec<_>>().join("/");
    Some(
        requests
            .iter()
            .map(|request| format!("{} {}", request.method, short(&request.path)))
            .collect(),
    )
}

fn assert_requests(backend: &Backend, expected: &[&str]) {
    if let Some(requests) = requests(backend.server()) {
        assert_eq!(requests, expected);
    }
}

#[tokio::test]
async fn row_10_a_create_stores_what_it_holds() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let red = Pointer::new(team(&run, "Red"));
    let ann = Player {
        team: Some(red.clone()),
        ..player(&run, "Ann")
    };
    let value = Game {
        player: Some(ann.into()),
        ..game(&run, "g", 1)
    };
    let stored = value.create(client).await?;
    // a team, a player with it, a game with the player
    assert_requests(
        &backend,
        &[
            "POST /classes/E2eTeam",
            "POST /classes/E2ePlayer",
            "POST /classes/E2eGame",
        ],
    );
    assert!(!stored.is_dirty());
    let ann = stored.player.as_ref().unwrap().get()?;
    assert_eq!((ann.name.as_str(), ann.team.as_ref()), ("Ann", Some(&red)));

    let read = query!(Game.filter(run = &run).select_related(player.team))
        .get(client)
        .await?;
    let ann = read.player.as_ref().unwrap().get()?;
    assert_eq!(Some(ann.id()), stored.player.as_ref().and_then(Pointer::id));
    assert_eq!(ann.team.as_ref().unwrap().get()?.name, "Red");
    Ok(())
}

#[tokio::test]
async fn row_10_a_save_stores_what_it_holds() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut stored = game(&run, "g", 1).create(client).await?;
    requests(backend.server());
    stored.set_player(player(&run, "Ann"));
    stored.score = 2;
    assert_eq!(stored.dirty_fields(), ["player", "score"]);
    stored.save(client).await?;
    assert_requests(&backend, &["POST /classes/E2ePlayer", "PUT /classes/E2eGame"]);
    assert!(!stored.is_dirty());
    let ann = stored.player.as_ref().unwrap().get()?.clone();
    assert_eq!(Game::get(client, stored.id()).await?.player, Some(ann.pointer()));

    // what is stored is not stored again
    stored.score = 3;
    stored.save(client).await?;
    assert_requests(&backend, &["GET /classes/E2eGame", "PUT /classes/E2eGame"]);
    assert_eq!(players(&backend, &run).await?, ["Ann"]);
    Ok(())
}

/// Told by identity: two clones are one object, two equal values are two.
#[tokio::test]
async fn row_7_and_row_9_one_child_is_one_and_equal_ones_are_two() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let shared = Pointer::new(player(&run, "shared"));
    let twin = || Pointer::new(player(&run, "twin"));
    let value = Holder {
        one: Some(shared.clone()),
        several: vec![twin(), shared.clone(), twin()],
        by_name: HashMap::from([("x".into(), shared.clone()), ("y".into(), twin())]),
        inside: Some(Inside {
            label: "in".into(),
            captain: Some(shared.clone()),
            others: vec![twin()],
        }),
        ..holder(&run)
    };
    assert_ne!(value.several[0], value.several[2]);
    let stored = value.create(client).await?;
    assert_requests(&backend, &["POST /batch", "POST /classes/E2eHolder"]);
    let expected = ["shared", "twin", "twin", "twin", "twin"];
    assert_eq!(players(&backend, &run).await?, expected);
    assert!(shared.id().is_some());
    assert_ne!(stored.several[0], stored.several[2]);
    let read = Holder::get(client, stored.id()).await?;
    for pointer in [read.one.as_ref().unwrap(), &read.several[1], &read.by_name["x"]] {
        assert_eq!(*pointer, shared);
    }
    let inside = read.inside.as_ref().unwrap();
    assert_eq!(inside.captain.as_ref(), Some(&shared));
    assert_eq!(
        inside.others[0].id(),
        stored.inside.as_ref().unwrap().others[0].id()
    );
    Ok(())
}

/// One batch for each depth, in chunks of 50.
#[tokio::test]
async fn a_wave_is_one_batch() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let teams: Vec<_> = (0..3)
        .map(|n| Pointer::new(team(&run, &format!("{n}"))))
        .collect();
    let member = |n: usize| Player {
        team: Some(teams[n % 3].clone()),
        ..player(&run, &format!("{n:03}"))
    };
    let value = Holder {
        several: (0..120).map(|n| member(n).into()).collect(),
        ..holder(&run)
    };
    let stored = value.create(client).await?;
    let mut expected = vec!["POST /batch"; 4];
    expected.push("POST /classes/E2eHolder");
    assert_requests(&backend, &expected);
    assert_eq!(players(&backend, &run).await?.len(), 120);
    for (n, pointer) in stored.several.iter().enumerate() {
        let player = pointer.get()?;
        assert_eq!(
            (&*player.name, &player.team),
            (&*format!("{n:03}"), &member(n).team)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_chain_of_new_objects() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut value = holder(&run);
    for _ in 0..20 {
        value = Holder {
            below: Some(value.into()),
            ..holder(&run)
        };
    }
    let mut object = &value.create(client).await?;
    let mut depth = 0;
    while let Some(below) = &object.below {
        object = below.get()?;
        depth += 1;
    }
    assert_eq!(depth, 20);
    assert_eq!(query!(Holder.filter(run = &run)).count(client).await?, 21);
    Ok(())
}

/// Two objects that are created at the same time hold the same new one.
#[tokio::test]
async fn row_7_and_row_8_a_shared_child_is_stored_once_by_two_creates_at_a_time() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let shared = Pointer::new(player(&run, "shared"));
    let other = Pointer::new(player(&run, "other"));
    let holding = |several: [&Pointer<Player>; 2]| Holder {
        several: several.map(Clone::clone).into(),
        ..holder(&run)
    };
    let (first, second) = (holding([&shared, &other]), holding([&other, &shared]));
    let (first, second) = futures::try_join!(first.create(client), second.create(client))?;
    assert_eq!(players(&backend, &run).await?, ["other", "shared"]);
    assert_eq!(first.several[0], second.several[1]);
    Ok(())
}

/// Nothing waits for what it is part of itself: a new object that points to the one that holds it, and stored ones that
/// point to each other.
#[tokio::test]
async fn row_8_objects_that_point_to_each_other() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let below = |other: &Object<Holder>| Holder {
        below: Some(other.pointer()),
        ..holder(&run)
    };
    let mut first = holder(&run).create(client).await?;
    let new = below(&first);
    requests(backend.server());
    first.set_below(new);
    first.save(client).await?;
    assert_requests(&backend, &["POST /classes/E2eHolder", "PUT /classes/E2eHolder"]);
    let mut second = first.below.as_ref().ok_or("nothing below")?.get()?.clone();
    assert_eq!(second.below.as_ref().and_then(Pointer::id), Some(first.id()));

    // each with a new object that both hold, saved at once
    let shared = Pointer::new(player(&run, "shared"));
    first.one = Some(shared.clone());
    second.one = Some(shared.clone());
    second.below = Some((&first).into());
    first.below = Some((&second).into());
    futures::try_join!(first.save(client), second.save(client))?;
    let mut both = [first, second];
    for holder in &mut both {
        holder.several = vec![shared.clone(), Pointer::new(player(&run, "own"))];
    }
    client.save_all(&mut both).await.into_result()?;
    assert_eq!(players(&backend, &run).await?, ["own", "own", "shared"]);
    for (one, other) in [(&both[0], &both[1]), (&both[1], &both[0])] {
        let read = query!(Holder.select_related(below.below))
            .get_by_id(client, one.id())
            .await?;
        let target = read.below.as_ref().ok_or("nothing below")?.get()?;
        assert_eq!(target.id(), other.id());
        // around the circle and back
        assert_eq!(
            target.below.as_ref().ok_or("nothing below")?.get()?.id(),
            one.id()
        );
        assert_eq!((&read.one, read.several.len()), (&Some(shared.clone()), 2));
    }
    Ok(())
}

/// The class's field is a Number; this model says otherwise, so every create of it is refused.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2ePlayer")]
struct Impostor {
    run: String,
    rank: String,
}

async fn impostor(backend: &Backend, run: &str) -> parse_orm::Result<Impostor> {
    let known = Player {
        rank: Some(1),
        ..player(run, "known")
    };
    known.create(backend.client()).await?;
    requests(backend.server());
    Ok(Impostor {
        run: run.into(),
        rank: "first".into(),
    })
}

#[tokio::test]
async fn a_child_that_is_refused_fails_who_holds_it() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMiddle")]
    struct Middle {
        run: String,
        bad: Pointer<Impostor>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eTop")]
    struct Top {
        run: String,
        good: Pointer<Team>,
        middle: Option<Pointer<Middle>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let good = Pointer::new(team(&run, "good"));
    let bad = Pointer::new(impostor(&backend, &run).await?);
    let value = Top {
        run: run.clone(),
        good: good.clone(),
        middle: Some(Pointer::new(Middle {
            run: run.clone(),
            bad: bad.clone(),
        })),
    };
    let error = value.create(client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::IncorrectType));
    let Error::Dependency(error) = error else {
        panic!("the middle could not be stored: {error}");
    };
    assert_eq!(
        (error.class_name, error.field, error.held),
        ("E2eTop", "middle", "E2eMiddle")
    );
    let Error::Dependency(inner) = &*error.error else {
        panic!("because of what it holds");
    };
    assert_eq!(
        (inner.class_name, inner.field, inner.held),
        ("E2eMiddle", "bad", "E2ePlayer")
    );
    let text = error.to_string();
    assert!(
        text.contains("E2eTop, field `middle`") && text.contains("code 111"),
        "{text}"
    );
    // the others of the wave are stored, who holds it was not sent
    assert_requests(&backend, &["POST /batch"]);
    assert!(good.id().is_some() && bad.id().is_none());

    // and are not stored again
    let mut top = Top {
        middle: None,
        ..value
    }
    .create(client)
    .await?;
    assert_requests(&backend, &["POST /classes/E2eTop"]);
    assert_eq!(top.good, good);
    top.middle = Some(Pointer::new(Middle { run, bad }));
    assert!(matches!(top.save(client).await, Err(Error::Dependency(_))));
    assert_eq!(top.dirty_fields(), ["middle"]);
    Ok(())
}

/// The child is stored, the object itself refused: another try sends the object only.
#[tokio::test]
async fn another_try_does_not_store_children_again() -> Outcome {
    let server = MockServer::builder()
        .allow_client_class_creation(false)
        .start()
        .await?;
    let (client, master) = (server.client(), server.master_client());
    player("r", "first").create(&master).await?;
    let ann = Pointer::new(player("r", "Ann"));
    let value = Holder {
        one: Some(ann.clone()),
        ..holder("r")
    };
    server.clear_requests();
    let refused = value.create(&client).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::OperationForbidden));
    assert!(ann.id().is_some());
    holder("r").create(&master).await?;
    let mut stored = value.create(&client).await?;
    assert_eq!(stored.one, Some(ann));
    let posts = [
        "POST /classes/E2ePlayer",
        "POST /classes/E2eHolder",
        "POST /classes/E2eHolder",
        "POST /classes/E2eHolder",
    ];
    assert_eq!(requests(Some(&server)).unwrap(), posts);

    // the same for a save: the object is gone, the child is not
    let bob = Pointer::new(player("r", "Bob"));
    stored.clone().delete(&client).await?;
    stored.one = Some(bob.clone());
    for _ in 0..2 {
        assert!(matches!(
            stored.save(&client).await,
            Err(Error::DoesNotExist { .. })
        ));
        assert_eq!(stored.dirty_fields(), ["one"]);
    }
    assert!(bob.id().is_some());
    assert_eq!(server.count("E2ePlayer"), 3);
    Ok(())
}

/// Looked at in full before anything is sent, however deep.
#[tokio::test]
async fn what_cannot_be_stored_is_refused_before_anything_is_sent() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let bad = Game {
        rating: Some(f64::NAN),
        player: Some(player(&run, "of bad").into()),
        ..game(&run, "bad", 1)
    };
    let Error::Invalid(error) = bad.create(client).await.unwrap_err() else {
        panic!("NaN has no wire form");
    };
    assert_eq!(error.field.as_deref(), Some("rating"));

    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eOuter")]
    struct Outer {
        good: Pointer<Player>,
        bad: Pointer<Game>,
    }
    let outer = Outer {
        good: player(&run, "of outer").into(),
        bad: bad.into(),
    };
    let Error::Dependency(error) = outer.create(client).await.unwrap_err() else {
        panic!("NaN has no wire form");
    };
    assert!(error.to_string().contains("E2eGame, field `rating`"), "{error}");
    assert_requests(&backend, &[]);
    assert!(players(&backend, &run).await?.is_empty());
    Ok(())
}

/// An object that is stored is saved by itself only, whatever changed in it.
#[tokio::test]
async fn row_11_stored_children_are_not_saved_along() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut ann = player(&run, "Ann").create(client).await?;
    ann.name = "changed".into();
    let mut stored = game(&run, "g", 1).create(client).await?;
    requests(backend.server());
    stored.player = Some(ann.pointer());
    stored.save(client).await?;
    assert_requests(&backend, &["PUT /classes/E2eGame"]);
    assert!(ann.is_dirty());
    assert_eq!(Player::get(client, ann.id()).await?.name, "Ann");

    // also where a new object is in between
    let bob = Player {
        team: Some(team(&run, "Red").create(client).await?.pointer()),
        ..player(&run, "Bob")
    };
    requests(backend.server());
    stored.set_player(bob);
    stored.save(client).await?;
    assert_requests(&backend, &["POST /classes/E2ePlayer", "PUT /classes/E2eGame"]);
    Ok(())
}

#[tokio::test]
async fn row_24_a_new_child_that_was_stored_does_not_make_the_owner_dirty() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = Pointer::new(player(&run, "Ann"));
    let mut stored = Game {
        player: Some(ann.clone()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    let mut object = ann.get()?.clone();
    object.set_rank(3);
    object.save(client).await?;
    for same in [ann.clone(), Pointer::to(object.id()), object.pointer()] {
        stored.set_player(same);
        assert!(!stored.is_dirty());
    }
    Ok(())
}

#[tokio::test]
async fn row_63_a_save_keeps_the_new_child() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut stored = Game {
        player: Some(player(&run, "Ann").into()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    stored.increment_score(1);
    stored.save(client).await?;
    assert_eq!(stored.player.as_ref().unwrap().get()?.name, "Ann");
    Ok(())
}

/// A new child with an ACL of its own.
#[tokio::test]
async fn a_draft_inside() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let acl = Acl::new().allow_read(Who::Public);
    let ann = Pointer::from(Draft::new(player(&run, "Ann")).acl(acl.clone()));
    Game {
        player: Some(ann.clone()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    assert_eq!(ann.get()?.acl(), Some(&acl));
    assert_eq!(ann.fetch(client).await?.acl(), Some(&acl));
    Ok(())
}

/// Kept elsewhere and read again, a new child is still one that is to be stored.
#[tokio::test]
async fn kept_with_its_unsaved_children() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut stored = game(&run, "g", 1).create(client).await?;
    let ann = Player {
        team: Some(team(&run, "Red").into()),
        ..player(&run, "Ann")
    };
    stored.set_player(ann);
    stored.add_to_opponents([player(&run, "Bob")]);
    stored.increment_score(1);
    let text = serde_json::to_string(&stored)?;
    let mut later: Object<Game> = serde_json::from_str(&text)?;
    assert_eq!(later.dirty_fields(), ["opponents", "player", "score"]);
    later.save(client).await?;
    assert_eq!(players(&backend, &run).await?, ["Ann", "Bob"]);
    let read = query!(Game.filter(run = &run).select_related(player.team))
        .get(client)
        .await?;
    let ann = read.player.as_ref().unwrap().get()?;
    assert_eq!(ann.team.as_ref().unwrap().get()?.name, "Red");
    assert_eq!(read.opponents().get(client).await?.name, "Bob");

    // and a stored one is the stored one
    let text = serde_json::to_string(&later)?;
    let kept: Object<Game> = serde_json::from_str(&text)?;
    assert_eq!(kept.player.as_ref().unwrap().get()?.id(), ann.id());
    assert!(!kept.is_dirty());
    Ok(())
}

/// Before it is stored, a pointer has no id and nothing to compare with.
#[tokio::test]
async fn a_new_pointer_is_no_operand() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let ann = Pointer::new(player("x", "Ann"));
    let error = ann.get().unwrap_err();
    assert!(
        error.id.is_none() && error.to_string().contains("not stored yet"),
        "{error}"
    );
    assert_eq!(format!("{ann:?}"), "Pointer(E2ePlayer, new)");
    for error in [
        query!(Game.filter(player = &ann))
            .count(client)
            .await
            .unwrap_err(),
        query!(Game.filter(player__in = [&ann]))
            .count(client)
            .await
            .unwrap_err(),
        query!(Game.update(player = &ann)).run(client).await.unwrap_err(),
        ann.fetch(client).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(
            error
                .to_string()
                .contains("E2ePlayer that this points to is not stored yet"),
            "{error}"
        );
    }
    assert_requests(&backend, &[]);
    Ok(())
}

/// An atomic operation tells the server elements; a new object is none yet.
#[tokio::test]
async fn new_objects_in_arrays() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut stored = holder(&run).create(client).await?;
    let ann = Pointer::new(player(&run, "Ann"));
    stored.several.push(ann.clone());
    stored.several.push(player(&run, "Bob").into());
    stored.save(client).await?;
    assert_eq!(players(&backend, &run).await?, ["Ann", "Bob"]);
    assert_eq!(Holder::get(client, stored.id()).await?.several, stored.several);

    requests(backend.server());
    type Change = fn(&mut Object<Holder>, Pointer<Player>);
    let add: [Change; 3] = [
        |object, new| object.add_several([new]),
        |object, new| object.add_unique_several([new]),
        |object, new| {
            object.several.push(new.clone());
            object.remove_several([new]);
        },
    ];
    for add in add {
        add(&mut stored, player(&run, "Cid").into());
        let Error::Invalid(error) = stored.save(client).await.unwrap_err() else {
            panic!("refused before anything is sent");
        };
        assert_eq!(error.field.as_deref(), Some("several"));
        assert!(error.message.contains("object.field.push("), "{error}");
        stored.revert();
    }
    assert_requests(&backend, &[]);
    // an assignment takes the refused operation away
    stored.add_several([player(&run, "Cid")]);
    stored.several = vec![ann];
    stored.save(client).await?;
    assert_eq!(Holder::get(client, stored.id()).await?.several.len(), 1);
    Ok(())
}

/// A deleted target vanishes from an included array: neither a change, nor the end of the others.
#[tokio::test]
async fn row_17_an_included_array_without_a_deleted_target_is_clean() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let several = ["a", "b", "c"].map(|name| Pointer::new(player(&run, name)));
    let stored = Holder {
        several: several.to_vec(),
        ..holder(&run)
    }
    .create(client)
    .await?;
    several[1].fetch(client).await?.delete(client).await?;
    assert!(matches!(
        several[1].fetch(client).await,
        Err(Error::DoesNotExist { .. })
    ));
    let set = query!(Holder.filter(run = &run).select_related(several));
    let mut read = set.get(client).await?;
    assert_eq!(read.several, [several[0].clone(), several[2].clone()]);
    assert!(!read.is_dirty());
    read.run.push('!');
    read.save(client).await?;
    // the array was not part of that
    assert_eq!(Holder::get(client, stored.id()).await?.several.len(), 3);
    Ok(())
}

#[tokio::test]
async fn teams_are_read_back() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut ann = player(&run, "Ann").create(client).await?;
    ann.set_team(Team {
        city: Some("Bern".into()),
        ..team(&run, "Red")
    });
    ann.save(client).await?;
    let read = query!(Player.filter(run = &run, team.city = "Bern").select_related(team))
        .get(client)
        .await?;
    assert_eq!(read.team.as_ref().unwrap().get()?.name, "Red");
    Ok(())
}
