use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

fn f(cursor: &Cursor) {
    let rest = query!(GameScore.order_by(score)).after(cursor);
    let _ = query!(rest.filter(score__gt = 5));
    let _ = query!(GameScore.after("a text"));
    let _ = query!(GameScore.read_preference("SECONDARY"));
}

fn main() {}
