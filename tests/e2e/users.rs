//! Users: signing up, logging in and out, changing and deleting themselves.

use crate::backend::{Backend, Outcome, backend, unique};
use crate::models::{Team, team};
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode, Session, Unsaved};
use parse_orm_mock::{CloudCode, MockServer};
use serde_json::json;

#[derive(ParseObject, Debug, Clone, Default, PartialEq)]
#[parse(class_name = "_User")]
pub struct Account {
    pub username: String,
    pub email: Option<String>,
    pub nickname: Option<String>,
    pub points: Option<i64>,
}

pub const PASSWORD: &str = "correct horse";

pub fn account(username: &str) -> Account {
    Account {
        username: username.into(),
        ..Account::default()
    }
}

/// Somebody new.
pub async fn somebody(backend: &Backend, prefix: &str) -> parse_orm::Result<Session<Account>> {
    account(&unique(prefix)).sign_up(backend.client(), PASSWORD).await
}

fn code_of<T: std::fmt::Debug>(outcome: parse_orm::Result<T>) -> Option<ErrorCode> {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn sign_up_log_in_and_out() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let (name, email) = (unique("Ann"), format!("{}@example.com", unique("ann")));
    let value = Account {
        email: Some(email.clone()),
        points: Some(7),
        ..account(&name)
    };
    let signed_up = value.sign_up(client, PASSWORD).await?;
    assert!(signed_up.is_new() && !signed_up.is_anonymous());
    assert_eq!(**signed_up.user(), value);
    assert!(!signed_up.user().is_dirty());
    assert_eq!(signed_up.user().updated_at(), signed_up.user().created_at());

    // by name, by email, and by either in the place of the name
    let ann = Account::log_in(client, &name, PASSWORD).await?;
    let by_email = Account::log_in_with_email(client, &email, PASSWORD).await?;
    let by_either = Account::log_in(client, &email, PASSWORD).await?;
    for session in [&ann, &by_email, &by_either] {
        assert_eq!(session.user().id(), signed_up.user().id());
        assert_eq!(**session.user(), value);
        assert!(!session.is_new() && session.token() != signed_up.token());
        // only the user may read the user
        let own = session.user().acl().ok_or("an ACL")?;
        let who = Who::user(session.user().id());
        assert!(own.may_read(&who) && own.may_write(&who) && !own.may_read(&Who::Public));
    }

    assert_eq!(Account::me(&ann).await?.id(), ann.user().id());
    let token = ann.token().clone();
    ann.log_out().await?;
    // this session ended, and no other
    assert_eq!(
        code_of(Account::me(&client.with_session(&token)).await),
        Some(ErrorCode::InvalidSessionToken)
    );
    assert_eq!(Account::me(&by_email).await?.username, name);
    Ok(())
}

#[tokio::test]
async fn what_the_server_refuses() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let email = format!("{}@example.com", unique("bob"));
    let bob = Account {
        email: Some(email.clone()),
        ..account(&unique("bob"))
    };
    bob.sign_up(client, PASSWORD).await?;

    let again = account(&bob.username.to_uppercase());
    assert_eq!(
        code_of(again.sign_up(client, "x").await),
        Some(ErrorCode::UsernameTaken)
    );
    let other = Account {
        email: Some(email),
        ..account(&unique("other"))
    };
    assert_eq!(
        code_of(other.sign_up(client, "x").await),
        Some(ErrorCode::EmailTaken)
    );
    let malformed = Account {
        email: Some("nowhere".into()),
        ..account(&unique("other"))
    };
    assert_eq!(
        code_of(malformed.sign_up(client, "x").await),
        Some(ErrorCode::InvalidEmailAddress)
    );
    // the same answer, whether or not the name exists
    for name in [&bob.username, "nobody at all"] {
        let error = Account::log_in(client, name, "wrong").await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
    }
    assert_eq!(
        code_of(Account::log_in_with_email(client, "no@example.com", "wrong").await),
        Some(ErrorCode::ObjectNotFound)
    );
    assert_eq!(
        code_of(Account::become_user(client, "r:0123456789abcdef0123456789abcdef").await),
        Some(ErrorCode::InvalidSessionToken)
    );
    assert_eq!(
        code_of(Account::log_in_as(backend.master(), "nonexist00").await),
        Some(ErrorCode::ObjectNotFound)
    );
    Ok(())
}

