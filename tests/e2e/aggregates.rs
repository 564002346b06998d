//! Aggregations: distinct values, results of all rows and of groups, pipelines.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use crate::models::store;
use chrono::TimeZone;
use parse_orm::ErrorCode;
use parse_orm::prelude::*;
use serde::Deserialize;
use serde_json::json;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eAggPlayer")]
struct Runner {
    name: String,
}

#[derive(ParseValue, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[parse(rename_all = "lowercase")]
enum Surface {
    Track,
    Road,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eAggRace")]
struct Race {
    run: String,
    runner_name: String,
    points: i64,
    pace: Option<f64>,
    level: Option<i64>,
    surface: Option<Surface>,
    started_at: Option<DateTime<Utc>>,
    #[parse(default)]
    medals: Vec<String>,
    runner: Option<Pointer<Runner>>,
    #[parse(default)]
    pacers: Vec<Pointer<Runner>>,
    fans: Relation<Runner>,
}

const F: RaceFields = Race::F;

fn race(run: &str, runner_name: &str, points: i64) -> Race {
    Race {
        run: run.into(),
        runner_name: runner_name.into(),
        points,
        pace: None,
        level: None,
        surface: None,
        started_at: None,
        medals: Vec::new(),
        runner: None,
        pacers: Vec::new(),
        fans: Relation::new(),
    }
}

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, day, 12, 30, 0).unwrap()
}

fn of_run(backend: &Backend) -> QuerySet<Race> {
    query!(Race.filter(run = backend.run()))
}

/// Ann has 10 and 20 points, Bob 5, and Cid none at all on a level of his own.
async fn races(backend: &Backend) -> parse_orm::Result<(Object<Runner>, Object<Runner>)> {
    let ann = Runner { name: "Ann".into() }.create(backend.client()).await?;
    let bob = Runner { name: "Bob".into() }.create(backend.client()).await?;
    let run = backend.run();
    let medals = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    store(
        backend,
        [
            Race {
                pace: Some(4.5),
                level: Some(1),
                surface: Some(Surface::Track),
                started_at: Some(day(1)),
                medals: medals(&["gold", "fair"]),
                runner: Some(ann.pointer()),
                pacers: vec![ann.pointer(), bob.pointer()],
                ..race(&run, "Ann", 10)
            },
            Race {
                pace: Some(5.5),
                level: Some(2),
                surface: Some(Surface::Road),
                started_at: Some(day(3)),
                medals: medals(&["gold"]),
                runner: Some(ann.pointer()),
                ..race(&run, "Ann", 20)
            },
            Race {
                pace: Some(8.0),
                level: Some(1),
                surface: Some(Surface::Road),
                started_at: Some(day(2)),
                runner: Some(bob.pointer()),
                ..race(&run, "Bob", 5)
            },
            race(&run, "Cid", 0),
        ],
    )
    .await?;
    Ok((ann, bob))
}

#[tokio::test]
async fn distinct_values_are_typed() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());

    let names: Vec<String> = set.distinct(master, F.runner_name).await?;
    assert_eq!(sorted(names), ["Ann", "Bob", "Cid"]);
    // a row without a value adds none, and an optional field is no `Option` here
    let levels: Vec<i64> = set.distinct(master, F.level).await?;
    assert_eq!(sorted(levels), [1, 2]);
    let surfaces: Vec<Surface> = set.distinct(master, F.surface).await?;
    assert_eq!(sorted(surfaces), [Surface::Track, Surface::Road]);
    let dates: Vec<DateTime<Utc>> = set.distinct(master, F.started_at).await?;
    assert_eq!(sorted(dates), [day(1), day(2), day(3)]);
    // of an array, the elements
    let medals: Vec<String> = set.distinct(master, F.medals).await?;
    assert_eq!(sorted(medals), ["fair", "gold"]);
    let runners: Vec<Pointer<Runner>> = set.distinct(master, F.runner).await?;
    let ids = sorted(runners.iter().filter_map(|runner| runner.id().cloned()));
    assert_eq!(ids, sorted([ann.id().clone(), bob.id().clone()]));
    let pacers: Vec<Pointer<Runner>> = set.distinct(master, F.pacers).await?;
    assert_eq!(pacers.len(), 2);
    let ids: Vec<ObjectId> = set.distinct(master, F.object_id).await?;
    assert_eq!(ids.len(), 4);
    Ok(())
}

