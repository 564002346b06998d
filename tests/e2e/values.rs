//! Every type of value, there and back again: alone, in arrays, in maps, and in other values.

use crate::backend::{Outcome, PostgresCannot, backend, mock_because_postgres_cannot};
use crate::models::{Level, Team, Venue, team};
use parse_orm::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

#[derive(serde::Serialize, serde::Deserialize, Debug, Clone, PartialEq)]
enum Shape {
    Dot,
    Circle { radius: f64 },
    Many(Vec<Shape>),
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eValues")]
struct Values {
    text: String,
    yes: bool,
    tiny: i8,
    short: i16,
    int: i32,
    long: i64,
    byte: u8,
    word: u16,
    natural: u32,
    large: u64,
    single: f32,
    double: f64,
    date: DateTime<Utc>,
    place: GeoPoint,
    area: Polygon,
    data: Bytes,
    team: Pointer<Team>,
    file: File,
    key: ObjectId,
    level: Level,
    venue: Venue,
    any: serde_json::Value,
    wrapped: Json<Shape>,
    #[parse(json)]
    shape: Shape,
    access: Acl,
    texts: Vec<String>,
    dates: Vec<DateTime<Utc>>,
    places: Vec<GeoPoint>,
    blobs: Vec<Bytes>,
    teams: Vec<Pointer<Team>>,
    levels: Vec<Level>,
    venues: Vec<Venue>,
    grid: Vec<Vec<i64>>,
    holes: Vec<Option<String>>,
    counts: HashMap<String, u32>,
    days: BTreeMap<String, DateTime<Utc>>,
    nested: BTreeMap<String, Vec<Option<GeoPoint>>>,
    by_team: BTreeMap<String, Pointer<Team>>,
}

fn venue(city: &str) -> Venue {
    Venue {
        city: city.into(),
        street_name: Some("Ünter \"den\" Linden".into()),
        seats: 0,
    }
}

fn values(team: &Object<Team>) -> Values {
    let place = |latitude, longitude| GeoPoint::new(latitude, longitude).unwrap();
    let day = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    Values {
        text: "a \"quoted\" text & + % # ? / \\ \n\t ünïcode 🎲".into(),
        yes: true,
        tiny: i8::MIN,
        short: i16::MAX,
        int: i32::MIN,
        long: -(1 << 53),
        byte: u8::MAX,
        word: u16::MAX,
        natural: u32::MAX,
        large: 1 << 53,
        single: 0.1,
        double: -1.0e-10,
        date: day("2001-02-03T04:05:06.789Z"),
        place: place(-89.999, 179.5),
        area: Polygon::new([place(0.0, 0.0), place(0.0, 10.5), place(10.25, 10.0)]).unwrap(),
        data: Bytes::from(vec![0, 255, 1, 2]),
        team: team.pointer(),
        file: File::stored("photo.txt"),
        key: "aKeyOf10ch".into(),
        level: Level::Hard,
        venue: venue("Bern"),
        any: json!({"a": [1, null, {"b": true}], "text": "x"}),
        wrapped: Json(Shape::Circle { radius: 1.5 }),
        shape: Shape::Many(vec![Shape::Dot, Shape::Circle { radius: 2.0 }]),
        access: Acl::new().allow_read(Who::Public),
        texts: vec!["".into(), "b".into(), "b".into()],
        dates: vec![day("1969-12-31T23:59:59.999Z"), day("2038-01-19T03:14:08Z")],
        places: vec![place(1.0, 2.0), place(-1.5, -2.5)],
        blobs: vec![Bytes::default(), Bytes::from(vec![1])],
        teams: vec![team.pointer(), Pointer::to("nobody0000")],
        levels: vec![Level::Easy, Level::Hard],
        venues: vec![
            venue("A"),
            Venue {
                street_name: None,
                ..venue("B")
            },
        ],
        grid: vec![vec![1, 2], vec![], vec![3]],
        holes: vec![Some("x".into()), None],
        counts: HashMap::from([("one".into(), 1), ("two".into(), 2)]),
        days: BTreeMap::from([("d".into(), day("2020-02-29T00:00:00.001Z"))]),
        nested: BTreeMap::from([("p".into(), vec![Some(place(3.0, 4.0)), None])]),
        by_team: BTreeMap::from([("red".into(), team.pointer())]),
    }
}

#[tokio::test]
async fn every_type_comes_back_as_it_went() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let red = team(&backend.run(), "Red").create(client).await?;
    let written = values(&red);
    let stored = written.create(client).await?;
    let read = Values::get(client, stored.id()).await?;
    // a file may get its address by the server
    assert_eq!(read.file.name(), written.file.name());
    assert!(read.file.url().is_none_or(|url| url.contains("photo.txt")));
    let read = Values {
        file: written.file.clone(),
        ..read.into_inner()
    };
    assert_eq!(read, written);

