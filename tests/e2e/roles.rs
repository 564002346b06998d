//! Roles: users under a name, and roles within roles.

use crate::backend::{Outcome, backend, unique};
use crate::models::{Team, team};
use crate::users::{Account, somebody};
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode, Role, User};

fn readable() -> Acl {
    Acl::new().allow_read(Who::Public)
}

#[tokio::test]
async fn who_is_in_a_role_may_what_it_may() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let name = unique("Editors");
    let mut editors = Role::new(&name, readable())?.users([&ann]).create(master).await?;
    let acl = Acl::new().allow_read(Who::role(&name));
    let row = Draft::new(team(&backend.run(), "Red"))
        .acl(acl)
        .create(master)
        .await?;
    assert!(Team::get(&ann, row.id()).await.is_ok());
    assert!(Team::get(&bob, row.id()).await.unwrap_err().is_not_found());

    // objects, sessions, pointers, of any model of the users
    editors.add_users([bob.user()]);
    editors.remove_users([Pointer::<Account>::to(ann.user().id())]);
    editors.save(master).await?;
    assert!(Team::get(&ann, row.id()).await.unwrap_err().is_not_found());
    assert!(Team::get(&bob, row.id()).await.is_ok());

    // as the program's own users, by who may read them
    let members = editors.members::<Account>();
    assert_eq!(members.all(master).await?.len(), 1);
    assert_eq!(members.get(&bob).await?.username, bob.user().username);
    assert_eq!(members.count(&ann).await?, 0);
    assert_eq!(editors.users().get(master).await?.id(), bob.user().id());
    // the roles that somebody is in
    let of_bob = query!(Role.filter(users = Pointer::<User>::to(bob.user().id())));
    assert_eq!(of_bob.get(backend.client()).await?.name, name);
    Ok(())
}

/// Whoever is in a child role has what the role has, to any depth, and not the other way round.
#[tokio::test]
async fn child_roles_inherit() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let (chief, admin, editor) = (
        somebody(&backend, "chief").await?,
        somebody(&backend, "admin").await?,
        somebody(&backend, "editor").await?,
    );
    let names = ["Chiefs", "Admins", "Editors"].map(unique);
    let chiefs = Role::new(&names[0], readable())?
        .users([&chief])
        .create(master)
        .await?;
    let admins = Role::new(&names[1], readable())?
        .users([&admin])
        .roles([&chiefs])
        .create(master)
        .await?;
    let mut editors = Role::new(&names[2], readable())?
        .users([&editor])
        .create(master)
        .await?;
    let only = |name: &String| Acl::new().allow_read(Who::role(name));
    let row = |name| Draft::new(team(&backend.run(), "Red")).acl(only(name));
    let of_editors = row(&names[2]).create(master).await?;
    let of_chiefs = row(&names[0]).create(master).await?;

    assert!(Team::get(&admin, of_editors.id()).await.is_err());
    editors.add_roles([&admins]);
    editors.save(master).await?;
    for session in [&chief, &admin, &editor] {
        assert!(Team::get(session, of_editors.id()).await.is_ok());
    }
    assert!(Team::get(&chief, of_chiefs.id()).await.is_ok());
    for session in [&admin, &editor] {
        assert!(Team::get(session, of_chiefs.id()).await.is_err());
    }
    let children = editors.child_roles().all(master).await?;
    assert_eq!(children.len(), 1);
    assert_eq!(children[0].id(), admins.id());

    editors.remove_roles([&admins]);
    editors.save(master).await?;
    assert!(Team::get(&chief, of_editors.id()).await.is_err());
    assert!(Team::get(&editor, of_editors.id()).await.is_ok());
    Ok(())
}

/// Two roles within each other: whoever is in one is in both, and nobody else is.
#[tokio::test]
async fn roles_that_hold_each_other() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let (ann, bob, cid) = (
        somebody(&backend, "ann").await?,
        somebody(&backend, "bob").await?,
        somebody(&backend, "cid").await?,
    );
    let names = ["One", "Other"].map(unique);
    let mut one = Role::new(&names[0], readable())?
        .users([&ann])
        .create(master)
        .await?;
    let other = Role::new(&names[1], readable())?
        .users([&bob])
        .roles([&one])
        .create(master)
        .await?;
    one.add_roles([&other]);
    one.save(master).await?;
    for role in [&one, &other] {
        let row = Draft::new(team(&backend.run(), "Red"))
            .acl(Acl::only(Who::role(role)))
            .create(master)
            .await?;
        assert!(Team::get(&ann, row.id()).await.is_ok());
        assert!(Team::get(&bob, row.id()).await.is_ok());
        assert!(Team::get(&cid, row.id()).await.unwrap_err().is_not_found());
    }
    Ok(())
}

#[tokio::test]
async fn roles_that_are_refused() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    for name in ["", "a/b", "Éditeurs", "role:x", "a\nb"] {
        let Err(Error::Invalid(error)) = Role::new(name, readable()) else {
            return Err(format!("{name:?} is no name").into());
        };
        assert_eq!(error.field.as_deref(), Some("name"));
        assert!(error.to_string().contains("letters from a to z"), "{error}");
    }
    let name = unique("Some-role_ 1");
    Role::new(&name, readable())?.create(master).await?;
    let again = Role::new(&name, readable())?.create(master).await.unwrap_err();
    assert_eq!(again.code(), Some(ErrorCode::DuplicateValue));

    // a user who is not stored cannot be in a role
    let mut role = Role::new(unique("Role"), readable())?.create(master).await?;
    role.add_users([Pointer::new(crate::users::account("new"))]);
    let error = role.save(master).await.unwrap_err();
    assert!(
        error.to_string().contains("sign_up(&client, password)"),
        "{error}"
    );
    Ok(())
}
