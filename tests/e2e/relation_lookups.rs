//! Conditions on relations: which objects have it in theirs, and what is in it.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot};
use crate::models::{Game, GameAccessors, Player, game, names, player, store};
use parse_orm::prelude::*;

/// Games `a` to `d`: Ann and Bob are opponents in `a`, Bob in `b`, Cid in `c`, and nobody in `d`.
async fn games(backend: &Backend) -> parse_orm::Result<(QuerySet<Game>, Vec<Object<Player>>)> {
    let (client, run) = (backend.client(), backend.run());
    let ranked = |name: &str, rank| Player {
        rank: Some(rank),
        ..player(&run, name)
    };
    let players = store(backend, [ranked("Ann", 1), ranked("Bob", 2), ranked("Cid", 3)]).await?;
    for (name, score, opponents) in [
        ("a", 1, &players[..2]),
        ("b", 2, &players[1..2]),
        ("c", 3, &players[2..]),
        ("d", 4, &[]),
    ] {
        let mut stored = game(&run, name, score).create(client).await?;
        stored.add_to_opponents(opponents);
        stored.save(client).await?;
    }
    Ok((query!(Game.filter(run = run)), players))
}

macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(names(&set, &$backend).await?.concat(), $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn row_3_which_objects_have_it_in_their_relation() -> Outcome {
    let backend = backend().await;
    let (all, players) = games(&backend).await?;
    let [ann, bob, cid] = &players[..] else {
        return Err("three players".into());
    };
    let nobody: [&Object<Player>; 0] = [];
    finds! { backend,
        all.filter(opponents = bob) => "ab",
        all.filter(opponents = ann.pointer()) => "a",
        all.filter(opponents__in = [ann, cid]) => "ac",
        all.filter(opponents__in = nobody) => "",
        all.filter(opponents__ne = bob) => "cd",
        all.filter(opponents__nin = [ann, cid]) => "bd",
        // several conditions on one relation are all met
        all.filter(opponents = bob, opponents = ann) => "a",
        all.filter(opponents = bob, opponents__ne = ann) => "b",
        all.filter(opponents__in = [ann, bob], opponents__in = [bob, cid]) => "ab",
        all.filter(opponents = bob).filter(score__gt = 1) => "b",
        all.filter(opponents = bob, object_id__ne = "x") => "ab",
    }
    Ok(())
}

#[tokio::test]
async fn what_is_in_the_relation() -> Outcome {
    let backend = backend().await;
    let (all, players) = games(&backend).await?;
    let bob = &players[1];
    let ranked = query!(Player.filter(rank__gt = 1, run = backend.run()));
    finds! { backend,
        all.filter(opponents.name = "Bob") => "ab",
        all.filter(opponents__rank__gte = 2) => "abc",
        all.filter(opponents__in = &ranked) => "abc",
        all.filter(opponents__nin = &ranked) => "d",
        all.filter(opponents.name = "Nobody") => "",
        all.exclude(opponents.name = "Bob") => "cd",
        all.filter(opponents.name = "Ann", opponents.name = "Bob") => "a",
        all.filter(opponents = bob, opponents.name = "Ann") => "a",
    }
    Ok(())
}

/// The server does not look for relations within `$nor`: it is turned around before.
#[tokio::test]
async fn relations_in_trees() -> Outcome {
    let backend = backend().await;
    let (all, players) = games(&backend).await?;
    let [ann, bob, cid] = &players[..] else {
        return Err("three players".into());
    };
    finds! { backend,
        all.filter(Q(opponents = ann) | Q(opponents = cid)) => "ac",
        all.filter(Q(opponents = bob) | Q(score = 4)) => "abd",
        all.filter(!(Q(opponents = ann) | Q(opponents = cid))) => "bd",
        all.exclude(opponents = bob, score = 1) => "bcd",
        all.exclude(Q(opponents = bob) | Q(score__gt = 3)) => "c",
        all.filter(!(Q(opponents.name = "Bob", score__lt = 2) | Q(score = 4))) => "bc",
        all.filter(!!(Q(opponents = bob, score = 1))) => "a",
        all.exclude(opponents = ann).exclude(opponents = cid).filter(score__lt = 4) => "b",
    }
    Ok(())
}

/// `$relatedTo` beside a tree: the server looks for it within one `$and`, and not beside another operator.
#[tokio::test]
async fn the_contents_of_a_relation_and_a_tree() -> Outcome {
    let backend = backend().await;
    let (all, _) = games(&backend).await?;
    let client = backend.client();
    let a = query!(all.filter(player_name = "a")).get(client).await?;
    let b = query!(all.filter(player_name = "b")).get(client).await?;
    let of_a = a.opponents();
    for (set, expected) in [
        (query!(of_a.filter(Q(name = "Ann") | Q(name = "Cid"))), "Ann"),
        (
            query!(of_a.filter(Q(name = "Ann") | Q(name = "Bob"), !Q(rank__gt = 1))),
            "Ann",
        ),
        (query!(of_a.exclude(rank__gt = 1)), "Ann"),
        (
            query!(of_a.filter(Q(rank = 1) | Q(rank = 2), Q(name = "Bob") | Q(name = "Cid"))),
            "Bob",
        ),
        (query!(of_a.filter(Q::from(b.opponents()))), "Bob"),
        (query!(of_a.filter(rank__gt = 0, rank__gt = 1)), "Bob"),
    ] {
        let found: String = set
            .all(client)
            .await?
            .into_iter()
            .map(|player| player.into_inner().name)
            .collect();
        assert_eq!(found, expected, "{set:?}");
        assert_eq!(set.count(client).await?, 1, "{set:?}");
    }
    let either = query!(Player.filter(Q::from(of_a.clone()) | Q(name = "Cid", run = backend.run())));
    assert_eq!(either.count(client).await?, 3);
    Ok(())
}

/// Pages after the first carry a tree of their own.
#[tokio::test]
async fn a_relation_of_many_pages() -> Outcome {
    let server = parse_orm_mock::MockServer::builder().max_limit(2).start().await?;
    let client = server.client();
    let mut owner = game("run", "a", 1).create(&client).await?;
    let mut players = Vec::new();
    for number in 0..7 {
        let ranked = Player {
            rank: (number % 3 > 0).then_some(number % 3),
            ..player("run", &format!("p{number}"))
        };
        players.push(ranked.create(&client).await?);
    }
    owner.add_to_opponents(&players);
    owner.save(&client).await?;
    player("run", "stranger").create(&client).await?;
    let rows = query!(owner.opponents().order_by(-rank, name))
        .all(&client)
        .await?;
    let found: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(found, ["p2", "p5", "p1", "p4", "p0", "p3", "p6"]);
    Ok(())
}

/// Row 40: there is no way to say null of a relation; the mock answers as the server does, where another client
/// says it.
#[tokio::test]
async fn a_row_without_the_relation_on_any_database() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::ListNothing).await;
    let (all, players) = games(&backend).await?;
    let stranger = player(&backend.run(), "Eve").create(backend.client()).await?;
    finds! { backend,
        all.filter(opponents = &stranger) => "",
        all.filter(opponents__ne = &stranger) => "abcd",
        all.exclude(opponents = &stranger, opponents = &players[0]) => "abcd",
    }
    Ok(())
}
