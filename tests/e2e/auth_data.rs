//! Users whom another provider knows, and users whom nobody knows.

use crate::backend::{Outcome, backend, unique};
use crate::users::{Account, PASSWORD, account, somebody};
use parse_orm::prelude::*;
use parse_orm::{ErrorCode, Unsaved};
use parse_orm_mock::MockServer;
use serde_json::{Value, json};

/// What the tests' provider takes for good.
fn good() -> Value {
    json!({"id": unique("id"), "token": "good"})
}

#[tokio::test]
async fn log_in_with_another_provider() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let data = good();
    let value = Account {
        nickname: Some("from outside".into()),
        ..Account::default()
    };
    let first = value.log_in_with(client, "fakeauth", &data).await?;
    assert!(first.is_new() && first.is_linked("fakeauth") && !first.is_anonymous());
    // the name is the server's
    assert!(!first.user().username.is_empty() && !first.user().is_dirty());
    assert_eq!(Account::me(&first).await?.username, first.user().username);

    // known now: the value given is not looked at
    let again = account("somebody else")
        .log_in_with(client, "fakeauth", &data)
        .await?;
    assert!(!again.is_new() && again.is_linked("fakeauth"));
    assert_eq!(again.user().id(), first.user().id());
    assert_eq!(again.user().nickname.as_deref(), Some("from outside"));
    assert_eq!(again.user().username, first.user().username);

    // with a name
    let name = unique("named");
    let named = account(&name).log_in_with(client, "fakeauth", good()).await?;
    assert!(named.is_new() && named.user().username == name);
    Ok(())
}

#[tokio::test]
async fn link_and_unlink() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let (mut ann, mut bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let (data, token) = (good(), ann.token().clone());
    assert!(!ann.is_linked("fakeauth"));
    ann.user_mut().nickname = Some("along".into());
    ann.link("fakeauth", &data).await?;
    assert!(ann.is_linked("fakeauth") && !ann.user().is_dirty());
    assert_eq!(*ann.token(), token);
    let same = Account::default().log_in_with(client, "fakeauth", &data).await?;
    assert_eq!(same.user().id(), ann.user().id());
    assert_eq!(same.user().nickname.as_deref(), Some("along"));
    // also known by a session that is taken up, and by logging in with the password
    assert!(Account::become_user(client, &token).await?.is_linked("fakeauth"));
    let by_name = Account::log_in(client, &ann.user().username, PASSWORD).await?;
    assert!(by_name.is_linked("fakeauth"));

    // nobody else can have it
    let error = bob.link("fakeauth", &data).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::AccountAlreadyLinked));
    assert!(!bob.is_linked("fakeauth"));

    ann.unlink("fakeauth").await?;
    assert!(!ann.is_linked("fakeauth"));
    ann.refresh(Unsaved::Discard).await?;
    assert!(!ann.is_linked("fakeauth"));
    bob.link("fakeauth", &data).await?;
    // what another handle did is known when it is asked for
    let mut other = Account::become_user(client, bob.token()).await?;
    bob.unlink("fakeauth").await?;
    assert!(other.is_linked("fakeauth"));
    other.refresh(Unsaved::Discard).await?;
    assert!(!other.is_linked("fakeauth"));
    Ok(())
}

#[tokio::test]
async fn auth_data_that_is_refused() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let nobody = Account::default();
    let error = nobody
        .log_in_with(client, "nosuch", json!({"id": "1"}))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::UnsupportedService));
    let bad = json!({"id": unique("id"), "token": "SECRET"});
    let error = nobody.log_in_with(client, "fakeauth", bad).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ObjectNotFound));
    assert!(!format!("{error:?} {error}").contains("SECRET"));
    Ok(())
}

