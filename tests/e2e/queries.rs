//! Query sets: combined conditions, order, slices, terminals.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot};
use crate::models::{Game, game, names, store};
use parse_orm::Error;
use parse_orm::prelude::*;

/// Games with the scores 1 to 9; the names are their digits, and every third is a cheat.
async fn games(backend: &Backend) -> parse_orm::Result<QuerySet<Game>> {
    let run = backend.run();
    let rows = (1..=9).map(|score| Game {
        cheat_mode: score % 3 == 0,
        rating: Some(if score < 5 { 1.0 } else { 2.0 }),
        ..game(&run, &score.to_string(), score)
    });
    store(backend, rows).await?;
    Ok(query!(Game.filter(run = run)))
}

fn scores(rows: &[Object<Game>]) -> Vec<i64> {
    rows.iter().map(|row| row.score).collect()
}

macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(names(&set, &$backend).await?.concat(), $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn row_47_and_or_not() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let low = q!(Game, score__lt = 4);
    let cheat = q!(Game, cheat_mode = true);
    finds! { backend,
        all.filter(Q(score__lt = 3) | Q(score__gt = 7)) => "1289",
        all.filter(Q(score__lt = 3) | Q(score = 5) | Q(score__gt = 8)) => "1259",
        all.filter(Q(score__gt = 2) & Q(score__lt = 5)) => "34",
        all.filter(Q(score__gt = 2, score__lt = 5)) => "34",
        all.filter(!Q(score__gt = 2)) => "12",
        all.filter(!(Q(score__lt = 3) | Q(score__gt = 7))) => "34567",
        all.filter(!Q(score__gt = 2, score__lt = 5)) => "1256789",
        all.filter((Q(score = 1) | Q(score = 2)) & (Q(score = 2) | Q(score = 3))) => "2",
        all.filter(Q(score = 1) | Q(score = 2), Q(score = 2) | Q(score = 3)) => "2",
        all.filter(Q(score = 1) | Q(score = 2)).filter(Q(score = 2) | Q(score = 3)) => "2",
        all.filter(!(Q(score = 1) | Q(score = 2)), !(Q(score = 3) | Q(score = 4))) => "56789",
        all.filter((Q(score__gt = 5) & Q(cheat_mode = true)) | Q(score = 1)) => "169",
        all.filter(low.clone(), cheat.clone()) => "3",
        all.filter(low.clone() | cheat.clone()) => "12369",
        all.filter(!low.clone() & !cheat.clone()) => "4578",
        all.filter(!(low.clone() & cheat.clone())) => "12456789",
        all.exclude(cheat_mode = true).exclude(score__lt = 4) => "4578",
        all.exclude(cheat_mode = true, score__lt = 4) => "12456789",
        all.exclude(low | cheat) => "4578",
        all.filter(Q::default()) => "123456789",
        all.filter(Q::default() | Q(score = 1)) => "1",
    }
    Ok(())
}

#[tokio::test]
async fn refining_leaves_the_first_as_it_was() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let fair = query!(all.filter(cheat_mode = false));
    let (limit, only_high) = (7, true);
    let mut refined = fair.clone();
    if only_high {
        refined = query!(refined.filter(score__gte = limit));
    }
    let first = query!(refined.order_by(score).limit(1));
    assert_eq!(names(&first, &backend).await?, ["7"]);
    assert_eq!(names(&refined, &backend).await?, ["7", "8"]);
    assert_eq!(names(&fair, &backend).await?.concat(), "124578");
    // a set of conditions of one query is a condition of another
    let other = query!(all.filter(score__lt = 8).filter(Q::from(refined)));
    assert_eq!(names(&other, &backend).await?, ["7"]);
    Ok(())
}

