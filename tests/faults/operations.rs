//! Thousands of operations on a path where everything may go wrong, and what must be true of them in the end.

use crate::fault::Plan;
use crate::path::Sent;
use crate::random::Random;
use crate::server::{Outcome, Server, client, is_real, patience, unique};
use crate::truth::{Sum, Told};
use crate::work::{Checked, Counter, Feed, ONCE, Part, Row, Worker, check_row, found};
use parse_orm::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const WORKERS: usize = 16;

/// How many of a hundred requests meet a fault.
const FAULTS: usize = 22;

fn number<N: std::str::FromStr>(name: &str) -> Option<N> {
    std::env::var(name).ok()?.parse().ok()
}

/// Of both tests together.
fn operations() -> usize {
    number("PARSE_ORM_FAULTS_OPERATIONS").unwrap_or(if is_real() { 3_000 } else { 10_000 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_6_with_request_ids_everything_is_done_once_and_nothing_is_lost() -> Outcome {
    all(true).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_58_without_request_ids_nothing_is_sent_twice_that_must_not_be() -> Outcome {
    all(false).await
}

async fn all(ids: bool) -> Outcome {
    let seed = number("PARSE_ORM_FAULTS_SEED").unwrap_or_else(|| Random::new(u64::from(ids)).next());
    let operations = operations();
    // without ids fewer are tried again
    let share = if ids { 6 } else { 4 };
    let repeat = format!("PARSE_ORM_FAULTS_SEED={seed} PARSE_ORM_FAULTS_OPERATIONS={operations}");
    match run(ids, seed, operations * share / 10).await {
        Ok(()) => Ok(()),
        Err(reason) => Err(format!("{reason}\nrepeat it with {repeat}, ids: {ids}").into()),
    }
}

async fn run(ids: bool, seed: u64, operations: usize) -> Outcome {
    let server = Server::start().await?;
    let clean = server.master()?;
    let run = unique("run");
    let (counter, stays) = seeded(&clean, &run).await?;
    let mut random = Random::new(seed);
    let plan = Plan::Random(Random::new(random.next()), FAULTS);
    let path = server.path(patience(), plan).await?;
    let client = client(path.url()).timeout(patience()).request_ids(ids).build()?;
    let working = (0..WORKERS).map(|number| {
        let mut worker = Worker::new(&client, &run, number, random.next(), &counter, &stays);
        tokio::spawn(async move {
            worker.work(operations.div_ceil(WORKERS)).await?;
            Checked::Ok(worker)
        })
    });
    let mut workers = Vec::new();
    for worker in futures::future::join_all(working).await {
        workers.push(worker??);
    }
    let met = path.met();
    let sent = path.take_sent();
    println!("{} requests, of which went wrong: {met:?}", sent.len());
    for (number, what) in told(&workers) {
        println!("{number:?} done, not done, in doubt: {what}");
    }
    check_rows(&clean, &run, &workers).await?;
    check_counter(&clean, &counter, &workers).await?;
    check_feed(&clean, &run, &workers).await?;
    check_parts(&clean, &run, &workers).await?;
    check_sent(&sent, ids)?;
    // so that it is known that each of them was met
    if operations >= 1_000 {
        assert!(met.values().all(|times| *times > 0), "{met:?}");
    }
    Ok(())
}

fn told(workers: &[Worker]) -> Vec<([usize; 3], &'static str)> {
    let mut all = BTreeMap::<_, [usize; 3]>::new();
    for (what, told) in workers.iter().flat_map(|worker| &worker.told) {
        let sum = all.entry(*what).or_default();
        for (sum, number) in sum.iter_mut().zip(told) {
            *sum += number;
        }
    }
    all.into_iter().map(|(what, told)| (told, what)).collect()
}

/// The classes, a counter for everybody, and what stays in the feed.
async fn seeded(
    clean: &MasterClient,
    run: &str,
) -> Result<(Object<Counter>, BTreeSet<String>), Box<dyn std::error::Error>> {
    let counter = Counter {
        run: run.into(),
        last: String::new(),
        total: 0,
        seen: Vec::new(),
    };
    let row = Row {
        run: "none".into(),
        worker: -1,
        name: String::new(),
        last: String::new(),
        value: 0,
        counter: 0,
        items: Vec::new(),
        part: Some(Pointer::new(Part {
            run: "none".into(),
            name: String::new(),
        })),
    };
    row.create(clean).await?;
    let feed = |name: String| Feed {
        run: run.into(),
        name,
        stays: true,
    };
    // the class, before many look for it at once
    feed(String::new()).create(clean).await?;
    let stays: Vec<Feed> = (0..70).map(|number| feed(format!("{number}-stays"))).collect();
    clean.create_all(&stays).await.into_result()?;
    let names = stays.into_iter().map(|feed| feed.name).collect();
    Ok((counter.create(clean).await?, names))
}

async fn check_rows(clean: &MasterClient, run: &str, workers: &[Worker]) -> Outcome {
    let mut rows: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in query!(Row.filter(run = run)).all(clean).await? {
        rows.entry(row.name.clone()).or_default().push(found(&row));
    }
    for worker in workers {
        for group in &worker.groups {
            let there: BTreeSet<_> = group.iter().map(|name| rows.contains_key(name)).collect();
            assert_eq!(there.len(), 1, "{group:?} were created in part");
        }
        for (name, truth) in &worker.buried {
            check_row(name, truth, rows.remove(name).unwrap_or_default())?;
        }
    }
    assert!(rows.is_empty(), "nobody asked for {:?}", rows.keys());
    Ok(())
}

async fn check_counter(clean: &MasterClient, counter: &Object<Counter>, workers: &[Worker]) -> Outcome {
    let counter = Counter::get(clean, counter.id()).await?;
    let mut sum = Sum::default();
    for worker in workers {
        sum.acknowledged += worker.total.acknowledged;
        sum.in_doubt += worker.total.in_doubt;
        for (item, told) in &worker.seen {
            let times = counter.seen.iter().filter(|seen| *seen == item).count();
            let right = match told {
                Told::Done => times == 1,
                Told::InDoubt => times <= 1,
                Told::NotDone => times == 0,
            };
            assert!(right, "{item} was seen {times} times, and that is {told:?}");
        }
    }
    let (total, range) = (counter.total, sum.range());
    assert!(range.contains(&total), "{total} is not within {range:?}");
    Ok(())
}

async fn check_feed(clean: &MasterClient, run: &str, workers: &[Worker]) -> Outcome {
    let rows = query!(Feed.filter(run = run, stays = false)).all(clean).await?;
    let names = rows.into_iter().map(|row| row.into_inner().name);
    check_names(names, workers.iter().flat_map(|worker| &worker.fed))
}

async fn check_parts(clean: &MasterClient, run: &str, workers: &[Worker]) -> Outcome {
    let rows = query!(Part.filter(run = run)).all(clean).await?;
    let names = rows.into_iter().map(|row| row.into_inner().name);
    check_names(names, workers.iter().flat_map(|worker| &worker.parts))
}

/// That each is there as often as it must.
fn check_names<'a>(
    rows: impl Iterator<Item = String>,
    all: impl Iterator<Item = (&'a String, &'a Told)>,
) -> Outcome {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for name in rows {
        *names.entry(name).or_default() += 1;
    }
    for (name, told) in all {
        let times = names.remove(name).unwrap_or_default();
        let right = match told {
            Told::Done => times == 1,
            Told::InDoubt => times <= 1,
            Told::NotDone => times == 0,
        };
        assert!(right, "{name} is there {times} times, and that is {told:?}");
    }
    assert!(names.is_empty(), "nobody asked for {names:?}");
    Ok(())
}

/// Requests that do something twice if they come twice are sent once, or carry one id.
fn check_sent(sent: &[Sent], ids: bool) -> Checked {
    let mut tries: BTreeMap<&str, Vec<&Sent>> = BTreeMap::new();
    let reads = |sent: &Sent| sent.method == "GET" || sent.body.contains("\"_method\":\"GET\"");
    for sent in sent.iter().filter(|sent| !reads(sent) && !sent.turned_away) {
        for (at, _) in sent.body.match_indices(&format!("\"{ONCE}")) {
            // one that was cut off says nothing
            if let Some((mark, _)) = sent.body[at + 1..].split_once('"') {
                tries.entry(mark).or_default().push(sent);
            }
        }
    }
    for (mark, tries) in tries {
        let known = ids
            && tries
                .iter()
                .all(|sent| sent.id.is_some() && sent.id == tries[0].id);
        if tries.len() > 1 && !known {
            return Err(format!("{mark} was sent {} times: {:?}", tries.len(), tries));
        }
    }
    Ok(())
}
