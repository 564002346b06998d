use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
    zip: i64,
}

#[derive(ParseObject, Clone)]
struct Team {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
    team: Option<Pointer<Team>>,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player_name: String,
    cheat_mode: bool,
    played_at: Option<DateTime<Utc>>,
    skills: Vec<String>,
    location: Option<GeoPoint>,
    player: Option<Pointer<Player>>,
    home: Address,
    fans: Relation<Player>,
}

fn main() {
    let _ = query!(GameScore.filter(scor = 5));
    let _ = query!(GameScore.filter(score = 5, playername__startswith = "J").order_by(-scores));
    let _ = query!(GameScore.filter(player.nmae = "Ann"));
    let _ = query!(GameScore.filter(player__team__title = "Red"));
    let _ = query!(GameScore.exclude(home.town = "Bern"));
    let _ = query!(GameScore.select_related(plaier));
    let _ = q!(GameScore, cheatmode = true);
    let _ = GameScore::F.scroe.gte(1);
}
