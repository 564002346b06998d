//! Values that cannot be stored, and rows that do not fit the model: who is told what.

use crate::backend::{Outcome, backend};
use crate::models::{Level, Player, game};
use parse_orm::prelude::*;
use parse_orm::{DecodeError, Error, InvalidError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eRefused")]
struct Refused {
    name: String,
    real: Option<f64>,
    single: Option<f32>,
    whole: Option<i64>,
    natural: Option<u64>,
    date: Option<DateTime<Utc>>,
    reals: Vec<f64>,
    map: BTreeMap<String, i64>,
    any: Option<Value>,
}

fn nothing() -> Refused {
    Refused {
        name: "n".into(),
        real: None,
        single: None,
        whole: None,
        natural: None,
        date: None,
        reals: vec![],
        map: BTreeMap::new(),
        any: None,
    }
}

fn invalid(error: Error) -> InvalidError {
    match error {
        Error::Invalid(error) => *error,
        other => panic!("expected a refusal before anything is sent, got {other}"),
    }
}

/// Class and field are named, and nothing is sent.
#[tokio::test]
async fn what_the_server_cannot_hold_is_refused_here() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let year = |year: i32| {
        chrono::NaiveDate::from_ymd_opt(year, 1, 1)
            .unwrap()
            .and_time(Default::default())
    };
    let mut stored = nothing().create(client).await?;
    let sent = backend.server().map(|server| server.requests().len());
    for (field, reason, value) in [
        (
            "real",
            "NaN",
            Refused {
                real: Some(f64::NAN),
                ..nothing()
            },
        ),
        (
            "real",
            "inf",
            Refused {
                real: Some(f64::INFINITY),
                ..nothing()
            },
        ),
        (
            "single",
            "inf",
            Refused {
                single: Some(f32::NEG_INFINITY),
                ..nothing()
            },
        ),
        (
            "reals",
            "NaN",
            Refused {
                reals: vec![1.0, f64::NAN],
                ..nothing()
            },
        ),
        (
            "whole",
            "2^53",
            Refused {
                whole: Some((1 << 53) + 1),
                ..nothing()
            },
        ),
        (
            "whole",
            "2^53",
            Refused {
                whole: Some(i64::MIN),
                ..nothing()
            },
        ),
        (
            "natural",
            "2^53",
            Refused {
                natural: Some(u64::MAX),
                ..nothing()
            },
        ),
        (
            "date",
            "9999",
            Refused {
                date: Some(year(10_000).and_utc()),
                ..nothing()
            },
        ),
        (
            "date",
            "9999",
            Refused {
                date: Some(year(-1).and_utc()),
                ..nothing()
            },
        ),
        (
            "map",
            "a.b",
            Refused {
                map: BTreeMap::from([("a.b".into(), 1)]),
                ..nothing()
            },
        ),
        (
            "map",
            "$gt",
            Refused {
                map: BTreeMap::from([("$gt".into(), 1)]),
                ..nothing()
            },
        ),
        (
            "any",
            "__op",
            Refused {
                any: Some(json!({"x": {"__op": "Delete"}})),
                ..nothing()
            },
        ),
        (
            "any",
            "p.q",
            Refused {
                any: Some(json!([{"p.q": 1}])),
                ..nothing()
            },
        ),
    ] {
        let on_create = invalid(value.create(client).await.unwrap_err());
        *stored = value;
        let on_save = invalid(stored.save(client).await.unwrap_err());
        for error in [on_create, on_save] {
            assert_eq!(
                (error.class_name.as_str(), error.field.as_deref()),
                ("E2eRefused", Some(field))
            );
            assert!(error.message.contains(reason), "{error}");
            assert!(error.to_string().contains("nothing was sent"), "{error}");
        }
        assert_eq!(stored.dirty_fields(), [field]);
    }
    assert_eq!(backend.server().map(|server| server.requests().len()), sent);
    Ok(())
}

