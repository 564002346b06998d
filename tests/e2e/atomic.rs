//! Transactions: all of it, or nothing.

use crate::backend::{Backend, Outcome, backend, unique};
use parse_orm::Error;
use parse_orm::prelude::*;
use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers};

/// A column of numbers, as one that can hold anything: the server refuses what is no number.
#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eAccount")]
struct Account {
    run: String,
    owner: String,
    balance: Value,
    moves: i64,
    #[parse(default)]
    notes: Vec<String>,
}

fn account(run: &str, owner: &str, balance: impl Into<Value>) -> Account {
    Account {
        run: run.into(),
        owner: owner.into(),
        balance: balance.into(),
        moves: 0,
        notes: vec![],
    }
}

/// Two accounts: the class exists before the first transaction.
async fn two(backend: &Backend) -> parse_orm::Result<[Object<Account>; 2]> {
    let (client, run) = (backend.client(), backend.run());
    Ok([
        account(&run, "Ann", 10).create(client).await?,
        account(&run, "Bob", 0).create(client).await?,
    ])
}

async fn stored(backend: &Backend) -> parse_orm::Result<Vec<Account>> {
    let all = query!(Account.filter(run = backend.run()).order_by(owner));
    let rows = all.all(backend.client()).await?;
    Ok(rows.into_iter().map(Object::into_inner).collect())
}

macro_rules! rolled_back {
    ($result:expr, $requests:literal) => {
        match $result.await {
            Err(Error::RolledBack { requests, server }) => {
                assert_eq!((requests, server.status), ($requests, 500));
            }
            other => panic!("{other:?}"),
        }
    };
}

#[tokio::test]
async fn a_save_that_fails_leaves_every_object_as_it_was() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let mut accounts = two(&backend).await?;
    accounts[0].balance = json!(5);
    accounts[0].increment_moves(1);
    accounts[0].add_unique_notes(["sent"]);
    accounts[1].balance = json!("five");
    accounts[1].increment_moves(1);
    let before = accounts.clone();
    rolled_back!(client.save_all(&mut accounts).atomic(), 2);
    for (now, before) in accounts.iter().zip(&before) {
        assert_eq!((&**now, now.dirty_fields()), (&**before, before.dirty_fields()));
        assert_eq!(now.updated_at(), before.updated_at());
    }
    let run = backend.run();
    assert_eq!(
        stored(&backend).await?,
        [account(&run, "Ann", 10), account(&run, "Bob", 0)]
    );

    accounts[1].balance = json!(5);
    client.save_all(&mut accounts).atomic().await?;
    assert!(accounts.iter().all(|account| !account.is_dirty()));
    // increments and additions were made once
    assert_eq!(stored(&backend).await?, accounts.map(Object::into_inner));
    Ok(())
}

#[tokio::test]
async fn creates_and_deletes_as_one() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let accounts = two(&backend).await?;
    let values = [account(&run, "Cem", 1), account(&run, "Dan", "one")];
    rolled_back!(client.create_all(&values).atomic(), 2);
    assert_eq!(stored(&backend).await?.len(), 2);
    let values = [
        account(&run, "Cem", 1),
        account(&run, "Cem", 1),
        account(&run, "Eve", 3),
    ];
    let created = client.create_all(&values).atomic().await?;
    assert_eq!(
        created
            .iter()
            .map(|account| (**account).clone())
            .collect::<Vec<_>>(),
        values
    );
    assert_ne!(created[0].id(), created[1].id());

    let gone = Pointer::<Account>::to("nobodyhere");
    let some = accounts.iter().map(Object::pointer);
    rolled_back!(client.delete_all(some.clone().chain([gone])).atomic(), 3);
    assert_eq!(stored(&backend).await?.len(), 5);
    client.delete_all(some).atomic().await?;
    assert_eq!(stored(&backend).await?, values);
    Ok(())
}

#[tokio::test]
async fn a_mixed_batch_as_one() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let [mut ann, bob] = two(&backend).await?;
    ann.increment_moves(1);
    let cem = account(&run, "Cem", 1);
    let mut batch = client.batch();
    batch.create(&cem);
    batch.save(&mut ann);
    batch.delete(&bob);
    batch.delete(Pointer::<Account>::to("nobodyhere"));
    rolled_back!(batch.atomic(), 4);
    assert_eq!(ann.dirty_fields(), ["moves"]);
    assert_eq!(
        stored(&backend).await?,
        [account(&run, "Ann", 10), account(&run, "Bob", 0)]
    );

    let mut batch = client.batch();
    let created = batch.create(&cem);
    batch.save(&mut ann);
    batch.delete(&bob);
    let mut done = batch.atomic().await?;
    let cem = done.take(created)?;
    assert_eq!((cem.owner.as_str(), ann.is_dirty()), ("Cem", false));
    assert_eq!(stored(&backend).await?, [ann.into_inner(), cem.into_inner()]);
    Ok(())
}

/// One request, whatever the chunk size.
#[tokio::test]
async fn many_objects_are_one_request() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    two(&backend).await?;
    let values: Vec<_> = (0..120).map(|number| account(&run, "Many", number)).collect();
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    let created = client.create_all(&values).chunk_size(10).atomic().await?;
    if let Some(server) = backend.server() {
        let body = server.requests().pop().and_then(|request| request.body).unwrap();
        assert_eq!((server.requests().len(), &body["transaction"]), (1, &json!(true)));
        server.clear_requests();
    }
    assert_eq!(created.len(), 120);
    // nothing to do: nothing is sent
    let mut clean = created;
    client.save_all(&mut clean).atomic().await?;
    client.delete_all(&clean[..0]).atomic().await?;
    if let Some(server) = backend.server() {
        assert_eq!(server.requests(), []);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_stored_keeps_all_of_it_back() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    two(&backend).await?;
    let mut values = [account(&run, "Cem", 1), account(&run, "Dan", 1)];
    values[1].moves = 1 << 60;
    let error = client.create_all(&values).atomic().await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(_)), "{error}");
    assert!(error.to_string().contains("field `moves`"), "{error}");
    assert_eq!(stored(&backend).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_transaction_without_an_answer_is_in_doubt() -> Outcome {
    let backend = backend().await;
    let mut accounts = two(&backend).await?;
    accounts[0].increment_moves(1);
    for (answer, in_doubt) in [
        (
            ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
            true,
        ),
        (
            ResponseTemplate::new(403).set_body_json(json!({"error": "unauthorized"})),
            false,
        ),
    ] {
        let server = wiremock::MockServer::start().await;
        Mock::given(matchers::any())
            .respond_with(answer)
            .mount(&server)
            .await;
        let away = Client::builder(server.uri()).app_id(unique("app")).build()?;
        let error = away.save_all(&mut accounts).atomic().await.unwrap_err();
        assert_eq!(matches!(error, Error::InDoubt(_)), in_doubt, "{error}");
        assert_eq!(matches!(error, Error::Server(_)), !in_doubt, "{error}");
        assert_eq!(accounts[0].dirty_fields(), ["moves"]);
    }
    Ok(())
}
