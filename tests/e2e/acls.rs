//! Who may read and write new objects: ACLs, and the default ACL of a client.

use crate::backend::{Outcome, backend, unique};
use crate::models::{Player, Team, player, team};
use parse_orm::prelude::*;
use parse_orm::{Role, User};
use parse_orm_mock::MockServer;

/// A model of the class of users.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_User")]
struct Account {
    username: String,
}

fn shown() -> Acl {
    Acl::new().allow_read(Who::Public)
}

#[tokio::test]
async fn every_create_takes_the_default_acl_of_its_client() -> Outcome {
    let backend = backend().await;
    let run = backend.run();
    let client = backend.client().with_default_acl(shown());
    let mut ids = Vec::new();

    // one by one, in a batch, mixed, behind a pointer
    let one = player(&run, "Ann").create(&client).await?;
    ids.push(one.id().clone());
    let many = [player(&run, "Bob"), player(&run, "Cid")];
    for object in client.create_all(&many).await.into_result()? {
        assert_eq!(object.acl(), Some(&shown()));
        ids.push(object.id().clone());
    }
    let mut batch = client.batch();
    let ticket = batch.create(&many[0]);
    let mixed = batch.await.into_result()?.take(ticket)?;
    ids.push(mixed.id().clone());
    let reds = Pointer::new(team(&run, "Reds"));
    let holder = Player {
        team: Some(reds.clone()),
        ..player(&run, "Dan")
    };
    ids.push(holder.create(&client).await?.id().clone());
    assert_eq!(one.acl(), Some(&shown()));
    for id in &ids {
        let read = Player::get(backend.master(), id).await?;
        assert_eq!(read.acl(), Some(&shown()), "{}", read.name);
    }
    let reds = reds.id().ok_or("the pointer's object is stored")?;
    assert_eq!(Team::get(backend.master(), reds).await?.acl(), Some(&shown()));

    // an ACL of its own goes before, and the default goes with the handle
    let own = Acl::only(Who::user("someone123"));
    let draft = Draft::new(player(&run, "Eve")).acl(own.clone());
    assert_eq!(draft.create(&client).await?.acl(), Some(&own));
    let plain = player(&run, "Fay").create(&client.without_default_acl()).await?;
    assert_eq!(Player::get(backend.master(), plain.id()).await?.acl(), None);
    Ok(())
}

/// Row 59: who logs out loses the session, not the default ACL; and it is not sent again by a save.
#[tokio::test]
async fn row_59_the_default_acl_survives_a_log_out() -> Outcome {
    let backend = backend().await;
    let run = backend.run();
    let client = backend.client().with_default_acl(shown());
    let after = client.with_session("r:0").without_session();
    let mut ann = player(&run, "Ann").create(&after).await?;
    assert_eq!(ann.acl(), Some(&shown()));
    assert!(!ann.is_dirty());

    // another program gives the object another ACL: a save of something else leaves it
    let open = Acl::public();
    let mut other = Player::get(backend.master(), ann.id()).await?;
    other.set_acl(open.clone());
    other.save(backend.master()).await?;
    ann.name = "Anna".into();
    ann.save(&backend.master().with_default_acl(shown())).await?;
    let read = Player::get(backend.master(), ann.id()).await?;
    assert_eq!((&*read.name, read.acl()), ("Anna", Some(&open)));
    Ok(())
}

#[tokio::test]
async fn the_owner_of_what_a_session_creates() -> Outcome {
    let server = MockServer::start().await;
    let client = Client::builder(server.url())
        .app_id(server.app_id())
        .rest_key(server.rest_key())
        .default_acl(DefaultAcl::from(shown()).and_owner())
        .build()?;

    // without a user there is no owner: refused, and nothing is sent
    for (ownerless, hint) in [
        (client.clone(), "this client has no session"),
        (client.with_session("r:0"), "`with_session_of(&user, token)`"),
    ] {
        let refused = player("", "Ann").create(&ownerless).await.unwrap_err();
        let Error::Invalid(error) = &refused else {
            return Err(refused.into());
        };
        assert_eq!(error.field.as_deref(), Some("ACL"));
        assert!(error.message.contains(hint), "{refused}");
        let refused = client
            .create_all(&[player("", "Ann")])
            .await
            .into_result()
            .unwrap_err();
        assert!(matches!(refused, Error::Batch(_)), "{refused}");
    }
    assert!(server.requests().is_empty());

    // with the master key the rest of it holds
    let master = client.master(server.master_key());
    assert_eq!(player("", "Ann").create(&master).await?.acl(), Some(&shown()));

    // the request of a user names the user (whose token this server does not know)
    let of_user = client.with_session_of("Ed1nuqPvcm", "r:0");
    player("", "Bob").create(&of_user).await.unwrap_err();
    let sent = server.requests().pop().and_then(|request| request.body);
    let acl = sent.and_then(|body| body.get("ACL").cloned());
    let owned = serde_json::json!({"*": {"read": true}, "Ed1nuqPvcm": {"read": true, "write": true}});
    assert_eq!(acl, Some(owned));
    Ok(())
}