/// What the client can know is wrong is not sent, and the error says what would be right.
#[tokio::test]
async fn what_is_refused_before_it_is_sent() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let mut ann = somebody(&backend, "ann").await?;
    let nobody = Account::default();
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    let refused = |outcome: parse_orm::Result<()>, expected: [&str; 2]| match outcome {
        Err(Error::Invalid(error)) => {
            let text = error.to_string();
            assert!(expected.iter().all(|part| text.contains(part)), "{text}");
            assert!(text.contains("nothing was sent"), "{text}");
        }
        other => panic!("{other:?}"),
    };
    refused(
        nobody.sign_up(client, PASSWORD).await.map(drop),
        ["`username`", "log_in_anonymously"],
    );
    refused(
        account("x").sign_up(client, "").await.map(drop),
        ["`password`", "empty"],
    );
    refused(
        Draft::new(account("x")).sign_up(client, "").await.map(drop),
        ["`password`", "empty"],
    );
    refused(
        account("x").create(client).await.map(drop),
        ["_User", "sign_up(&client, password)"],
    );
    let Err(Error::Batch(batch)) = client.create_all(&[account("x")]).await.into_result() else {
        return Err("a user is not created in a batch".into());
    };
    assert!(
        batch.to_string().contains("sign_up(&client, password)"),
        "{batch}"
    );
    refused(
        Account::log_in(client, "", "x").await.map(drop),
        ["`username`", "empty"],
    );
    refused(
        Account::log_in(client, "x", "").await.map(drop),
        ["`password`", "empty"],
    );
    refused(
        Account::log_in_with_email(client, "", "x").await.map(drop),
        ["`email`", "empty"],
    );
    refused(
        Account::verify_password(client, "x", "").await.map(drop),
        ["`password`", "empty"],
    );
    refused(
        Account::become_user(client, "").await.map(drop),
        ["`sessionToken`", "empty"],
    );
    refused(
        Account::log_in_as(master, "").await.map(drop),
        ["`objectId`", "empty"],
    );
    for client in [client, master] {
        refused(
            Account::me(client).await.map(drop),
            ["no session", "with_session(token)"],
        );
    }
    refused(
        Account::request_password_reset(client, "").await,
        ["`email`", "empty"],
    );
    refused(
        Account::request_verification_email(client, "").await,
        ["`email`", "empty"],
    );
    refused(
        nobody.log_in_with(client, "", json!({"id": "1"})).await.map(drop),
        ["`authData`", "provider"],
    );
    refused(
        nobody.log_in_with(client, "fakeauth", json!({})).await.map(drop),
        ["`fakeauth`", "empty"],
    );
    refused(
        nobody
            .log_in_with(client, "fakeauth", json!("4711"))
            .await
            .map(drop),
        ["`fakeauth`", "no JSON object"],
    );
    refused(
        Account::log_in_with_additional_auth(client, "x", "y", "mfa", json!(1))
            .await
            .map(drop),
        ["`mfa`", "no JSON object"],
    );
    refused(
        Account::challenge(client, "x", "y", "mfa", json!(1))
            .await
            .map(drop),
        ["`mfa`", "no JSON object"],
    );
    refused(ann.link("", json!({"id": "1"})).await, ["`authData`", "provider"]);
    refused(ann.link("fakeauth", ()).await, ["`fakeauth`", "no JSON object"]);
    refused(ann.unlink("").await, ["`authData`", "provider"]);
    refused(ann.set_password("").await, ["`password`", "empty"]);
    refused(ann.upgrade("x", "y").await, ["not anonymous", "set_password(..)"]);
    if let Some(server) = backend.server() {
        assert_eq!(server.requests().len(), 0, "nothing was sent");
    }
    let mut visitor = nobody.log_in_anonymously(client).await?;
    refused(visitor.upgrade("", "y").await, ["`username`", "empty"]);
    refused(visitor.upgrade("x", "").await, ["`password`", "empty"]);
    assert!(visitor.is_anonymous() && !visitor.user().is_dirty());
    Ok(())
}

#[tokio::test]
async fn a_kept_token_is_taken_up() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let kept = ann.token().expose().to_owned();
    let (id, name) = (ann.user().id().clone(), ann.user().username.clone());
    drop(ann); // the program ends
    let ann = Account::become_user(backend.client(), kept.as_str()).await?;
    assert_eq!((ann.user().id(), &ann.user().username), (&id, &name));
    assert_eq!(ann.token().expose(), kept);
    assert!(!ann.is_new());
    ann.log_out().await?;
    assert_eq!(
        code_of(Account::become_user(backend.client(), kept).await),
        Some(ErrorCode::InvalidSessionToken)
    );
    Ok(())
}

