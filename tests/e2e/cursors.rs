//! Pages and cursors: to stop, and to go on elsewhere.

use crate::backend::{Outcome, backend};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::json;

#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Home {
    city: Option<String>,
    number: Option<f64>,
    since: Option<DateTime<Utc>>,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eCursor")]
struct Row {
    run: String,
    number: i64,
    group: Option<i64>,
    amount: Option<f64>,
    at: Option<DateTime<Utc>>,
    home: Option<Home>,
    place: Option<GeoPoint>,
}

fn row(run: &str, number: i64) -> Row {
    // dates that differ by milliseconds, and numbers that no decimal fraction hits
    let at = DateTime::from_timestamp_millis(1_600_000_000_000 + number % 5).unwrap();
    Row {
        run: run.into(),
        number,
        group: (number % 4 != 0).then_some(number % 3),
        amount: (number % 7 != 0).then_some(0.1 * (number % 6) as f64),
        at: (number % 6 != 0).then_some(at),
        home: (number % 3 != 0).then(|| Home {
            city: (number % 4 != 1).then(|| format!("c{}", number % 4)),
            number: (number % 5 != 1).then_some(0.1 * (number % 13) as f64),
            since: Some(at),
        }),
        place: None,
    }
}

async fn fill(client: &Client, run: &str, rows: i64) -> parse_orm::Result<QuerySet<Row>> {
    let values: Vec<_> = (0..rows).map(|number| row(run, number)).collect();
    for some in values.chunks(8) {
        futures::future::try_join_all(some.iter().map(|value| value.create(client))).await?;
    }
    Ok(query!(Row.filter(run = run)))
}

fn numbers(rows: &[Object<Row>]) -> Vec<i64> {
    rows.iter().map(|row| row.number).collect()
}

/// The text goes through another process, as it were.
fn carried(cursor: &Cursor) -> Cursor {
    let text = serde_json::to_string(cursor).unwrap();
    let read: Cursor = serde_json::from_str(&text).unwrap();
    assert_eq!(&read, cursor);
    let text = cursor.to_string();
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    );
    text.parse().unwrap()
}

fn orders(all: &QuerySet<Row>) -> Vec<QuerySet<Row>> {
    vec![
        all.clone(),
        query!(all.order_by(group)),
        query!(all.order_by(-group, amount)),
        query!(all.order_by(-at, group, -amount)),
        query!(all.order_by(at)),
        query!(all.order_by(-amount)),
        query!(all.order_by(-created_at)),
        query!(all.order_by(updated_at)),
        query!(all.order_by(home.city)),
        query!(all.order_by(-home.city, group)),
        query!(all.order_by(-home.number, -at)),
        query!(all.order_by(home.number)),
        query!(all.order_by(group).skip(5)),
        query!(all.order_by(home.since)),
    ]
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_last_row_that_was_taken() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let all = fill(client, &backend.run(), 40).await?;
    for set in orders(&all) {
        let whole = numbers(&set.all(client).await?);
        for taken in [0, 1, 6, 7, 8, 20, whole.len()] {
            let mut rows = set.page_size(7).stream(client);
            let mut found = Vec::new();
            for _ in 0..taken {
                found.push(rows.try_next().await?.unwrap().number);
            }
            let cursor = carried(&rows.cursor()?);
            drop(rows);
            let rest: Vec<_> = set.after(&cursor).stream(client).try_collect().await?;
            found.extend(numbers(&rest));
            assert_eq!(found, whole, "{set:?} after {taken}");
            // and what else reads the rest agrees
            let rest = set.after(&cursor);
            assert_eq!(rest.count(client).await? as usize, whole.len() - taken, "{set:?}");
            assert_eq!(rest.exists(client).await?, taken < whole.len());
            assert_eq!(
                rest.first(client).await?.map(|row| row.number),
                whole.get(taken).copied(),
                "{set:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_scan_stops_and_goes_on_many_times() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let all = query!(fill(client, &backend.run(), 30).await?.order_by(group, -amount));
    let whole = numbers(&all.all(client).await?);
    let mut found = Vec::new();
    let mut at: Option<Cursor> = None;
    for step in 1.. {
        let mut rows = match &at {
            None => all.page_size(4).stream(client),
            Some(cursor) => all.page_size(4).after(cursor).stream(client),
        };
        let before = found.len();
        for _ in 0..step {
            found.extend(rows.try_next().await?.map(|row| row.number));
        }
        at = Some(carried(&rows.cursor()?));
        if found.len() == before {
            break;
        }
        assert!(found.len() <= whole.len(), "{found:?}");
    }
    assert_eq!(found, whole);
    Ok(())
}

/// A limit counts from the first row of all.
#[tokio::test]
async fn the_limit_of_a_query_holds_across_a_cursor() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let all = query!(fill(client, &backend.run(), 20).await?.order_by(-number));
    let mut rows = all.limit(7).stream(client);
    rows.try_next().await?;
    rows.try_next().await?;
    let cursor = rows.cursor()?;
    let rest = all.limit(7).after(&cursor);
    assert_eq!(numbers(&rest.all(client).await?), [17, 16, 15, 14, 13]);
    assert_eq!(rest.count(client).await?, 5);
    let sliced = query!(all[3..7]);
    let mut rows = sliced.stream(client);
    rows.try_next().await?;
    assert_eq!(
        numbers(&sliced.after(&rows.cursor()?).all(client).await?),
        [15, 14, 13]
    );
    Ok(())
}

#[tokio::test]
async fn the_cursor_of_another_query_is_refused() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eCursorOther")]
    struct Other {
        run: String,
        number: i64,
    }
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    let all = query!(fill(client, &run, 3).await?.order_by(number));
    let mut rows = all.stream(client);
    rows.try_next().await?;
    let cursor = rows.cursor()?;
    let refused = |error: Error| {
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains("belongs to another query"), "{error}");
    };
    for other in [
        query!(all.filter(number__gt = 0)),
        query!(all.order_by(-number)),
        query!(all.order_by(number, group)),
        all.skip(1),
    ] {
        let other = other.after(&cursor);
        refused(other.all(client).await.unwrap_err());
        refused(other.first(client).await.unwrap_err());
        refused(other.count(client).await.unwrap_err());
        refused(other.page(client, 2).await.unwrap_err());
        refused(other.stream(client).try_next().await.unwrap_err());
    }
    refused(
        query!(Other.filter(run = &run).order_by(number))
            .after(&cursor)
            .all(client)
            .await
            .unwrap_err(),
    );
    // what is read of the rows is not part of it
    let rest = query!(all.exclude_keys(amount)).after(&cursor);
    assert_eq!(rest.all(client).await?.len(), 2);
    Ok(())
}

