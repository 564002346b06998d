//! The objects of many others in one request: relations, and pointers backwards.

use crate::backend::{Backend, Outcome, backend, sorted};
use crate::models::store;
use futures::future::try_join_all;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2ePreBook")]
struct Book {
    run: String,
    title: String,
    pages: i64,
    author: Option<Pointer<Author>>,
    #[parse(default)]
    readers: Vec<Pointer<Author>>,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2ePreAuthor")]
struct Author {
    run: String,
    name: String,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2ePreShelf")]
struct Shelf {
    run: String,
    number: i64,
    books: Relation<Book>,
}

fn author(run: &str, name: &str) -> Author {
    Author {
        run: run.into(),
        name: name.into(),
    }
}

fn book(run: &str, title: &str, author: Option<&Object<Author>>) -> Book {
    Book {
        run: run.into(),
        title: title.into(),
        pages: i64::try_from(title.len()).unwrap_or_default() * 100,
        author: author.map(Pointer::from),
        readers: Vec::new(),
    }
}

fn shelf(run: &str, number: i64) -> Shelf {
    Shelf {
        run: run.into(),
        number,
        books: Relation::new(),
    }
}

fn titles<'a>(books: impl IntoIterator<Item = &'a Object<Book>>) -> Vec<&'a str> {
    books.into_iter().map(|book| book.title.as_str()).collect()
}

/// The requests that the mock was sent since, where it is one.
fn requests(backend: &Backend) -> Option<Vec<String>> {
    let requests = backend.server()?.requests();
    Some(
        requests
            .iter()
            .map(|request| format!("{} {}", request.method, request.path))
            .collect(),
    )
}

fn clear(backend: &Backend) {
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
}

struct Library {
    authors: Vec<Object<Author>>,
    shelves: Vec<Object<Shelf>>,
}

/// Three authors with two, one and no book; a shelf with all of them, one with the first, and an empty one.
async fn library(backend: &Backend) -> parse_orm::Result<Library> {
    let (client, run) = (backend.client(), backend.run());
    let authors = store(backend, ["Ann", "Bob", "Cid"].map(|name| author(&run, name))).await?;
    let mut first = book(&run, "Aa", Some(&authors[0]));
    first.readers = vec![authors[1].pointer(), authors[2].pointer()];
    let mut second = book(&run, "Bbb", Some(&authors[0]));
    second.readers = vec![authors[2].pointer()];
    let books = store(
        backend,
        [
            first,
            second,
            book(&run, "Cccc", Some(&authors[1])),
            book(&run, "Lost", None),
        ],
    )
    .await?;
    let mut shelves = store(backend, [shelf(&run, 1), shelf(&run, 2), shelf(&run, 3)]).await?;
    shelves[0].add_to_books(&books);
    shelves[0].save(client).await?;
    shelves[1].add_to_books([&books[0]]);
    shelves[1].save(client).await?;
    clear(backend);
    Ok(Library { authors, shelves })
}

#[tokio::test]
async fn what_relations_hold() -> Outcome {
    let backend = backend().await;
    let Library { shelves, .. } = library(&backend).await?;
    let books = query!(Book.order_by(-title))
        .prefetch_related(Shelf::F.books, &shelves)
        .all(backend.client())
        .await?;
    assert_eq!(titles(books.of(&shelves[0])), ["Lost", "Cccc", "Bbb", "Aa"]);
    // a book on two shelves is there for both
    assert_eq!(titles(books.of(&shelves[1])), ["Aa"]);
    assert!(books.of(&shelves[2]).is_empty());
    assert_eq!(
        (books.len(), books.is_empty(), books.iter().count()),
        (5, false, 5)
    );
    if let Some(requests) = requests(&backend) {
        assert_eq!(requests, ["POST /batch"]);
    }
    Ok(())
}

