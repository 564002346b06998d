//! What the tests of an application have: servers of their own, in the process.

use crate::backend::Outcome;
use crate::models::{Player, player};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// Row 41: no database, no other program, no fixed port, and nothing of another test.
#[tokio::test]
async fn row_41_each_test_has_a_server_of_its_own() -> Outcome {
    // what an application does
    async fn champion(client: &Client) -> parse_orm::Result<Option<String>> {
        let best = query!(Player.filter(rank = 1)).first(client).await?;
        Ok(best.map(|player| player.into_inner().name))
    }
    let (first, second) = tokio::join!(MockServer::start(), MockServer::start());
    assert_ne!(first.url(), second.url());
    let ann = Player {
        rank: Some(1),
        ..player("", "Ann")
    };
    ann.create(&first.client()).await?;
    assert_eq!(champion(&first.client()).await?.as_deref(), Some("Ann"));
    assert_eq!(champion(&second.client()).await?, None);

    // what it asked can be looked at
    let [_, asked] = &first.requests()[..] else {
        return Err("two requests".into());
    };
    assert_eq!((&*asked.method, &*asked.path), ("GET", "/classes/E2ePlayer"));
    assert_eq!(first.count("E2ePlayer"), 1);

    // a clean start, and an end
    first.reset();
    assert_eq!(champion(&first.client()).await?, None);
    let client = first.client();
    drop(first);
    assert!(matches!(champion(&client).await, Err(Error::Connection(_))));
    Ok(())
}

/// Row 41: what the server refuses, the mock refuses, with the same code.
#[tokio::test]
async fn row_41_mistakes_are_found_without_a_real_server() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2ePlayer")]
    struct Misread {
        rank: String,
    }
    let server = MockServer::start().await;
    let client = server.client();
    let ann = Player {
        rank: Some(1),
        ..player("", "Ann")
    };
    ann.create(&client).await?;
    let refused = Misread { rank: "first".into() }
        .create(&client)
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        Some(parse_orm::ErrorCode::IncorrectType),
        "{refused}"
    );
    let unread = Misread::objects().all(&client).await.unwrap_err();
    assert!(matches!(unread, Error::Decode(_)), "{unread}");
    Ok(())
}
