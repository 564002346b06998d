//! Many objects in few requests: an import, its corrections, a transaction, a clean-up.
//!
//! `cargo run --example bulk` runs it against the embedded mock server. To run it against a real one, name that in the
//! environment: `PARSE_SERVER_URL`, `PARSE_APP_ID`, `PARSE_REST_KEY`.

use parse_orm::Progress;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// Something that is sold.
#[derive(ParseObject, Debug, Clone)]
pub struct Article {
    pub catalogue: String,
    pub code: String,
    pub price: i64, // in cents
    pub stock: i64,
    #[parse(default)]
    pub labels: Vec<String>,
}

/// What was ordered, and how many.
#[derive(ParseObject, Debug, Clone)]
pub struct Order {
    pub article: Option<Pointer<Article>>,
    pub pieces: i64,
}

fn show(what: &'static str) -> impl Fn(Progress) + Send + Sync {
    move |progress| {
        let total = progress.total.map_or("?".into(), |total| total.to_string());
        println!(
            "{what:10} {} of {total}, {} failed",
            progress.done, progress.failed
        );
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut embedded = None;
    let client = if std::env::var_os("PARSE_SERVER_URL").is_some() {
        Client::from_env()?
    } else {
        embedded.insert(MockServer::start().await).client()
    };
    let catalogue = format!("import-{}", std::process::id());
    let all = query!(Article.filter(catalogue = &catalogue));

    // import: a result for each value; one that cannot be stored does not stop the others
    let mut articles: Vec<_> = (0..500)
        .map(|number| Article {
            catalogue: catalogue.clone(),
            code: format!("A{number:03}"),
            price: 100 + number,
            stock: 10,
            labels: vec![],
        })
        .collect();
    articles[123].price = i64::MAX; // beyond what the server can hold
    let outcome = client
        .create_all(&articles)
        .chunk_size(100)
        .on_progress(show("import"))
        .await;
    for failure in outcome.failed() {
        println!("not stored: line {}: {}", failure.index + 1, failure.error);
    }
    let mut stored: Vec<Object<Article>> = outcome.into_iter().flatten().collect();
    assert_eq!(stored.len(), 499);

    // corrections: only what changed is sent, in as few requests
    for article in stored.iter_mut().filter(|article| article.price % 2 == 0) {
        article.price -= 1;
        article.add_unique_labels(["sale"]);
    }
    client
        .save_all(&mut stored)
        .on_progress(show("correct"))
        .await
        .into_result()?;

    // the same change for every row of a query, wherever the rows are
    let sale = query!(all.filter(labels__in = ["sale"]));
    let done = query!(sale.update(stock += 5))
        .on_progress(show("restock"))
        .run(&client)
        .await?;
    assert_eq!((done.updated, done.failed.len()), (250, 0));

    // by their ids, as a map
    let wanted = [stored[0].id(), stored[1].id()];
    let found = all.in_bulk(&client, wanted).await?;
    println!(
        "in bulk    {} and {}",
        found[wanted[0]].code, found[wanted[1]].code
    );

    // one that is there, or a new one
    let special = query!(all.filter(code = "X001"));
    let new = || Article {
        code: "X001".into(),
        ..articles[0].clone()
    };
    let (mut special, created) = special.get_or_create(&client, new).await?;
    assert!(created);

    // all of it, or nothing: the classes exist before
    Order {
        article: None,
        pieces: 0,
    }
    .create(&client)
    .await?;
    let order = Order {
        article: Some(special.pointer()),
        pieces: 3,
    };
    special.increment_stock(-3);
    let mut batch = client.batch();
    let ticket = batch.create(&order);
    batch.save(&mut special);
    let order = batch.atomic().await?.take(ticket)?;
    println!(
        "ordered    {} of {}, {} left",
        order.pieces, special.code, special.stock
    );

    // and away
    let done = all.delete().on_progress(show("clean up")).run(&client).await?;
    client.delete_all([&order]).await.into_result()?;
    assert_eq!((done.deleted, all.count(&client).await?), (500, 0));
    Ok(())
}