#[tokio::test]
async fn distinct_values_of_a_query_through_a_pointer() -> Outcome {
    let backend = backend().await;
    let (ann, _) = races(&backend).await?;
    let set = query!(of_run(&backend).filter(runner.name = "Ann", runner = &ann, points__gt = 10));
    let names: Vec<String> = set.distinct(backend.master(), F.runner_name).await?;
    assert_eq!(names, ["Ann"]);
    let none = query!(set.filter(points__gt = 100));
    assert!(none.distinct(backend.master(), F.runner_name).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn results_of_all_rows() -> Outcome {
    let backend = backend().await;
    races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());

    let total: i64 = set.aggregate(master, F.points.sum()).await?;
    assert_eq!(total, 35);
    let (rows, pace, average, best, last, name) = set
        .aggregate(
            master,
            (
                Aggregate::count(),
                F.pace.sum(),
                F.points.avg(),
                F.points.max(),
                F.started_at.max(),
                F.runner_name.min(),
            ),
        )
        .await?;
    assert_eq!((rows, pace), (4, 18.0));
    assert_eq!((average, best), (Some(8.75), Some(20)));
    assert_eq!((last, name.as_deref()), (Some(day(3)), Some("Ann")));

    let high = query!(set.filter(points__gte = 10, points__lt = 20));
    assert_eq!(high.aggregate(master, Aggregate::count()).await?, 1);
    Ok(())
}

#[tokio::test]
async fn results_of_no_rows() -> Outcome {
    let backend = backend().await;
    races(&backend).await?;
    let none = query!(of_run(&backend).filter(points__gt = 1000));
    let results = (Aggregate::count(), F.points.sum(), F.pace.avg(), F.level.min());
    let (rows, sum, average, least) = none.aggregate(backend.master(), results).await?;
    assert_eq!((rows, sum, average, least), (0, 0, None, None));
    let groups = none
        .group_by(F.runner_name)
        .aggregate(backend.master(), F.points.sum())
        .await?;
    assert!(groups.is_empty());
    Ok(())
}

#[tokio::test]
async fn results_of_groups_in_one_line() -> Outcome {
    let backend = backend().await;
    races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());

    let totals: Vec<(String, i64)> = set
        .group_by(F.runner_name)
        .order_by(F.points.sum().desc())
        .aggregate(master, F.points.sum())
        .await?;
    assert_eq!(
        totals,
        [
            ("Ann".to_owned(), 30),
            ("Bob".to_owned(), 5),
            ("Cid".to_owned(), 0)
        ]
    );

    // the order need not be by what is asked for; the limit is one of groups
    let best = set
        .group_by(F.runner_name)
        .order_by(F.points.max().desc())
        .limit(2);
    let rows = best.aggregate(master, (Aggregate::count(), F.pace.avg())).await?;
    assert_eq!(
        rows,
        [
            ("Ann".to_owned(), (2, Some(5.0))),
            ("Bob".to_owned(), (1, Some(8.0)))
        ]
    );
    assert!(
        best.clone()
            .limit(0)
            .aggregate(master, Aggregate::count())
            .await?
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn groups_have_keys_of_any_type() -> Outcome {
    let backend = backend().await;
    let (ann, bob) = races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());

    let by_runner = set.group_by(F.runner).aggregate(master, F.points.sum()).await?;
    let of = |id: Option<&ObjectId>| {
        let group = by_runner
            .iter()
            .find(|(runner, _)| runner.as_ref().and_then(Pointer::id) == id);
        group.map(|(_, sum)| *sum)
    };
    assert_eq!(by_runner.len(), 3);
    assert_eq!(
        [of(Some(ann.id())), of(Some(bob.id())), of(None)],
        [Some(30), Some(5), Some(0)]
    );

    let by_date = set
        .group_by(F.started_at)
        .aggregate(master, Aggregate::count())
        .await?;
    assert_eq!(
        sorted(by_date),
        [(None, 1), (Some(day(1)), 1), (Some(day(2)), 1), (Some(day(3)), 1)]
    );

    let by_two = set
        .group_by((F.level, F.surface))
        .aggregate(master, F.points.sum())
        .await?;
    let expected = [
        ((None, None), 0),
        ((Some(1), Some(Surface::Track)), 10),
        ((Some(1), Some(Surface::Road)), 5),
        ((Some(2), Some(Surface::Road)), 20),
    ];
    assert_eq!(sorted(by_two), expected);
    let newest = set
        .group_by(F.created_at)
        .aggregate(master, Aggregate::count())
        .await?;
    assert_eq!(newest.iter().map(|(_, rows)| rows).sum::<u64>(), 4);
    Ok(())
}

#[tokio::test]
async fn rows_without_a_key_that_must_be_there_are_an_error() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eAggRace")]
    struct Strict {
        run: String,
        level: i64,
    }
    let backend = backend().await;
    races(&backend).await?;
    let strict = query!(Strict.filter(run = backend.run())).group_by(Strict::F.level);
    let error = strict
        .aggregate(backend.master(), Aggregate::count())
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("E2eAggRace") && text.contains("`level`") && text.contains("rows without the field"),
        "{text}"
    );
    Ok(())
}

