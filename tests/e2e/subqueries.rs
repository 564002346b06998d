//! Queries within queries: rows by what other rows are, or hold.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use crate::models::{Player, Team, player, store, team};
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eFan")]
struct Fan {
    run: String,
    name: String,
    hometown: Option<String>,
    player: Option<Pointer<Player>>,
    friends: Vec<Pointer<Player>>,
    lucky: Option<i64>,
}

/// Fans `a` to `d` of the players Ann (Red, Bern) and Bob (Blue, Basel) and of nobody; a team without a city.
async fn fans(backend: &Backend) -> parse_orm::Result<(QuerySet<Fan>, QuerySet<Player>, QuerySet<Team>)> {
    let run = backend.run();
    let city = |name: &str, city: Option<&str>| Team {
        city: city.map(Into::into),
        ..team(&run, name)
    };
    let teams = [
        city("Red", Some("Bern")),
        city("Blue", Some("Basel")),
        city("Grey", None),
    ];
    let teams = store(backend, teams).await?;
    let of = |name: &str, rank: i64, team: usize| Player {
        rank: Some(rank),
        team: Some(teams[team].pointer()),
        ..player(&run, name)
    };
    let players = store(backend, [of("Ann", 1, 0), of("Bob", 2, 1)]).await?;
    let fan = |name: &str, hometown: Option<&str>, player: Option<usize>, friends: &[usize], lucky| Fan {
        run: run.clone(),
        name: name.into(),
        hometown: hometown.map(Into::into),
        player: player.map(|player| players[player].pointer()),
        friends: friends.iter().map(|friend| players[*friend].pointer()).collect(),
        lucky,
    };
    let rows = [
        fan("a", Some("Bern"), Some(0), &[0, 1], Some(1)),
        fan("b", Some("Basel"), Some(1), &[1], Some(2)),
        fan("c", Some("Brig"), Some(0), &[], Some(3)),
        fan("d", None, None, &[0], None),
    ];
    store(backend, rows).await?;
    let sets = (
        query!(Fan.filter(run = &run)),
        query!(Player.filter(run = &run)),
        query!(Team.filter(run = &run)),
    );
    Ok(sets)
}

async fn found(set: &QuerySet<Fan>, backend: &Backend) -> parse_orm::Result<String> {
    let fans = set.all(backend.client()).await?;
    Ok(sorted(fans.into_iter().map(|fan| fan.into_inner().name)).concat())
}

macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(found(&set, &$backend).await?, $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn row_62_rows_that_refer_to_the_rows_of_a_query() -> Outcome {
    let backend = backend().await;
    let (all, players, teams) = fans(&backend).await?;
    let ann: Q<Player> = q!(Player, name = "Ann");
    let red = SubQuery::<Team>::new().filter(q!(Team, name = "Red", run = backend.run()));
    finds! { backend,
        all.filter(player__in = query!(players.filter(rank__gt = 1))) => "b",
        all.filter(player__in = &players) => "abc",
        all.filter(player__in = ann) => "ac",
        all.filter(player__in = query!(Player.filter(name = "Ann", run = backend.run()))) => "ac",
        all.filter(player__in = query!(players.filter(team__in = &red))) => "ac",
        all.filter(player__in = query!(players.filter(team__in = query!(teams.filter(city__startswith = "Ba"))))) => "b",
        all.filter(player__in = query!(players.filter(rank = 2)), name__lt = "b") => "",
        all.filter(friends__in = query!(players.filter(name = "Bob"))) => "ab",
        all.filter(Q(player__in = query!(players.filter(name = "Bob"))) | Q(name = "d")) => "bd",
        // each of several narrows it down, the server would unite them
        all.filter(player__in = query!(players.filter(rank__lt = 9)), player__in = query!(players.filter(rank = 2))) => "b",
    }
    let [one, two] = &players.order_by(Player::F.rank).all(backend.client()).await?[..] else {
        return Err("two players".into());
    };
    finds! { backend,
        all.filter(player__in = [one, two], player__in = query!(players.filter(name = "Bob"))) => "b",
        all.filter(player__in = query!(players.filter(rank__lt = 9)), player__in = [two]) => "b",
        all.filter(player__in = [one], player.name__startswith = "B") => "",
    }
    Ok(())
}

#[tokio::test]
async fn rows_that_do_not_refer_to_them() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::NegateMissingFields).await;
    let (all, players, _) = fans(&backend).await?;
    finds! { backend,
        all.filter(player__nin = query!(players.filter(name = "Ann"))) => "bd",
        all.exclude(player__in = query!(players.filter(name = "Ann"))) => "bd",
        all.exclude(player__nin = query!(players.filter(name = "Ann"))) => "ac",
        all.filter(friends__nin = query!(players.filter(name = "Bob"))) => "cd",
        all.filter(player__nin = query!(players.filter(name = "Ann")), player__nin = query!(players.filter(name = "Bob"))) => "d",
    }
    Ok(())
}