#[tokio::test]
async fn what_points_to_objects() -> Outcome {
    let backend = backend().await;
    let Library { authors, .. } = library(&backend).await?;
    let books = query!(Book.filter(run = backend.run()).order_by(-pages))
        .prefetch_related(Book::F.author, &authors)
        .all(backend.client())
        .await?;
    assert_eq!(titles(books.of(&authors[0])), ["Bbb", "Aa"]);
    assert_eq!(titles(books.of(&authors[1])), ["Cccc"]);
    assert!(books.of(&authors[2]).is_empty());
    if let Some(requests) = requests(&backend) {
        assert_eq!(requests, ["GET /classes/E2ePreBook"]);
    }
    Ok(())
}

#[tokio::test]
async fn what_points_to_objects_from_an_array() -> Outcome {
    let backend = backend().await;
    let Library { authors, .. } = library(&backend).await?;
    let mut books = query!(Book.order_by(title))
        .prefetch_related(Book::F.readers, &authors)
        .all(backend.client())
        .await?;
    assert!(books.of(&authors[0]).is_empty());
    assert_eq!(titles(books.of(&authors[1])), ["Aa"]);
    assert_eq!(titles(books.of(&authors[2])), ["Aa", "Bbb"]);

    // each reader's copy is an object of its own
    let mut of_cid = books.take(&authors[2]);
    of_cid[0].pages += 1;
    assert!(of_cid[0].is_dirty() && !books.of(&authors[1])[0].is_dirty());
    assert!(books.of(&authors[2]).is_empty());
    Ok(())
}

#[tokio::test]
async fn the_querys_own_conditions_hold() -> Outcome {
    let backend = backend().await;
    let Library { authors, shelves } = library(&backend).await?;
    let client = backend.client();
    let long = query!(
        Book.filter(pages__gte = 300)
            .order_by(title)
            .select_related(author)
    );
    let on_shelves = long
        .prefetch_related(Shelf::F.books, &shelves)
        .all(client)
        .await?;
    assert_eq!(titles(on_shelves.of(&shelves[0])), ["Bbb", "Cccc", "Lost"]);
    assert!(on_shelves.of(&shelves[1]).is_empty());
    let first = &on_shelves.of(&shelves[0])[0];
    assert_eq!(first.author.as_ref().unwrap().get()?.name, "Ann");

    let of_authors = long
        .prefetch_related(Book::F.author, &authors)
        .all(client)
        .await?;
    assert_eq!(titles(of_authors.of(&authors[0])), ["Bbb"]);
    assert_eq!(
        of_authors.of(&authors[1])[0].author.as_ref().unwrap().get()?.name,
        "Bob"
    );

    // also one on the very field
    let of_bob = query!(long.filter(author = &authors[1]));
    let books = of_bob
        .prefetch_related(Book::F.author, &authors)
        .all(client)
        .await?;
    assert_eq!((books.len(), titles(books.of(&authors[1]))), (1, vec!["Cccc"]));
    Ok(())
}

/// No level costs more requests than another, however many objects it has.
#[tokio::test]
async fn several_levels_are_as_many_requests() -> Outcome {
    let backend = backend().await;
    let Library { shelves, .. } = library(&backend).await?;
    let client = backend.client();
    let books = Book::objects()
        .prefetch_related(Shelf::F.books, &shelves)
        .all(client)
        .await?;
    // the book on two shelves is asked about once
    let authors: Vec<Object<Author>> = query!(Author.filter(run = backend.run(), name = "Ann"))
        .all(client)
        .await?;
    clear(&backend);
    let again = query!(Book.order_by(title)).prefetch_related(Book::F.author, authors.iter().chain(&authors));
    assert_eq!(titles(again.all(client).await?.of(&authors[0])), ["Aa", "Bbb"]);
    assert_eq!(books.iter().count(), 5);
    if let Some(server) = backend.server() {
        let [request] = &server.requests()[..] else {
            panic!("{:?}", requests(&backend))
        };
        assert_eq!(
            format!("{request:?}").matches(authors[0].id().as_str()).count(),
            1
        );
    }
    Ok(())
}

