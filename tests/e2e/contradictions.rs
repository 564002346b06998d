//! Row 2: conditions that exclude each other are refused before anything is sent; others are not.

use crate::backend::{Outcome, backend};
use crate::models::{Game, Player, Team, game, player};
use parse_orm::prelude::*;
use serde_json::Value;

/// The field that is named, and the two conditions.
async fn refused(set: &QuerySet<Game>, client: &Client) -> Result<(String, String), String> {
    match set.all(client).await {
        Err(Error::Invalid(refused)) => Ok((refused.field.unwrap_or_default(), refused.message)),
        other => Err(format!("{set:?}: {other:?}")),
    }
}

#[tokio::test]
async fn row_2_conditions_that_exclude_each_other() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let day = |day: u32| -> DateTime<Utc> { format!("2026-01-0{day}T12:00:00Z").parse().unwrap() };
    let (ann, bob) = (Pointer::<Player>::to("ann"), Pointer::<Player>::to("bob"));
    for (set, field, one, other) in [
        (
            query!(Game.filter(score = 2, score = 3)),
            "score",
            "score = 2",
            "score = 3",
        ),
        (
            query!(Game.filter(score = 2).filter(score = 3)),
            "score",
            "score = 2",
            "score = 3",
        ),
        (
            query!(Game.filter(score = 2, cheat_mode = true, Q(score = 3))),
            "score",
            "score = 2",
            "score = 3",
        ),
        (
            query!(Game.filter(score = 2).exclude(score = 2)),
            "score",
            "score = 2",
            "score__ne = 2",
        ),
        (
            query!(Game.filter(score = 2, score__ne = 2)),
            "score",
            "score = 2",
            "score__ne = 2",
        ),
        (
            query!(Game.filter(score = 2, score__in = [1, 3])),
            "score",
            "score = 2",
            "score__in = [1, 3]",
        ),
        (
            query!(Game.filter(score__nin = [1, 2], score = 2)),
            "score",
            "score__nin = [1, 2]",
            "score = 2",
        ),
        (
            query!(Game.filter(score = 2, score__gt = 2)),
            "score",
            "score = 2",
            "score__gt = 2",
        ),
        (
            query!(Game.filter(score = 2, score__gte = 3)),
            "score",
            "score = 2",
            "score__gte = 3",
        ),
        (
            query!(Game.filter(score = 2, score__lt = 2)),
            "score",
            "score = 2",
            "score__lt = 2",
        ),
        (
            query!(Game.filter(score = 2, score__lte = 1)),
            "score",
            "score = 2",
            "score__lte = 1",
        ),
        (
            query!(Game.filter(score__gt = 5, score__lt = 3)),
            "score",
            "score__gt = 5",
            "score__lt = 3",
        ),
        (
            query!(Game.filter(score__gt = 5, score__lt = 5)),
            "score",
            "score__gt = 5",
            "score__lt = 5",
        ),
        (
            query!(Game.filter(score__gte = 5, score__lt = 5)),
            "score",
            "score__gte = 5",
            "score__lt = 5",
        ),
        (
            query!(Game.filter(score__gte = 5, score__lte = 4)),
            "score",
            "score__gte = 5",
            "score__lte = 4",
        ),
        (
            query!(Game.filter(score__range = (5, 3))),
            "score",
            "score__gte = 5",
            "score__lte = 3",
        ),
        (
            query!(Game.filter(rating = 0.5, rating = 1)),
            "rating",
            "rating = 0.5",
            "rating = 1",
        ),
        (
            query!(Game.filter(rating = 0.5, rating__isnull = true)),
            "rating",
            "rating = 0.5",
            "rating__isnull = true",
        ),
        (
            query!(Game.filter(rating__isnull = true, rating__gt = 1)),
            "rating",
            "rating__isnull = true",
            "rating__gt = 1",
        ),
        (
            query!(Game.filter(rating__isnull = true, rating__isnull = false)),
            "rating",
            "rating__isnull = true",
            "rating__isnull = false",
        ),
        (
            query!(Game.filter(rating__exists = false, rating__gt = 1)),
            "rating",
            "rating__exists = false",
            "rating__gt = 1",
        ),
        (
            query!(Game.filter(rating__exists = true).exclude(rating__exists = true)),
            "rating",
            "rating__exists = true",
            "rating__exists = false",
        ),
        (
            query!(Game.filter(nickname__isnull = true, nickname__startswith = "A")),
            "nickname",
            "nickname__isnull = true",
            "nickname__regex",
        ),
        (
            query!(Game.filter(player_name = "a", player_name = "b")),
            "playerName",
            "playerName = \"a\"",
            "playerName = \"b\"",
        ),
        (
            query!(Game.filter(player_name__gt = "a", player_name__lt = "a")),
            "playerName",
            "playerName__gt = \"a\"",
            "playerName__lt = \"a\"",
        ),
        (
            query!(Game.filter(cheat_mode = true, cheat_mode = false)),
            "cheatMode",
            "cheatMode = true",
            "cheatMode = false",
        ),
        (
            query!(Game.filter(played_at__gt = day(2), played_at__lt = day(1))),
            "playedAt",
            "2026-01-02",
            "2026-01-01",
        ),
        (
            query!(Game.filter(player = &ann, player = &bob)),
            "player",
            "player = \"ann\"",
            "player = \"bob\"",
        ),
        (
            query!(Game.filter(player = &ann, player__isnull = true)),
            "player",
            "player = \"ann\"",
            "player__isnull = true",
        ),
        (
            query!(Game.filter(player__isnull = true, player.name = "Ann")),
            "player",
            "player__isnull = true",
            "player__in",
        ),
        (
            query!(Game.filter(player.name = "Ann", player.name = "Bob")),
            "player.name",
            "player.name = \"Ann\"",
            "player.name = \"Bob\"",
        ),
        (
            query!(
                Game.filter(player.team.name = "Red")
                    .filter(player.team.name = "Blue")
            ),
            "player.team.name",
            "\"Red\"",
            "\"Blue\"",
        ),
        (
            query!(Game.filter(venue.city = "Bern", venue.city = "Basel")),
            "venue.city",
            "venue.city = \"Bern\"",
            "venue.city = \"Basel\"",
        ),
        (
            query!(Game.filter(skills = "a", skills__ne = "a")),
            "skills",
            "skills = \"a\"",
            "skills__ne = \"a\"",
        ),
        (
            query!(Game.filter(object_id = "a", object_id = "b")),
            "objectId",
            "objectId = \"a\"",
            "objectId = \"b\"",
        ),
    ] {
        let (named, message) = refused(&set, client).await?;
        assert_eq!(named, field, "{set:?}");
        assert!(message.contains(one) && message.contains(other), "{message}");
    }
    Ok(())
}

