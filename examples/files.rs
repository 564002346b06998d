//! Files: from bytes, from disk and from a stream, with what belongs to them, and back again. Large ones never are in
//! memory as a whole.
//!
//! `cargo run --example files`

use parse_orm::prelude::*;
use parse_orm::{Error, FileProblem};
use parse_orm_mock::MockServer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(ParseObject, Debug, Clone)]
struct Recording {
    title: String,
    sound: File,
    cover: Option<File>,
}

/// So many megabytes of noise, made up as they are sent.
fn noise(megabytes: usize) -> impl futures::Stream<Item = std::io::Result<Vec<u8>>> {
    futures::stream::iter((0..megabytes).map(|n| Ok(vec![u8::try_from(n % 256).unwrap_or(0); 1 << 20])))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    // a server takes files from users and from the master key; from anyone only where it is told to
    let client = server.master_client();
    let folder = std::env::temp_dir().join(format!("parse-orm-files-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;

    // an object's new files are uploaded before the object
    let song = folder.join("song.mp3");
    std::fs::write(&song, "la la la")?;
    let recording = Recording {
        title: "La la".into(),
        sound: File::from_path(&song), // opened when it is sent
        cover: Some(File::new("cover.txt", "a drawing")),
    }
    .create(&client)
    .await?;
    println!("{} is at {:?}", recording.title, recording.sound.url());

    // what belongs to a file, and how far it has come
    let sent = Arc::new(AtomicU64::new(0));
    let seen = sent.clone();
    let master_tape = File::builder("tape.bin")
        .content_type("audio/x-tape")
        .metadata("studio", "Abbey Road")
        .tag("year", "1969")
        .directory("tapes")
        .on_progress(move |progress| seen.store(progress.bytes, Ordering::Relaxed))
        .stream(None, noise(8));
    master_tape.upload(&client).await?;
    assert_eq!(sent.load(Ordering::Relaxed), 8 << 20);
    assert!(master_tape.name().starts_with("tapes/"));
    assert_eq!(master_tape.metadata(&client).await?["studio"], "Abbey Road");

    // back: into memory with a limit, piece by piece, or to disk; without keys, whatever the client has
    let read = Recording::get(&client, recording.id()).await?;
    assert_eq!(read.sound.download(&client).limit(1_000_000).await?, b"la la la");
    let mut chunks = master_tape.download(&client).stream().await?;
    let mut bytes = 0;
    while let Some(chunk) = chunks.try_next().await? {
        bytes += chunk.len();
    }
    let copy = folder.join("tape.bin");
    let written = master_tape.download(&client).to_path(&copy).await?;
    assert_eq!((bytes as u64, written), (8 << 20, 8 << 20));

    // what may go wrong has a name
    let small = File::builder("tape.bin")
        .max_upload_size(1000)
        .stream(None, noise(1));
    let Err(Error::File(error)) = small.upload(&client).await else {
        return Err("a megabyte is more than 1000 bytes".into());
    };
    assert!(matches!(error.problem, FileProblem::TooLargeForServer { .. }));
    println!("refused: {error}");

    master_tape.delete(&client).await?;
    let Err(Error::File(error)) = master_tape.download(&client).await else {
        return Err("it is deleted".into());
    };
    assert!(matches!(error.problem, FileProblem::Missing));
    println!("gone: {error}");

    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
