//! Users: signing up and logging in, several at once, roles, and a visitor who becomes somebody.
//!
//! `cargo run --example users`

use parse_orm::prelude::*;
use parse_orm::{ErrorCode, Role, Session, SessionRecord};
use parse_orm_mock::MockServer;

/// The program's users: the server's own fields, and what else is to be known of them.
#[derive(ParseObject, Debug, Clone, Default)]
#[parse(class_name = "_User")]
pub struct Account {
    pub username: String,
    pub email: Option<String>,
    pub nickname: Option<String>,
}

/// What users write.
#[derive(ParseObject, Debug, Clone)]
pub struct Note {
    pub text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();
    let master = server.master_client();

    // a new user is logged in, and the session is a client that acts as the user
    let ann = Account {
        username: "ann".into(),
        email: Some("ann@example.com".into()),
        nickname: None,
    };
    let mut ann = ann.sign_up(&client, "correct horse").await?;
    println!("{} signed up as {}", ann.user().username, ann.user().id());
    ann.user_mut().nickname = Some("Annie".into());
    ann.save().await?;

    // what the server refuses has its code
    let taken = Account {
        username: "Ann".into(),
        ..Account::default()
    };
    let refused = taken.sign_up(&client, "another").await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::UsernameTaken));
    let refused = Account::log_in(&client, "ann", "wrong").await.unwrap_err();
    assert!(refused.is_not_found());

    // two users at once: each has a session, and nothing is shared
    let bob = Account {
        username: "bob".into(),
        ..Account::default()
    };
    let bob = bob.sign_up(&client, "battery staple").await?;
    for (session, text) in [(&ann, "water the plants"), (&bob, "feed the cat")] {
        let only_mine = Acl::new()
            .allow_read(Who::user(session))
            .allow_write(Who::user(session));
        let note = Note { text: text.into() };
        Draft::new(note).acl(only_mine).create(session).await?;
    }
    let of_ann = Note::objects().get(&ann).await?;
    let of_bob = Note::objects().get(&bob).await?;
    println!("ann reads {:?}, and bob {:?}", of_ann.text, of_bob.text);
    assert_eq!(Note::objects().count(&client).await?, 0);

    // roles: whoever is in a child role has what the role has
    let acl = Acl::new().allow_read(Who::Public);
    let admins = Role::new("Admins", acl.clone())?
        .users([&ann])
        .create(&master)
        .await?;
    let mut editors = Role::new("Editors", acl)?
        .roles([&admins])
        .create(&master)
        .await?;
    let for_editors = Acl::new().allow_read(Who::role("Editors"));
    let news = Note { text: "news".into() };
    let news = Draft::new(news).acl(for_editors).create(&master).await?;
    assert!(Note::get(&ann, news.id()).await.is_ok());
    assert!(Note::get(&bob, news.id()).await.is_err());
    editors.add_users([&bob]);
    editors.save(&master).await?;
    assert_eq!(Note::get(&bob, news.id()).await?.text, "news");
    let members = editors.members::<Account>().all(&master).await?;
    assert_eq!(members[0].username, "bob");

    // a visitor, who becomes somebody and keeps what is theirs
    let mut visitor = Account::default().log_in_anonymously(&client).await?;
    let mine = Acl::new().allow_read(Who::user(&visitor));
    let cart = Note {
        text: "a cart".into(),
    };
    Draft::new(cart).acl(mine).create(&visitor).await?;
    visitor.upgrade("cid", "hunter12").await?; // the session goes on with a new token
    assert_eq!(Note::objects().get(&visitor).await?.text, "a cart");
    let cid: Session<Account> = Account::log_in(&client, "cid", "hunter12").await?;
    assert_eq!(cid.user().id(), visitor.user().id());

    // the sessions of a user, and the end of all of them
    for record in SessionRecord::objects().all(&cid).await? {
        let by = record.created_with.as_ref().map(|with| with.action.as_str());
        println!(
            "a session by {}, since {}",
            by.unwrap_or("?"),
            record.created_at()
        );
    }
    let kept = visitor.token().expose().to_owned(); // as a program keeps it
    cid.log_out_everywhere().await?;
    let ended = Account::become_user(&client, kept).await.unwrap_err();
    assert_eq!(ended.code(), Some(ErrorCode::InvalidSessionToken));

    // the others are still here
    ann.set_password("new horse").await?;
    assert_eq!(Account::me(&ann).await?.nickname.as_deref(), Some("Annie"));
    ann.log_out().await?;
    bob.log_out().await?;
    Ok(())
}
