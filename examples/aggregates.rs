//! Sums, averages and lists that the server computes: for the master key only, so on a server of yours or in a tool, never
//! in a program that users hold in their hands.
//!
//! `cargo run --example aggregates`

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// One sale.
#[derive(ParseObject, Debug, Clone)]
pub struct Sale {
    pub shop: String,
    pub cents: i64,
    pub rating: Option<f64>,
    pub sold_at: DateTime<Utc>,
    #[parse(default)]
    pub labels: Vec<String>,
}

const F: SaleFields = Sale::F;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let (client, master) = (server.client(), server.master_client());
    let day = |day: u32| format!("2026-03-{day:02}T09:00:00Z").parse::<DateTime<Utc>>();
    for (shop, cents, rating, sold_at, labels) in [
        ("Oslo", 500, Some(4.0), day(1)?, ["new", "book"]),
        ("Oslo", 1500, None, day(2)?, ["used", "book"]),
        ("Bergen", 700, Some(5.0), day(2)?, ["new", "game"]),
    ] {
        let labels = labels.map(String::from).to_vec();
        Sale {
            shop: shop.into(),
            cents,
            rating,
            sold_at,
            labels,
        }
        .create(&client)
        .await?;
    }

    // all rows at once: one value, or a tuple of them
    let total = Sale::objects().aggregate(&master, F.cents.sum()).await?;
    let (sales, rating, last) = Sale::objects()
        .aggregate(&master, (Aggregate::count(), F.rating.avg(), F.sold_at.max()))
        .await?;
    println!("{sales} sales of {total} cents, rated {rating:?}, the last at {last:?}");
    assert_eq!((sales, total, rating, last), (3, 2700, Some(4.5), Some(day(2)?)));

    // by group, in one line; the types follow from the fields
    let by_shop: Vec<(String, i64)> = Sale::objects()
        .group_by(F.shop)
        .order_by(F.cents.sum().desc())
        .aggregate(&master, F.cents.sum())
        .await?;
    println!("{by_shop:?}");
    assert_eq!(by_shop, [("Oslo".to_owned(), 2000), ("Bergen".to_owned(), 700)]);

    // a query set's conditions hold as ever
    let new = query!(Sale.filter(sold_at__gte = day(2)?));
    let by_day = new.group_by((F.sold_at, F.shop)).order_by(F.shop.asc());
    let rows = by_day
        .aggregate(&master, (Aggregate::count(), F.cents.max()))
        .await?;
    assert_eq!(rows[0], ((day(2)?, "Bergen".to_owned()), (1, Some(700))));

    // the different values of a field; of an array, its elements
    let mut labels = Sale::objects().distinct(&master, F.labels).await?;
    labels.sort();
    assert_eq!(labels, ["book", "game", "new", "used"]);

    // everything else, stage by stage, into a type of one's own
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Label {
        labels: String,
        sales: u64,
        average: f64,
    }
    let rows: Vec<Label> = query!(Sale.filter(cents__gt = 100))
        .pipeline()
        .unwind(F.labels)
        .group(
            F.labels,
            [Aggregate::count().named("sales"), F.cents.avg().named("average")],
        )
        .sort(["-sales", "labels"])
        .limit(2)
        .all(&master)
        .await?;
    for Label {
        labels,
        sales,
        average,
    } in &rows
    {
        println!("{labels:5} {sales} sales, {average} cents each");
    }
    assert_eq!(
        rows.iter().map(|row| row.labels.as_str()).collect::<Vec<_>>(),
        ["book", "new"]
    );
    Ok(())
}