#[tokio::test]
async fn of_no_owners_nothing_is_asked() -> Outcome {
    let backend = backend().await;
    clear(&backend);
    let none: [Object<Shelf>; 0] = [];
    let books = Book::objects()
        .prefetch_related(Shelf::F.books, &none)
        .all(backend.client())
        .await?;
    assert!(books.is_empty());
    let nobody: Vec<Object<Author>> = Vec::new();
    let books = Book::objects()
        .prefetch_related(Book::F.author, &nobody)
        .all(backend.client())
        .await?;
    assert_eq!(books.len(), 0);
    assert!(requests(&backend).is_none_or(|requests| requests.is_empty()));
    Ok(())
}

#[tokio::test]
async fn owners_in_chunks() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let authors = store(&backend, (0..7).map(|number| author(&run, &number.to_string()))).await?;
    let books = store(
        &backend,
        authors
            .iter()
            .map(|author| book(&run, &author.name, Some(author))),
    )
    .await?;
    let mut shelves = store(&backend, (0..7).map(|number| shelf(&run, number))).await?;
    for (shelf, book) in shelves.iter_mut().zip(&books) {
        shelf.add_to_books([book]);
    }
    try_join_all(shelves.iter_mut().map(|shelf| shelf.save(client))).await?;
    clear(&backend);

    let of_authors = Book::objects()
        .prefetch_related(Book::F.author, &authors)
        .chunk_size(3)
        .all(client)
        .await?;
    let on_shelves = Book::objects()
        .prefetch_related(Shelf::F.books, &shelves)
        .chunk_size(4)
        .all(client)
        .await?;
    for ((author, shelf), book) in authors.iter().zip(&shelves).zip(&books) {
        assert_eq!(titles(of_authors.of(author)), [book.title.as_str()]);
        assert_eq!(titles(on_shelves.of(shelf)), [book.title.as_str()]);
    }
    if let Some(requests) = requests(&backend) {
        let gets = requests
            .iter()
            .filter(|request| request.starts_with("GET"))
            .count();
        let batches = requests
            .iter()
            .filter(|request| request.ends_with("/batch"))
            .count();
        assert_eq!((gets, batches, requests.len()), (3, 2, 5));
    }
    Ok(())
}

/// A server that gives at most two rows at once: nothing is lost, and what is full is read on together.
#[tokio::test]
async fn row_30_more_rows_than_an_answer_holds() -> Outcome {
    let server = MockServer::builder().max_limit(2).start().await?;
    let client = &server.client();
    let ann = author("", "Ann").create(client).await?;
    let bob = author("", "Bob").create(client).await?;
    let mut shelves = vec![
        shelf("", 1).create(client).await?,
        shelf("", 2).create(client).await?,
    ];
    for number in 0..5 {
        let mut written = book("", &format!("a{number}"), Some(&ann));
        written.readers = vec![ann.pointer(), bob.pointer()];
        let book = written.create(client).await?;
        shelves[0].add_to_books([&book]);
    }
    let other = book("", "b", Some(&bob)).create(client).await?;
    shelves[1].add_to_books([&other]);
    for shelf in &mut shelves {
        shelf.save(client).await?;
    }
    server.clear_requests();

    let books = query!(Book.order_by(-title))
        .prefetch_related(Shelf::F.books, &shelves)
        .all(client)
        .await?;
    assert_eq!(titles(books.of(&shelves[0])), ["a4", "a3", "a2", "a1", "a0"]);
    assert_eq!(titles(books.of(&shelves[1])), ["b"]);
    // two and two and one, and nothing more
    assert_eq!(server.requests().len(), 4);
    server.clear_requests();

    let of = [ann, bob];
    let books = query!(Book.order_by(title))
        .prefetch_related(Book::F.readers, &of)
        .all(client)
        .await?;
    assert_eq!(titles(books.of(&of[0])), ["a0", "a1", "a2", "a3", "a4"]);
    assert_eq!(titles(books.of(&of[1])), titles(books.of(&of[0])));
    Ok(())
}

