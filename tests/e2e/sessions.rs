//! The rows of sessions, and what happens when one has ended.

use crate::backend::{Outcome, backend, unique};
use crate::models::{Team, team};
use crate::raw::{As, send};
use crate::users::{Account, PASSWORD, account, somebody};
use chrono::{DateTime, TimeDelta, Utc};
use parse_orm::prelude::*;
use parse_orm::{ErrorCode, Secret, SessionRecord};
use serde_json::json;
use std::sync::{Arc, Mutex};

fn ended<T: std::fmt::Debug>(outcome: parse_orm::Result<T>) -> bool {
    outcome.unwrap_err().code() == Some(ErrorCode::InvalidSessionToken)
}

#[tokio::test]
async fn own_sessions() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let (laptop, other) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let name = laptop.user().username.clone();
    let phone = Account::log_in(client, &name, PASSWORD).await?;
    let tablet = Account::log_in(client, &name, PASSWORD).await?;

    let this = laptop.record().await?;
    assert_eq!(this.user.as_ref().and_then(Pointer::id), Some(laptop.user().id()));
    let began = this.created_with.as_ref().ok_or("how it began")?;
    assert_eq!(
        (began.action.as_str(), began.auth_provider.as_deref()),
        ("signup", Some("password"))
    );
    let expires: DateTime<Utc> = this.expires_at.ok_or("when it ends")?;
    assert!(expires - this.created_at() > TimeDelta::days(300));

    // all of the own ones, and no others
    let own = SessionRecord::objects();
    assert_eq!(own.count(&laptop).await?, 3);
    assert_eq!(own.count(&other).await?, 1);
    assert!(ended(own.count(client).await), "the public has no sessions");

    // one of them, from another device
    let of_phone = phone.record().await?;
    own.get_by_id(&laptop, of_phone.id())
        .await?
        .delete(&laptop)
        .await?;
    assert!(ended(Account::me(&phone).await));
    assert!(Account::me(&tablet).await.is_ok());
    // not somebody else's
    let of_tablet = tablet.record().await?;
    assert!(of_tablet.clone().delete(&other).await.unwrap_err().is_not_found());
    assert!(Account::me(&tablet).await.is_ok());

    laptop.log_out_everywhere().await?;
    assert!(ended(Account::me(&tablet).await));
    let sessions = query!(SessionRecord.filter(user = Pointer::to(tablet.user().id())));
    assert_eq!(sessions.count(backend.master()).await?, 0);
    assert!(Account::me(&other).await.is_ok());
    assert!(ended(tablet.log_out_everywhere().await));
    Ok(())
}

/// What the server keeps of a session cannot be changed by its user.
#[tokio::test]
async fn a_row_of_a_session_is_the_servers() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let mut record = ann.record().await?;
    record.expires_at = None;
    let error = record.save(&ann).await.unwrap_err();
    assert!(error.to_string().contains("read_only"), "{error}");
    assert!(!format!("{record:?}").contains(ann.token().expose()));
    Ok(())
}

