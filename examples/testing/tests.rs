//! The test suite of the shop.

use crate::FIXTURES;
use crate::shop::{Article, Shop};
use parse_orm::prelude::*;
use parse_orm::{ErrorCode, User};
use parse_orm_mock::{Fault, MockServer};
use serde_json::json;
use std::time::Duration;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A shop on a server with the fixtures.
async fn shop() -> Result<(MockServer, Shop), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    server.load_dir(FIXTURES)?;
    let shop = Shop::new(server.client());
    Ok((server, shop))
}

async fn stock(server: &MockServer, slug: &str) -> parse_orm::Result<i64> {
    let article = query!(Article.filter(slug = slug)).get(&server.client()).await?;
    Ok(article.stock)
}

#[tokio::test]
async fn an_order_takes_from_the_stock() -> Outcome {
    let (server, shop) = shop().await?;
    let order = shop.order("rust-book", 2).await?;
    assert_eq!((order.cents, stock(&server, "rust-book").await?), (7990, 3));
    // by an increment: two orders at once do not overwrite each other
    let [put] = &server.requests_to("PUT", "/classes/Article")[..] else {
        return Err("one update".into());
    };
    assert_eq!(
        put.body,
        Some(json!({"stock": {"__op": "Increment", "amount": -2}}))
    );
    Ok(())
}

#[tokio::test]
async fn nothing_is_sold_that_is_not_there() -> Outcome {
    let (server, shop) = shop().await?;
    let error = shop.order("crab", 1).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(server.requests_to("POST", "/classes/Order").is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refused_order_gives_the_articles_back() -> Outcome {
    let (server, shop) = shop().await?;
    server.fail(
        Fault::error(142, "the buyer has no address")
            .on("POST", "/classes/Order")
            .times(1),
    );
    let error = shop.order("rust-book", 5).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ValidationFailed));
    assert_eq!(
        (stock(&server, "rust-book").await?, server.count("Order")),
        (5, 0)
    );
    Ok(())
}

#[tokio::test]
async fn an_order_that_may_be_made_is_not_made_twice() -> Outcome {
    let (server, shop) = shop().await?;
    server.fail(Fault::lose_answer().on("POST", "/classes/Order"));
    assert!(shop.order("rust-book", 1).await.is_err());
    assert_eq!(
        (stock(&server, "rust-book").await?, server.count("Order")),
        (4, 1)
    );
    assert_eq!(server.requests_to("POST", "/classes/Order").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_slow_and_faulty_server_is_borne() -> Outcome {
    let (server, shop) = shop().await?;
    server.fail(Fault::status(503).on("GET", "/").nth(1));
    server.fail(Fault::truncate().on("GET", "/classes/Article").nth(2));
    server.fail(Fault::delay(Duration::from_millis(20)));
    shop.order("rust-book", 1).await?;
    server.clear_faults();
    assert_eq!(stock(&server, "rust-book").await?, 4);
    Ok(())
}

#[tokio::test]
async fn the_users_of_the_fixtures_log_in() -> Outcome {
    let (server, _) = shop().await?;
    let ann = User::log_in(&server.client(), "ann", "correct horse").await?;
    assert_eq!(ann.user().username, "ann");
    Ok(())
}

#[tokio::test]
async fn what_was_done_can_be_the_next_fixture() -> Outcome {
    let (server, shop) = shop().await?;
    shop.order("rust-book", 5).await?;
    let next = MockServer::start().await;
    next.load_all(server.dump())?;
    let error = Shop::new(next.client()).order("rust-book", 1).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(next.count("Order"), 1);
    Ok(())
}
