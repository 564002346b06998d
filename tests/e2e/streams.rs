//! Streams and views.

use crate::backend::backend;
use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Debug)]
#[parse(class_name = "E2eStream")]
struct Row {
    run: String,
    n: i64,
    a: Option<i64>,
    b: Option<String>,
    at: Option<DateTime<Utc>>,
    done: Option<bool>,
}

/// Rows with many ties and many missing values.
async fn seed(client: &Client, run: &str, rows: i64) {
    for n in 0..rows {
        let row = Row {
            run: run.into(),
            n,
            a: (n % 3 != 0).then_some(n % 4),
            b: (n % 5 != 0).then(|| format!("b{}", n % 7)),
            at: (n % 4 != 1).then(|| DateTime::from_timestamp(1_600_000_000 + n % 6, 0).unwrap()),
            done: (n % 3 != 2).then_some(n % 2 == 0),
        };
        row.create(client).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_gives_every_row_once_in_any_order_with_ties_and_missing_values() {
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    seed(client, &run, 40).await;
    let all = query!(Row.filter(run = &run));
    for set in [
        all.clone(),
        query!(all.order_by(a)),
        query!(all.order_by(-a, b)),
        query!(all.order_by(-at, a, -b)),
        query!(all.order_by(done, -n)),
        query!(all.order_by(-created_at)),
    ] {
        let rows: Vec<_> = set.stream(client).try_collect().await.unwrap();
        let mut numbers: Vec<_> = rows.iter().map(|row| row.n).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "{set:?}");
        let same: Vec<_> = set.all(client).await.unwrap().iter().map(|row| row.n).collect();
        assert_eq!(same, rows.iter().map(|row| row.n).collect::<Vec<_>>(), "{set:?}");
    }
}

#[tokio::test]
async fn a_slice_and_a_limit_end_a_stream() {
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    seed(client, &run, 12).await;
    let all = query!(Row.filter(run = &run).order_by(n));
    let numbers = |rows: Vec<Object<Row>>| rows.iter().map(|row| row.n).collect::<Vec<_>>();
    assert_eq!(
        numbers(query!(all[3..6]).stream(client).try_collect().await.unwrap()),
        [3, 4, 5]
    );
    assert_eq!(
        numbers(all.limit(2).stream(client).try_collect().await.unwrap()),
        [0, 1]
    );
    assert_eq!(
        numbers(all.skip(10).stream(client).try_collect().await.unwrap()),
        [10, 11]
    );
}

#[derive(ParseView, Debug, PartialEq)]
#[parse(model = Row)]
struct Short {
    n: i64,
    b: Option<String>,
}

#[tokio::test]
async fn a_view_holds_the_fields_that_it_names_in_the_order_of_the_query() {
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    seed(client, &run, 7).await;
    let short: Vec<Short> = query!(Row.filter(run = &run).order_by(-n)[..2])
        .values(client)
        .await
        .unwrap();
    assert_eq!(
        short,
        [
            Short {
                n: 6,
                b: Some("b6".into())
            },
            Short { n: 5, b: None }
        ]
    );
}

/// The same class, by a model that wants a value in every row.
#[derive(ParseObject, Clone, Debug)]
#[parse(class_name = "E2eStream")]
struct Strict {
    run: String,
    n: i64,
    b: String,
}

#[derive(ParseView, Debug)]
#[parse(model = Strict)]
struct StrictView {
    b: String,
}

#[tokio::test]
async fn a_row_that_does_not_fit_is_an_error_of_its_own_and_the_stream_goes_on() {
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    seed(client, &run, 12).await;
    let rows: Vec<_> = query!(Strict.filter(run = &run).order_by(n))
        .stream(client)
        .collect()
        .await;
    // every fifth row has no `b`
    let fits: Vec<bool> = rows.iter().map(Result::is_ok).collect();
    assert_eq!(fits, (0..12).map(|n| n % 5 != 0).collect::<Vec<_>>());
    for row in rows.into_iter().filter_map(Result::err) {
        let Error::Decode(error) = row else {
            panic!("{row}")
        };
        assert_eq!(
            (error.class_name, error.field.as_deref()),
            ("E2eStream", Some("b"))
        );
        assert!(error.id.is_some(), "{error}");
    }
    let views = query!(Strict.filter(run = &run))
        .values::<StrictView>(client)
        .await;
    let Err(Error::Decode(error)) = views else {
        panic!("{views:?}")
    };
    assert!(
        error.id.is_some() && error.to_string().contains("`b` is missing"),
        "{error}"
    );

    let views = query!(Strict.filter(run = &run, b__isnull = false))
        .values::<StrictView>(client)
        .await
        .unwrap();
    assert_eq!(views.len(), 9);
    assert!(views.iter().all(|view| view.b.starts_with('b')));
}