/// The conditions that both databases know in an aggregation.
#[tokio::test]
async fn conditions_of_dates_and_pointers() -> Outcome {
    let backend = backend().await;
    let (ann, _) = races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());
    let points = |set: QuerySet<Race>| async move { set.aggregate(master, F.points.sum()).await };
    assert_eq!(points(query!(set.filter(runner = &ann))).await?, 30);
    assert_eq!(points(query!(set.filter(started_at = day(2)))).await?, 5);
    assert_eq!(
        points(query!(
            set.filter(started_at__gt = day(1), started_at__lte = day(3))
        ))
        .await?,
        25
    );
    assert_eq!(points(query!(set.filter(started_at__isnull = false))).await?, 35);
    let now = Utc::now() + chrono::Duration::days(1);
    assert_eq!(points(query!(set.filter(created_at__lt = now))).await?, 35);
    Ok(())
}

#[tokio::test]
async fn conditions_of_every_kind() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::AggregateBeyondTheBasics).await;
    let (ann, bob) = races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());
    let points = |set: QuerySet<Race>| async move { set.aggregate(master, F.points.sum()).await };
    assert_eq!(points(query!(set.filter(runner__in = [&ann, &bob]))).await?, 35);
    assert_eq!(points(query!(set.filter(runner__ne = &ann))).await?, 5);
    assert_eq!(points(query!(set.filter(runner__isnull = true))).await?, 0);
    assert_eq!(points(query!(set.filter(started_at__isnull = true))).await?, 0);
    assert_eq!(
        points(query!(set.filter(Q(points = 10) | Q(runner = &bob)))).await?,
        15
    );
    assert_eq!(points(query!(set.exclude(points__gt = 10))).await?, 15);
    assert_eq!(points(query!(set.filter(!Q(points = 10, level = 1)))).await?, 25);
    assert_eq!(
        points(query!(set.filter(runner_name__in = ["Bob", "Cid"]))).await?,
        5
    );
    assert_eq!(
        points(query!(set.filter(runner_name__istartswith = "an"))).await?,
        30
    );
    assert_eq!(points(query!(set.filter(medals = "gold"))).await?, 30);
    assert_eq!(
        points(query!(set.filter(points__gte = 0, points__ne = 20))).await?,
        15
    );
    assert_eq!(points(query!(set.filter(object_id__ne = ann.id()))).await?, 35);
    Ok(())
}