#[tokio::test]
async fn an_entry_that_could_mean_someone_else_is_refused() -> Outcome {
    let server = MockServer::start().await;
    let client = server.client();
    let account = Pointer::new(Account {
        username: "ann".into(),
    });
    let stored = Object::<Team>::clone(&team("", "Reds").create(&client).await?);
    server.clear_requests();
    for (who, reason) in [
        (Who::user(""), "a user without an id"),
        (
            Who::user("*"),
            "a user with the id `*`, which means everyone: write `Who::Public`",
        ),
        (Who::user("role:Admin"), r#"write `Who::role("Admin")`"#),
        (Who::user(&account), "a user who is not stored yet"),
        (Who::role(""), "a role without a name"),
        (Who::role("role:Admin"), r#"write `Who::role("Admin")`"#),
    ] {
        let acl = Acl::new().allow_read(who.clone());
        assert!(!acl.may_read(&who));
        let refused = Draft::new(team("", "Blues"))
            .acl(acl.clone())
            .create(&client)
            .await
            .unwrap_err();
        let Error::Invalid(error) = &refused else {
            return Err(refused.into());
        };
        assert_eq!(error.field.as_deref(), Some("ACL"));
        assert!(error.message.contains(reason), "{refused}");
        let mut changed = stored.clone();
        changed.set_acl(acl.clone());
        assert!(changed.save(&client).await.is_err());
        assert!(changed.is_dirty());
        let refused = Client::builder(server.url())
            .app_id("app")
            .default_acl(acl)
            .build()
            .unwrap_err();
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    assert!(server.requests().is_empty());
    let known = Pointer::<Account>::to("Ed1nuqPvcm");
    assert_eq!(Who::user(&known), Who::user("Ed1nuqPvcm"));
    Ok(())
}

/// `DefaultAcl::owner`, as it is with users that log in: the client knows whose session it acts in.
#[tokio::test]
async fn what_a_user_creates_is_the_users_own() -> Outcome {
    let backend = backend().await;
    let run = backend.run();
    let client = backend.client().with_default_acl(DefaultAcl::owner());
    let ann = User::new(unique("ann")).sign_up(&client, "secret").await?;
    let bob = User::new(unique("bob")).sign_up(&client, "secret").await?;
    let own = player(&run, "own").create(ann.client()).await?;
    assert_eq!(own.acl(), Some(&Acl::only(Who::user(&ann))));
    assert_eq!(Player::get(ann.client(), own.id()).await?.name, "own");
    let hidden = Player::get(bob.client(), own.id()).await.unwrap_err();
    assert!(hidden.is_not_found(), "{hidden}");
    Ok(())
}

#[tokio::test]
async fn a_role_is_named_by_its_object() -> Outcome {
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    let ann = User::new(unique("ann")).sign_up(client, "secret").await?;
    let name = unique("Staff");
    let role = Role::new(&name, Acl::new())?.users([&ann]).create(master).await?;
    let acl = Acl::only(Who::role(&role));
    assert_eq!(acl, Acl::only(Who::role(&name)));
    let draft = Draft::new(player(&backend.run(), "for the role")).acl(acl);
    let object = draft.create(client).await?;
    assert!(Player::get(client, object.id()).await.unwrap_err().is_not_found());
    assert_eq!(Player::get(ann.client(), object.id()).await?.name, "for the role");
    Ok(())
}
