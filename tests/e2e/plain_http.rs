//! The master key over plain HTTP: to this machine only, unless the program says otherwise.
//!
//! `0.0.0.0` is the other machine: no loopback address, and yet it leads here.

use crate::backend::Outcome;
use crate::live_server::Scripted;
use crate::models::{Team, team};
use parse_orm::prelude::*;
use parse_orm::{ClientBuilder, RetryPolicy};
use parse_orm_mock::MockServer;
use std::process::Command;

const KEY: &str = "master-SECRET";

fn at(url: &str) -> ClientBuilder {
    Client::builder(url).app_id("app").master_key(KEY)
}

fn refusal(error: &Error) -> String {
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    let text = error.to_string();
    assert!(!text.contains("SECRET"), "{text}");
    assert!(text.contains("everybody on the way could read it"), "{text}");
    text
}

#[test]
fn a_master_client_is_not_built() -> Outcome {
    for url in [
        "http://api.example.com/parse",
        "http://parse:1337/parse",
        "http://10.0.0.1/parse",
        "http://0.0.0.0:1337/parse",
        "http://[2001:db8::1]/parse",
        "http://localhost.example.com/parse",
        "http://127.0.0.1.example.com/parse",
    ] {
        let text = refusal(&at(url).build_master().unwrap_err());
        for part in [url, "https://", ".allow_master_key_over_http(true)"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        // nothing else is refused
        let _ = at(url).build()?.with_session("r:token");
        at(url).allow_master_key_over_http(true).build_master()?;
    }
    for url in [
        "https://api.example.com/parse",
        "http://LocalHost:1337/parse",
        "http://127.0.0.1:1337/parse",
        "http://127.3.2.1/parse",
        "http://[::1]:1337/parse",
        "http://[::ffff:127.0.0.1]/parse",
    ] {
        at(url).build_master()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_master_client_of_another_sends_nothing() -> Outcome {
    let server = MockServer::start().await;
    let url = server.url().replace("127.0.0.1", "0.0.0.0");
    let builder = || {
        Client::builder(&url)
            .app_id(server.app_id())
            .rest_key(server.rest_key())
    };
    let client = builder().build()?;
    let master = client.master(server.master_key());
    let mut stored = team("run", "Red").create(&client).await?;
    server.clear_requests();

    stored.name = "Blue".into();
    for error in [
        Team::objects().all(&master).await.unwrap_err(),
        team("run", "Green").create(&master).await.unwrap_err(),
        stored.save(&master).await.unwrap_err(),
        File::new("a.txt", "x").upload(&master).await.unwrap_err(),
        master.hooks().functions().await.unwrap_err(),
        Team::objects()
            .all(&master.with_default_acl(Acl::new()))
            .await
            .unwrap_err(),
    ] {
        refusal(&error);
    }
    assert!(server.requests().is_empty());

    let allowed = builder().allow_master_key_over_http(true).build()?;
    stored.save(&allowed.master(server.master_key())).await?;
    let [asked] = &server.requests()[..] else {
        return Err("one request".into());
    };
    assert_eq!(asked.header("x-parse-master-key"), Some(server.master_key()));
    Ok(())
}

#[tokio::test]
async fn a_live_query_of_a_master_client_sends_nothing() -> Outcome {
    let server = Scripted::start().await;
    let outside = server.url.replace("127.0.0.1", "0.0.0.0");
    let socket = outside.replace("http", "ws");
    let quick = || RetryPolicy::never();
    for builder in [
        Client::builder(&outside),
        // the server itself is safe to reach
        Client::builder("https://localhost/parse").live_query_url(&socket),
        Client::builder("http://localhost/parse").live_query_url(&outside),
    ] {
        let client = builder.app_id("app").retries(quick()).build()?;
        let error = Team::objects().subscribe(&client.master(KEY)).await.unwrap_err();
        assert!(refusal(&error).contains("wss://"), "{error}");
    }
    assert!(server.is_alone().await);

    let client = Client::builder(&outside)
        .app_id("app")
        .allow_master_key_over_http(true)
        .build()?;
    let asking = tokio::spawn(Team::objects().subscribe(&client.master(KEY)).into_future());
    let mut connection = server.accept().await;
    assert_eq!(connection.read().await["masterKey"], KEY);
    asking.abort();
    Ok(())
}

/// What a program's own environment says; the variables are another process's, because this one has many threads.
#[test]
fn by_the_environment() -> Outcome {
    const ROLE: &str = "PARSE_ORM_TEST_ENVIRONMENT";
    if std::env::var_os(ROLE).is_some() {
        println!("<{:?}>", MasterClient::from_env());
        return Ok(());
    }
    let told = |allowed: &str| -> std::io::Result<String> {
        let output = Command::new(std::env::current_exe()?)
            .args(["plain_http::by_the_environment", "--exact", "--nocapture"])
            .env(ROLE, "yes")
            .env("PARSE_SERVER_URL", "http://parse:1337/parse")
            .env("PARSE_APP_ID", "app")
            .env("PARSE_MASTER_KEY", KEY)
            .env("PARSE_ALLOW_MASTER_KEY_OVER_HTTP", allowed)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!text.contains("SECRET"), "{text}");
        Ok(text)
    };
    for no in ["", "false"] {
        let text = told(no)?;
        assert!(text.contains("PARSE_ALLOW_MASTER_KEY_OVER_HTTP=true"), "{text}");
    }
    let text = told("yes")?;
    assert!(text.contains("neither `true` nor `false`"), "{text}");
    let text = told("true")?;
    assert!(text.contains("<Ok(MasterClient("), "{text}");
    Ok(())
}
