//! A part of each row: views, lists of fields.
//!
//! `cargo run --example views`

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// Somebody who writes.
#[derive(ParseObject, Debug, Clone)]
pub struct Author {
    pub name: String,
    pub biography: String,
}

/// Something to read.
#[derive(ParseObject, Debug, Clone)]
pub struct Article {
    pub title: String,
    pub text: String,
    pub words: i64,
    pub author: Option<Pointer<Author>>,
    #[parse(default)]
    pub reviewers: Vec<Pointer<Author>>,
}

/// What a list of articles shows: only these fields are sent, and of the author only the name.
#[derive(ParseView, Debug)]
#[parse(model = Article)]
pub struct Headline {
    pub object_id: ObjectId,
    pub title: String,
    pub author: Option<Included<Byline>>,
    pub reviewers: Vec<Included<Byline>>,
}

/// A part of an author.
#[derive(ParseView, Debug)]
#[parse(model = Author)]
pub struct Byline {
    pub name: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();
    let mut authors = Vec::new();
    for name in ["Ann", "Bob"] {
        let author = Author {
            name: name.into(),
            biography: "born ".repeat(1000),
        };
        authors.push(author.create(&client).await?);
    }
    for (title, words, author) in [
        ("Rust", 900, Some(&authors[0])),
        ("Parse", 400, Some(&authors[1])),
        ("Rest", 100, None),
    ] {
        let article = Article {
            title: title.into(),
            text: "word ".repeat(1000),
            words,
            author: author.map(Pointer::from),
            reviewers: authors.iter().map(Pointer::from).collect(),
        };
        article.create(&client).await?;
    }

    // the type decides what is asked for: `keys` and `include` follow from its fields
    let headlines: Vec<Headline> = query!(Article.filter(words__gt = 50).order_by(title))
        .values(&client)
        .await?;
    for headline in &headlines {
        let author = headline.author.as_ref().map_or("nobody", |author| &author.name);
        println!(
            "{:6} by {author}, {} reviewers",
            headline.title,
            headline.reviewers.len()
        );
    }
    assert_eq!(
        headlines[0].author.as_ref().map(|author| author.name.as_str()),
        Some("Bob")
    );
    assert!(headlines[1].author.is_none() && headlines[1].reviewers.len() == 2);

    // a tuple where a struct would be too much
    let lengths: Vec<(String, i64)> = query!(Article.order_by(-words))
        .values_list(&client, (Article::F.title, Article::F.words))
        .await?;
    assert_eq!(lengths[0], ("Rust".to_owned(), 900));
    let titles: Vec<String> = query!(Article.order_by(title)[..2])
        .values_list(&client, Article::F.title)
        .await?;
    assert_eq!(titles, ["Parse", "Rest"]);

    // a view cannot be saved; its id leads to the object
    let mut article = Article::get(&client, headlines[0].object_id.clone()).await?;
    article.words += 1;
    article.save(&client).await?;
    Ok(())
}