#[tokio::test]
async fn users_change_and_delete_themselves() -> Outcome {
    let backend = backend().await;
    let (mut ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    ann.user_mut().nickname = Some("Annie".into());
    ann.user_mut().increment_points(3);
    ann.save().await?;
    assert!(!ann.user().is_dirty() && ann.user().points == Some(3));
    let mut also = Account::become_user(backend.client(), ann.token()).await?;
    assert_eq!(also.user().nickname.as_deref(), Some("Annie"));

    // what another device changed, and what is not saved yet
    also.user_mut().increment_points(1);
    also.save().await?;
    ann.user_mut().nickname = None;
    ann.refresh(Unsaved::Keep).await?;
    assert_eq!(
        (ann.user().points, ann.user().dirty_fields()),
        (Some(4), vec!["nickname"])
    );
    ann.refresh(Unsaved::Discard).await?;
    assert_eq!(ann.user().nickname.as_deref(), Some("Annie"));

    // nobody else may
    let mut hers = Account::me(&ann).await?;
    hers.nickname = Some("Nanni".into());
    for other in [&*bob, backend.client()] {
        assert_eq!(code_of(hers.save(other).await), Some(ErrorCode::SessionMissing));
        assert_eq!(
            code_of(hers.clone().delete(other).await),
            Some(ErrorCode::SessionMissing)
        );
        assert!(Account::get(other, hers.id()).await.unwrap_err().is_not_found());
    }
    let (id, token) = (ann.user().id().clone(), ann.token().clone());
    assert_eq!(ann.delete_user().await?.points, Some(4));
    assert!(
        Account::get(backend.master(), &id)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(
        code_of(Account::become_user(backend.client(), token).await),
        Some(ErrorCode::InvalidSessionToken)
    );
    Ok(())
}

/// The class of the users is a class like any other: queries, pointers, batches.
#[tokio::test]
async fn users_are_objects() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eDiary")]
    struct Diary {
        owner: Pointer<Account>,
    }
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let prefix = unique("many");
    let mut users = Vec::new();
    for letter in ["a", "b", "c"] {
        let user = account(&format!("{prefix}-{letter}"));
        users.push(user.sign_up(client, PASSWORD).await?);
    }
    let many = query!(Account.filter(username__startswith = &prefix));
    let all = query!(many.order_by(username));
    assert_eq!(all.count(master).await?, 3);
    assert_eq!(all.count(client).await?, 0, "users are private");
    assert_eq!(all.get(&users[1]).await?.id(), users[1].user().id());
    let done = query!(many.update(points = 1)).run(master).await?;
    assert_eq!((done.updated, done.failed.len()), (3, 0));

    let mut objects = all.all(master).await?;
    for (object, points) in objects.iter_mut().zip(5..) {
        object.points = Some(points);
    }
    master.save_all(&mut objects).await.into_result()?;
    assert_eq!(
        all.values_list(master, Account::F.points).await?,
        [Some(5), Some(6), Some(7)]
    );

    // behind a pointer: seen by its user only
    let diary = Diary {
        owner: users[0].user().pointer(),
    }
    .create(&users[0])
    .await?;
    let seen = query!(Diary.filter(owner = users[0].user()).select_related(owner))
        .get(&users[0])
        .await?;
    assert_eq!(seen.id(), diary.id());
    assert_eq!(seen.owner.get()?.username, users[0].user().username);
    assert_eq!(
        query!(Diary.filter(owner.username = &users[0].user().username))
            .count(&users[0])
            .await?,
        1
    );
    diary.delete(master).await?;

    let gone = many.delete().run(master).await?;
    assert_eq!((gone.deleted, gone.failed.len()), (3, 0));
    Ok(())
}

/// The server does not show an email address to other users.
#[tokio::test]
async fn a_user_whom_others_may_read() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let value = Account {
        email: Some(format!("{}@example.com", unique("ann"))),
        ..account(&unique("ann"))
    };
    let everyone = Acl::new().allow_read(Who::Public);
    let mut ann = Draft::new(value.clone())
        .acl(everyone)
        .sign_up(client, PASSWORD)
        .await?;
    let seen = Account::get(client, ann.user().id()).await?;
    assert_eq!((&seen.username, &seen.email), (&value.username, &None));
    assert_eq!(Account::me(&ann).await?.email, value.email);
    // the draft's ACL, and what the server adds to it
    ann.refresh(Unsaved::Discard).await?;
    let acl = ann.user().acl().ok_or("an ACL")?;
    assert!(acl.may_read(&Who::Public) && acl.may_write(&Who::user(ann.user().id())));
    Ok(())
}