    // the object that was stored shows the same, and nothing of it is dirty after a refresh
    let mut stored = stored;
    stored.refresh(client, Unsaved::Discard).await?;
    let _: &mut Values = &mut stored;
    assert!(!stored.is_dirty(), "{:?}", stored.dirty_fields());
    Ok(())
}

/// The same by an update instead of a create.
#[tokio::test]
async fn every_type_can_be_changed() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let red = team(&backend.run(), "Red").create(client).await?;
    let blue = team(&backend.run(), "Blue").create(client).await?;
    let mut stored = values(&red).create(client).await?;
    let place = GeoPoint::new(45.0, 90.0)?;
    let day: DateTime<Utc> = "1900-01-01T00:00:00Z".parse()?;
    let changed = Values {
        text: String::new(),
        yes: false,
        tiny: 0,
        short: -1,
        int: 0,
        long: 0,
        byte: 0,
        word: 1,
        natural: 0,
        large: 0,
        single: -0.0,
        double: 1e300,
        date: day,
        place,
        area: Polygon::new([place, GeoPoint::new(0.0, 0.0)?, GeoPoint::new(45.0, 0.0)?])?,
        data: Bytes::from(vec![0, 255, 1, 2]),
        team: blue.pointer(),
        file: File::stored("other.txt"),
        key: "another0id".into(),
        level: Level::Easy,
        venue: Venue {
            street_name: None,
            ..venue("Basel")
        },
        any: json!([]),
        wrapped: Json(Shape::Many(vec![])),
        shape: Shape::Circle { radius: 0.5 },
        access: Acl::public(),
        texts: vec![],
        dates: vec![day],
        places: vec![],
        blobs: vec![],
        teams: vec![blue.pointer()],
        levels: vec![],
        venues: vec![],
        grid: vec![vec![]],
        holes: vec![None],
        counts: HashMap::new(),
        days: BTreeMap::new(),
        nested: BTreeMap::from([("q".into(), vec![])]),
        by_team: BTreeMap::new(),
    };
    // an array is no object: this one field keeps its type
    let changed = Values {
        any: json!({"other": 1}),
        ..changed
    };
    *stored = changed.clone();
    // all but one: see the next test
    assert_eq!(stored.dirty_fields().len(), 37);
    stored.save(client).await?;
    let read = Values::get(client, stored.id()).await?;
    assert_eq!(
        Values {
            file: changed.file.clone(),
            ..read.into_inner()
        },
        changed
    );
    Ok(())
}

#[tokio::test]
async fn bytes_can_be_changed() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eBytes")]
    struct Holder {
        data: Option<Bytes>,
    }
    let backend = mock_because_postgres_cannot(PostgresCannot::ChangeBytes).await;
    let client = backend.client();
    let mut stored = Holder { data: None }.create(client).await?;
    for data in [
        Some(Bytes::from(vec![0])),
        Some(Bytes::from((0..=255).collect::<Vec<u8>>())),
        None,
    ] {
        stored.data = data.clone();
        stored.save(client).await?;
        assert_eq!(Holder::get(client, stored.id()).await?.data, data);
    }
    Ok(())
}