#[tokio::test]
async fn groups_in_the_order_of_their_keys() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::AggregateBeyondTheBasics).await;
    races(&backend).await?;
    let groups = of_run(&backend).group_by((F.level, F.runner_name));
    let rows = groups
        .order_by(F.level.desc())
        .order_by(F.runner_name.asc())
        .aggregate(backend.master(), F.started_at.max())
        .await?;
    let keys: Vec<_> = rows
        .iter()
        .map(|((level, name), _)| (*level, name.as_str()))
        .collect();
    assert_eq!(
        keys,
        [
            (Some(2), "Ann"),
            (Some(1), "Ann"),
            (Some(1), "Bob"),
            (None, "Cid")
        ]
    );
    assert_eq!(rows[1].1, Some(day(1)));
    Ok(())
}

#[tokio::test]
async fn values_as_lists() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::AggregateBeyondTheBasics).await;
    let (ann, _) = races(&backend).await?;
    let groups = of_run(&backend)
        .group_by(F.runner_name)
        .order_by(F.runner_name.asc());
    let rows = groups
        .aggregate(
            backend.master(),
            (F.points.push(), F.runner.push(), F.started_at.push()),
        )
        .await?;
    let (name, (points, runners, dates)) = &rows[0];
    assert_eq!((name.as_str(), sorted(points.clone())), ("Ann", vec![10, 20]));
    assert!(runners.iter().all(|runner| runner.id() == Some(ann.id())) && runners.len() == 2);
    assert_eq!(sorted(dates.clone()), [day(1), day(3)]);
    // no value, no element
    assert!(rows[2].1.1.is_empty() && rows[2].1.2.is_empty());
    Ok(())
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Total {
    runner_name: String,
    total: i64,
    latest: Option<DateTime<Utc>>,
}

/// The stages that both databases know.
#[tokio::test]
async fn a_pipeline_reads_into_a_type_of_the_program() -> Outcome {
    let backend = backend().await;
    races(&backend).await?;
    let rows: Vec<Total> = of_run(&backend)
        .pipeline()
        .group(
            F.runner_name,
            [F.points.sum().named("total"), F.started_at.max().named("latest")],
        )
        .sort("-total")
        .limit(2)
        .all(backend.master())
        .await?;
    let total = |name: &str, total, latest| Total {
        runner_name: name.into(),
        total,
        latest,
    };
    assert_eq!(
        rows,
        [total("Ann", 30, Some(day(3))), total("Bob", 5, Some(day(2)))]
    );
    Ok(())
}

#[tokio::test]
async fn pointers_in_a_pipelines_rows_are_ids() -> Outcome {
    #[derive(Deserialize, Debug)]
    struct Row {
        runner: Option<ObjectId>,
        races: u64,
    }
    let backend = backend().await;
    let (ann, _) = races(&backend).await?;
    let pipeline = of_run(&backend)
        .pipeline()
        .group(F.runner, [Aggregate::count().named("races")]);
    let rows: Vec<Row> = pipeline.sort("-races").all(backend.master()).await?;
    assert_eq!(rows[0].runner.as_ref(), Some(ann.id()));
    assert_eq!(rows.iter().map(|row| row.races).sum::<u64>(), 4);
    assert!(rows.iter().any(|row| row.runner.is_none()));
    Ok(())
}

