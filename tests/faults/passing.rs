//! The path itself: what nothing happens to passes as it is, and each fault is what it says.

use crate::fault::Fault;
use crate::server::{Outcome, UNHURRIED, Way, client, patience, policy, unique};
use parse_orm::prelude::*;
use parse_orm::{Error, RetryPolicy};
use std::time::Duration;

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "FaultPassed")]
struct Passed {
    run: String,
    text: String,
}

/// Without other tries.
async fn way(patience: Duration) -> Result<Way, Box<dyn std::error::Error>> {
    let way = Way::of(true, patience, RetryPolicy::never()).await?;
    // the class
    passed("none", "").create(&way.clean).await?;
    Ok(way)
}

fn passed(run: &str, text: impl Into<String>) -> Passed {
    Passed {
        run: run.into(),
        text: text.into(),
    }
}

#[tokio::test]
async fn a_path_without_faults_passes_everything_on() -> Outcome {
    let way = way(UNHURRIED).await?;
    let run = unique("run");
    // long in both directions
    let texts = ["", "é\r\n\r\n{}", &"x".repeat(300_000)];
    let values = texts.map(|text| passed(&run, text));
    way.client.create_all(&values).await.into_result()?;
    let mine = query!(Passed.filter(run = &run));
    let rows = mine.all(&way.client).await?;
    let mut lengths: Vec<_> = rows.iter().map(|row| row.text.len()).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [0, 8, 300_000]);
    // a body of chunks, whose length nobody knows before
    let parts = ["first,", "second"].map(bytes::Bytes::from);
    let parts = parts.map(Ok::<_, std::io::Error>);
    let file = File::builder("parts.txt").stream(None, futures::stream::iter(parts));
    let master = client(way.path.url()).build_master()?;
    file.upload(&master).await?;
    assert_eq!(file.download(&way.clean).await?, b"first,second");
    assert!(way.path.met().values().all(|times| *times == 0));
    Ok(())
}

/// What the client is told, and whether the server did it.
#[tokio::test]
async fn every_fault_is_what_it_says() -> Outcome {
    let (unhurried, hurried) = (way(UNHURRIED).await?, way(patience()).await?);
    let faults = [
        (Fault::CutRequest, false),
        (Fault::LostAnswer, true),
        (Fault::CutAnswer, true),
        (Fault::TooLate, true),
        (Fault::NotNow("0"), false),
        (Fault::Failed { done: false }, false),
        (Fault::Failed { done: true }, true),
        (
            Fault::Page {
                status: 502,
                done: false,
            },
            false,
        ),
        (
            Fault::Page {
                status: 504,
                done: true,
            },
            true,
        ),
        (Fault::Portal, false),
        (Fault::Half, true),
        (Fault::Twice { second: true }, true),
    ];
    for (fault, done) in faults {
        let way = if fault == Fault::TooLate {
            &hurried
        } else {
            &unhurried
        };
        let run = unique("run");
        way.then([fault]);
        let error = passed(&run, "a").create(&way.client).await.unwrap_err();
        let count = query!(Passed.filter(run = &run)).count(&way.clean).await?;
        assert_eq!(count, u64::from(done), "{fault:?}: {error}");
    }
    let way = unhurried;
    for fault in [
        Fault::Slow,
        Fault::WrongType,
        Fault::Twice { second: false },
        Fault::ClosedIdle,
    ] {
        way.then([fault]);
        let run = unique("run");
        passed(&run, "a").create(&way.client).await?;
        let count = query!(Passed.filter(run = &run)).count(&way.clean).await?;
        assert_eq!(count, 1, "{fault:?}");
        assert_eq!(
            way.path.met()[fault.kind()],
            if fault.kind() == "twice" { 2 } else { 1 }
        );
    }
    way.then([Fault::ClosedInWrite]);
    passed("none", "a").create(&way.client).await?;
    way.idle().await;
    let error = passed("none", "b").create(&way.client).await.unwrap_err();
    assert!(
        matches!(&error, Error::Connection(broken) if !broken.is_connect()),
        "{error}"
    );
    Ok(())
}

/// While nobody listens no connection is made, and nothing is sent: everything is tried again.
#[tokio::test]
async fn row_58_a_refused_connection_is_tried_again() -> Outcome {
    let never = way(UNHURRIED).await?;
    never.path.leave().await;
    let error = passed("none", "a").create(&never.client).await.unwrap_err();
    assert!(
        matches!(&error, Error::Connection(refused) if refused.is_connect()),
        "{error}"
    );
    let patient = policy()
        .attempts(u32::MAX)
        .backoff(Duration::from_millis(1), Duration::from_millis(5));
    for ids in [false, true] {
        let way = Way::of(ids, UNHURRIED, patient.clone()).await?;
        let run = unique("run");
        way.path.leave().await;
        let asked = async {
            passed(&run, "b").create(&way.client).await?;
            way.client.create_all(&[passed(&run, "c")]).await.into_result()
        };
        let late = async {
            tokio::time::sleep(Duration::from_millis(40)).await;
            way.path.come_back();
        };
        let (created, ()) = tokio::join!(asked, late);
        created?;
        assert_eq!(query!(Passed.filter(run = &run)).count(&way.clean).await?, 2);
        assert_eq!(way.tries("POST"), 2);
    }
    Ok(())
}