/// The place where a page begins is a tree of conditions, beside the relation and the query's own ones.
#[tokio::test]
async fn row_30_pages_of_relations() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut shelves = store(&backend, [shelf(&run, 1), shelf(&run, 2)]).await?;
    let of = |title: String| book(&run, &title, None);
    let books = store(
        &backend,
        (0..9).map(|number| of(format!("{}{number}", "b".repeat(number % 3)))),
    )
    .await?;
    shelves[0].add_to_books(&books[..7]);
    shelves[1].add_to_books(&books[5..]);
    try_join_all(shelves.iter_mut().map(|shelf| shelf.save(client))).await?;

    // several have equally many pages
    let set = query!(
        Book.filter(Q(title__ne = "4") | Q(pages = 100))
            .order_by(-pages, title)
            .page_size(2)
    );
    let related = set.prefetch_related(Shelf::F.books, &shelves).all(client).await?;
    assert_eq!(
        titles(related.of(&shelves[0])),
        ["bb2", "bb5", "b1", "b4", "0", "3", "6"]
    );
    assert_eq!(titles(related.of(&shelves[1])), ["bb5", "bb8", "b7", "6"]);
    // the contents of one are a query with pages of its own
    let on_first = shelves[0].books();
    let one = query!(
        on_first
            .filter(Q(title = "0") | Q(pages__gt = 100))
            .order_by(-pages, title)
            .page_size(2)
    );
    assert_eq!(titles(&one.all(client).await?), ["bb2", "bb5", "b1", "b4", "0"]);
    Ok(())
}

/// Row 2: also where the conditions travel in a batch.
#[tokio::test]
async fn row_2_what_no_row_can_meet_is_refused() -> Outcome {
    let backend = backend().await;
    let Library { shelves, authors } = library(&backend).await?;
    let none = query!(Book.filter(pages = 1, pages = 2));
    for error in [
        none.prefetch_related(Shelf::F.books, &shelves)
            .all(backend.client())
            .await
            .err(),
        none.prefetch_related(Book::F.author, &authors)
            .all(backend.client())
            .await
            .err(),
    ] {
        let error = error.ok_or("not refused")?.to_string();
        assert!(error.contains("`pages = 1` and `pages = 2`"), "{error}");
    }
    assert!(requests(&backend).is_none_or(|requests| requests.is_empty()));
    Ok(())
}

#[tokio::test]
async fn a_limit_is_refused() -> Outcome {
    let backend = backend().await;
    let Library { shelves, authors } = library(&backend).await?;
    let limited = query!(Book.limit(3)).prefetch_related(Shelf::F.books, &shelves);
    let error = limited.all(backend.client()).await.unwrap_err().to_string();
    assert!(
        error.contains("E2ePreBook") && error.contains("take what you need"),
        "{error}"
    );
    let skipped = query!(Book.skip(1)).prefetch_related(Book::F.author, &authors);
    assert!(matches!(
        skipped.all(backend.client()).await,
        Err(Error::Invalid(_))
    ));
    // without the pointer nobody knows whose a book is
    let blind = query!(Book.exclude_keys(author)).prefetch_related(Book::F.author, &authors);
    let error = blind.all(backend.client()).await.unwrap_err().to_string();
    assert!(
        error.contains("`author`") && error.contains("`exclude_keys`"),
        "{error}"
    );
    assert!(requests(&backend).is_none_or(|requests| requests.is_empty()));
    Ok(())
}

#[tokio::test]
async fn a_refusal_of_the_server_is_the_outcome() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2ePreBook")]
    struct Misread {
        title: i64,
        author: Option<Pointer<Author>>,
    }
    let backend = backend().await;
    let Library { authors, .. } = library(&backend).await?;
    let misread = query!(Misread.filter(author = &authors[0])).prefetch_related(Misread::F.author, &authors);
    let error = misread.all(backend.client()).await.unwrap_err();
    assert!(
        matches!(error, Error::Decode(_)) && error.to_string().contains("`title`"),
        "{error}"
    );
    let owners: Vec<String> = sorted(authors.iter().map(|author| author.name.clone()));
    assert_eq!(owners.len(), 3);
    Ok(())
}