/// Whole numbers are written as they are; every one up to 2^53 is exact.
#[tokio::test]
async fn row_54_numbers_keep_their_value() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eNumbers")]
    struct Numbers {
        whole: i64,
        real: f64,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eNumbers")]
    struct Swapped {
        #[parse(rename = "whole")]
        as_real: f64,
        #[parse(rename = "real")]
        as_whole: i64,
    }
    let backend = backend().await;
    let client = backend.client();
    for (whole, real) in [
        (0, 0.0),
        (-1, -0.0),
        (1 << 53, 9_007_199_254_740_992.0),
        (-(1 << 53), -9_007_199_254_740_992.0),
        ((1 << 53) - 1, 9_007_199_254_740_991.0),
        (1_000_000_000_000, 1e15),
    ] {
        let stored = Numbers { whole, real }.create(client).await?;
        let read = Numbers::get(client, stored.id()).await?;
        assert_eq!((read.whole, read.real), (whole, real));
        // `1.0` is `1`, and the other way around
        let swapped = Swapped::get(client, stored.id()).await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let (as_real, as_whole) = (whole as f64, real as i64);
        assert_eq!((swapped.as_real, swapped.as_whole), (as_real, as_whole));
    }
    for real in [
        0.1 + 0.2,
        1.0 / 3.0,
        5e-324,
        1.797_693_134_862_315_7e308,
        -2.5e-8,
        123_456_789.123_456_79,
    ] {
        let stored = Numbers { whole: 0, real }.create(client).await?;
        assert_eq!(
            Numbers::get(client, stored.id()).await?.real.to_bits(),
            real.to_bits(),
            "{real}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_query_for_zero_finds_zero() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eZero")]
    struct Zero {
        run: String,
        number: f64,
        whole: i64,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    Zero {
        run: run.clone(),
        number: 0.0,
        whole: 0,
    }
    .create(client)
    .await?;
    Zero {
        run: run.clone(),
        number: 1.0,
        whole: 1,
    }
    .create(client)
    .await?;
    for set in [
        query!(Zero.filter(run = &run, number = 0)),
        query!(Zero.filter(run = &run, number = -0.0)),
        query!(Zero.filter(run = &run, whole = 0.0)),
        query!(Zero.filter(run = &run, whole__lte = 0, number__lt = 1)),
    ] {
        assert_eq!(set.get(client).await?.whole, 0, "{set:?}");
    }
    Ok(())
}

#[tokio::test]
async fn row_56_dates_before_1970_and_finer_than_a_millisecond() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDates")]
    struct Dated {
        run: String,
        at: DateTime<Utc>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    for (written, kept) in [
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z"),
        ("1900-06-15T12:00:00.000001Z", "1900-06-15T12:00:00.000Z"),
        ("1001-01-01T00:00:00Z", "1001-01-01T00:00:00.000Z"),
        ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"),
        ("2026-01-31T14:00:00.5+02:00", "2026-01-31T12:00:00.500Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ] {
        let (at, kept): (DateTime<Utc>, DateTime<Utc>) = (written.parse()?, kept.parse()?);
        let mut stored = Dated { run: run.clone(), at }.create(client).await?;
        assert_eq!(Dated::get(client, stored.id()).await?.at, kept);
        // the finer digits of the one and the cut ones of the other are the same date
        stored.at = kept;
        assert!(!stored.is_dirty(), "{written}");
        assert_eq!(
            query!(Dated.filter(run = &run, at = at)).count(client).await?,
            1,
            "{written}"
        );
        stored.delete(client).await?;
    }
    Ok(())
}

/// What a later server may invent is kept and sent back as it is.
#[tokio::test]
async fn an_unknown_type_is_kept() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eUnknown")]
    struct Unknown {
        name: String,
        list: Vec<serde_json::Value>,
        map: BTreeMap<String, serde_json::Value>,
    }
    let backend = backend().await;
    let client = backend.client();
    let odd = json!({"__type": "Hologram", "depth": 3, "inside": {"__type": "Spin", "up": true}});
    let mut stored = Unknown {
        name: "a".into(),
        list: vec![odd.clone(), json!(1)],
        map: BTreeMap::from([("odd".into(), odd.clone())]),
    }
    .create(client)
    .await?;
    stored.refresh(client, Unsaved::Discard).await?;
    assert_eq!(stored.list, [odd.clone(), json!(1)]);
    assert_eq!(stored.map["odd"], odd);
    stored.name = "b".into();
    stored.list.push(odd.clone());
    stored.save(client).await?;
    assert_eq!(Unknown::get(client, stored.id()).await?.list[2], odd);
    Ok(())
}

/// A model that knows fewer fields leaves the others alone.
#[tokio::test]
async fn fields_that_a_model_does_not_have_are_left_alone() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eWide")]
    struct Wide {
        a: i64,
        b: Vec<String>,
        c: Option<GeoPoint>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eWide")]
    struct Narrow {
        a: i64,
    }
    let backend = backend().await;
    let client = backend.client();
    let wide = Wide {
        a: 1,
        b: vec!["x".into()],
        c: Some(GeoPoint::new(1.0, 2.0)?),
    }
    .create(client)
    .await?;
    let mut narrow = Narrow::get(client, wide.id()).await?;
    narrow.a = 2;
    narrow.save(client).await?;
    let read = Wide::get(client, wide.id()).await?;
    assert_eq!((read.a, &read.b, read.c), (2, &wide.b, wide.c));
    Ok(())
}
