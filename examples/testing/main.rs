//! How an application is tested: seed a server, break it, look into it.
//!
//! `shop.rs` is the application, `fixtures/` its data as Parse exports it, `tests.rs` its test suite: no network, no
//! other program, and every test with a server of its own. `cargo run --example testing` shows the round,
//! `cargo test --example testing` runs the suite.

mod shop;
#[cfg(test)]
mod tests;

use parse_orm::prelude::*;
use parse_orm_mock::{Fault, MockServer};
use shop::{Article, Shop};

/// The data of every test.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testing/fixtures");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // seed it
    let server = MockServer::start().await;
    let rows = server.load_dir(FIXTURES)?;
    println!("{rows} rows loaded");

    // break it: the first answer about an article is lost, the second order is refused
    server.fail(Fault::disconnect().on("GET", "/classes/Article").times(1));
    server.fail(Fault::error(141, "sold out").on("POST", "/classes/Order").nth(2));
    let shop = Shop::new(server.client());
    let order = shop.order("rust-book", 2).await?;
    println!(
        "ordered {} for {} cents",
        order.article.id().map_or("?", ObjectId::as_str),
        order.cents
    );
    let error = shop.order("rust-book", 1).await.unwrap_err();
    println!("refused: {error}");
    assert_eq!(error.code().map(parse_orm::ErrorCode::number), Some(141));

    // look into it
    assert_eq!(server.count("Order"), 1);
    let asked = server.requests_to("GET", "/classes/Article").len();
    println!("{asked} requests for articles, one of them unanswered");
    assert_eq!(asked, 3);
    let stock = query!(Article.filter(slug = "rust-book"))
        .get(&server.client())
        .await?
        .stock;
    assert_eq!(stock, 3);

    // what is stored now, as the next fixture
    let dump = server.dump();
    println!("{:#}", dump["Order"]);
    Ok(())
}
