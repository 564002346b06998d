//! What a server is asked about itself, and told: analytics, its log, health, features, security.

use crate::backend::{Outcome, backend, unique};
use crate::models::Team;
use parse_orm::prelude::*;
use parse_orm::{Event, LogLevel, Logs, SecurityReport, ServerInfo};
use parse_orm_mock::{Fault, MockServer};
use serde_json::json;

#[tokio::test]
async fn events_are_reported() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let name = unique("Search & more/");
    let when = "2020-01-02T03:04:05.678Z".parse()?;
    let search = Event::new(name.as_str())
        .dimension("price", "1000-1500")
        .dimension("source", "home")
        .at(when);
    client.track(search).await?;
    client.track(Event::app_opened().push_hash("abc")).await?;
    client.track("Logout").await?;
    if let Some(server) = backend.server() {
        let events = server.events();
        let sent: Vec<_> = events.iter().map(|event| &*event.name).collect();
        assert_eq!(sent, [&*name, "AppOpened", "Logout"]);
        assert_eq!(
            events[0].parameters,
            json!({
                "dimensions": {"price": "1000-1500", "source": "home"},
                "at": {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"},
            })
        );
        assert_eq!(events[1].parameters, json!({"push_hash": "abc"}));
        assert_eq!(events[2].parameters, json!({}));
    }
    Ok(())
}

#[tokio::test]
async fn events_without_a_name_are_refused() -> Outcome {
    let server = MockServer::start().await;
    let client = server.client();
    let refused = async |event: Event| match client.track(event).await {
        Err(Error::Invalid(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refused(Event::new(" ")).await.contains("an event needs a name"));
    assert!(
        refused(Event::new(".."))
            .await
            .contains("cannot be part of an address")
    );
    let nameless = Event::new("Search").dimension("", "x");
    assert!(
        refused(nameless)
            .await
            .contains(".dimension(\"category\", \"books\")")
    );
    assert!(server.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_log_is_read() -> Outcome {
    let backend = backend().await;
    let id = "nobodyhere";
    assert!(Team::get(backend.client(), id).await.is_err());
    assert!(Team::get(backend.client(), id).await.is_err());
    // the real server's log is written a moment later, and every client's
    let mut errors = Vec::new();
    for _ in 0..50 {
        errors = Logs::new()
            .level(LogLevel::Error)
            .size(2)
            .read(backend.master())
            .await?;
        if errors.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(errors.len(), 2);
    assert!(
        errors
            .iter()
            .all(|entry| entry.level == "error" && !entry.message.is_empty())
    );
    assert!(errors[0].timestamp >= errors[1].timestamp);
    if backend.server().is_some() {
        assert_eq!(errors[0].more["code"], 101);
    }
    let none = Logs::new()
        .until("2000-01-01T00:00:00Z".parse()?)
        .since("1999-01-01T00:00:00Z".parse()?);
    assert!(none.read(backend.master()).await?.is_empty());
    let oldest = Logs::new().oldest_first().size(1).read(backend.master()).await?;
    assert!(oldest[0].timestamp <= errors[1].timestamp);
    let error = Logs::new().size(0).read(backend.master()).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(_)), "{error}");
    Ok(())
}

#[tokio::test]
async fn health_and_features() -> Outcome {
    let backend = backend().await;
    backend.client().health().await?;
    let info = ServerInfo::read(backend.master()).await?;
    assert_eq!(info.version, "9.10.0");
    assert!(info.has("push", "immediatePush") && info.has("logs", "level"));
    assert!(!info.has("schemas", "exportClass") && !info.has("schemas", "x") && !info.has("x", "y"));
    let wrong = backend.client().master("wrong");
    let error = ServerInfo::read(&wrong).await.unwrap_err();
    assert!(
        matches!(&error, Error::Server(refused) if refused.status == 403),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_starting_is_asked_again() -> Outcome {
    let server = MockServer::start().await;
    let starting = || Fault::answer(503, "application/json", r#"{"status":"starting"}"#).on("GET", "/health");
    server.fail(starting().times(2));
    server.client().health().await?;
    server.fail(starting());
    let error = server.client().health().await.unwrap_err();
    assert!(
        matches!(error, Error::UnexpectedAnswer { status: 503, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("starting"), "{error}");
    server.clear_faults();
    server.fail(Fault::answer(200, "application/json", r#"{"status":"error"}"#));
    assert!(server.client().health().await.is_err());
    Ok(())
}

/// On the real server of the tests the check is on; so it is here.
#[tokio::test]
async fn what_is_unsafe() -> Outcome {
    let backend = backend().await;
    let own = MockServer::builder().security_check(true).start().await?;
    let master = match backend.server() {
        None => backend.master().clone(),
        Some(_) => own.master_client(),
    };
    let report = SecurityReport::read(&master).await?;
    let failed: Vec<_> = report.failed().map(|check| &*check.title).collect();
    assert!(failed.contains(&"Secure master key"), "{failed:?}");
    assert!(
        report
            .failed()
            .all(|check| check.solution.is_some() && check.warning.is_some())
    );
    assert!(report.groups.iter().any(|group| group.name == "Database"));
    if let Some(server) = backend.server() {
        let error = SecurityReport::read(&server.master_client()).await.unwrap_err();
        assert!(
            matches!(&error, Error::Server(refused) if refused.status == 409),
            "{error}"
        );
        assert!(error.to_string().contains("security.enableCheck"), "{error}");
    }
    Ok(())
}
