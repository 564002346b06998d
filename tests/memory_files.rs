//! How much memory a file takes on its way: as much for 512 MiB as for 8.
//!
//! A test binary of its own, because the peak that is measured is the whole process's. The server is another
//! process: this program again.
#![cfg(target_os = "linux")]

use futures::stream;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CHUNK: usize = 256 * 1024;
const MIB: u64 = 1 << 20;
/// What tells the program that it is the server.
const SERVER: &str = "PARSE_ORM_FILE_SERVER";

/// The most memory that a process ever held, in bytes.
fn peak(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// The server as another process, which ends with this.
struct Server(Child);

impl Server {
    fn start() -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "large_files_take_no_more_memory_than_small_ones",
                "--nocapture",
            ])
            .env(SERVER, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.map(Result::unwrap).find_map(|line| {
            let at = line.find("http://")?;
            Some(line[at..].to_owned())
        });
        (Self(child), url.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a file of this size there and back.
async fn there_and_back(client: &MasterClient, mebibytes: u64) {
    let size = mebibytes * MIB;
    let pattern: bytes::Bytes = (0..CHUNK).map(|n| (n % 251) as u8).collect::<Vec<_>>().into();
    let chunks = stream::repeat(pattern.clone()).take(usize::try_from(size).unwrap() / CHUNK);
    let file = File::builder("large.bin").stream(Some(size), chunks.map(Ok::<_, Infallible>));
    file.upload(client).await.unwrap();
    let mut back = file.download(client).stream().await.unwrap();
    assert_eq!(back.size(), Some(size));
    let mut read = 0;
    while let Some(chunk) = back.try_next().await.unwrap() {
        let mut chunk = &chunk[..];
        while !chunk.is_empty() {
            let expected = &pattern[read % CHUNK..];
            let common = chunk.len().min(expected.len());
            assert!(chunk[..common] == expected[..common], "at {read}");
            chunk = &chunk[common..];
            read += common;
        }
    }
    assert_eq!(read as u64, size);
    file.delete(client).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_take_no_more_memory_than_small_ones() {
    if std::env::var_os(SERVER).is_some() {
        let server = MockServer::builder()
            .max_upload_size(1024 * MIB)
            .start()
            .await
            .unwrap();
        println!("{}", server.url());
        // until it is killed
        std::future::pending::<()>().await;
    }
    let (server, url) = Server::start();
    let client = Client::builder(url)
        .app_id("app")
        .master_key("master")
        .timeout(Duration::from_secs(120))
        .build_master()
        .unwrap();
    let id = server.0.id().to_string();
    there_and_back(&client, 8).await;
    let small = (peak("self"), peak(&id));
    there_and_back(&client, 512).await;
    let large = (peak("self"), peak(&id));
    println!("peak: {small:?} bytes for 8 MiB, {large:?} for 512: the client's and the server's");
    assert!(
        large.0 < small.0 + 16 * MIB,
        "the client's peak grew: {small:?}, {large:?}"
    );
    assert!(
        large.1 < small.1 + 16 * MIB,
        "the server's peak grew: {small:?}, {large:?}"
    );
}
