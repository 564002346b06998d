//! More rows than fit into memory or into one answer: streams, places to go on from, pages of a listing.
//!
//! `cargo run --example streaming`

use parse_orm::Cursor;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// One measured value.
#[derive(ParseObject, Debug, Clone)]
pub struct Reading {
    pub sensor: String,
    pub value: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();
    let reading = |number| Reading {
        sensor: format!("s{}", number % 3),
        value: number,
    };
    let readings: Vec<_> = (0..2500).map(reading).collect();
    client.create_all(&readings).await.into_result()?;

    // row by row, in constant memory: the next page is on its way while this one is used
    server.clear_requests();
    let ordered = query!(Reading.order_by(-value));
    let mut rows = ordered.stream(&client);
    let (mut count, mut sum) = (0, 0);
    while let Some(reading) = rows.try_next().await? {
        count += 1;
        sum += reading.value;
    }
    println!("{count} rows, sum {sum}, {} requests", server.requests().len());
    assert_eq!((count, sum), (2500, 2499 * 2500 / 2));

    // stop anywhere, keep the place as a text, and go on there, in another process if need be
    let mut rows = ordered.stream(&client);
    for _ in 0..1234 {
        rows.try_next().await?;
    }
    let place = rows.cursor()?.to_string();
    drop(rows);
    let place: Cursor = place.parse()?;
    let mut rest = ordered.after(&place).stream(&client);
    let next = rest.try_next().await?.expect("more rows");
    println!("behind the place comes {}", next.value);
    assert_eq!(next.value, 2499 - 1234);
    drop(rest);

    // a listing: a page, how many there are in all, and where the next page begins
    let of_sensor = query!(Reading.filter(sensor = "s0").order_by(value));
    let first = of_sensor.page(&client, 20).await?;
    let next = first.next.expect("a second page");
    let second = of_sensor.after(&next).page(&client, 20).await?;
    println!("{} of {}", second.items.len(), second.total);
    assert_eq!((second.items[0].value, second.total), (60, 834));

    // the order by key makes page 1000 cost what page 1 does; nothing is skipped over
    assert!(
        server
            .requests()
            .iter()
            .all(|request| !format!("{request:?}").contains("skip"))
    );
    Ok(())
}
