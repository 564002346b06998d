//! Mails to users: a new password, and whose address it is.

use crate::backend::{Backend, Outcome, backend, unique};
use crate::users::{Account, PASSWORD, account};
use parse_orm::prelude::*;
use parse_orm::{Error, ErrorCode};
use parse_orm_mock::MockServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

impl Backend {
    /// How many mails the server has sent, or would have, that let somebody choose a new password.
    async fn mails_for_passwords(&self) -> std::io::Result<usize> {
        let text = match self.server() {
            Some(server) => server.mails().into_iter().map(|mail| mail.link).collect(),
            None => sent_by_the_real_one(self.client().url()).await?,
        };
        Ok(text.matches("/request_password_reset?").count())
    }
}

/// What the real server of the tests shows beside its API.
async fn sent_by_the_real_one(url: &str) -> std::io::Result<String> {
    let host = url.trim_start_matches("http://").split('/').next();
    open(&format!("http://{}/_ref", host.unwrap_or_default())).await
}

/// What a browser would show.
async fn open(url: &str) -> std::io::Result<String> {
    let (host, path) = url
        .trim_start_matches("http://")
        .split_once('/')
        .unwrap_or_default();
    let mut stream = tokio::net::TcpStream::connect(host).await?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_mail_for_a_new_password() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let email = format!("{}@example.com", unique("ann"));
    let ann = Account {
        email: Some(email.clone()),
        ..account(&unique("ann"))
    };
    ann.sign_up(client, PASSWORD).await?;
    let before = backend.mails_for_passwords().await?;
    Account::request_password_reset(client, &email).await?;
    assert!(backend.mails_for_passwords().await? > before);
    // nobody is told which addresses the server knows
    let unknown = format!("{}@example.com", unique("nobody"));
    Account::request_password_reset(client, &unknown).await?;
    Account::request_verification_email(client, &unknown).await?;
    Account::request_verification_email(client, &email).await?;
    Ok(())
}

/// A server that wants to know that the address is the user's, before it gives a session.
#[tokio::test]
async fn an_address_that_is_to_be_verified_first() -> Outcome {
    let server = MockServer::builder()
        .verify_user_emails(true)
        .prevent_login_with_unverified_email(true)
        .start()
        .await?;
    let client = server.client();
    let ann = Account {
        email: Some("ann@example.com".into()),
        ..account("ann")
    };
    let Err(Error::Unverified { id }) = ann.sign_up(&client, PASSWORD).await else {
        return Err("a session before the address is verified".into());
    };
    assert_eq!(server.mails().len(), 1);
    let error = Account::log_in(&client, "ann", PASSWORD).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::EmailNotFound));
    Account::request_verification_email(&client, "ann@example.com").await?;
    assert_eq!(server.mails().len(), 2);

    // the user is stored, and the server knows what is still to be done
    let stored = parse_orm::User::get(&server.master_client(), &id).await?;
    assert_eq!(
        (stored.username.as_str(), stored.email_verified),
        ("ann", Some(false))
    );

    // once it is done there is nothing to send, and the answer is the same
    let mails = server.mails();
    let page = open(&mails[1].link).await?;
    assert!(page.contains("Email verified!"), "{page}");
    Account::request_verification_email(&client, "ann@example.com").await?;
    assert_eq!(server.mails().len(), 2);
    let ann = Account::log_in(&client, "ann", PASSWORD).await?;
    assert_eq!(ann.user().id(), &id);
    Ok(())
}
