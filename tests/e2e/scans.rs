//! What holds for every scan, whatever happens to other rows meanwhile: random orders, page sizes, changes, and
//! places to stop and go on. Few cases on the real server, many on the mock.

use crate::backend::{Backend, backend, unique};
use parse_orm::Traversable;
use parse_orm::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::collections::{HashMap, HashSet};

#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Place {
    city: Option<String>,
    floor: Option<i64>,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eScan")]
struct Row {
    run: String,
    whole: Option<i64>,
    text: Option<String>,
    real: Option<f64>,
    flag: Option<bool>,
    at: Option<DateTime<Utc>>,
    place: Option<Place>,
}

/// The values of a row, few enough that many rows share them.
#[derive(Debug, Clone)]
struct Values {
    whole: Option<i64>,
    text: Option<u8>,
    real: Option<u8>,
    flag: Option<bool>,
    at: Option<u8>,
    place: Option<(Option<u8>, Option<i64>)>,
}

impl Values {
    fn row(&self, run: &str) -> Row {
        Row {
            run: run.into(),
            whole: self.whole,
            text: self
                .text
                .map(|text| ["", "a", "B", "b c", "\\E$", "ä"][usize::from(text)].into()),
            real: self.real.map(|real| 0.1 * f64::from(real) - 0.3),
            flag: self.flag,
            at: self
                .at
                .map(|at| DateTime::from_timestamp_millis(1_500_000_000_000 + i64::from(at)).unwrap()),
            place: self.place.map(|(city, floor)| Place {
                city: city.map(|city| ["", "b", "c"][usize::from(city)].into()),
                floor,
            }),
        }
    }
}

fn values() -> impl Strategy<Value = Values> {
    let place = (
        prop::option::of(0..3u8),
        prop_oneof![Just(None), (-1..2i64).prop_map(Some), (9..11i64).prop_map(Some)],
    );
    (
        prop::option::of(-1..2i64),
        prop::option::of(0..6u8),
        prop::option::of(0..7u8),
        prop::option::of(any::<bool>()),
        prop::option::of(0..4u8),
        prop::option::of(place),
    )
        .prop_map(|(whole, text, real, flag, at, place)| Values {
            whole,
            text,
            real,
            flag,
            at,
            place,
        })
}

/// What happens after some rows were taken.
#[derive(Debug, Clone)]
enum Event {
    Insert(Values),
    Delete(prop::sample::Index),
    Change(prop::sample::Index, Values),
    /// The scan is given up, and another one goes on from its cursor.
    Resume,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => values().prop_map(Event::Insert),
        1 => any::<prop::sample::Index>().prop_map(Event::Delete),
        2 => (any::<prop::sample::Index>(), values()).prop_map(|(row, values)| Event::Change(row, values)),
        2 => Just(Event::Resume),
    ]
}

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Values>,
    /// Which key, and whether descending.
    order: Vec<(usize, bool)>,
    page_size: u64,
    look_ahead: bool,
    /// Rows to take before each event.
    events: Vec<(usize, Event)>,
}

fn case() -> impl Strategy<Value = Case> {
    (
        vec(values(), 0..24),
        vec((0..9usize, any::<bool>()), 0..4),
        1..6u64,
        any::<bool>(),
        vec((0..5usize, event()), 0..9),
    )
        .prop_map(|(rows, order, page_size, look_ahead, events)| Case {
            rows,
            order,
            page_size,
            look_ahead,
            events,
        })
}

fn ordered(set: &QuerySet<Row>, order: &[(usize, bool)]) -> QuerySet<Row> {
    let (f, place) = (Row::F, Place::FIELDS);
    let keys = order.iter().map(|(key, descending)| {
        let [ascending, reversed] = match key {
            0 => [f.whole.asc(), f.whole.desc()],
            1 => [f.text.asc(), f.text.desc()],
            2 => [f.real.asc(), f.real.desc()],
            3 => [f.flag.asc(), f.flag.desc()],
            4 => [f.at.asc(), f.at.desc()],
            5 => [place.city.asc(), place.city.desc()].map(|city| f.place.within(city)),
            6 => [place.floor.asc(), place.floor.desc()].map(|floor| f.place.within(floor)),
            7 => [f.created_at.asc(), f.created_at.desc()],
            _ => [f.updated_at.asc(), f.updated_at.desc()],
        };
        if *descending { reversed } else { ascending }
    });
    set.order_by(keys.collect::<Vec<_>>())
}

async fn scan(backend: &Backend, case: &Case) -> Result<(), TestCaseError> {
    let client = backend.client();
    let failed = |error: Error| TestCaseError::fail(format!("{error:?}"));
    let run = unique("scan");
    let mut there = Vec::new();
    for values in &case.rows {
        there.push(values.row(&run).create(client).await.map_err(failed)?);
    }
    // those that nothing happens to
    let mut steady: HashSet<ObjectId> = there.iter().map(|row| row.id().clone()).collect();
    let mut changed: HashSet<ObjectId> = HashSet::new();
    let set = ordered(&query!(Row.filter(run = &run)), &case.order).page_size(case.page_size);

    let mut rows = set.stream(client).look_ahead(case.look_ahead);
    let mut found: Vec<ObjectId> = Vec::new();
    for (take, event) in &case.events {
        for _ in 0..*take {
            let row = rows.try_next().await.map_err(failed)?;
            found.extend(row.map(|row| row.id().clone()));
        }
        match event {
            Event::Insert(values) => {
                there.push(values.row(&run).create(client).await.map_err(failed)?);
            }
            Event::Delete(index) if !there.is_empty() => {
                let gone = there.swap_remove(index.index(there.len()));
                steady.remove(gone.id());
                gone.delete(client).await.map_err(failed)?;
            }
            Event::Change(index, values) if !there.is_empty() => {
                let number = index.index(there.len());
                let row = &mut there[number];
                steady.remove(row.id());
                changed.insert(row.id().clone());
                **row = values.row(&run);
                row.save(client).await.map_err(failed)?;
            }
            Event::Resume => {
                let text = rows.cursor().map_err(failed)?.to_string();
                let cursor: Cursor = text.parse().map_err(failed)?;
                rows = set.after(&cursor).stream(client).look_ahead(case.look_ahead);
            }
            Event::Delete(_) | Event::Change(..) => {}
        }
    }
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        found.push(row.id().clone());
        prop_assert!(found.len() < 200, "no end");
    }

    let mut times: HashMap<&ObjectId, usize> = HashMap::new();
    for id in &found {
        *times.entry(id).or_default() += 1;
    }
    for id in &steady {
        prop_assert_eq!(times.get(id), Some(&1), "{} of {:?}", id, set);
    }
    // a row that was moved may come at both of its places; without an order of its own there are no places
    for (id, times) in &times {
        let moved = changed.contains(*id) && !case.order.is_empty();
        prop_assert!(*times == 1 || moved, "{} came {} times, {:?}", id, times, set);
    }
    // and they come in the order asked for
    let whole = set.all(client).await.map_err(failed)?;
    let whole: Vec<_> = whole
        .iter()
        .map(Object::id)
        .filter(|id| steady.contains(*id))
        .collect();
    let found: Vec<_> = found.iter().filter(|id| steady.contains(*id)).collect();
    prop_assert_eq!(found, whole);
    Ok(())
}

#[test]
fn row_22_and_row_23_and_row_32_every_row_that_stays_comes_once_and_in_order() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let backend = runtime.block_on(backend());
    let cases = if backend.server().is_some() { 60 } else { 12 };
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    });
    let outcome = runner.run(&case(), |case| runtime.block_on(scan(&backend, &case)));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
