//! The table of `RetryPolicy`, cell by cell: how often each request is sent, what the client is told, and what is done.

use crate::fault::Fault;
use crate::server::{Outcome, UNHURRIED, Way, patience, policy, unique};
use parse_orm::prelude::*;
use parse_orm::{Error, RetryPolicy};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "FaultCell")]
struct Cell {
    run: String,
    value: i64,
    items: Vec<String>,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verb {
    Read,
    LongRead,
    Set,
    Delete,
    Create,
    Increment,
    Append,
    Call,
    Batch,
}

use Verb::{Append, Batch, Call, Create, Delete, Increment, LongRead, Read, Set};

const ALL: [Verb; 9] = [
    Read, LongRead, Set, Delete, Create, Increment, Append, Call, Batch,
];

impl Verb {
    /// The column of the table: what comes to the same if it is done twice, what the server knows again, and the rest.
    fn is_tried_again(self, ids: bool, row: Row) -> bool {
        match self {
            Read | LongRead | Set | Delete => row.free,
            Create | Increment | Append | Call if ids => row.with_id,
            _ => row.once,
        }
    }

    /// The client says so where it was done by an earlier try: nobody knows the answer any more.
    fn loses_its_answer(self) -> bool {
        matches!(self, Create | Call)
    }

    fn method(self) -> &'static str {
        match self {
            Read => "GET",
            Set | Increment | Append => "PUT",
            Delete => "DELETE",
            LongRead | Create | Call | Batch => "POST",
        }
    }
}

/// A row of the table: what is tried again.
#[derive(Debug, Clone, Copy)]
struct Row {
    free: bool,
    with_id: bool,
    once: bool,
}

const NOT_NOW: Row = Row {
    free: true,
    with_id: true,
    once: true,
};
const UNANSWERED: Row = Row {
    free: true,
    with_id: true,
    once: false,
};
const FAILED: Row = Row {
    free: true,
    with_id: false,
    once: false,
};
const FINAL: Row = Row {
    free: false,
    with_id: false,
    once: false,
};

fn cell(run: &str) -> Cell {
    Cell {
        run: run.into(),
        value: 1,
        items: Vec::new(),
    }
}

/// Does it once.
async fn perform(verb: Verb, client: &Client, mut object: Object<Cell>, run: &str) -> Result<(), Error> {
    match verb {
        Read => {
            assert_eq!(query!(Cell.filter(run = run)).count(client).await?, 1);
            Ok(())
        }
        LongRead => {
            let long = query!(Cell.filter(run__in = [run, &"x".repeat(3000)]));
            assert_eq!(long.count(client).await?, 1);
            Ok(())
        }
        Set => {
            object.value = 50;
            let saved = object.save(client).await;
            kept(&object, saved)
        }
        Increment => {
            object.increment_value(1);
            let saved = object.save(client).await;
            kept(&object, saved)
        }
        Append => {
            object.add_items(["a"]);
            let saved = object.save(client).await;
            kept(&object, saved)
        }
        Delete => object.delete(client).await.map(drop),
        Create => cell(run).create(client).await.map(drop),
        Call => {
            let answer: Value = client.call("echo", json!({"run": run})).await?;
            assert_eq!(answer["params"]["run"], run);
            Ok(())
        }
        Batch => {
            let outcome = client.create_all(&[cell(run)]).await;
            outcome.into_iter().next().expect("one result").map(drop)
        }
    }
}

/// What is saved is clean, and what is not keeps its changes.
fn kept(object: &Object<Cell>, saved: Result<(), Error>) -> Result<(), Error> {
    assert_eq!(object.is_dirty(), saved.is_err(), "{saved:?}");
    saved
}

/// How often it was done.
async fn done(verb: Verb, way: &Way, object: &Object<Cell>, run: &str) -> Result<Option<usize>, Error> {
    let rows = query!(Cell.filter(run = run)).all(&way.clean).await?;
    let own = rows.iter().find(|row| row.id() == object.id());
    Ok(match verb {
        Read | LongRead | Call => None,
        Create | Batch => Some(rows.len() - 1),
        Delete => Some(usize::from(own.is_none())),
        Set => own.map(|row| usize::from(row.value == 50)),
        Increment => own.map(|row| usize::try_from(row.value - 1).unwrap_or(99)),
        Append => own.map(|row| row.items.len()),
    })
}

/// One fault, on each of the requests, with and without request ids. `before` meets another request before it.
async fn check([without, with]: &[Way; 2], fault: Fault, row: Row) -> Outcome {
    futures::future::try_join(each(without, false, fault, row), each(with, true, fault, row)).await?;
    Ok(())
}

async fn each(way: &Way, ids: bool, fault: Fault, row: Row) -> Outcome {
    let before = matches!(fault, Fault::Away | Fault::ClosedInWrite);
    for verb in ALL {
        let run = unique("run");
        let object = cell(&run).create(&way.clean).await?;
        way.then([fault]);
        if before {
            Cell::get(&way.client, object.id()).await?;
            way.idle().await;
        }
        way.path.take_sent();
        let result = perform(verb, &way.client, object.clone(), &run).await;
        let (tries, cell) = (
            way.tries(verb.method()),
            format!("{verb:?}, ids {ids}, {fault:?}: {result:?}"),
        );
        let again = verb.is_tried_again(ids, row);
        let unseen = fault == Fault::Away;
        assert_eq!(tries, 1 + usize::from(again && !unseen), "{cell}");
        // what met a request before it did not do this one
        let by_first = fault.is_done() && !before;
        let with_id = ids && matches!(verb, Create | Increment | Append | Call);
        match result {
            Ok(()) => assert!(
                again && !(by_first && with_id && verb.loses_its_answer()),
                "{cell}"
            ),
            Err(Error::AlreadyApplied(_)) if again => {
                assert!(by_first && with_id && verb.loses_its_answer(), "{cell}");
            }
            Err(_) => assert!(!again, "{cell}"),
        }
        if let Some(times) = done(verb, way, &object, &run).await? {
            assert_eq!(times, usize::from(again || by_first), "{cell}");
        }
    }
    Ok(())
}

