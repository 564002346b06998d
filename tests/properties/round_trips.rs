//! Any value of any type is read as it was written.

use crate::runtime::{cases, failed, run, server};
use chrono::TimeZone;
use parse_orm::prelude::*;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(ParseValue, Debug, Clone, Copy, PartialEq)]
enum Choice {
    One,
    Two,
}

#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Inside {
    text: String,
    maybe: Option<f64>,
    at: DateTime<Utc>,
    list: Vec<Choice>,
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
struct Everything {
    text: String,
    yes: bool,
    tiny: i8,
    int: i32,
    long: i64,
    byte: u8,
    large: u64,
    single: f32,
    double: f64,
    at: DateTime<Utc>,
    place: Option<GeoPoint>,
    area: Option<Polygon>,
    data: Bytes,
    key: ObjectId,
    choice: Choice,
    inside: Inside,
    any: Option<Value>,
    this: Option<Pointer<Everything>>,
    texts: Vec<String>,
    doubles: Vec<f64>,
    dates: BTreeMap<String, DateTime<Utc>>,
    nested: BTreeMap<String, Vec<Option<GeoPoint>>>,
    insides: Vec<Inside>,
    access: Acl,
}

const EXACT: i64 = 1 << 53;

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        -1e6..1e6,
        (-EXACT..=EXACT).prop_map(|whole| whole as f64),
    ]
}

/// To the millisecond, in the years that the server can hold.
fn date() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_167_219_200_000_i64..=253_402_300_799_999)
        .prop_map(|millis| Utc.timestamp_millis_opt(millis).unwrap())
}

fn place() -> impl Strategy<Value = GeoPoint> {
    (-90.0..=90.0, -180.0..=180.0)
        .prop_map(|(latitude, longitude)| GeoPoint::new(latitude, longitude).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z\\\\\"'{}$.&+%# ]{0,12}"]
}

/// A key of a nested object: `$` and `.` are refused, and `__type` and `__op` are not ours.
fn key() -> impl Strategy<Value = String> {
    "[a-zA-Z \\-é:/][a-zA-Z0-9_ é]{0,6}"
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-EXACT..=EXACT).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    // a field's type is locked in by its first row: here it is an object
    prop::collection::btree_map(key(), tree, 0..3).prop_map(|map| map.into_iter().collect())
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![Just(Choice::One), Just(Choice::Two)]
}

fn inside() -> impl Strategy<Value = Inside> {
    (
        text(),
        prop::option::of(double()),
        date(),
        prop::collection::vec(choice(), 0..3),
    )
        .prop_map(|(text, maybe, at, list)| Inside {
            text,
            maybe,
            at,
            list,
        })
}

fn area() -> impl Strategy<Value = Polygon> {
    prop::collection::vec(place(), 3..6)
        .prop_filter("different corners", |ring| {
            ring.iter()
                .enumerate()
                .all(|(index, point)| !ring[..index].contains(point))
        })
        .prop_map(|ring| Polygon::new(ring).unwrap())
}

fn access() -> impl Strategy<Value = Acl> {
    prop::collection::vec(("[a-zA-Z0-9]{1,10}", any::<bool>()), 0..3).prop_map(|entries| {
        entries
            .into_iter()
            .fold(Acl::new().allow_read(Who::Public), |acl, (name, role)| {
                let who = if role { Who::role(name) } else { Who::user(name) };
                acl.allow_write(who)
            })
    })
}

prop_compose! {
    fn everything()(
        (text, yes, tiny, int, long, byte) in
            (text(), any::<bool>(), any::<i8>(), any::<i32>(), -EXACT..=EXACT, any::<u8>()),
        (large, single, double, at, place, area) in (
            0..=EXACT as u64, any::<f32>().prop_filter("finite", |number| number.is_finite()), double(), date(),
            prop::option::of(place()), prop::option::of(area()),
        ),
        (data, key, choice, inside, any, this) in (
            prop::collection::vec(any::<u8>(), 1..20), "[a-zA-Z0-9]{10}", choice(), inside(),
            prop::option::of(json()), prop::option::of("[a-zA-Z0-9]{10}"),
        ),
        (texts, doubles, dates, nested, insides, access) in (
            prop::collection::vec(text(), 0..4), prop::collection::vec(double(), 0..4),
            prop::collection::btree_map(key(), date(), 0..3),
            prop::collection::btree_map(key(), prop::collection::vec(prop::option::of(place()), 0..3), 0..3),
            prop::collection::vec(inside(), 0..3), access(),
        ),
    ) -> Everything {
        let (data, key, this) = (Bytes::from(data), ObjectId::from(key), this.map(Pointer::to));
        Everything {
            text, yes, tiny, int, long, byte, large, single, double, at, place, area, data, key, choice, inside,
            any, this, texts, doubles, dates, nested, insides, access,
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn through_the_server(written in everything(), other in everything()) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (_, client) = SERVER.get_or_init(server);
        run(async {
            let mut stored = written.create(client).await.map_err(failed)?;
            let read = Everything::get(client, stored.id()).await.map_err(failed)?;
            prop_assert_eq!(&*read, &written);
            // and by an update
            *stored = other.clone();
            stored.save(client).await.map_err(failed)?;
            let read = Everything::get(client, stored.id()).await.map_err(failed)?;
            prop_assert_eq!(&*read, &other);
            let _: &mut Everything = &mut stored;
            prop_assert!(!stored.is_dirty());
            // and kept outside, changed and unchanged
            *stored = written.clone();
            for object in [&read, &stored] {
                let kept = serde_json::to_string(object).unwrap();
                let back: Object<Everything> = serde_json::from_str(&kept).unwrap();
                prop_assert_eq!(&*back, &**object);
                prop_assert_eq!(back.dirty_fields(), object.dirty_fields());
            }
            Ok(())
        })?;
    }

    /// Equality in a query is equality of the value.
    #[test]
    fn a_row_is_found_by_each_of_its_values(row in everything()) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (_, client) = SERVER.get_or_init(server);
        run(async {
            let stored = row.create(client).await.map_err(failed)?;
            let this = query!(Everything.filter(object_id = stored.id()));
            for set in [
                query!(this.filter(text = &row.text, yes = row.yes, choice = row.choice)),
                query!(this.filter(tiny = row.tiny, int = row.int, long = row.long, byte = row.byte)),
                query!(this.filter(large = row.large, single = row.single, double = row.double)),
                query!(this.filter(at = row.at, key = &row.key, data = &row.data)),
                query!(this.filter(inside.text = &row.inside.text, inside.at = row.inside.at)),
                query!(this.filter(double__gte = row.double, at__lte = row.at, text__in = [&row.text])),
            ] {
                prop_assert_eq!(set.count(client).await.map_err(failed)?, 1, "{:?}", set);
            }
            Ok(())
        })?;
    }
}