#[tokio::test]
async fn order() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    let ascending = query!(all.order_by(score)).all(client).await?;
    assert_eq!(scores(&ascending), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let descending = query!(all.order_by(-score)).all(client).await?;
    assert_eq!(scores(&descending), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let several = query!(all.order_by(cheat_mode, -rating, score))
        .all(client)
        .await?;
    assert_eq!(scores(&several), [5, 7, 8, 1, 2, 4, 6, 9, 3]);
    let replaced = query!(several_of(&all).order_by(-player_name))
        .all(client)
        .await?;
    assert_eq!(scores(&replaced), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let by_tokens = all
        .order_by([Game::F.rating.desc(), Game::F.score.desc()])
        .all(client)
        .await?;
    assert_eq!(scores(&by_tokens), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    Ok(())
}

fn several_of(set: &QuerySet<Game>) -> QuerySet<Game> {
    query!(set.order_by(cheat_mode, score))
}

#[tokio::test]
async fn rows_without_the_field_come_first() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::OrderMissingFirst).await;
    let run = backend.run();
    let rated = |name, rating| Game {
        rating,
        ..game(&run, name, 1)
    };
    store(
        &backend,
        [rated("b", Some(2.0)), rated("none", None), rated("a", Some(1.0))],
    )
    .await?;
    let rows = query!(Game.filter(run = &run).order_by(rating))
        .all(backend.client())
        .await?;
    let order: Vec<_> = rows.iter().map(|row| row.player_name.as_str()).collect();
    assert_eq!(order, ["none", "a", "b"]);
    let rows = query!(Game.filter(run = &run).order_by(-rating))
        .all(backend.client())
        .await?;
    let order: Vec<_> = rows.iter().map(|row| row.player_name.as_str()).collect();
    assert_eq!(order, ["b", "a", "none"]);
    Ok(())
}

#[tokio::test]
async fn slices_limit_and_skip() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    let set = query!(all.order_by(score));
    assert_eq!(scores(&query!(set[..3]).all(client).await?), [1, 2, 3]);
    assert_eq!(scores(&query!(set[2..4]).all(client).await?), [3, 4]);
    assert_eq!(scores(&query!(set[2..=4]).all(client).await?), [3, 4, 5]);
    assert_eq!(scores(&query!(set[7..]).all(client).await?), [8, 9]);
    assert_eq!(scores(&query!(set[7..100]).all(client).await?), [8, 9]);
    assert_eq!(scores(&query!(set[100..200]).all(client).await?), [0_i64; 0]);
    assert_eq!(scores(&query!(set[3..3]).all(client).await?), [0_i64; 0]);
    assert_eq!(scores(&query!(set[..]).all(client).await?).len(), 9);
    assert_eq!(scores(&set.slice(4..6).all(client).await?), [5, 6]);
    assert_eq!(scores(&query!(set.limit(2)).all(client).await?), [1, 2]);
    assert_eq!(scores(&query!(set.skip(7)).all(client).await?), [8, 9]);
    assert_eq!(scores(&query!(set.limit(2).skip(3)).all(client).await?), [4, 5]);
    // a slice is of the rows that limit and skip left
    assert_eq!(
        scores(&query!(set.skip(2).limit(4)[1..3]).all(client).await?),
        [4, 5]
    );
    assert_eq!(
        scores(&query!(set.skip(2).limit(4)[3..9]).all(client).await?),
        [6]
    );
    assert_eq!(scores(&query!(set.limit(0)).all(client).await?), [0_i64; 0]);
    assert_eq!(
        query!(set[2..4]).first(client).await?.map(|row| row.score),
        Some(3)
    );
    assert!(query!(set[20..]).first(client).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn row_31_count_and_exists() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    let none = query!(all.filter(score__gt = 100));
    assert_eq!((all.count(client).await?, none.count(client).await?), (9, 0));
    assert!(all.exists(client).await? && !none.exists(client).await?);
    // what `all` would return, not what the conditions alone match
    for (rows, set) in [
        (4, query!(all.limit(4))),
        (2, query!(all.skip(7))),
        (2, query!(all.limit(4).skip(7))),
        (0, query!(all.skip(20))),
        (0, query!(all.limit(0))),
        (9, query!(all.limit(100).order_by(-score).select_related(player))),
    ] {
        assert_eq!(set.count(client).await?, rows, "{set:?}");
        assert_eq!(set.exists(client).await?, rows > 0, "{set:?}");
        assert_eq!(set.all(client).await?.len() as u64, rows, "{set:?}");
    }
    let slice = query!(all.order_by(score)[5..7]);
    assert_eq!(slice.count(client).await?, 2);
    assert!(slice.exists(client).await?);
    assert!(!query!(all[9..]).exists(client).await?);
    Ok(())
}

#[tokio::test]
async fn first_and_last() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    let score = |row: Option<Object<Game>>| row.map(|row| row.score);
    let ordered = query!(all.order_by(score));
    assert_eq!(score(ordered.first(client).await?), Some(1));
    assert_eq!(score(ordered.last(client).await?), Some(9));
    let several = query!(all.order_by(-rating, score));
    assert_eq!(score(several.first(client).await?), Some(5));
    assert_eq!(score(several.last(client).await?), Some(4));
    assert_eq!(score(query!(ordered.skip(3)).first(client).await?), Some(4));

    // without an order by the ids: always the same ones
    let (first, last) = (all.first(client).await?, all.last(client).await?);
    let mut ids: Vec<_> = all
        .all(client)
        .await?
        .iter()
        .map(|row| row.id().clone())
        .collect();
    ids.sort();
    assert_eq!(first.as_ref().map(Object::id), ids.first());
    assert_eq!(last.as_ref().map(Object::id), ids.last());

    let none = query!(all.filter(score = 100));
    assert!(none.first(client).await?.is_none() && none.last(client).await?.is_none());
    assert!(query!(all.limit(0)).first(client).await?.is_none());
    for set in [query!(ordered.limit(3)), query!(ordered.skip(3))] {
        assert!(matches!(set.last(client).await, Err(Error::Invalid(_))));
    }
    Ok(())
}

