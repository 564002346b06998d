//! Every lookup on numbers, dates, truth values, enums, ids and arrays; and what a missing field means.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot};
use crate::models::{Game, Level, game, names, store};
use parse_orm::prelude::*;

/// Games `a` to `e`, of which `e` has nothing that can be missing.
async fn games(backend: &Backend) -> parse_orm::Result<QuerySet<Game>> {
    let run = backend.run();
    let day = |day: u32| Some(format!("2026-01-0{day}T12:00:00.500Z").parse().unwrap());
    let full = |name, score, rating, level, played_at, nickname: &str| Game {
        cheat_mode: score % 2 == 0,
        rating: Some(rating),
        level: Some(level),
        played_at,
        nickname: Some(nickname.into()),
        skills: vec![format!("skill {name}"), "common".into()],
        ..game(&run, name, score)
    };
    let rows = [
        full("a", 1, 0.5, Level::Easy, day(1), "Al"),
        full("b", 2, 1.5, Level::Easy, day(2), "Bo"),
        full("c", 3, 2.5, Level::Hard, day(3), "Al"),
        full("d", 4, 2.5, Level::Hard, day(4), "Di"),
        game(&run, "e", 5),
    ];
    store(backend, rows).await?;
    Ok(query!(Game.filter(run = run)))
}

/// Asserts what each of these finds.
macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(names(&set, &$backend).await?.concat(), $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn comparisons() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(score = 3) => "c",
        all.filter(score__exact = 3) => "c",
        all.filter(score__ne = 3) => "abde",
        all.filter(score__gt = 3) => "de",
        all.filter(score__gte = 3) => "cde",
        all.filter(score__lt = 3) => "ab",
        all.filter(score__lte = 3) => "abc",
        all.filter(score__range = (2, 4)) => "bcd",
        all.filter(score__range = 2..=4) => "bcd",
        all.filter(score__range = 2..4) => "bc",
        all.filter(score__in = [1, 5, 7]) => "ae",
        all.filter(score__in = vec![2_u8]) => "b",
        all.filter(score__nin = [1, 5, 7]) => "bcd",
        all.filter(rating = 2.5) => "cd",
        all.filter(rating__gt = 1) => "bcd",
        all.filter(rating__range = (0.5_f32, 1.5_f64)) => "ab",
        all.filter(cheat_mode = true) => "bd",
        all.filter(cheat_mode = false) => "ace",
        all.filter(cheat_mode__ne = true) => "ace",
        all.filter(level = Level::Easy) => "ab",
        all.filter(level = &Level::Hard) => "cd",
        all.filter(level__in = [Level::Hard]) => "cd",
        all.filter(nickname = "Al") => "ac",
        all.filter(nickname__in = ["Al", "Di"]) => "acd",
        all.filter(player_name__gt = "b") => "cde",
        all.filter(player_name__range = ("b", "d")) => "bcd",
    }
    Ok(())
}

#[tokio::test]
async fn dates() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let day = |day: u32| -> DateTime<Utc> { format!("2026-01-0{day}T12:00:00.500Z").parse().unwrap() };
    let elsewhere = chrono::DateTime::parse_from_rfc3339("2026-01-03T14:00:00.500+02:00")?;
    finds! { backend,
        all.filter(played_at = day(3)) => "c",
        all.filter(played_at = elsewhere) => "c",
        all.filter(played_at__gt = day(3)) => "d",
        all.filter(played_at__gte = &day(3)) => "cd",
        all.filter(played_at__lt = day(2)) => "a",
        all.filter(played_at__range = (day(2), day(3))) => "bc",
        all.filter(played_at__range = day(2)..day(3)) => "b",
        all.filter(played_at__isnull = false) => "abcd",
    }
    Ok(())
}

#[tokio::test]
async fn lists_of_dates() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::ListDates).await;
    let all = games(&backend).await?;
    let day = |day: u32| -> DateTime<Utc> { format!("2026-01-0{day}T12:00:00.500Z").parse().unwrap() };
    finds! { backend,
        all.filter(played_at__in = [day(1), day(4), day(9)]) => "ad",
        all.filter(played_at__nin = [day(1), day(4)]) => "bce",
        all.filter(played_at__ne = day(1)) => "bcde",
    }
    Ok(())
}

