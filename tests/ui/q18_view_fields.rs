use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player: Option<Pointer<Player>>,
}

#[derive(ParseView)]
#[parse(model = GameScore)]
struct Misspelled {
    scoer: i64,
}

#[derive(ParseView)]
#[parse(model = GameScore)]
struct WrongType {
    score: String,
}

#[derive(ParseView)]
struct NoModel {
    score: i64,
}

#[derive(ParseView)]
#[parse(modell = GameScore)]
struct WrongKey {
    score: i64,
}

#[derive(ParseView)]
#[parse(model = Player)]
struct Name {
    name: String,
}

#[derive(ParseView)]
#[parse(model = GameScore)]
struct NotOptional {
    player: Included<Name>,
}

fn main() {}