#[tokio::test]
async fn row_27_a_new_password_keeps_the_session_going() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut ann = somebody(&backend, "ann").await?;
    let (name, old) = (ann.user().username.clone(), ann.token().clone());
    let elsewhere = Account::log_in(client, &name, PASSWORD).await?;
    ann.user_mut().nickname = Some("along".into());
    ann.set_password("battery staple").await?;
    assert_ne!(*ann.token(), old);
    assert!(!ann.user().is_dirty());
    // the handle goes on, and what was unsaved is saved
    assert_eq!(Account::me(&ann).await?.nickname.as_deref(), Some("along"));
    ann.user_mut().nickname = None;
    ann.save().await?;
    // every other session has ended
    for dead in [&client.with_session(old), elsewhere.client()] {
        assert_eq!(
            code_of(Account::me(dead).await),
            Some(ErrorCode::InvalidSessionToken)
        );
    }
    assert!(
        Account::log_in(client, &name, PASSWORD)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(Account::log_in(client, &name, "battery staple").await.is_ok());
    Ok(())
}

/// What the server refuses changes nothing: the session goes on, and the changes stay.
#[tokio::test]
async fn row_27_a_refused_password_changes_nothing() -> Outcome {
    let backend = backend().await;
    let (mut ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let (old, name) = (ann.token().clone(), ann.user().username.clone());
    ann.user_mut().username.clone_from(&bob.user().username);
    assert_eq!(
        code_of(ann.set_password("new").await),
        Some(ErrorCode::UsernameTaken)
    );
    assert_eq!(*ann.token(), old);
    assert_eq!(ann.user().dirty_fields(), ["username"]);
    assert_eq!(Account::me(&ann).await?.username, name);
    Ok(())
}

#[tokio::test]
async fn row_28_logging_out_with_a_dead_session() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let same = Account::become_user(backend.client(), ann.token()).await?;
    ann.log_out().await?;
    same.log_out().await?;
    Ok(())
}

#[tokio::test]
async fn row_50_several_users_at_once() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let run = backend.run();
    let mut tasks = Vec::new();
    for number in 0..8 {
        let (client, run) = (client.clone(), run.clone());
        tasks.push(tokio::spawn(async move {
            let user = account(&unique(&format!("user{number}")));
            let session = user.sign_up(&client, PASSWORD).await?;
            let own = Acl::new().allow_read(Who::user(session.user().id()));
            for _ in 0..=number {
                let row = team(&run, &user.username);
                Draft::new(row).acl(own.clone()).create(&session).await?;
            }
            let seen = query!(Team.filter(run = &run))
                .values_list(&session, Team::F.name)
                .await?;
            assert_eq!(seen, vec![user.username.clone(); number + 1]);
            assert_eq!(Account::me(&session).await?.username, user.username);
            Ok::<_, Error>(session)
        }));
    }
    let mut sessions = Vec::new();
    for task in tasks {
        sessions.push(task.await??);
    }
    // the client that all of them began with is still nobody's
    let rows = query!(Team.filter(run = &run));
    assert_eq!(rows.count(client).await?, 0);
    assert_eq!(rows.count(backend.master()).await?, 36);
    // logging one out leaves the others
    sessions.remove(0).log_out().await?;
    for (number, session) in (1..).zip(&sessions) {
        assert_eq!(rows.count(session).await?, number + 1);
    }
    Ok(())
}

/// A client that acts as one user logs another one in: nothing of the first is sent.
#[tokio::test]
async fn row_50_a_log_in_by_a_client_of_another_user() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let bob = account(&unique("bob")).sign_up(&ann, PASSWORD).await?;
    assert_ne!(ann.user().id(), bob.user().id());
    // not even a session that has ended is in the way
    let ended = backend
        .client()
        .with_session("r:0123456789abcdef0123456789abcdef");
    let again = Account::log_in(&ended, &bob.user().username, PASSWORD).await?;
    assert_eq!(Account::me(&again).await?.id(), bob.user().id());
    let visitor = Account::default().log_in_anonymously(&ann).await?;
    assert_ne!(visitor.user().id(), ann.user().id());
    // nor does a session have the key of the client that it began with
    let by_master = Account::log_in(backend.master(), &bob.user().username, PASSWORD).await?;
    assert!(format!("{:?}", by_master.client()).contains("session"));
    Ok(())
}

