//! The parts of the library and of the mock server, each on its own and without a network:
//! `cargo bench -p parse-orm-parts`. `cargo test -p parse-orm-parts --benches` does each once.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use parse_orm::prelude::*;
use parse_orm::{DecodeError, internals};
use parse_orm_mock::internals::Filter;
use parse_orm_parts::{
    GameScore, PROFILE, Profile, ProfileAccessors as _, Result, best, by_hand, moment, new_scores, page,
    rows, wheres,
};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    decode(&mut criterion)?;
    encode(&mut criterion)?;
    query(&mut criterion)?;
    save(&mut criterion)?;
    matcher(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

/// What is measured together; the rate is that of the elements.
fn group<'a>(criterion: &'a mut Criterion, name: &str, elements: usize) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(elements as u64));
    group
}

fn decode(criterion: &mut Criterion) -> Result<()> {
    let page = page(1000)?;
    let (ours, _) = internals::page::<GameScore>(&page)?;
    let by_hand: by_hand::Page = serde_json::from_slice(&page)?;
    let score =
        |row: &std::result::Result<Object<GameScore>, DecodeError>| row.as_ref().map_or(0, |row| row.score);
    let sum = by_hand.results.iter().map(|row| row.score).sum::<i64>();
    assert_eq!(ours.iter().map(score).sum::<i64>(), sum);

    let mut group = group(criterion, "decode a page of 1,000 rows", ours.len());
    group.bench_function("parse-orm", |bencher| {
        bencher.iter(|| internals::page::<GameScore>(black_box(&page)));
    });
    group.bench_function("by hand", |bencher| {
        bencher.iter(|| serde_json::from_slice::<by_hand::Page>(black_box(&page)));
    });
    Ok(())
}

fn encode(criterion: &mut Criterion) -> Result<()> {
    let new = new_scores(50)?;
    let bodies = [
        internals::creates(&new)?,
        serde_json::to_vec(&by_hand::Batch::of(&new))?,
    ];
    let [ours, by_hand] = bodies.map(|body| serde_json::from_slice::<serde_json::Value>(&body));
    assert_eq!(ours?, by_hand?);

    let mut group = group(criterion, "encode a batch of 50 creates", new.len());
    group.bench_function("parse-orm", |bencher| {
        bencher.iter(|| internals::creates(black_box(&new)));
    });
    group.bench_function("by hand", |bencher| {
        bencher.iter(|| serde_json::to_vec(&by_hand::Batch::of(black_box(&new))));
    });
    Ok(())
}

fn query(criterion: &mut Criterion) -> Result<()> {
    let client = Client::builder("http://127.0.0.1:1337/parse")
        .app_id("app")
        .build()?;
    let since = moment(0);
    let address = internals::address(&client, &best(1, since))?;
    assert!(
        address.contains("where=%7B%22") && address.contains("&order=-score"),
        "{address}"
    );

    let mut group = group(criterion, "a query of six conditions", 1);
    group.bench_function("built", |bencher| {
        bencher.iter(|| best(black_box(1000), black_box(since)));
    });
    group.bench_function("built and encoded", |bencher| {
        bencher.iter(|| internals::address(&client, &best(black_box(1000), black_box(since))));
    });
    Ok(())
}

fn save(criterion: &mut Criterion) -> Result<()> {
    let stored = internals::object::<Profile>(PROFILE)?;
    let mut changed = stored.clone();
    (changed.level, changed.motto) = (8, None);
    changed.add_unique_badges(["bronze"]);
    assert_eq!(changed.dirty_fields(), ["badges", "level", "motto"]);

    let mut group = group(criterion, "an object of ten fields", 1);
    group.bench_function("the first change", |bencher| {
        let first = |mut object: Object<Profile>| {
            object.level += 1;
            object
        };
        bencher.iter_batched(|| stored.clone(), first, BatchSize::SmallInput);
    });
    group.bench_function("what changed of it", |bencher| {
        bencher.iter(|| black_box(&changed).is_dirty());
    });
    group.bench_function("the body of a save of three fields", |bencher| {
        bencher.iter(|| internals::changes(black_box(&changed)));
    });
    Ok(())
}

fn matcher(criterion: &mut Criterion) -> Result<()> {
    let rows = rows(1000)?;
    let mut group = group(criterion, "the mock's matcher, over 1,000 rows", rows.len());
    for (name, conditions) in wheres()? {
        let filter = Filter::read(&conditions)?;
        let found = rows.iter().filter(|row| filter.matches(row)).count();
        assert!(0 < found && found < rows.len(), "{name}: {found}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| rows.iter().filter(|row| filter.matches(row)).count());
        });
    }
    Ok(())
}