#[tokio::test]
async fn every_stage() -> Outcome {
    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        object_id: ObjectId,
        points: i64,
        runner: Option<ObjectId>,
        started_at: Option<DateTime<Utc>>,
        created_at: Option<DateTime<Utc>>,
        runner_name: Option<String>,
    }
    let backend = mock_because_postgres_cannot(PostgresCannot::AggregateBeyondTheBasics).await;
    let (ann, _) = races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());

    // whole rows, in an order by database names
    let rows: Vec<Row> = set
        .pipeline()
        .sort([F.created_at.desc(), F.object_id.asc()])
        .all(master)
        .await?;
    assert_eq!(rows.len(), 4);
    assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(row.created_at)));
    let rows: Vec<Row> = set
        .pipeline()
        .filter(q!(Race, runner = &ann))
        .sort(F.points.desc())
        .skip(1)
        .limit(1)
        .project((F.points, F.runner, F.started_at))
        .all(master)
        .await?;
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (row.points, row.runner.as_ref(), row.started_at),
        (10, Some(ann.id()), Some(day(1)))
    );
    assert!(row.runner_name.is_none() && row.created_at.is_none() && row.object_id.as_str().len() == 10);

    let sample: Vec<Row> = set.pipeline().sample(2).all(master).await?;
    assert_eq!(sample.len(), 2);

    #[derive(Deserialize, Debug, PartialEq)]
    struct Medal {
        medals: String,
        rows: u64,
        best: i64,
    }
    let medals: Vec<Medal> = set
        .pipeline()
        .unwind(F.medals)
        .group(
            F.medals,
            [Aggregate::count().named("rows"), F.points.max().named("best")],
        )
        .sort(["-rows", "medals"])
        .all(master)
        .await?;
    let medal = |name: &str, rows, best| Medal {
        medals: name.into(),
        rows,
        best,
    };
    assert_eq!(medals, [medal("gold", 2, 20), medal("fair", 1, 10)]);

    #[derive(Deserialize, Debug, PartialEq)]
    struct Ends {
        first: String,
        last: String,
        starters: Vec<String>,
        all: Vec<i64>,
    }
    let ends: Vec<Ends> = set
        .pipeline()
        .sort([F.points.asc()])
        .group(
            (),
            [
                F.runner_name.first().named("first"),
                F.runner_name.last().named("last"),
                F.runner.push().named("starters"),
                F.points.push().named("all"),
            ],
        )
        .all(master)
        .await?;
    assert_eq!((ends[0].first.as_str(), ends[0].last.as_str()), ("Cid", "Ann"));
    assert_eq!(ends[0].all, [0, 5, 10, 20]);
    assert!(
        ends[0]
            .starters
            .iter()
            .filter(|id| *id == ann.id().as_str())
            .count()
            == 2,
        "{ends:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_stage_by_hand() -> Outcome {
    #[derive(Deserialize)]
    struct Count {
        races: u64,
    }
    let backend = mock_because_postgres_cannot(PostgresCannot::AggregateBeyondTheBasics).await;
    races(&backend).await?;
    let pipeline = of_run(&backend).pipeline().raw(json!({"$count": "races"}));
    let rows: Vec<Count> = pipeline.all(backend.master()).await?;
    assert_eq!(rows[0].races, 4);
    Ok(())
}

#[tokio::test]
async fn a_row_that_does_not_read_as_the_type() -> Outcome {
    #[derive(Deserialize, Debug)]
    struct Wrong {
        #[expect(dead_code, reason = "never read")]
        total: String,
    }
    let backend = backend().await;
    races(&backend).await?;
    let pipeline = of_run(&backend)
        .pipeline()
        .group((), [F.points.sum().named("total")]);
    // PostgreSQL's adapter cannot group by nothing after a condition
    let pipeline = match backend.server() {
        Some(_) => pipeline,
        None => Race::objects()
            .pipeline()
            .group((), [F.points.sum().named("total")]),
    };
    let text = pipeline
        .all::<Wrong>(backend.master())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("E2eAggRace") && text.contains("Wrong") && text.contains("string"),
        "{text}"
    );
    Ok(())
}