/// Somebody else's user: read, changed and deleted with the master key, and with no other.
#[tokio::test]
async fn row_51_the_master_key_edits_users() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let id = ann.user().id();
    assert!(Account::get(&bob, id).await.unwrap_err().is_not_found());
    let mut user = Account::get(master, id).await?;
    assert_eq!(*user, **ann.user());
    user.nickname = Some("moderated".into());
    user.increment_points(2);
    assert_eq!(code_of(user.save(&bob).await), Some(ErrorCode::SessionMissing));
    user.save(master).await?;
    user.refresh(master, Unsaved::Discard).await?;
    assert_eq!(
        (user.nickname.as_deref(), user.points),
        (Some("moderated"), Some(2))
    );
    // which ends no session
    assert_eq!(Account::me(&ann).await?.nickname, user.nickname);
    user.delete(master).await?;
    assert!(Account::get(master, id).await.unwrap_err().is_not_found());
    assert_eq!(
        code_of(Account::me(&ann).await),
        Some(ErrorCode::InvalidSessionToken)
    );
    Ok(())
}

#[tokio::test]
async fn the_master_key_logs_in_as_anyone() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let support = Account::log_in_as(backend.master(), ann.user().id()).await?;
    assert_eq!(support.user().username, ann.user().username);
    assert_ne!(support.token(), ann.token());
    // a user's rights, not the key's
    let bob = somebody(&backend, "bob").await?;
    let both = [&ann.user().username, &bob.user().username];
    let seen = query!(Account.filter(username__in = both));
    assert_eq!(
        (seen.count(&support).await?, seen.count(backend.master()).await?),
        (1, 2)
    );
    support.log_out().await?;
    assert!(Account::me(&ann).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_password_is_verified_without_a_session() -> Outcome {
    let backend = backend().await;
    let ann = somebody(&backend, "ann").await?;
    let name = &ann.user().username;
    let verified = Account::verify_password(backend.client(), name, PASSWORD).await?;
    assert_eq!(verified.id(), ann.user().id());
    assert!(
        Account::verify_password(backend.client(), name, "wrong")
            .await
            .unwrap_err()
            .is_not_found()
    );
    let sessions = parse_orm::SessionRecord::objects().count(&ann).await?;
    assert_eq!(sessions, 1);
    Ok(())
}

/// What a new user holds is stored first, and nothing is when the user cannot be.
#[tokio::test]
async fn a_new_user_with_new_objects() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "_User")]
    struct Member {
        username: String,
        home_team: Option<Pointer<Team>>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let nameless = Member {
        username: String::new(),
        home_team: Some(Pointer::new(team(&run, "Red"))),
    };
    assert!(nameless.sign_up(client, PASSWORD).await.is_err());
    assert_eq!(query!(Team.filter(run = &run)).count(client).await?, 0);
    let member = Member {
        username: unique("member"),
        ..nameless
    };
    let session = member.sign_up(client, PASSWORD).await?;
    let home = session.user().home_team.as_ref().ok_or("a team")?;
    assert_eq!(home.get()?.name, "Red");
    assert_eq!(query!(Team.filter(run = &run)).count(client).await?, 1);
    Ok(())
}

/// The server's own code sees the context of a sign-up, and of what the session does after it.
#[tokio::test]
async fn row_29_the_context_of_a_sign_up() -> Outcome {
    let code = CloudCode::new().before_save("_User", |save| async move {
        match save.caller.context.get("invitedBy") {
            Some(by) => save.set("nickname", format!("a friend of {}", by.as_str().unwrap_or("?"))),
            None => return Err("who invited you?".into()),
        }
        Ok(())
    });
    let server = MockServer::builder().cloud_code(code).start().await?;
    let client = server.client();
    let refused = account("ann").sign_up(&client, PASSWORD).await;
    assert_eq!(code_of(refused), Some(ErrorCode::ScriptFailed));
    let invited = client.with_context(json!({"invitedBy": "Zoë"}))?;
    let mut ann = account("ann").sign_up(&invited, PASSWORD).await?;
    // what the trigger made of the user is here as well
    assert_eq!(ann.user().nickname.as_deref(), Some("a friend of Zoë"));
    ann.user_mut().points = Some(1);
    ann.save().await?;
    ann.set_password("another").await?;
    let visitor = Account::default().log_in_anonymously(&invited).await?;
    assert_eq!(visitor.user().nickname, ann.user().nickname);
    Ok(())
}
