//! How much memory a stream takes: as much for a million rows as for ten thousand.
//!
//! A test binary of its own, because the peak that is measured is the whole process's.
#![cfg(target_os = "linux")]

use parse_orm::prelude::*;
use std::fmt::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(ParseObject, Debug, Clone)]
struct Row {
    number: u64,
    name: String,
}

/// The most memory that this process ever held, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// Answers finds with the rows behind the id that the query names, 1000 at a time, up to this many in all.
async fn answer(mut socket: TcpStream, rows: u64) -> std::io::Result<()> {
    let (mut read, mut body) = (Vec::new(), String::new());
    loop {
        while !read.ends_with(b"\r\n\r\n") {
            if socket.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        let head = String::from_utf8_lossy(&read);
        // where={"objectId":{"$gt":"000000999"}}, with its quotes and braces percent-encoded
        let first = match head.split_once("gt%22:%22") {
            Some((_, rest)) => rest[..10].parse::<u64>().unwrap() + 1,
            None => 0,
        };
        body.clear();
        body.push_str(r#"{"results":["#);
        for number in first..rows.min(first + 1000) {
            let comma = if number == first { "" } else { "," };
            write!(
                body,
                r#"{comma}{{"objectId":"{number:010}","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z","number":{number},"name":"a row of some length, {number}"}}"#
            )
            .unwrap();
        }
        body.push_str("]}");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).await?;
        socket.write_all(body.as_bytes()).await?;
        read.clear();
    }
}

/// The peak after a stream of so many rows.
async fn streamed(rows: u64) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/parse", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(socket, rows));
        }
    });
    let client = Client::builder(url).app_id("app").build().unwrap();
    let mut stream = Row::objects().stream(&client);
    let (mut number, mut sum) = (0, 0);
    while let Some(row) = stream.try_next().await.unwrap() {
        (number, sum) = (number + 1, sum + row.number);
    }
    server.abort();
    assert_eq!((number, sum), (rows, rows * (rows - 1) / 2));
    peak()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_a_million_rows_takes_no_more_memory_than_one_of_ten_thousand() {
    let few = streamed(10_000).await;
    let many = streamed(1_000_000).await;
    // the rows of the second one are some 200 MB of text
    let grown = many.saturating_sub(few);
    assert!(
        grown < 8 << 20,
        "the peak grew by {grown} bytes, from {few} to {many}"
    );
    println!("peak: {few} bytes for 10,000 rows, {many} for 1,000,000");
}