/// A cursor may come from anywhere: it cannot smuggle conditions in.
#[test]
fn a_text_that_is_no_cursor_is_refused() {
    // {"q":1,"c":0,"p":{"v":[{"__type":"x","$gt":""},{}]}}
    let smuggled = "eyJxIjoxLCJjIjowLCJwIjp7InYiOlt7Il9fdHlwZSI6IngiLCIkZ3QiOiIifSx7fV19fQ";
    for text in [
        "",
        "x",
        "e30",
        "{}",
        "eyJxIjoxfQ",
        smuggled,
        &format!("{smuggled}="),
    ] {
        let error = text.parse::<Cursor>().unwrap_err();
        assert!(error.to_string().contains("no cursor"), "{text}: {error}");
        assert!(serde_json::from_value::<Cursor>(json!(text)).is_err());
    }
    // {"q":1,"c":0,"p":{"v":["a",{}]}}
    assert!(
        "eyJxIjoxLCJjIjowLCJwIjp7InYiOlsiYSIse31dfX0"
            .parse::<Cursor>()
            .is_ok()
    );
}

#[tokio::test]
async fn row_33_pages_with_a_total_and_the_way_to_the_next() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let all = fill(client, &backend.run(), 23).await?;
    for set in orders(&all) {
        let whole = numbers(&set.all(client).await?);
        for size in [1, 5, 8, 22, 23, 24, 1000] {
            if size == 1 && whole.len() > 20 {
                continue;
            }
            let mut found = Vec::new();
            let mut page = set.page(client, size).await?;
            loop {
                assert_eq!(page.total as usize, whole.len(), "{set:?}");
                assert!(page.items.len() as u64 <= size);
                found.extend(numbers(&page.items));
                let Some(next) = &page.next else { break };
                assert_eq!(page.items.len() as u64, size);
                page = set.after(&carried(next)).page(client, size).await?;
            }
            assert_eq!(found, whole, "{set:?} by {size}");
        }
    }
    let limited = all.limit(7);
    let first = limited.page(client, 5).await?;
    assert_eq!((first.items.len(), first.total), (5, 7));
    let second = limited.after(&first.next.unwrap()).page(client, 5).await?;
    assert_eq!((second.items.len(), second.total, second.next), (2, 7, None));
    let sliced = query!(all.order_by(number)[20..]).page(client, 2).await?;
    assert_eq!((numbers(&sliced.items), sliced.total), (vec![20, 21], 3));
    let none = query!(all.filter(number = -1)).page(client, 5).await?;
    assert!(none.items.is_empty() && none.total == 0 && none.next.is_none());
    assert!(
        all.page(client, 0)
            .await
            .unwrap_err()
            .to_string()
            .contains("`count`")
    );
    Ok(())
}

