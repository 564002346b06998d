use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
    motto: Option<String>,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    note: Option<String>,
    player: Option<Pointer<Player>>,
}

fn main() {
    let all = GameScore::objects();
    let _ = query!(all.exclude_keys(score));
    let _ = query!(all.exclude_keys(player.name));
    let _ = query!(all.exclude_keys(note.length));
    let _ = query!(all.exclude_keys(notes));
    let _ = query!(all.exclude_keys("note"));
    let _ = query!(all.exclude_keys());
    let _ = query!(all.exclude_key(note));
    let _ = all.exclude_keys(GameScore::F.score);
    let _ = all.slice(..5).exclude_keys(GameScore::F.note);
}