/// The application hears of each session that ended once, from all clones of the client, and never of a failed
/// log-in.
#[tokio::test]
async fn row_38_a_hook_hears_of_each_ended_session_once() -> Outcome {
    let backend = backend().await;
    let heard: Arc<Mutex<Vec<Secret>>> = Arc::default();
    let ears = Arc::clone(&heard);
    let rest = std::env::var("PARSE_REST_KEY").unwrap_or_else(|_| "rest".into());
    let client = Client::builder(backend.client().url())
        .app_id(backend.app_id())
        .rest_key(rest)
        .on_invalid_session(move |token| ears.lock().unwrap().push(token.clone()))
        .build()?;
    let heard = || heard.lock().unwrap().clone();
    let user = somebody(&backend, "ann").await?;
    let name = user.user().username.clone();
    let ann = Account::log_in(&client, &name, PASSWORD).await?;
    let bob = somebody(&backend, "bob").await?;
    let bob = Account::become_user(&client, bob.token()).await?;

    // 101 is no ended session
    assert!(Account::log_in(&client, &name, "wrong").await.is_err());
    assert!(Team::get(&ann, "nonexist00").await.unwrap_err().is_not_found());
    assert!(heard().is_empty());

    // the server ends it: every request finds out, the hook is called once
    ann.record().await?.delete(backend.master()).await?;
    let clone = ann.client().clone();
    let all = Team::objects();
    let values = [team(&backend.run(), "Blue")];
    let (read, write, cloned, batch) = tokio::join!(
        all.all(&ann),
        values[0].create(&ann),
        all.count(&clone),
        ann.create_all(&values),
    );
    assert!(ended(read) && ended(write) && ended(cloned) && batch.into_result().is_err());
    assert!(ended(Account::become_user(&client, ann.token()).await));
    assert_eq!(heard(), [ann.token().clone()]);
    // a session that goes on is nobody's business
    assert!(Account::me(&bob).await.is_ok());
    assert_eq!(heard().len(), 1);

    // who logs out knows
    let same = Account::become_user(&client, bob.token()).await?;
    let token = same.token().clone();
    bob.log_out().await?;
    same.log_out().await?;
    assert_eq!(heard().len(), 1);
    assert!(ended(Account::become_user(&client, &token).await));
    assert_eq!(heard()[1..], [token]);
    Ok(())
}

/// A session ends by itself as well: the same error, the same hook, and nothing is left to log out of.
#[tokio::test]
async fn row_38_a_session_whose_time_has_come() -> Outcome {
    let backend = backend().await;
    let heard: Arc<Mutex<Vec<Secret>>> = Arc::default();
    let ears = Arc::clone(&heard);
    let rest = std::env::var("PARSE_REST_KEY").unwrap_or_else(|_| "rest".into());
    let client = Client::builder(backend.client().url())
        .app_id(backend.app_id())
        .rest_key(rest)
        .on_invalid_session(move |token| ears.lock().unwrap().push(token.clone()))
        .build()?;
    let ann = account(&unique("ann")).sign_up(&client, PASSWORD).await?;
    let record = query!(SessionRecord.filter(user = Pointer::to(ann.user().id())))
        .get(backend.master())
        .await?;
    let past = json!({"expiresAt": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}});
    let path = format!("/sessions/{}", record.id());
    let changed = send(&backend, As::Master, "PUT", &path, past).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let error = Account::me(&ann).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidSessionToken), "{error}");
    assert!(error.to_string().contains("expired"), "{error}");
    assert!(ended(Team::objects().count(&ann).await));
    assert_eq!(*heard.lock().unwrap(), [ann.token().clone()]);
    ann.log_out().await?;
    Ok(())
}

/// A server that ends no session when the password changes.
#[tokio::test]
async fn a_new_password_where_the_other_sessions_stay() -> Outcome {
    let builder = parse_orm_mock::MockServer::builder().revoke_session_on_password_reset(false);
    let server = builder.start().await?;
    let client = server.client();
    let mut laptop = account("ann").sign_up(&client, PASSWORD).await?;
    let phone = Account::log_in(&client, "ann", PASSWORD).await?;
    let before = laptop.client().clone();
    let token = laptop.token().clone();
    laptop.set_password("battery staple").await?;
    assert_ne!(laptop.token(), &token, "the handle goes on with the newest one");
    for session in [laptop.client(), &before, phone.client()] {
        assert_eq!(Account::me(session).await?.id(), laptop.user().id());
    }
    assert_eq!(SessionRecord::objects().count(&laptop).await?, 3);
    assert!(Account::log_in(&client, "ann", PASSWORD).await.is_err());
    laptop.log_out_everywhere().await?;
    assert!(ended(Account::me(phone.client()).await));
    assert!(ended(Account::me(&before).await));
    Ok(())
}
