//! The client: where the server is mounted, what is refused when building, time limits, long queries.

use crate::backend::{Outcome, backend};
use crate::models::{Team, team};
use parse_orm::Error;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use std::time::Duration;
use wiremock::matchers::{any, path};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn row_36_any_mount_path_with_and_without_a_slash() -> Outcome {
    for (mount, url_path) in [("/", ""), ("/parse/", "/parse"), ("/a/b", "/a/b")] {
        let server = MockServer::builder().mount_path(mount).start().await?;
        let base = format!("http://{}{url_path}", server.address());
        for url in [base.clone(), format!("{base}/"), server.url().to_owned()] {
            let client = Client::builder(url).app_id("app").rest_key("rest").build()?;
            assert_eq!(client.url(), base);
            let mut stored = team("r", "Red").create(&client).await?;
            stored.name = "Blue".into();
            stored.save(&client).await?;
            assert_eq!(
                query!(Team.filter(name = "Blue")).get(&client).await?.id(),
                stored.id()
            );
            stored.delete(&client).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_trailing_slash_of_this_server() -> Outcome {
    let backend = backend().await;
    let url = format!("{}/", backend.client().url());
    let rest = std::env::var("PARSE_REST_KEY").unwrap_or_else(|_| "rest".into());
    let client = Client::builder(url)
        .app_id(backend.app_id())
        .rest_key(rest)
        .build()?;
    let stored = team(&backend.run(), "Red").create(&client).await?;
    assert_eq!(Team::get(&client, stored.id()).await?.name, "Red");
    Ok(())
}

#[test]
fn what_is_wrong_with_a_configuration() {
    let error = |builder: parse_orm::ClientBuilder| match builder.build() {
        Err(Error::Config(message)) => message,
        Err(other) => panic!("expected a configuration error, got {other}"),
        Ok(client) => panic!("expected a configuration error, got {client:?}"),
    };
    let at = |url: &str| Client::builder(url).app_id("app");
    assert!(error(Client::builder("http://localhost/parse")).contains("app_id"));
    assert!(error(at("localhost:1337/parse")).contains("http://"));
    assert!(error(at("ftp://localhost/parse")).contains("http://"));
    assert!(error(at("not a url")).contains("not a url"));
    assert!(error(at("http://localhost/parse?a=b")).contains("query"));
    assert!(error(at("http://localhost/parse#top")).contains("fragment"));
    assert!(error(at("http://me:hidden@localhost/parse")).contains("password"));
    assert!(error(Client::builder("http://localhost").app_id("a\nb")).contains("application id"));
    assert!(error(at("http://localhost").rest_key("a\nb")).contains("REST key"));
    assert!(error(at("http://localhost").javascript_key("a\nb")).contains("JavaScript key"));
    assert!(error(at("http://localhost").client_key("a\nb")).contains("client key"));
    let master = at("http://localhost").build_master().unwrap_err().to_string();
    assert!(master.contains("master key"), "{master}");
    let master = at("http://localhost")
        .master_key("ü\0")
        .build_master()
        .unwrap_err()
        .to_string();
    assert!(master.contains("master key"), "{master}");
    assert!(at("https://example.com/parse").build().is_ok());
}

#[tokio::test]
async fn row_34_a_list_of_thousands() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    team(&run, "name-2999").create(client).await?;
    team(&run, "name & more").create(client).await?;
    let names: Vec<String> = (0..3000).map(|n| format!("name-{n}")).collect();
    let set = query!(Team.filter(run = &run, name__in = &names).order_by(name));
    let rows = set.all(client).await?;
    assert_eq!(
        rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["name-2999"]
    );
    assert_eq!(set.count(client).await?, 1);
    assert!(set.exists(client).await?);
    assert_eq!(set.get(client).await?.name, "name-2999");
    let rest = query!(Team.filter(run = &run).exclude(name__in = &names));
    assert_eq!(rest.get(client).await?.name, "name & more");
    // one text of 3,000 characters
    let long = "ä&+%#?/\"".repeat(375);
    team(&run, &long).create(client).await?;
    assert_eq!(
        query!(Team.filter(run = &run, name = &long))
            .get(client)
            .await?
            .name,
        long
    );
    Ok(())
}

fn client_of(server: &wiremock::MockServer) -> parse_orm::ClientBuilder {
    Client::builder(server.uri()).app_id("app")
}

#[tokio::test]
async fn an_answer_that_is_late_is_a_timeout() -> Outcome {
    let server = wiremock::MockServer::start().await;
    let late = ResponseTemplate::new(200)
        .set_body_string("{\"results\":[]}")
        .set_delay(Duration::from_secs(30));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let client = client_of(&server).timeout(Duration::from_millis(50)).build()?;
    let error = Team::objects().all(&client).await.unwrap_err();
    assert!(
        matches!(&error, Error::Connection(cause) if cause.is_timeout()),
        "{error:?}"
    );
    assert!(error.to_string().contains("timed out"), "{error}");
    assert!(error.code().is_none() && !error.is_not_found());
    Ok(())
}

#[tokio::test]
async fn nobody_listens() -> Outcome {
    let client = Client::builder("http://127.0.0.1:1/parse")
        .app_id("app")
        .build()?;
    let error = query!(Team.filter(name = "private text"))
        .all(&client)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Connection(cause) if cause.is_connect()),
        "{error:?}"
    );
    assert!(error.to_string().contains("the request failed"), "{error}");
    // what was asked for belongs in no log
    assert!(!format!("{error} {error:?}").contains("private"), "{error:?}");
    Ok(())
}