#[tokio::test]
async fn values_that_the_rows_of_a_query_have() -> Outcome {
    let backend = backend().await;
    let (all, players, teams) = fans(&backend).await?;
    let in_b = query!(teams.filter(city__startswith = "B"));
    let cities = in_b.select(Team::F.city);
    finds! { backend,
        all.filter(hometown__in = query!(teams.filter(name = "Red")).select(Team::F.city)) => "a",
        all.filter(hometown__in = &cities) => "ab",
        all.filter(hometown__in = cities.clone(), player__isnull = false) => "ab",
        all.filter(lucky__in = query!(players.filter(name__in = ["Ann", "Bob"])).select(Player::F.rank)) => "ab",
        // the teams themselves, by the pointers of other rows
        all.filter(player__in = query!(Fan.filter(name = "b", run = backend.run())).select(Fan::F.player)) => "b",
        all.filter(hometown__in = &cities, hometown__in = ["Bern"]) => "a",
        // a team without a city is no city, and does not stand for rows without a hometown
        all.filter(hometown__in = teams.select(Team::F.city)) => "ab",
    }
    Ok(())
}

#[tokio::test]
async fn values_that_they_do_not_have() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::NegateMissingFields).await;
    let (all, _, teams) = fans(&backend).await?;
    let cities = teams.select(Team::F.city);
    finds! { backend,
        all.filter(hometown__nin = &cities) => "cd",
        all.exclude(hometown__in = &cities) => "cd",
        all.exclude(hometown__nin = &cities) => "ab",
        all.filter(hometown__in = query!(teams.filter(name = "Nobody")).select(Team::F.city)) => "",
    }
    Ok(())
}

/// Row 53: the server would ignore it, and find other rows than were meant.
#[tokio::test]
async fn row_53_a_sub_query_has_no_limit() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    for (set, option) in [
        (Player::objects().limit(1), "limit"),
        (Player::objects().skip(1), "skip"),
        (Player::objects().order_by(Player::F.rank.desc()), "order_by"),
        (
            Player::objects().select_related([Player::F.team.include()]),
            "select_related",
        ),
    ] {
        let selected = set.select(Player::F.rank);
        for query in [
            query!(Fan.filter(player__in = &set)),
            query!(Fan.filter(player__nin = &set)),
            query!(Fan.filter(lucky__in = selected)),
            query!(Fan.filter(Q(player__in = SubQuery::from(&set)) | Q(name = "a"))),
        ] {
            let error = query.all(client).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error}");
            assert!(error.to_string().contains(&format!("`{option}`")), "{error}");
            assert!(error.to_string().contains("nothing was sent"), "{error}");
            assert!(query.count(client).await.is_err());
        }
    }
    Ok(())
}

/// Row 39: more rows than any answer has by default are looked at.
#[tokio::test]
async fn row_39_a_sub_query_has_no_default_limit_either() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let last = store(
        &backend,
        (0..120).map(|rank| Player {
            rank: Some(rank),
            ..player(&run, "x")
        }),
    )
    .await?;
    let last = last.last().ok_or("no player")?;
    let fan = Fan {
        run: run.clone(),
        name: "a".into(),
        hometown: None,
        player: Some(last.pointer()),
        friends: Vec::new(),
        lucky: Some(119),
    };
    fan.create(client).await?;
    let players = query!(Player.filter(run = &run));
    assert_eq!(
        query!(Fan.filter(run = &run, player__in = &players))
            .count(client)
            .await?,
        1
    );
    let ranks = players.select(Player::F.rank);
    assert_eq!(
        query!(Fan.filter(run = &run, lucky__in = ranks))
            .count(client)
            .await?,
        1
    );
    Ok(())
}

/// Row 4: an option belongs to the outer query, and conditions that are joined by `|` carry none.
#[tokio::test]
async fn row_4_the_limit_of_the_whole_query_counts() -> Outcome {
    let backend = backend().await;
    let (all, _, _) = fans(&backend).await?;
    let either = query!(
        all.filter(Q(name = "a") | Q(name = "b") | Q(name = "c"))
            .order_by(-name)
            .limit(2)
    );
    let rows = either.all(backend.client()).await?;
    let names: String = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, "cb");
    Ok(())
}

/// Row 4: nor is an option lost without a word where a query set becomes a condition.
#[tokio::test]
async fn row_4_a_condition_carries_no_option() -> Outcome {
    let backend = backend().await;
    let (all, _, _) = fans(&backend).await?;
    let low = query!(all.filter(name__lt = "c"));
    finds! { backend,
        all.filter(Q::from(low.clone()) | q!(Fan, name = "d")) => "abd",
        all.filter(!Q::from(low.clone())) => "cd",
    }
    for (set, option) in [
        (low.limit(1), "limit"),
        (low.skip(1), "skip"),
        (query!(low.order_by(-name)), "order_by"),
        (query!(low.select_related(player)), "select_related"),
        (low.page_size(5), "page_size"),
    ] {
        let branch = Q::from(set);
        for query in [
            all.filter(branch.clone()),
            all.filter(branch.clone() | q!(Fan, name = "d")),
            all.exclude(branch),
        ] {
            let error = query.all(backend.client()).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error}");
            let told = format!("a query set with `{option}` is no condition");
            assert!(error.to_string().contains(&told), "{error}");
        }
    }
    Ok(())
}