/// A query with such a value is refused as well, instead of asking for something else.
#[tokio::test]
async fn a_query_for_what_cannot_be_is_refused() -> Outcome {
    let backend = backend().await;
    for set in [
        query!(Refused.filter(real = f64::NAN)),
        query!(Refused.filter(name = "n", whole__in = [1, i64::MAX])),
        query!(Refused.filter(Q(name = "x") | Q(real__range = (0.0, f64::INFINITY)))),
    ] {
        let error = invalid(set.all(backend.client()).await.unwrap_err());
        assert_eq!(error.class_name, "E2eRefused");
        assert!(
            error.message.contains("real") || error.message.contains("whole"),
            "{error}"
        );
        assert!(serde_json::to_value(&set).is_err());
    }
    Ok(())
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eMisfit")]
struct Loose {
    run: String,
    level: Option<String>,
    count: Option<f64>,
    list: Option<Vec<Value>>,
    owner: Option<Pointer<Player>>,
    note: Option<Value>,
    at: Option<DateTime<Utc>>,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eMisfit")]
struct Strict {
    run: String,
    level: Level,
    count: u8,
    list: Vec<i64>,
}

fn loose(run: &str) -> Loose {
    Loose {
        run: run.into(),
        level: Some("easy".into()),
        count: Some(1.0),
        list: Some(vec![json!(1)]),
        owner: None,
        note: None,
        at: None,
    }
}

/// Each field that does not fit is named with class, id, what the model has and what the row has.
#[tokio::test]
async fn a_row_that_does_not_fit_is_named() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    for (field, expected, found, row) in [
        (
            "level",
            "String (`Level`)",
            "String \"brutal\"",
            Loose {
                level: Some("brutal".into()),
                ..loose(&run)
            },
        ),
        (
            "level",
            "String (`Level`)",
            "no such field",
            Loose {
                level: None,
                ..loose(&run)
            },
        ),
        (
            "count",
            "Number (`u8`)",
            "Number 256",
            Loose {
                count: Some(256.0),
                ..loose(&run)
            },
        ),
        (
            "count",
            "Number (`u8`)",
            "Number -1",
            Loose {
                count: Some(-1.0),
                ..loose(&run)
            },
        ),
        (
            "count",
            "Number (`u8`)",
            "Number 0.5",
            Loose {
                count: Some(0.5),
                ..loose(&run)
            },
        ),
        (
            "list",
            "Array (`Vec<i64>`)",
            "Array",
            Loose {
                list: Some(vec![json!(1), json!("x")]),
                ..loose(&run)
            },
        ),
        (
            "list",
            "Array (`Vec<i64>`)",
            "Array",
            Loose {
                list: Some(vec![json!(null)]),
                ..loose(&run)
            },
        ),
        (
            "list",
            "Array (`Vec<i64>`)",
            "no such field",
            Loose {
                list: None,
                ..loose(&run)
            },
        ),
    ] {
        let stored = row.create(client).await?;
        let Error::Decode(error) = Strict::get(client, stored.id()).await.unwrap_err() else {
            panic!("{field}: the row does not fit");
        };
        assert_eq!(
            (error.class_name, error.id.as_ref()),
            ("E2eMisfit", Some(stored.id()))
        );
        assert_eq!(
            (error.field.as_deref(), error.expected.as_str()),
            (Some(field), expected)
        );
        assert!(error.found.starts_with(found), "{error}");
        let text = Error::Decode(error).to_string();
        assert!(
            text.contains("E2eMisfit") && text.contains(stored.id().as_str()),
            "{text}"
        );
        assert!(text.contains(field) && text.contains(expected), "{text}");
    }
    Ok(())
}

/// A model of another type for every kind of value: no panic, and the row's type in the message.
#[tokio::test]
async fn every_type_against_every_other() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct Wrong {
        #[parse(rename = "run")]
        number: i64,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct AsText {
        #[parse(rename = "at")]
        text: Option<String>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct AsPlace {
        #[parse(rename = "at")]
        place: Option<GeoPoint>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct AsFlag {
        #[parse(rename = "list")]
        flag: Option<bool>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct AsDate {
        #[parse(rename = "owner")]
        date: Option<DateTime<Utc>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let row = Loose {
        owner: Some(Pointer::to("nobody0000")),
        at: Some("2020-01-01T00:00:00Z".parse()?),
        ..loose(&run)
    };
    let id = row.create(client).await?.id().clone();
    let found = |error: Error| match error {
        Error::Decode(error) => error.found,
        other => panic!("the row does not fit: {other}"),
    };
    assert!(found(Wrong::get(client, &id).await.unwrap_err()).starts_with("String \""));
    assert!(found(AsText::get(client, &id).await.unwrap_err()).starts_with("Date"));
    assert!(found(AsPlace::get(client, &id).await.unwrap_err()).starts_with("Date"));
    assert!(found(AsFlag::get(client, &id).await.unwrap_err()).starts_with("Array"));
    assert!(found(AsDate::get(client, &id).await.unwrap_err()).starts_with("Pointer"));
    Ok(())
}

/// One bad row does not lose the page.
#[tokio::test]
async fn try_all_keeps_the_good_rows() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    for count in [1.0, 2.0, -1.0, 3.0, 1000.0] {
        Loose {
            count: Some(count),
            ..loose(&run)
        }
        .create(client)
        .await?;
    }
    let set = query!(Strict.filter(run = &run).order_by(count));
    let rows = set.try_all(client).await?;
    let good: Vec<u8> = rows.iter().flatten().map(|row| row.count).collect();
    assert_eq!(good, [1, 2, 3]);
    let bad: Vec<&DecodeError> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert_eq!(bad.len(), 2);
    assert!(
        bad.iter()
            .all(|error| error.id.is_some() && error.field.as_deref() == Some("count"))
    );

    assert!(matches!(set.all(client).await, Err(Error::Decode(_))));
    assert!(matches!(set.first(client).await, Err(Error::Decode(_))));
    assert_eq!(set.count(client).await?, 5);
    assert!(set.exists(client).await?);
    // without an order the pages follow the ids: a bad row in the middle does not stop that
    assert_eq!(query!(Strict.filter(run = &run)).try_all(client).await?.len(), 5);
    Ok(())
}

/// Null is no value for a field that needs one.
#[tokio::test]
async fn null_is_not_a_value() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct NeedsNote {
        note: BTreeMap<String, i64>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eMisfit")]
    struct MayHaveNote {
        note: Option<BTreeMap<String, i64>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    Loose {
        note: Some(json!({"a": 1})),
        ..loose(&run)
    }
    .create(client)
    .await?;
    let row = Loose {
        note: Some(Value::Null),
        ..loose(&run)
    }
    .create(client)
    .await?;
    let error = NeedsNote::get(client, row.id()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Decode(error) if error.field.as_deref() == Some("note")),
        "{error}"
    );
    assert_eq!(MayHaveNote::get(client, row.id()).await?.note, None);
    Ok(())
}

#[tokio::test]
async fn an_included_object_that_does_not_fit_is_named() -> Outcome {
    use crate::models::Game;

    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2ePlayer")]
    struct OtherPlayer {
        name: i64,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eGame")]
    struct OtherGame {
        run: String,
        player: Option<Pointer<OtherPlayer>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ann = crate::models::player(&run, "Ann").create(client).await?;
    let stored = Game {
        player: Some(ann.pointer()),
        ..game(&run, "g", 1)
    }
    .create(client)
    .await?;
    let set = query!(OtherGame.filter(run = &run).select_related(player));
    let Error::Decode(error) = set.get(client).await.unwrap_err() else {
        panic!("the included object does not fit");
    };
    assert_eq!(
        (error.class_name, error.id.as_ref()),
        ("E2eGame", Some(stored.id()))
    );
    assert_eq!(error.field.as_deref(), Some("player"));
    Ok(())
}