/// No terminal sends anything.
#[tokio::test]
async fn row_2_every_terminal_refuses() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let sent = || backend.server().map(|server| server.requests().len());
    let before = sent();
    let set = query!(Game.filter(score = 2, score = 3));
    let errors = [
        set.all(client).await.err(),
        set.try_all(client).await.err(),
        set.first(client).await.err(),
        set.last(client).await.err(),
        set.get(client).await.err(),
        set.count(client).await.err(),
        set.exists(client).await.err(),
        set.slice(..5).all(client).await.err(),
        set.stream(client).try_next().await.err(),
        set.page(client, 5).await.err(),
        set.explain(client).await.err(),
        set.in_bulk(client, ["x"]).await.err(),
        set.get_by_id(client, "x").await.err(),
        set.latest(client, Game::F.created_at).await.err(),
        set.values_list(client, Game::F.score).await.err(),
        query!(set.update(score = 1)).run(client).await.err(),
        set.delete().run(client).await.err(),
        set.distinct(master, Game::F.score).await.err(),
        set.aggregate(master, Aggregate::count()).await.err(),
        set.group_by(Game::F.cheat_mode)
            .aggregate(master, Game::F.score.sum())
            .await
            .err(),
        set.pipeline().all::<Value>(master).await.err(),
        Game::objects()
            .pipeline()
            .filter(q!(Game, score = 2, score = 3))
            .all::<Value>(master)
            .await
            .err(),
    ];
    for error in errors {
        let error = error.ok_or("a terminal did not refuse")?;
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(
            error.to_string().contains("`score = 2` and `score = 3`"),
            "{error}"
        );
    }
    assert_eq!(sent(), before);
    Ok(())
}

#[tokio::test]
async fn row_2_conditions_that_some_row_can_meet() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let player = player(&run, "Ann").create(client).await?;
    let stored = Game {
        rating: Some(2.5),
        skills: vec!["a".into(), "b".into()],
        player: Some(player.pointer()),
        ..game(&run, "Ann", 2)
    };
    stored.create(client).await?;
    for set in [
        query!(Game.filter(score = 2, score = 2)),
        query!(Game.filter(score = 2, score = 2.0)),
        query!(Game.filter(score = 2, score__ne = 3)),
        query!(Game.filter(score = 2, score__in = [1, 2])),
        query!(Game.filter(score = 2, score__nin = [1, 3])),
        query!(Game.filter(score__gte = 2, score__lte = 2)),
        query!(Game.filter(score__gt = 1, score__lt = 3)),
        query!(Game.filter(rating__isnull = false, rating__exists = true)),
        query!(Game.filter(player = &player, player.name = "Ann")),
        query!(Game.filter(player.name = "Ann", player.name__startswith = "A")),
        // one of several
        query!(Game.filter(Q(score = 2) | Q(score = 3))),
        query!(Game.filter(Q(score = 3, score = 4) | Q(score = 2))),
        query!(Game.filter(score = 2, Q(score = 3) | Q(cheat_mode = false))),
        query!(Game.exclude(score = 3, score = 4).exclude(rating__lt = 1)),
        // an array holds several; texts have an order of their own in each database
        query!(Game.filter(skills__in = ["a"], skills__in = ["b"])),
        query!(Game.filter(player_name__gt = "A", player_name__lt = "Bob")),
    ] {
        assert_eq!(query!(set.filter(run = &run)).count(client).await?, 1, "{set:?}");
    }
    Ok(())
}

/// Not a contradiction: the list happens to have nothing in it.
#[tokio::test]
async fn lists_without_a_common_value_find_nothing() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    game(&run, "Ann", 2).create(client).await?;
    let set = query!(Game.filter(run = &run, score__in = [1, 2], score__in = [3]));
    assert!(set.all(client).await?.is_empty());
    let none = query!(Team.filter(run = &run, name = "x", name__in = Vec::<String>::new()));
    assert!(none.all(client).await.is_ok());
    Ok(())
}
