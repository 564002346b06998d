//! What the server refuses, as a program sees it.

use crate::backend::{Outcome, backend};
use crate::models::{Game, Team, game, team};
use parse_orm::prelude::*;
use parse_orm::{Error, ServerError};

fn refused(error: Error) -> ServerError {
    match error {
        Error::Server(error) => *error,
        other => panic!("expected the server's own error, got {other}"),
    }
}

/// The one error without a code that every server gives.
#[tokio::test]
async fn row_60_wrong_keys() -> Outcome {
    let backend = backend().await;
    let url = backend.client().url();
    for client in [
        Client::builder(url).app_id("wrong").rest_key("rest").build()?,
        Client::builder(url)
            .app_id(backend.app_id())
            .rest_key("wrong")
            .build()?,
        Client::builder(url).app_id(backend.app_id()).build()?,
    ] {
        let get = refused(Team::get(&client, "x").await.unwrap_err());
        assert_eq!((get.status, get.code, get.method), (403, None, "GET"));
        assert_eq!(get.path, "/classes/E2eTeam/x");
        assert!(!get.message.is_empty());
        let create = refused(team("r", "Red").create(&client).await.unwrap_err());
        assert_eq!((create.status, create.code, create.method), (403, None, "POST"));
        assert_eq!(
            refused(Team::objects().all(&client).await.unwrap_err()).status,
            403
        );
        assert_eq!(
            refused(Team::objects().count(&client).await.unwrap_err()).status,
            403
        );
    }
    Ok(())
}

#[tokio::test]
async fn row_38_an_invalid_session_has_its_own_code() -> Outcome {
    let backend = backend().await;
    let visitor = backend
        .client()
        .with_session("r:0123456789abcdef0123456789abcdef");
    let error = refused(Team::objects().all(&visitor).await.unwrap_err());
    assert_eq!(
        (error.status, error.code),
        (400, Some(ErrorCode::InvalidSessionToken))
    );
    let error = team("r", "Red").create(&visitor).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidSessionToken));
    assert!(!error.is_not_found());
    // the same server without the session
    let run = backend.run();
    assert_eq!(
        query!(Team.filter(run = run))
            .count(&visitor.without_session())
            .await?,
        0
    );
    Ok(())
}

/// A type that the class has locked in; method and path say which request it was.
#[tokio::test]
async fn a_type_that_does_not_fit_the_class() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eTeam")]
    struct OtherTeam {
        name: i64,
    }
    let backend = backend().await;
    let client = backend.client();
    let stored = team(&backend.run(), "Red").create(client).await?;
    let error = refused(OtherTeam { name: 1 }.create(client).await.unwrap_err());
    assert_eq!((error.status, error.code), (400, Some(ErrorCode::IncorrectType)));
    assert_eq!((error.method, error.path.as_str()), ("POST", "/classes/E2eTeam"));
    assert!(error.message.contains("E2eTeam"), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("POST /classes/E2eTeam") && text.contains("code 111") && text.contains("HTTP 400"),
        "{text}"
    );
    assert_eq!(stored.id(), Team::get(client, stored.id()).await?.id());
    Ok(())
}

#[tokio::test]
async fn a_pattern_that_is_none_is_the_servers_error() -> Outcome {
    let backend = backend().await;
    game(&backend.run(), "Ann", 1).create(backend.client()).await?;
    let set = query!(Game.filter(player_name__regex = "(("));
    let error = refused(set.all(backend.client()).await.unwrap_err());
    assert!(error.status >= 400 && error.code.is_some(), "{error}");
    assert_eq!((error.method, error.path.as_str()), ("GET", "/classes/E2eGame"));
    Ok(())
}

/// With the master key everything works that works without.
#[tokio::test]
async fn row_51_the_master_client_is_a_client() -> Outcome {
    let backend = backend().await;
    let (master, run) = (backend.master(), backend.run());
    let mut stored = team(&run, "Red").create(master).await?;
    stored.name = "Blue".into();
    stored.save(master).await?;
    let set = query!(Team.filter(run = &run));
    assert_eq!(set.get(master).await?.name, "Blue");
    assert_eq!(set.count(master).await?, 1);
    stored.refresh(master, Unsaved::Discard).await?;
    stored.delete(master).await?;
    assert_eq!(set.count(master).await?, 0);
    Ok(())
}
