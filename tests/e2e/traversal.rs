//! Conditions through pointers and into embedded objects.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot};
use crate::models::{Game, Player, Team, Venue, game, names, player, team};
use parse_orm::prelude::*;

/// Games `a` to `d` by the players Ann (Red, Bern) and Bob (Blue, Basel), and one of nobody.
async fn games(backend: &Backend) -> parse_orm::Result<QuerySet<Game>> {
    let (client, run) = (backend.client(), backend.run());
    let mut players = Vec::new();
    for (name, rank, of, city) in [("Ann", 1, "Red", "Bern"), ("Bob", 2, "Blue", "Basel")] {
        let of = Team {
            city: Some(city.into()),
            ..team(&run, of)
        }
        .create(client)
        .await?;
        let player = Player {
            rank: Some(rank),
            team: Some(of.pointer()),
            ..player(&run, name)
        };
        players.push(player.create(client).await?);
    }
    for (name, score, owner, city, seats) in [
        ("a", 1, Some(0), Some("Bern"), 10),
        ("b", 2, Some(1), Some("Basel"), 20),
        ("c", 3, Some(0), Some("Brig"), 30),
        ("d", 4, None, None, 0),
    ] {
        let venue = city.map(|city| Venue {
            city: city.into(),
            street_name: (city != "Brig").then(|| "Main".into()),
            seats,
        });
        let player = owner.map(|owner: usize| players[owner].pointer());
        Game {
            player,
            venue,
            ..game(&run, name, score)
        }
        .create(client)
        .await?;
    }
    Ok(query!(Game.filter(run = run)))
}

macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(names(&set, &$backend).await?.concat(), $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn row_62_through_pointers() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(player.name = "Ann") => "ac",
        all.filter(player__name = "Ann") => "ac",
        all.filter(player__name__startswith = "B") => "b",
        all.filter(player.rank__gte = 1) => "abc",
        all.filter(player.team.name = "Red") => "ac",
        all.filter(player__team__city__in = ["Basel", "Bern"]) => "abc",
        all.filter(player.name = "Ann", score__gt = 1) => "c",
        // two conditions on what is behind one pointer, in one filter and in two
        all.filter(player.name = "Ann", player.rank = 1) => "ac",
        all.filter(player.name = "Ann", player.rank = 2) => "",
        all.filter(player.name = "Ann").filter(player.team.city = "Bern") => "ac",
        all.filter(Q(player.name = "Bob") | Q(score = 4)) => "bd",
        all.filter(player.name__ne = "Ann") => "b",
    }
    Ok(())
}

/// A row without a pointer is not Ann's.
#[tokio::test]
async fn not_through_a_pointer() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.exclude(player.name = "Nobody") => "abcd",
        all.exclude(player.name = "Ann").filter(score__lt = 4) => "b",
    }
    Ok(())
}

#[tokio::test]
async fn not_through_a_pointer_that_is_missing() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::NegateMissingFields).await;
    let all = games(&backend).await?;
    finds! { backend,
        all.exclude(player.name = "Ann") => "bd",
        all.filter(!(Q(player.name = "Ann") | Q(score = 2))) => "d",
        all.exclude(player.name = "Ann", score = 1) => "bcd",
    }
    Ok(())
}

#[tokio::test]
async fn a_target_that_nobody_has() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::ListNothing).await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(player.name = "Nobody") => "",
        all.filter(player.team.name = "Nobody") => "",
        all.exclude(player.name = "Nobody") => "abcd",
    }
    Ok(())
}

#[tokio::test]
async fn not_null_and_not_through_a_pointer() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(!Q(player.name = "Bob"), player__isnull = false) => "ac",
        all.filter(player__isnull = false).filter(player.name = "Bob") => "b",
        all.filter(player__isnull = false).exclude(player.team.city = "Bern") => "b",
    }
    Ok(())
}

#[tokio::test]
async fn into_embedded_objects() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(venue.city = "Bern") => "a",
        all.filter(venue__city = "Bern") => "a",
        all.filter(venue__city__startswith = "B") => "abc",
        all.filter(venue.seats = 20) => "b",
        all.filter(venue.seats__gt = 10) => "bc",
        all.filter(venue.seats__range = (10, 20)) => "ab",
        all.filter(venue.city = "Bern", venue.seats = 10) => "a",
        all.filter(Q(venue.city = "Bern") | Q(venue.city = "Brig")) => "ac",
        all.filter(venue.street_name__isnull = true) => "cd",
    }
    Ok(())
}

#[tokio::test]
async fn lists_and_negations_into_embedded_objects() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::LookIntoEmbeddedObjects).await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(venue.city__in = ["Bern", "Brig"]) => "ac",
        all.filter(venue.city__nin = ["Bern", "Brig"]) => "bd",
        all.filter(venue.street_name__isnull = false) => "ab",
        all.exclude(venue.seats__gt = 10) => "ad",
        all.exclude(venue.city = "Bern") => "bcd",
    }
    Ok(())
}

#[tokio::test]
async fn ordered_by_an_embedded_field() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::LookIntoEmbeddedObjects).await;
    let all = games(&backend).await?;
    let rows = query!(all.order_by(-venue.seats)).all(backend.client()).await?;
    let order: String = rows.iter().map(|row| row.player_name.as_str()).collect();
    assert_eq!(order, "cbad");
    Ok(())
}

/// Without macros.
#[tokio::test]
async fn by_tokens() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let of_ann = all.filter_with(|f| f.player.has(Player::F.name.eq("Ann") & Player::F.rank.gt(0)));
    assert_eq!(names(&of_ann, &backend).await?, ["a", "c"]);
    let red = all.filter(Game::F.player.has(Player::F.team.has(Team::F.name.eq("Red"))));
    assert_eq!(names(&red, &backend).await?, ["a", "c"]);
    assert_eq!(
        names(&red.exclude_with(|f| f.score.eq(1)), &backend).await?,
        ["c"]
    );
    Ok(())
}