#[tokio::test]
async fn get_wants_exactly_one() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    assert_eq!(query!(all.filter(score = 4)).get(client).await?.score, 4);
    let error = query!(all.filter(score = 100)).get(client).await.unwrap_err();
    assert!(matches!(
        error,
        Error::DoesNotExist {
            class_name: "E2eGame",
            id: None
        }
    ));
    assert!(error.is_not_found() && error.to_string().contains("E2eGame"));
    let error = query!(all.filter(score__gt = 4)).get(client).await.unwrap_err();
    assert!(matches!(
        error,
        Error::MultipleObjects {
            class_name: "E2eGame"
        }
    ));
    assert!(!error.is_not_found());
    assert_eq!(query!(all.order_by(score).limit(1)).get(client).await?.score, 1);

    for id in [
        "nobody0000",
        "no/body",
        "a?b#c&d=e%20",
        "ünï",
        ".",
        "..",
        "%2e%2e",
    ] {
        let error = Game::get(client, id).await.unwrap_err();
        assert!(
            error.is_not_found() || matches!(error, Error::Invalid(_)),
            "{id}: {error:?}"
        );
    }
    assert!(matches!(Game::get(client, "").await, Err(Error::Invalid(_))));
    Ok(())
}

/// Values are ordinary expressions.
#[tokio::test]
async fn expressions_as_values() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    let limits = [3, 5];
    let text = String::from("4");
    let find = async |set: QuerySet<Game>| names(&set, &backend).await;
    assert_eq!(find(query!(all.filter(score__in = limits))).await?, ["3", "5"]);
    assert_eq!(find(query!(all.filter(score__in = &limits))).await?, ["3", "5"]);
    assert_eq!(
        find(query!(all.filter(score = limits[0] + limits.len()))).await?,
        ["5"]
    );
    assert_eq!(find(query!(all.filter(player_name = &text))).await?, ["4"]);
    assert_eq!(find(query!(all.filter(player_name = text))).await?, ["4"]);
    let best = query!(all.filter(score = all.count(client).await?))
        .get(client)
        .await?;
    assert_eq!(best.score, 9);
    assert_eq!(
        find(query!(all.filter(score = "7".parse::<i64>()?))).await?,
        ["7"]
    );
    Ok(())
}

/// Queries are sent to any task.
#[tokio::test]
async fn row_50_queries_and_clients_are_values() -> Outcome {
    fn assert_value<T: Clone + Send + Sync + 'static>(_: &T) {}
    let backend = backend().await;
    let all = games(&backend).await?;
    let slice = query!(all.order_by(score)[..2]);
    assert_value(&all);
    assert_value(&slice);
    assert_value(&q!(Game, score = 1));
    assert_value(backend.client());
    let client = backend.client().clone();
    let other = all.clone();
    let task = tokio::spawn(async move { (slice.all(&client).await, other.count(&client).await) });
    let (rows, count) = task.await?;
    assert_eq!((scores(&rows?).as_slice(), count?), ([1, 2].as_slice(), 9));
    Ok(())
}
