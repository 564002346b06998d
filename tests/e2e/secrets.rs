//! Keys and tokens are never printed: not by `Debug`, not by errors, not by traces.

use crate::backend::{Outcome, backend, unique};
use crate::live_server::Scripted;
use crate::models::{Team, TeamAccessors, team};
use crate::users::{Account, account};
use parse_orm::prelude::*;
use parse_orm::{Error, Secret};
use parse_orm_mock::MockServer;
use serde_json::json;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const APP: &str = "app-SECRET-1";
const REST: &str = "rest-SECRET-2";
const MASTER: &str = "master-SECRET-3";
const JAVASCRIPT: &str = "javascript-SECRET-5";
const CLIENT: &str = "client-SECRET-6";
const TOKEN: &str = "r:SECRET-4";
const WORD: &str = "SECRET";

fn assert_silent(text: &str) {
    assert!(!text.contains(WORD), "{text}");
}

#[test]
fn debug_shows_no_secret() -> Outcome {
    let builder = || {
        Client::builder("http://localhost:1337/parse")
            .app_id("app")
            .rest_key(REST)
            .javascript_key(JAVASCRIPT)
            .client_key(CLIENT)
            .master_key(MASTER)
    };
    let client = builder().build()?;
    let master = builder().build_master()?;
    let session = client.with_session(TOKEN);
    for text in [
        format!("{:?} {:#?}", builder(), builder()),
        format!("{client:?} {client:#?}"),
        format!("{master:?} {master:#?}"),
        format!("{session:?} {:?}", client.master(MASTER)),
        format!(
            "{:?} {:#?}",
            Secret::from(TOKEN),
            Some(Secret::from(TOKEN.to_owned()))
        ),
    ] {
        assert_silent(&text);
    }
    // what is no secret is there
    assert!(format!("{client:?}").contains("http://localhost:1337/parse"));
    assert!(format!("{session:?}").contains("session") && format!("{master:?}").contains("master"));
    assert_eq!(Secret::from(TOKEN).expose(), TOKEN);
    Ok(())
}

/// A password in the address is refused, and not repeated.
#[test]
fn a_password_in_the_address_is_not_repeated() {
    for url in [
        "http://me:SECRET@localhost/parse",
        "http://me:SECRET@localhost/parse?x=1",
        "ftp://me:SECRET@localhost/parse",
        "https://me:SECRET@localhost:port/parse",
    ] {
        let builder = Client::builder(url).app_id("app");
        assert_silent(&format!("{builder:?}"));
        let error = builder.build().unwrap_err();
        assert_silent(&format!("{error} {error:?}"));
    }
}

