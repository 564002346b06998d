use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
}

fn main() {
    let _ = query!(GameScore[..10].delete());
    let _ = query!(GameScore.delete(score = 5));
    let top = query!(GameScore.order_by(-score)[..10]);
    let _ = top.delete();
}