/// Without request ids, and with them.
async fn ways(patience: Duration, policy: RetryPolicy) -> Result<[Way; 2], Box<dyn std::error::Error>> {
    let without = Way::of(false, patience, policy.clone()).await?;
    let with = Way::of(true, patience, policy).await?;
    // the class
    cell("none").create(&without.clean).await?;
    cell("none").create(&with.clean).await?;
    Ok([without, with])
}

async fn rows(faults: impl IntoIterator<Item = Fault>, row: Row) -> Outcome {
    let ways = ways(UNHURRIED, policy()).await?;
    for fault in faults {
        check(&ways, fault, row).await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_58_no_connection_could_be_made() -> Outcome {
    let patient = policy()
        .attempts(1_000)
        .backoff(Duration::from_millis(1), Duration::from_millis(5));
    check(&ways(UNHURRIED, patient).await?, Fault::Away, NOT_NOW).await
}

#[tokio::test]
async fn row_58_not_now() -> Outcome {
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    rows([Fault::NotNow("0"), Fault::NotNow(past)], NOT_NOW).await
}

#[tokio::test]
async fn row_58_no_answer_or_half_of_one() -> Outcome {
    let faults = [
        Fault::CutRequest,
        Fault::LostAnswer,
        Fault::CutAnswer,
        Fault::Half,
        Fault::ClosedInWrite,
    ];
    rows(faults, UNANSWERED).await
}

#[tokio::test]
async fn row_58_an_answer_that_comes_too_late() -> Outcome {
    let ways = ways(patience(), policy()).await?;
    check(&ways, Fault::TooLate, UNANSWERED).await
}

#[tokio::test]
async fn row_58_a_proxys_answer() -> Outcome {
    let pages =
        [408, 500, 502, 503, 504].map(|status| [true, false].map(|done| Fault::Page { status, done }));
    rows(pages.into_iter().flatten(), UNANSWERED).await?;
    rows([Fault::Portal], UNANSWERED).await
}

#[tokio::test]
async fn row_58_the_server_failed() -> Outcome {
    rows([true, false].map(|done| Fault::Failed { done }), FAILED).await
}

#[tokio::test]
async fn row_58_answers_that_are_final() -> Outcome {
    let by_server = [
        (404, 101),
        (400, 119),
        (400, 137),
        (400, 141),
        (400, 155),
        (400, 209),
    ];
    let by_server = by_server.map(|(status, code)| Fault::Refused {
        status,
        code: Some(code),
    });
    rows(by_server, FINAL).await?;
    let by_proxy = [400, 401, 403, 404, 413].map(|status| Fault::Refused { status, code: None });
    rows(by_proxy, FINAL).await
}

/// The answer is what it was, whatever it is called.
#[tokio::test]
async fn an_answer_of_another_content_type_is_read() -> Outcome {
    let way = Way::new(true).await?;
    way.then([Fault::WrongType; 4]);
    let mut object = cell(&unique("run")).create(&way.client).await?;
    object.increment_value(1);
    object.save(&way.client).await?;
    assert_eq!(Cell::get(&way.client, object.id()).await?.value, 2);
    object.delete(&way.client).await?;
    assert_eq!(way.path.met()["wrong type"], 4);
    Ok(())
}

/// The first try was done, and another one is refused, by the server or on the way: that does not say that nothing was
/// done.
#[tokio::test]
async fn row_58_a_refusal_of_another_try_leaves_a_doubt() -> Outcome {
    let way = Way::new(true).await?;
    let refused = Fault::Refused {
        status: 400,
        code: Some(119),
    };
    for verb in [Set, Delete, Create, Increment, Append, Call] {
        let run = unique("run");
        let object = cell(&run).create(&way.clean).await?;
        way.then([Fault::LostAnswer, refused]);
        let error = perform(verb, &way.client, object.clone(), &run)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::InDoubt(_)), "{verb:?}: {error}");
        assert_eq!(error.code(), Some(ErrorCode::OperationForbidden));
        if let Some(times) = done(verb, &way, &object, &run).await? {
            assert_eq!(times, 1, "{verb:?}");
        }
    }
    // what is read leaves none
    let object = cell(&unique("run")).create(&way.clean).await?;
    way.then([Fault::LostAnswer, refused]);
    let error = Cell::get(&way.client, object.id()).await.unwrap_err();
    assert!(matches!(error, Error::Server(_)), "{error}");
    // nor does a save of an object that is gone say so, where it may have been its own doing
    let gone = Fault::Refused {
        status: 404,
        code: Some(101),
    };
    let mut object = object;
    object.value = 3;
    way.then([Fault::LostAnswer, gone]);
    let error = object.save(&way.client).await.unwrap_err();
    assert!(matches!(error, Error::InDoubt(_)), "{error}");
    assert_eq!(object.dirty_fields(), ["value"]);
    Ok(())
}