/// A pipeline that makes the address too long goes as a POST that stands for a GET.
#[tokio::test]
async fn row_34_a_long_aggregation() -> Outcome {
    let backend = backend().await;
    races(&backend).await?;
    let long = "x".repeat(5000);
    let set = query!(of_run(&backend).filter(runner_name__lt = &long));
    assert_eq!(set.aggregate(backend.master(), F.points.sum()).await?, 35);
    let names = query!(of_run(&backend).filter(runner_name__ne = &long));
    assert_eq!(names.distinct(backend.master(), F.runner_name).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn what_an_aggregation_cannot_ask_is_refused_before_it_is_sent() -> Outcome {
    let backend = backend().await;
    let (ann, _) = races(&backend).await?;
    let (set, master) = (of_run(&backend), backend.master());
    let before = backend.server().map(|server| server.requests().len());
    let refused = |set: QuerySet<Race>| async move {
        let error = set.aggregate(master, F.points.sum()).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        error.to_string()
    };
    let text = refused(query!(set.filter(runner.name = "Ann"))).await;
    assert!(
        text.contains("`$inQuery` on `runner`") && text.contains("read the objects first"),
        "{text}"
    );
    let text = refused(query!(set.filter(pacers = &ann))).await;
    assert!(text.contains("`pacers`") && text.contains("Pointer"), "{text}");
    let text = refused(query!(set.filter(started_at__in = [day(1)]))).await;
    assert!(
        text.contains("`started_at`") || text.contains("`startedAt`"),
        "{text}"
    );
    let text = refused(query!(set.order_by(points))).await;
    assert!(text.contains("`order_by`") && text.contains("pipeline"), "{text}");
    let text = refused(query!(set.limit(3))).await;
    assert!(text.contains("`limit`"), "{text}");
    let text = refused(query!(set.select_related(runner))).await;
    assert!(text.contains("`select_related`"), "{text}");

    let text = query!(set.skip(1))
        .distinct(master, F.level)
        .await
        .unwrap_err()
        .to_string();
    assert!(text.contains("`limit` and `skip`"), "{text}");
    let groups = set.group_by(F.runner_name).order_by(F.level.asc());
    let text = groups
        .aggregate(master, F.points.sum())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("`level`") && text.contains("one of their keys"),
        "{text}"
    );

    for (pipeline, reason) in [
        (query!(set.limit(3)).pipeline(), "use the stages"),
        (
            set.pipeline().group((), [F.points.sum().named("createdAt")]),
            "`createdAt` cannot be the name",
        ),
        (
            set.pipeline().group((), [F.points.sum().named("a.b")]),
            "`a.b` cannot be the name",
        ),
        (
            set.pipeline().group(F.level, [F.points.sum().named("level")]),
            "two of the group's results",
        ),
        (
            set.pipeline().group((), []).filter(q!(Race, points = 1)),
            "after a `group`",
        ),
        (set.pipeline().group((), []).group((), []), "second `group`"),
        (set.pipeline().limit(0), "at least 1"),
        (set.pipeline().raw(json!({"limit": 1})), "one key"),
        (set.pipeline().raw(json!({"$limit": 1, "$skip": 1})), "one key"),
        (set.pipeline().raw(json!("$count")), "one key"),
    ] {
        let text = pipeline
            .all::<serde_json::Value>(master)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            text.contains(reason) && text.contains("nothing was sent"),
            "{text}"
        );
    }
    assert_eq!(backend.server().map(|server| server.requests().len()), before);
    Ok(())
}

#[tokio::test]
async fn the_servers_own_refusal_is_told() -> Outcome {
    let backend = backend().await;
    races(&backend).await?;
    let pipeline = of_run(&backend)
        .pipeline()
        .raw(json!({"$group": {"n": {"$sum": 1}}}));
    let error = pipeline
        .all::<serde_json::Value>(backend.master())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidQuery));
    assert!(error.to_string().contains("/aggregate/E2eAggRace"), "{error}");
    Ok(())
}
