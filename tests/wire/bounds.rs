//! What every public type promises to the compiler.

use parse_orm::Field;
use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Debug)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone, Debug)]
struct GameScore {
    score: i64,
    player: Option<Pointer<Player>>,
    opponents: Relation<Player>,
}

fn shared<T: Send + Sync + 'static>() {}
fn sent<F: Future + Send>(_: F) {}

#[test]
fn values_cross_threads_and_queries_can_be_named_and_cloned() {
    shared::<Client>();
    shared::<MasterClient>();
    shared::<Error>();
    shared::<Object<GameScore>>();
    shared::<Pointer<Player>>();
    shared::<Relation<Player>>();
    shared::<Draft<GameScore>>();
    shared::<QuerySet<GameScore>>();
    shared::<Slice<GameScore>>();
    shared::<Q<GameScore>>();
    shared::<GameScoreFields>();
    fn cloned<T: Clone>() {}
    cloned::<QuerySet<GameScore>>();
    cloned::<Slice<GameScore>>();
    cloned::<Q<GameScore>>();
}

#[test]
fn every_terminals_future_can_be_spawned() {
    // never polled: nothing listens there
    let client = Client::builder("http://127.0.0.1:9/parse")
        .app_id("app")
        .build()
        .unwrap();
    let set = GameScore::objects();
    sent(set.all(&client));
    sent(set.try_all(&client));
    sent(set.first(&client));
    sent(set.last(&client));
    sent(set.get(&client));
    sent(set.count(&client));
    sent(set.exists(&client));
    sent(GameScore::get(&client, "id"));
    let score = GameScore {
        score: 1,
        player: None,
        opponents: Relation::new(),
    };
    sent(score.create(&client));
    sent(Draft::new(score.clone()).create(&client));
    fn stream<S: Send + Unpin>(_: S) {}
    stream(set.stream(&client));
}

/// A field is a constant that knows its model, its type and its name on the server.
#[test]
fn row_66_fields_are_typed_constants() {
    const F: GameScoreFields = GameScore::F;
    const SCORE: Field<GameScore, i64> = F.score;
    const PLAYER: Field<GameScore, Option<Pointer<Player>>> = F.player;
    const OPPONENTS: Field<GameScore, Relation<Player>> = F.opponents;
    assert_eq!(
        [SCORE.name(), PLAYER.name(), OPPONENTS.name()],
        ["score", "player", "opponents"]
    );
    // code about any model takes a field of the type that it needs
    fn above<T: ParseObject>(field: Field<T, i64>, least: i64) -> QuerySet<T> {
        T::objects().filter(field.gte(least)).order_by(field.desc())
    }
    assert_eq!(
        serde_json::to_string(&above(SCORE, 5)).unwrap(),
        r#"{"where":{"score":{"$gte":5}},"order":"-score"}"#
    );
}

#[test]
fn row_66_the_schema_says_what_is_stored() {
    let fields: Vec<_> = GameScore::SCHEMA
        .fields
        .iter()
        .map(|field| format!("{} {} {}", field.name, field.field_type(), field.is_required()))
        .collect();
    assert_eq!(GameScore::SCHEMA.class_name, "GameScore");
    assert_eq!(
        fields,
        [
            "score Number true",
            "player Pointer to Player false",
            "opponents Relation to Player false"
        ]
    );
}