#[tokio::test]
async fn ids_and_dates_of_every_row() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    let client = backend.client();
    let rows = query!(all.order_by(score)).all(client).await?;
    finds! { backend,
        all.filter(object_id = rows[0].id()) => "a",
        all.filter(object_id = rows[1].id().as_str()) => "b",
        all.filter(object_id__in = [rows[1].id(), rows[2].id()]) => "bc",
        all.filter(object_id__ne = rows[0].id()) => "bcde",
        all.filter(created_at__gte = rows[0].created_at()) => "abcde",
        all.filter(created_at__lt = rows[0].created_at()) => "",
        all.filter(updated_at__gt = "2020-01-01T00:00:00Z".parse::<DateTime<Utc>>()?) => "abcde",
    }
    let newest = query!(all.order_by(-created_at, -score)).first(client).await?;
    assert_eq!(newest.map(|row| row.score), Some(5));
    Ok(())
}

#[tokio::test]
async fn missing_fields() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(rating__isnull = true) => "e",
        all.filter(rating__isnull = false) => "abcd",
        all.filter(nickname__isnull = true, score__gt = 1) => "e",
        all.exclude(nickname__isnull = true) => "abcd",
        // a row without the field is not equal to anything
        all.filter(nickname__ne = "Al") => "bde",
        all.exclude(nickname = "Al") => "bde",
        all.filter(!Q(nickname = "Al")) => "bde",
        all.exclude(nickname__ne = "Al") => "ac",
        all.filter(rating__lt = 100.0) => "abcd",
    }
    Ok(())
}

#[tokio::test]
async fn missing_fields_and_negation() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::NegateMissingFields).await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(nickname__nin = ["Al", "Bo"]) => "de",
        all.exclude(nickname__in = ["Al", "Bo"]) => "de",
        all.exclude(rating__gt = 1.0) => "ae",
        all.exclude(rating__gt = 1.0, nickname = "Al") => "abde",
        all.exclude(nickname__startswith = "A") => "bde",
        all.filter(!(Q(rating__lt = 1) | Q(rating__gt = 2))) => "be",
        all.filter(!!Q(rating__lt = 1)) => "a",
        all.exclude(rating__range = (1, 3)) => "ae",
    }
    Ok(())
}

#[tokio::test]
async fn a_list_of_nothing_matches_nothing() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::ListNothing).await;
    let all = games(&backend).await?;
    let nothing: [&str; 0] = [];
    finds! { backend,
        all.filter(nickname__in = nothing) => "",
        all.filter(nickname__nin = nothing) => "abcde",
        all.filter(score__in = Vec::<i64>::new()) => "",
    }
    Ok(())
}

#[tokio::test]
async fn several_conditions_on_one_field() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(score__gt = 1, score__lt = 5) => "bcd",
        all.filter(score__gt = 1, score__gt = 3) => "de",
        all.filter(score__gt = 3).filter(score__gt = 1) => "de",
        all.filter(score__ne = 2, score__ne = 4) => "ace",
        all.filter(score = 2, score__gt = 1) => "b",
        all.filter(score__in = [1, 2, 3]).filter(score__in = [3, 4]) => "c",
        all.filter(nickname = "Al", nickname__ne = "Bo") => "ac",
        all.filter(score__range = (1, 3)).filter(score__range = (2, 9)) => "bc",
        all.exclude(score = 1).exclude(score = 5) => "bcd",
    }
    Ok(())
}

#[tokio::test]
async fn not_null_beside_other_conditions() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(rating__isnull = false, rating__gt = 2) => "cd",
        all.filter(nickname__isnull = false, nickname__ne = "Al") => "bd",
    }
    Ok(())
}

/// Membership of an array.
#[tokio::test]
async fn arrays() -> Outcome {
    let backend = backend().await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(skills__in = ["skill a", "skill d", "none"]) => "ad",
        all.filter(skills__in = ["common"]) => "abcd",
    }
    Ok(())
}

#[tokio::test]
async fn an_array_and_one_element() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::CompareAnArrayWithAnElement).await;
    let all = games(&backend).await?;
    finds! { backend,
        all.filter(skills = "common") => "abcd",
        all.filter(skills = "skill b", skills = "common") => "b",
        all.filter(skills__ne = "common") => "e",
        all.exclude(skills = "skill b") => "acde",
        all.filter(skills__nin = ["skill a", "skill b"]) => "cde",
        all.filter(Q(skills = "skill a") | Q(skills = "skill c")) => "ac",
    }
    Ok(())
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eNote")]
struct Note {
    run: String,
    name: String,
    text: Option<serde_json::Value>,
}