/// A server that wants a second factor of those who have one.
#[tokio::test]
async fn a_second_factor() -> Outcome {
    let server = MockServer::builder()
        .additional_auth_provider("mfa", |data| data["token"] == "123456")
        .start()
        .await?;
    let client = server.client();
    let mut ann = account("ann").sign_up(&client, PASSWORD).await?;
    let refused = ann.link("mfa", json!({"secret": "s", "token": "1"})).await;
    assert!(refused.is_err() && !ann.is_linked("mfa"));
    ann.link("mfa", json!({"secret": "s", "token": "123456"})).await?;
    assert!(ann.is_linked("mfa"));

    let error = Account::log_in(&client, "ann", PASSWORD).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::OtherCause));
    for (password, token, expected) in [
        ("wrong", "123456", false),
        (PASSWORD, "1", false),
        (PASSWORD, "123456", true),
    ] {
        let factor = json!({"token": token});
        let outcome = Account::log_in_with_additional_auth(&client, "ann", password, "mfa", factor).await;
        assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
    }
    Ok(())
}

/// The anonymous auth data goes, the new token stays: nobody who knew the old id comes in by it.
#[tokio::test]
async fn row_26_an_anonymous_user_becomes_somebody() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let id = json!({"id": unique("anonymous")});
    let mut visitor = Account::default().log_in_with(client, "anonymous", &id).await?;
    assert!(visitor.is_new() && visitor.is_anonymous());
    let (user, old) = (visitor.user().id().clone(), visitor.token().clone());

    // a name that is taken: still anonymous, and the session goes on
    let bob = somebody(&backend, "bob").await?;
    let error = visitor.upgrade(&bob.user().username, PASSWORD).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::UsernameTaken));
    assert!(visitor.is_anonymous() && *visitor.token() == old);
    assert_eq!(Account::me(&visitor).await?.id(), &user);

    let name = unique("somebody");
    visitor.user_mut().nickname = Some("along".into());
    visitor.upgrade(&name, PASSWORD).await?;
    assert!(!visitor.is_anonymous() && *visitor.token() != old);
    assert_eq!((visitor.user().id(), &visitor.user().username), (&user, &name));
    assert!(!visitor.user().is_dirty());
    visitor.user_mut().points = Some(1);
    visitor.save().await?;

    let again = Account::log_in(client, &name, PASSWORD).await?;
    assert_eq!(again.user().id(), &user);
    assert_eq!(again.user().nickname.as_deref(), Some("along"));
    assert!(!again.is_anonymous());
    let other = Account::default().log_in_with(client, "anonymous", &id).await?;
    assert!(other.is_new() && other.user().id() != &user);
    assert_eq!(
        Account::become_user(client, old).await.unwrap_err().code(),
        Some(ErrorCode::InvalidSessionToken)
    );
    Ok(())
}

/// Somebody whom a provider knows is not anonymous any more: the old id lets nobody in.
#[tokio::test]
async fn row_26_an_anonymous_user_is_linked() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let (id, data) = (json!({"id": unique("anonymous")}), good());
    let mut visitor = Account::default().log_in_with(client, "anonymous", &id).await?;
    let user = visitor.user().id().clone();

    // what is refused changes nothing
    assert!(visitor.link("nosuch", &data).await.is_err());
    assert!(visitor.is_anonymous() && !visitor.is_linked("nosuch"));

    visitor.link("fakeauth", &data).await?;
    assert!(visitor.is_linked("fakeauth") && !visitor.is_anonymous());
    visitor.user_mut().points = Some(1);
    visitor.save().await?;
    visitor.refresh(Unsaved::Discard).await?;
    assert!(visitor.is_linked("fakeauth") && !visitor.is_anonymous());

    let again = Account::default().log_in_with(client, "fakeauth", &data).await?;
    assert_eq!((again.user().id(), again.user().points), (&user, Some(1)));
    let other = Account::default().log_in_with(client, "anonymous", &id).await?;
    assert!(other.is_new() && other.user().id() != &user);
    Ok(())
}

#[tokio::test]
async fn anonymous_users_are_different_users() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let visitor = Account {
        points: Some(1),
        ..Account::default()
    };
    let (one, two) = tokio::join!(
        visitor.log_in_anonymously(client),
        visitor.log_in_anonymously(client)
    );
    let (one, two) = (one?, two?);
    assert_ne!(one.user().id(), two.user().id());
    assert_ne!(one.user().username, two.user().username);
    assert!(one.is_anonymous() && two.is_anonymous());
    assert_eq!(Account::me(&one).await?.points, Some(1));
    let same = Account::become_user(client, one.token()).await?;
    assert!(same.is_anonymous());
    Ok(())
}