#[test]
fn errors_of_the_configuration_show_no_secret() {
    let broken = |text: &str| format!("{text}\n");
    for error in [
        Client::builder("http://localhost")
            .app_id("app")
            .rest_key(broken(REST))
            .build()
            .unwrap_err(),
        Client::builder("http://localhost")
            .app_id("app")
            .master_key(broken(MASTER))
            .build_master()
            .unwrap_err(),
    ] {
        assert_silent(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_carry() -> Outcome {
    let backend = backend().await;
    let client = backend
        .client()
        .with_session(format!("{TOKEN}\r\nX-Parse-Master-Key: x"));
    let error = Team::objects().all(&client).await.unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    assert_silent(&format!("{error} {error:?}"));
    Ok(())
}

/// Collects everything that spans and events say.
#[derive(Clone, Default)]
struct Collector {
    text: Arc<Mutex<String>>,
    spans: Arc<AtomicU64>,
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Collector {
    fn say(&self, what: &str, record: impl FnOnce(&mut dyn Visit)) {
        let mut text = self.text.lock().unwrap();
        let _ = write!(text, "\n{what}");
        record(&mut Fields(&mut text));
    }
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.say(span.metadata().name(), |visit| span.record(visit));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        self.say("recorded", |visit| values.record(visit));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.say(event.metadata().name(), |visit| event.record(visit));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Keys, tokens and values are in no trace; what was asked for, and how it ended, is.
#[tokio::test(flavor = "current_thread")]
async fn traces_show_no_secret() -> Outcome {
    let server = MockServer::builder()
        .app_id(APP)
        .rest_key(REST)
        .master_key(MASTER)
        .start()
        .await?;
    let collector = Collector::default();
    // with a single subscriber, tracing asks the thread that comes first whether anybody listens, and that
    // may be another test's; with two it asks the subscribers
    let _second = tracing::Dispatch::new(collector.clone());
    let guard = tracing::subscriber::set_default(collector.clone());
    let _ = Team::objects().exists(&server.client()).await?;
    tracing::callsite::rebuild_interest_cache();

    let master = server.master_client();
    let mut stored = team("SECRET run", "SECRET name").create(&master).await?;
    stored.set_city("SECRET city");
    stored.save(&master).await?;
    query!(Team.filter(name = "SECRET name"))
        .all(&server.client())
        .await?;
    query!(Team.filter(name = "SECRET".repeat(1000)))
        .all(&server.client())
        .await?;
    let visitor = server.client().with_session(TOKEN);
    let refused = Team::get(&visitor, stored.id()).await.unwrap_err();
    let wrong = Client::builder(server.url())
        .app_id("SECRET app")
        .rest_key("SECRET key")
        .build()?;
    let unauthorized = Team::get(&wrong, stored.id()).await.unwrap_err();
    drop(guard);

    for error in [refused, unauthorized] {
        assert_silent(&format!("{error} {error:?}"));
    }
    let text = collector.text.lock().unwrap().clone();
    assert_silent(&text);
    for expected in [
        "parse_request",
        "POST",
        "PUT",
        "GET",
        "/classes/E2eTeam",
        "status=201",
        "status=403",
    ] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    Ok(())
}

/// Whatever a user does: no password, token or auth data in what is printed, in errors, or in traces.
#[tokio::test(flavor = "current_thread")]
async fn users_leave_no_secret() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let collector = Collector::default();
    let _second = tracing::Dispatch::new(collector.clone());
    let guard = tracing::subscriber::set_default(collector.clone());
    let _ = Team::objects().exists(client).await?;
    tracing::callsite::rebuild_interest_cache();

    let password = "SECRET-password";
    let name = unique("ann");
    let mut ann = account(&name).sign_up(client, password).await?;
    let mut tokens = vec![ann.token().expose().to_owned()];
    ann.set_password("SECRET-new").await?;
    tokens.push(ann.token().expose().to_owned());
    let taken_up = Account::become_user(client, ann.token()).await?;
    let record = ann.record().await?;
    let mut visitor = Account::default().log_in_anonymously(client).await?;
    tokens.push(visitor.token().expose().to_owned());
    let proof = serde_json::json!({"id": "SECRET-id", "token": "SECRET-proof"});
    let errors = [
        account(&name).sign_up(client, password).await.unwrap_err(),
        account("").sign_up(client, password).await.unwrap_err(),
        Account::log_in(client, &name, password).await.unwrap_err(),
        Account::verify_password(client, &name, password)
            .await
            .unwrap_err(),
        ann.link("nosuch", &proof).await.unwrap_err(),
        ann.upgrade("x", password).await.unwrap_err(),
        visitor.upgrade(&name, password).await.unwrap_err(),
        Account::default()
            .log_in_with(client, "nosuch", &proof)
            .await
            .unwrap_err(),
        Account::me(&client.with_session("r:SECRET")).await.unwrap_err(),
    ];
    let mut printed = format!(
        "{ann:?} {ann:#?} {taken_up:?} {visitor:?} {record:?} {:?}",
        ann.client()
    );
    assert!(printed.contains(&name), "{printed}");
    ann.log_out().await?;
    visitor.delete_user().await?;
    drop(guard);

    for error in errors {
        printed += &format!("\n{error} {error:?}");
    }
    let traced = collector.text.lock().unwrap().clone();
    for text in [printed, traced.clone()] {
        assert_silent(&text);
        assert!(
            tokens.iter().all(|token| !text.contains(token.as_str())),
            "{text}"
        );
    }
    for expected in ["/users", "/login", "/logout", "/classes/_User/", "/sessions/me"] {
        assert!(traced.contains(expected), "no {expected} in {traced}");
    }
    Ok(())
}

/// Nor does LiveQuery: in what is printed, in errors, or in traces.
#[tokio::test(flavor = "current_thread")]
async fn live_queries_leave_no_secret() -> Outcome {
    let server = Scripted::start().await;
    let client = server
        .builder()
        .rest_key(REST)
        .javascript_key(JAVASCRIPT)
        .client_key(CLIENT)
        .build()?;
    let collector = Collector::default();
    let _second = tracing::Dispatch::new(collector.clone());
    let guard = tracing::subscriber::set_default(collector.clone());
    let asked = query!(Team.filter(name = "SECRET name"));
    let mut printed = String::new();
    for asker in [
        client.with_session(TOKEN),
        client.master(MASTER).clone().with_session(TOKEN),
    ] {
        let subscribe = asked.subscribe(&asker);
        printed += &format!("{subscribe:?} {subscribe:#?}");
        let asking = tokio::spawn(subscribe.into_future());
        let mut connection = server.accept().await;
        tracing::callsite::rebuild_interest_cache();
        connection.read().await;
        connection.send(json!({"op": "connected"})).await;
        connection.subscribe().await;
        let mut events = asking.await??;
        printed += &format!("{events:?} {events:#?}");
        drop(connection);
        let mut connection = server.welcome().await;
        let asked = connection.read().await;
        let refusal = json!({"op": "error", "requestId": asked["requestId"], "code": 209, "error": "no", "reconnect": false});
        connection.send(refusal).await;
        while let Some(event) = events.next().await {
            printed += &format!("{event:?}");
        }
    }
    drop(guard);
    let traced = collector.text.lock().unwrap().clone();
    assert_silent(&printed);
    assert_silent(&traced);
    assert!(printed.contains("InvalidSessionToken"), "{printed}");
    for expected in [
        "parse_live_query",
        "ws://127.0.0.1",
        "subscribed",
        "the connection broke",
        "E2eTeam",
    ] {
        assert!(traced.contains(expected), "no {expected} in {traced}");
    }
    Ok(())
}
