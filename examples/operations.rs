//! Running an application on a server: is it there, what can it do, what went wrong, and trying again when it fails.

use parse_orm::prelude::*;
use parse_orm::{Event, LogLevel, Logs, RetryPolicy, SecurityReport, ServerInfo};
use parse_orm_mock::{Fault, MockServer};
use std::time::Duration;

/// One finished game.
#[derive(ParseObject, Debug, Clone)]
pub struct GameScore {
    pub player_name: String,
    pub score: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::builder()
        .security_check(true)
        .idempotency([".*"], Duration::from_secs(300))
        .start()
        .await?;
    let master = server.master_client();

    // is it there, and what can it do?
    master.health().await?;
    let info = ServerInfo::read(&master).await?;
    println!(
        "release {}, scheduled pushes: {}",
        info.version,
        info.has("push", "scheduledPush")
    );
    for check in SecurityReport::read(&master).await?.failed() {
        println!("unsafe: {}", check.title);
    }

    // a client that tries again, and may do so with creates too: the server knows its requests by their ids
    let client = Client::builder(server.url())
        .app_id(server.app_id())
        .rest_key(server.rest_key())
        .request_ids(true)
        .retries(
            RetryPolicy::default()
                .attempts(5)
                .backoff(Duration::from_millis(10), Duration::from_millis(100))
                .deadline(Duration::from_secs(10)),
        )
        .build()?;
    server.fail(Fault::status(502).times(2));
    let mut ann = GameScore {
        player_name: "Ann".into(),
        score: 1,
    }
    .create(&client)
    .await?;
    assert_eq!(
        (
            server.count("GameScore"),
            server.requests_to("POST", "/classes").len()
        ),
        (1, 3)
    );

    // the increment is made, its answer lost: it is made once, and read back
    server.fail(Fault::lose_answer().on("PUT", "/classes/GameScore").times(1));
    ann.increment_score(41);
    ann.save(&client).await?;
    assert_eq!(ann.score, 42);
    println!("{} has {} points", ann.player_name, ann.score);

    // what users do is counted
    client.track(Event::app_opened()).await?;
    let search = Event::new("Search")
        .dimension("category", "scores")
        .dimension("source", "home");
    client.track(search).await?;
    let names: Vec<String> = server.events().into_iter().map(|event| event.name).collect();
    println!("events: {names:?}");
    assert_eq!(names, ["AppOpened", "Search"]);

    // what went wrong, newest first
    assert!(GameScore::get(&client, "nobodyhere").await.is_err());
    let errors = Logs::new().level(LogLevel::Error).size(5).read(&master).await?;
    for entry in &errors {
        println!("{} {}", entry.level, entry.message);
    }
    assert_eq!(errors[0].more["code"], 101);
    Ok(())
}
