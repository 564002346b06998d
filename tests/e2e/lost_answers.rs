//! Answers that are lost on the way, from the real server as well: behind a proxy that ends connections.

use crate::backend::{Outcome, unique};
use crate::models::{Game, GameAccessors, game};
use parse_orm::prelude::*;
use parse_orm::{Error, RetryPolicy};
use parse_orm_mock::MockServer;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that minds request ids, and a client behind the proxy.
struct Way {
    _server: Option<MockServer>,
    client: Client,
    /// How many answers to writes will be lost.
    lost: Arc<AtomicUsize>,
}

async fn way() -> Result<Way, Box<dyn std::error::Error>> {
    let server = match std::env::var("PARSE_SERVER_URL") {
        Ok(_) => None,
        Err(_) => {
            let server = MockServer::builder().idempotency([".*"], Duration::from_secs(60));
            Some(server.start().await?)
        }
    };
    let variable = |name, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let url = match &server {
        Some(server) => server.url().to_owned(),
        None => std::env::var("PARSE_SERVER_URL")?,
    };
    let (address, mount) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or("an http URL with a mount path")?;
    let lost = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::builder(format!("http://{}/{mount}", listener.local_addr()?))
        .app_id(variable("PARSE_APP_ID", "app"))
        .rest_key(variable("PARSE_REST_KEY", "rest"))
        .retries(RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(5)))
        .request_ids(true)
        .build()?;
    let (address, losing) = (address.to_owned(), lost.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (address, losing) = (address.clone(), losing.clone());
            tokio::spawn(async move { pass(stream, &address, &losing).await });
        }
    });
    Ok(Way {
        _server: server,
        client,
        lost,
    })
}

/// One request, and its answer unless that is to be lost.
async fn pass(mut stream: TcpStream, address: &str, lost: &AtomicUsize) -> io::Result<()> {
    let mut request = Vec::new();
    let (head, length) = loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text[..head]
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            break (head + 4, length.unwrap_or(0_usize));
        }
    };
    while request.len() < head + length {
        stream.read_buf(&mut request).await?;
    }
    let write = !request.starts_with(b"GET");
    let mut server = TcpStream::connect(address).await?;
    // one request a connection: the answer ends with it
    server.write_all(&request[..head - 2]).await?;
    server.write_all(b"Connection: close\r\n\r\n").await?;
    server.write_all(&request[head..]).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    let less = |lost: usize| lost.checked_sub(1);
    if write
        && lost
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_ok()
    {
        return Ok(());
    }
    stream.write_all(&answer).await
}

#[tokio::test]
async fn row_37_an_increment_is_made_once_and_read_back() -> Outcome {
    let way = way().await?;
    let mut game = game(&unique("lost"), "Ann", 1).create(&way.client).await?;
    way.lost.store(1, Ordering::SeqCst);
    game.increment_score(5);
    game.save(&way.client).await?;
    assert_eq!(way.lost.load(Ordering::SeqCst), 0);
    assert!(!game.is_dirty());
    let stored = Game::get(&way.client, game.id()).await?;
    assert_eq!((game.score, stored.score), (6, 6));
    assert_eq!(stored.updated_at(), game.updated_at());
    Ok(())
}

#[tokio::test]
async fn row_6_a_create_is_made_once() -> Outcome {
    let way = way().await?;
    let run = unique("lost");
    way.lost.store(1, Ordering::SeqCst);
    let error = game(&run, "Ann", 1).create(&way.client).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyApplied(_)), "{error}");
    let mine = query!(Game.filter(run = &run));
    assert_eq!(mine.count(&way.client).await?, 1);
    // looked for first, it is found instead
    let run = unique("lost");
    let mine = query!(Game.filter(run = &run));
    way.lost.store(1, Ordering::SeqCst);
    let (made, created) = mine.get_or_create(&way.client, || game(&run, "Bob", 2)).await?;
    assert!(created && made.player_name == "Bob");
    assert_eq!(mine.count(&way.client).await?, 1);
    Ok(())
}

#[tokio::test]
async fn row_58_a_delete_and_a_value_that_is_set() -> Outcome {
    let way = way().await?;
    let mut game = game(&unique("lost"), "Ann", 1).create(&way.client).await?;
    way.lost.store(2, Ordering::SeqCst);
    game.score = 8;
    game.save(&way.client).await?;
    assert_eq!(Game::get(&way.client, game.id()).await?.score, 8);
    way.lost.store(2, Ordering::SeqCst);
    let id = game.id().clone();
    game.delete(&way.client).await?;
    assert!(Game::get(&way.client, &id).await.unwrap_err().is_not_found());
    Ok(())
}