/// A note with a value, one with null, and one without the field.
async fn notes(backend: &Backend) -> parse_orm::Result<QuerySet<Note>> {
    let run = backend.run();
    let note = |name: &str, text| Note {
        run: run.clone(),
        name: name.into(),
        text,
    };
    let value = serde_json::json!({"words": 2});
    let rows = [
        note("value", Some(value)),
        note("null", Some(serde_json::Value::Null)),
        note("missing", None),
    ];
    store(backend, rows).await?;
    Ok(query!(Note.filter(run = run)))
}

async fn noted(set: &QuerySet<Note>, backend: &Backend) -> parse_orm::Result<String> {
    let notes = set.all(backend.client()).await?;
    Ok(crate::backend::sorted(notes.into_iter().map(|note| note.into_inner().name)).join(" "))
}

#[tokio::test]
async fn null_or_missing() -> Outcome {
    let backend = backend().await;
    let all = notes(&backend).await?;
    for (set, expected) in [
        (query!(all.filter(text__isnull = true)), "missing null"),
        (query!(all.filter(text__isnull = false)), "value"),
        (query!(all.exclude(text__isnull = true)), "value"),
        (query!(all.exclude(text__isnull = false)), "missing null"),
        (
            query!(all.filter(text__isnull = false, text__exists = true)),
            "value",
        ),
    ] {
        assert_eq!(noted(&set, &backend).await?, expected, "{set:?}");
    }
    Ok(())
}

#[tokio::test]
async fn null_and_missing() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::TellNullFromMissing).await;
    let all = notes(&backend).await?;
    for (set, expected) in [
        (query!(all.filter(text__exists = true)), "null value"),
        (query!(all.filter(text__exists = false)), "missing"),
        (query!(all.exclude(text__exists = true)), "missing"),
        (query!(all.exclude(text__exists = false)), "null value"),
        (
            query!(all.filter(text__exists = true, text__isnull = true)),
            "null",
        ),
    ] {
        assert_eq!(noted(&set, &backend).await?, expected, "{set:?}");
    }
    Ok(())
}

/// Times by the server's clock.
#[tokio::test]
async fn relative_times() -> Outcome {
    let backend = backend().await;
    let run = backend.run();
    let at = |name, hours| Game {
        played_at: Some(Utc::now() + chrono::Duration::hours(hours)),
        ..game(&run, name, 1)
    };
    let rows = [
        at("a", -24 * 20),
        at("b", -30),
        at("c", -1),
        at("d", 1),
        at("e", 24 * 10),
    ];
    store(&backend, rows).await?;
    let all = query!(Game.filter(run = run));
    finds! { backend,
        all.filter(played_at__gt = ago("2 weeks")) => "bcde",
        all.filter(played_at__gte = ago("1 day 7 hours")) => "bcde",
        all.filter(played_at__lt = ago("90 mins")) => "ab",
        all.filter(played_at__lte = ago("0 secs")) => "abc",
        all.filter(played_at__gt = from_now("2 hours")) => "e",
        all.filter(played_at__lt = from_now("1 wk 2 d")) => "abcd",
        all.filter(played_at__gt = ago("2 days"), played_at__lt = from_now("2 hrs")) => "bcd",
        all.filter(played_at__range = (ago("2 days"), from_now("1 yr"))) => "bcde",
        all.filter(created_at__gt = ago("1 hour"), created_at__lte = from_now("1 minute")) => "abcde",
        all.filter(updated_at__lt = ago("1 hour")) => "",
        all.filter(!Q(played_at__lt = ago("90 minutes"))) => "cde",
    }
    for wrong in ["soon", "2 fortnights", "two weeks", "2 weeks ago"] {
        let error = query!(all.filter(played_at__gt = ago(wrong)))
            .all(backend.client())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains("playedAt"), "{error}");
    }
    Ok(())
}

/// A field that no row ever had: nothing matches, and nothing fails.
#[tokio::test]
async fn a_class_and_a_field_that_nobody_has_used() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eNobody")]
    struct Nobody {
        name: Option<String>,
    }
    let backend = mock_because_postgres_cannot(PostgresCannot::AskForUnknownFields).await;
    let client = backend.client();
    let set = query!(Nobody.filter(name = "x"));
    assert_eq!(set.count(client).await?, 0);
    assert!(set.all(client).await?.is_empty());
    assert!(!set.exists(client).await?);
    assert!(set.first(client).await?.is_none());
    Ok(())
}
