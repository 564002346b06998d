//! Reading more rows than one answer holds.

use crate::backend::{Outcome, backend};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use serde_json::json;
use std::collections::HashSet;
use wiremock::ResponseTemplate;
use wiremock::matchers::method;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2ePaged")]
struct Paged {
    run: String,
    number: i64,
    half: i64,
}

async fn fill(client: &Client, run: &str, rows: i64) -> parse_orm::Result<QuerySet<Paged>> {
    let row = |number| Paged {
        run: run.into(),
        number,
        half: number / 2,
    };
    for chunk in (0..rows).collect::<Vec<_>>().chunks(16) {
        let values: Vec<_> = chunk.iter().map(|&number| row(number)).collect();
        futures::future::try_join_all(values.iter().map(|value| value.create(client))).await?;
    }
    Ok(query!(Paged.filter(run = run)))
}

fn numbers(rows: &[Object<Paged>]) -> Vec<i64> {
    rows.iter().map(|row| row.number).collect()
}

/// Each row once.
fn assert_complete(rows: &[Object<Paged>], expected: i64) {
    let distinct: HashSet<i64> = numbers(rows).into_iter().collect();
    assert_eq!(
        (rows.len(), distinct.len()),
        (expected as usize, expected as usize)
    );
}

#[tokio::test]
async fn row_30_all_does_not_stop_at_100() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let all = fill(client, &backend.run(), 130).await?;
    assert_complete(&all.all(client).await?, 130);
    let ordered = query!(all.order_by(-number)).all(client).await?;
    assert_eq!(numbers(&ordered), (0..130).rev().collect::<Vec<_>>());
    assert_eq!(
        numbers(&query!(all.order_by(number)[20..125]).all(client).await?),
        (20..125).collect::<Vec<_>>()
    );
    assert_eq!(query!(all.limit(110)).all(client).await?.len(), 110);
    assert_eq!(query!(all.skip(110)).all(client).await?.len(), 20);
    assert_eq!(all.count(client).await?, 130);
    Ok(())
}

/// A server may answer with fewer rows than asked for, without a word.
#[tokio::test]
async fn row_30_all_does_not_stop_at_a_clamped_limit() -> Outcome {
    let server = MockServer::builder().max_limit(7).start().await?;
    let client = server.client();
    let all = fill(&client, "r", 250).await?;
    assert_complete(&all.all(&client).await?, 250);
    assert_eq!(
        numbers(&query!(all.order_by(number)).all(&client).await?),
        (0..250).collect::<Vec<_>>()
    );
    assert_eq!(
        numbers(&query!(all.order_by(-number)[10..60]).all(&client).await?),
        (190..240).rev().collect::<Vec<_>>()
    );
    assert_eq!(query!(all.limit(50)).all(&client).await?.len(), 50);
    assert_eq!(all.try_all(&client).await?.len(), 250);
    assert_eq!(all.count(&client).await?, 250);
    Ok(())
}