/// The connection ends in the middle of the answer.
#[tokio::test]
async fn half_an_answer_is_an_error() -> Outcome {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/parse", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"results\":[")
                .await;
        }
    });
    let client = Client::builder(url).app_id("app").build()?;
    let error = Team::objects().all(&client).await.unwrap_err();
    assert!(matches!(error, Error::Connection(_)), "{error:?}");
    Ok(())
}

/// A redirect would carry the keys to wherever it leads.
#[tokio::test]
async fn redirects_are_not_followed() -> Outcome {
    let (server, elsewhere) = (
        wiremock::MockServer::start().await,
        wiremock::MockServer::start().await,
    );
    let empty = ResponseTemplate::new(200).set_body_string("{\"results\":[]}");
    Mock::given(any()).respond_with(empty).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        server.reset().await;
        let away = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
        Mock::given(any()).respond_with(away).mount(&server).await;
        let master = client_of(&server).master_key("m").build_master()?;
        let error = Team::objects().all(&master).await.unwrap_err();
        assert!(
            matches!(error, Error::UnexpectedAnswer { status: given, .. } if given == status),
            "{error:?}"
        );
        assert!(team("r", "Red").create(&master).await.is_err());
    }
    assert!(
        elsewhere
            .received_requests()
            .await
            .is_some_and(|requests| requests.is_empty())
    );
    Ok(())
}

#[tokio::test]
async fn several_clients_of_one_server() -> Outcome {
    let server = wiremock::MockServer::start().await;
    let empty = ResponseTemplate::new(200).set_body_string("{\"results\":[],\"count\":0}");
    Mock::given(path("/classes/E2eTeam"))
        .respond_with(empty)
        .mount(&server)
        .await;
    let public = client_of(&server).rest_key("rest").build()?;
    let (ann, bob) = (public.with_session("r:ann"), public.with_session("r:bob"));
    let master = public.master("mm");
    for client in [&public, &ann, &bob, &master, &ann.without_session()] {
        Team::objects().count(client).await?;
    }
    let requests = server.received_requests().await.unwrap_or_default();
    let header = |name: &str| -> Vec<Option<String>> {
        let text = |value: &wiremock::http::HeaderValue| value.to_str().unwrap().to_owned();
        requests
            .iter()
            .map(|request| request.headers.get(name).map(text))
            .collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        header("x-parse-session-token"),
        [None, some("r:ann"), some("r:bob"), None, None]
    );
    assert_eq!(header("x-parse-master-key"), [None, None, None, some("mm"), None]);
    Ok(())
}
