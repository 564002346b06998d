//! Objects inside of objects: an album with its artist, its songs and its cover is one `create`.
//!
//! `cargo run --example graph` runs it against the embedded mock server. To run it against a real one, name that in the
//! environment: `PARSE_SERVER_URL`, `PARSE_APP_ID`, `PARSE_REST_KEY`, and `PARSE_MASTER_KEY`, because a server does not
//! take files from everybody.

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// Who sings.
#[derive(ParseObject, Debug, Clone)]
pub struct Artist {
    pub name: String,
}

/// What is sung.
#[derive(ParseObject, Debug, Clone)]
pub struct Song {
    pub title: String,
    pub by: Pointer<Artist>,
}

/// A few songs, in their order.
#[derive(ParseObject, Debug, Clone)]
pub struct Album {
    pub title: String,
    pub artist: Option<Pointer<Artist>>,
    pub cover: Option<File>,
    #[parse(default)]
    pub songs: Vec<Pointer<Song>>,
    pub guests: Relation<Artist>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut embedded = None;
    let client = if std::env::var_os("PARSE_SERVER_URL").is_some() {
        MasterClient::from_env()?
    } else {
        embedded.insert(MockServer::start().await).master_client()
    };

    // one artist, however many hold it
    let joni = Pointer::new(Artist { name: "Joni".into() });
    let song = |title: &str| Song {
        title: title.into(),
        by: joni.clone(),
    };
    let album = Album {
        title: "Blue".into(),
        artist: Some(joni.clone()),
        cover: Some(File::new(
            "blue.svg",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        )),
        songs: vec![song("All I Want").into(), song("Carey").into()],
        guests: Relation::of([Artist { name: "James".into() }]),
    };
    // the file; then one batch with both artists, one with both songs; then the album
    let mut album = album.create(&client).await?;
    println!(
        "{} of {}: {:?}",
        album.title,
        joni.get()?.name,
        album.cover.as_ref().and_then(File::url)
    );

    // a save does the same for what was added
    album.songs.push(song("River").into());
    album.add_to_guests([Artist {
        name: "Stephen".into(),
    }]);
    println!("changed: {:?}", album.dirty_fields());
    album.save(&client).await?;

    let read = query!(Album.filter(object_id = album.id()).select_related(songs.by))
        .get(&client)
        .await?;
    for song in &read.songs {
        let song = song.get()?;
        println!("  {} by {}", song.title, song.by.get()?.name);
    }
    for guest in album.guests().all(&client).await? {
        println!("  with {}", guest.name);
    }
    Ok(())
}