/// Nor because it once gave longer pages: a limit may be lowered, and a trigger may leave rows out.
#[tokio::test]
async fn row_30_a_short_page_is_never_taken_for_the_end() -> Outcome {
    let server = wiremock::MockServer::start().await;
    let page = |from: i64, rows: i64| {
        let row = |number: i64| {
            json!({
                "objectId": format!("{number:010}"), "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-01T00:00:00.000Z", "run": "r", "number": number, "half": number / 2,
            })
        };
        let rows: Vec<_> = (from..from + rows).map(row).collect();
        ResponseTemplate::new(200).set_body_json(json!({"results": rows}))
    };
    for page in [
        page(0, 9),
        page(0, 0),
        page(0, 2),
        page(2, 2),
        page(4, 1),
        page(0, 0),
    ] {
        wiremock::Mock::given(method("GET"))
            .respond_with(page)
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let client = Client::builder(server.uri()).app_id("app").build()?;
    assert_eq!(Paged::objects().all(&client).await?.len(), 9);
    assert_eq!(Paged::objects().all(&client).await?.len(), 5);
    Ok(())
}

/// Also where the number of rows is a multiple of the page's.
#[tokio::test]
async fn the_last_page_may_be_full() -> Outcome {
    let server = MockServer::builder().max_limit(5).start().await?;
    for rows in [0, 1, 4, 5, 6, 10, 11] {
        server.reset();
        let client = server.client();
        let all = fill(&client, "r", rows).await?;
        assert_complete(&all.all(&client).await?, rows);
        assert_complete(&query!(all.order_by(half)).all(&client).await?, rows);
        let third = query!(all.order_by(number)[3..]).all(&client).await?;
        assert_eq!(numbers(&third), (3..rows).collect::<Vec<_>>());
    }
    Ok(())
}

/// Equal keys: no row twice, none left out.
#[tokio::test]
async fn row_32_pages_of_equal_rows() -> Outcome {
    let server = MockServer::builder().max_limit(3).start().await?;
    let client = server.client();
    let all = fill(&client, "r", 40).await?;
    let rows = query!(all.order_by(run)).all(&client).await?;
    assert_complete(&rows, 40);
    let rows = query!(all.order_by(half)).all(&client).await?;
    assert_complete(&rows, 40);
    assert!(rows.is_sorted_by_key(|row| row.half));
    Ok(())
}

/// The pages' own condition on the id does not take the user's away.
#[tokio::test]
async fn row_22_a_condition_on_the_id_survives_paging() -> Outcome {
    let server = MockServer::builder().max_limit(4).start().await?;
    let client = server.client();
    let all = fill(&client, "r", 30).await?;
    let mut ids: Vec<ObjectId> = all
        .all(&client)
        .await?
        .iter()
        .map(|row| row.id().clone())
        .collect();
    ids.sort();
    let after = query!(all.filter_with(|f| f.object_id.gt(&ids[9])));
    assert_eq!(after.all(&client).await?.len(), 20);
    let between = query!(all.filter(object_id__range = (&ids[5], &ids[24])));
    assert_eq!(between.all(&client).await?.len(), 20);
    let listed = query!(all.filter(object_id__in = &ids[..11]));
    assert_eq!(listed.all(&client).await?.len(), 11);
    // the query is as it was
    assert_eq!(after.count(&client).await?, 20);
    Ok(())
}

/// Rows that come and go while pages are read do not shift the others.
#[tokio::test]
async fn row_23_rows_that_come_and_go_meanwhile() -> Outcome {
    let server = MockServer::builder().max_limit(5).start().await?;
    let client = server.client();
    let all = fill(&client, "r", 60).await?;
    let doomed = query!(all.filter(number__lt = 20)).all(&client).await?;
    let reading = all.clone();
    let reader = client.clone();
    let read = tokio::spawn(async move { reading.all(&reader).await });
    for row in doomed {
        row.delete(&client).await?;
    }
    let found: HashSet<i64> = numbers(&read.await??).into_iter().collect();
    assert!((20..60).all(|number| found.contains(&number)), "{found:?}");
    Ok(())
}

/// One bad row is in the middle of many pages.
#[tokio::test]
async fn a_bad_row_does_not_stop_the_pages() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2ePaged")]
    struct Small {
        number: i8,
    }
    let server = MockServer::builder().max_limit(7).start().await?;
    let client = server.client();
    let _ = fill(&client, "r", 140).await?;
    let rows = query!(Small.filter(number__gte = 0)).try_all(&client).await?;
    assert_eq!(
        (rows.len(), rows.iter().filter(|row| row.is_err()).count()),
        (140, 12)
    );

    // nor a page, which the next one follows
    let set = query!(Small.order_by(number));
    let server = MockServer::start().await;
    let client = server.client();
    let _ = fill(&client, "r", 130).await?;
    assert!(matches!(set.page(&client, 129).await, Err(Error::Decode(_))));
    let first = set.try_page(&client, 129).await?;
    let [.., good, bad] = &first.items[..] else {
        return Err("129 rows".into());
    };
    assert!(good.as_ref().is_ok_and(|row| row.number == 127) && first.total == 130);
    let bad = bad.as_ref().unwrap_err();
    assert!(
        bad.id.is_some() && bad.field.as_deref() == Some("number"),
        "{bad}"
    );
    let next = set.after(&first.next.ok_or("a next page")?);
    assert_eq!(next.try_page(&client, 129).await?.items.len(), 1);
    Ok(())
}