/// The total may be wrong; the way to the next page is not.
#[tokio::test]
async fn row_33_no_row_is_lost_to_a_count_that_is_an_estimate() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let _ = fill(client, &run, 9).await?;
    // the real server estimates this one
    let all = query!(Row.order_by(-created_at));
    let mut found = 0;
    let mut page = all.page(backend.master(), 4).await?;
    for _ in 0..40 {
        found += page.items.iter().filter(|row| row.run == run).count();
        let Some(next) = page.next.take().filter(|_| found < 9) else {
            break;
        };
        page = all.after(&next).page(backend.master(), 4).await?;
    }
    assert_eq!(found, 9);
    assert_eq!(query!(Row.filter(run = &run)).count(client).await?, 9);
    Ok(())
}

/// One request for a page, of the same shape for each of them.
#[tokio::test]
async fn the_cost_of_a_page_does_not_grow() -> Outcome {
    let server = MockServer::start().await;
    let client = &server.client();
    let all = query!(fill(client, "r", 60).await?.order_by(-number));
    let asked = |from: usize| -> Vec<_> { server.requests().into_iter().skip(from).collect() };

    let before = server.requests().len();
    let mut page = all.page(client, 10).await?;
    for _ in 0..5 {
        page = all.after(&page.next.unwrap()).page(client, 10).await?;
    }
    assert!(page.next.is_none());
    let requests = asked(before);
    assert_eq!(requests.len(), 6);

    let before = server.requests().len();
    let rows: Vec<_> = all.page_size(10).stream(client).try_collect().await?;
    assert_eq!(rows.len(), 60);
    let streamed = asked(before);
    assert_eq!(streamed.len(), 7);

    for requests in [requests, streamed] {
        let shape = |where_: &str| {
            let filter: serde_json::Value = serde_json::from_str(where_).unwrap();
            let or = filter["$or"].as_array().map(|all| {
                all.iter()
                    .map(|one| one.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            });
            (where_.len(), or)
        };
        let of = |number: usize| {
            let value = |name: &str| {
                let query = &requests[number].query;
                query
                    .iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
            };
            assert_eq!(value("skip"), None);
            (value("order"), value("limit"), shape(&value("where").unwrap()))
        };
        assert_eq!(of(1), of(2));
        assert_eq!(of(1), of(4));
    }
    Ok(())
}

/// A stream without look-ahead asks for a page when it is needed.
#[tokio::test]
async fn look_ahead_can_be_switched_off() -> Outcome {
    let server = MockServer::start().await;
    let client = &server.client();
    let all = fill(client, "r", 12).await?;
    let before = server.requests().len();
    let mut rows = all.page_size(5).stream(client).look_ahead(false);
    for _ in 0..5 {
        rows.try_next().await?;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(server.requests().len() - before, 1);
    rows.try_next().await?;
    assert_eq!(server.requests().len() - before, 2);
    let rest: Vec<_> = rows.try_collect().await?;
    assert_eq!(rest.len(), 6);

    let before = server.requests().len();
    let mut rows = all.page_size(5).stream(client);
    rows.try_next().await?;
    while server.requests().len() - before < 2 {
        tokio::task::yield_now().await;
    }
    drop(rows);
    Ok(())
}

/// A bad row is behind a cursor like any other.
#[tokio::test]
async fn a_row_that_does_not_fit_is_passed() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eCursor")]
    struct Strict {
        run: String,
        number: i64,
        group: i64,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let _ = fill(client, &run, 9).await?;
    let all = query!(Strict.filter(run = &run).order_by(number));
    let mut rows = all.stream(client);
    assert!(rows.next().await.unwrap().is_err());
    let rest: Vec<_> = all.after(&rows.cursor()?).stream(client).collect().await;
    assert_eq!(rest.len(), 8);
    assert_eq!(rest.iter().filter(|row| row.is_err()).count(), 2);
    Ok(())
}

#[derive(ParseView, Debug)]
#[parse(model = Row)]
struct Number {
    number: i64,
}

#[tokio::test]
async fn views_are_streamed_too() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let all = fill(client, &backend.run(), 17).await?;
    for set in orders(&all) {
        let streamed: Vec<Number> = set.page_size(4).values_stream(client).try_collect().await?;
        let streamed: Vec<_> = streamed.into_iter().map(|view| view.number).collect();
        assert_eq!(streamed, numbers(&set.all(client).await?), "{set:?}");
    }
    let sliced: Vec<Number> = query!(all.order_by(number)[3..5])
        .values_stream(client)
        .try_collect()
        .await?;
    assert_eq!(sliced.iter().map(|view| view.number).collect::<Vec<_>>(), [3, 4]);
    Ok(())
}
