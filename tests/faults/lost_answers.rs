//! What was done, and its answer lost: code 159 and code 101 that mean "done", as both servers say them.

use crate::fault::Fault;
use crate::server::{Outcome, Way, unique};
use parse_orm::Error;
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "FaultGame")]
struct Game {
    run: String,
    name: String,
    score: i64,
}

fn game(run: &str, name: &str, score: i64) -> Game {
    Game {
        run: run.into(),
        name: name.into(),
        score,
    }
}

#[tokio::test]
async fn row_37_an_increment_is_made_once_and_read_back() -> Outcome {
    let way = Way::new(true).await?;
    let lost = [
        Fault::LostAnswer,
        Fault::CutAnswer,
        Fault::Half,
        // it is the answer to the first that is lost
        Fault::Twice { second: true },
    ];
    for fault in lost {
        let mut game = game(&unique("lost"), "Ann", 1).create(&way.client).await?;
        way.then([fault]);
        game.increment_score(5);
        game.save(&way.client).await?;
        assert!(!game.is_dirty());
        let stored = Game::get(&way.client, game.id()).await?;
        assert_eq!((game.score, stored.score), (6, 6), "{fault:?}");
        assert_eq!(stored.updated_at(), game.updated_at());
    }
    Ok(())
}

#[tokio::test]
async fn row_6_a_create_is_made_once() -> Outcome {
    let way = Way::new(true).await?;
    for fault in [Fault::LostAnswer, Fault::Half, Fault::Twice { second: true }] {
        let run = unique("lost");
        way.then([fault]);
        let error = game(&run, "Ann", 1).create(&way.client).await.unwrap_err();
        assert!(matches!(error, Error::AlreadyApplied(_)), "{error}");
        let mine = query!(Game.filter(run = &run));
        assert_eq!(mine.count(&way.client).await?, 1);
    }
    // looked for first, it is found instead
    let run = unique("lost");
    let mine = query!(Game.filter(run = &run));
    // the first request looks for it
    way.then([Fault::Slow, Fault::LostAnswer]);
    let (made, created) = mine.get_or_create(&way.client, || game(&run, "Bob", 2)).await?;
    assert!(created && made.name == "Bob");
    assert_eq!(mine.count(&way.client).await?, 1);
    // where it cannot be read, it is created all the same
    let run = unique("lost");
    let mine = query!(Game.filter(run = &run));
    let refused = Fault::Refused {
        status: 400,
        code: Some(119),
    };
    way.then([Fault::Slow, Fault::LostAnswer, Fault::Slow, refused]);
    let error = mine.get_or_create(&way.client, || game(&run, "Cid", 3)).await;
    assert!(matches!(error, Err(Error::AlreadyApplied(_))), "{error:?}");
    assert_eq!(mine.count(&way.client).await?, 1);
    Ok(())
}

/// Where the network delivers a request twice, the server may answer the second one first: with code 159, to a client
/// that tried once.
#[tokio::test]
async fn row_37_a_request_that_the_network_delivers_twice_is_done() -> Outcome {
    let way = Way::new(true).await?;
    let mut game = game(&unique("twice"), "Ann", 1).create(&way.client).await?;
    way.path.take_sent();
    way.then([Fault::Twice { second: true }]);
    game.increment_score(5);
    game.save(&way.client).await?;
    assert_eq!((game.score, way.tries("PUT")), (6, 1));
    assert_eq!(Game::get(&way.clean, game.id()).await?.score, 6);
    Ok(())
}

#[tokio::test]
async fn row_58_a_delete_and_a_value_that_is_set() -> Outcome {
    let way = Way::new(true).await?;
    let mut game = game(&unique("lost"), "Ann", 1).create(&way.client).await?;
    way.then([Fault::LostAnswer; 2]);
    game.score = 8;
    game.save(&way.client).await?;
    assert_eq!(Game::get(&way.client, game.id()).await?.score, 8);
    way.then([Fault::LostAnswer; 2]);
    let id = game.id().clone();
    game.delete(&way.client).await?;
    assert!(Game::get(&way.client, &id).await.unwrap_err().is_not_found());
    Ok(())
}

/// A network that wants a log-in answers everything with its page: nothing of that is done, and nothing is taken for
/// done.
#[tokio::test]
async fn a_page_with_status_200_is_no_answer() -> Outcome {
    let way = Way::new(false).await?;
    let run = unique("portal");
    let mut game = game(&run, "Ann", 1).create(&way.client).await?;
    game.score = 9;
    game.name = "Bob".into();
    way.then([Fault::Portal; 3]);
    let error = game.save(&way.client).await.unwrap_err();
    assert!(
        matches!(error, Error::UnexpectedAnswer { status: 200, .. }),
        "{error}"
    );
    assert_eq!(game.dirty_fields(), ["name", "score"]);
    way.then([Fault::Portal; 3]);
    assert!(game.clone().delete(&way.client).await.is_err());
    way.then([Fault::Portal; 3]);
    assert!(way.client.call::<()>("hello", ()).await.is_err());
    // through with it
    game.save(&way.client).await?;
    let stored = Game::get(&way.clean, game.id()).await?;
    assert_eq!((stored.score, stored.name.as_str()), (9, "Bob"));
    Ok(())
}
