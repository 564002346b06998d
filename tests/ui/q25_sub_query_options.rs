use parse_orm::prelude::*;

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
    played_at: Option<DateTime<Utc>>,
    skills: Vec<String>,
    ranks: Option<Vec<i64>>,
    location: Option<GeoPoint>,
    area: Polygon,
    player: Option<Pointer<Player>>,
    fans: Relation<Player>,
}

fn main() {
    let _ = query!(GameScore.filter(player__in = query!(Player.filter(name = "Ann").limit(10))));
    let _ = query!(GameScore.filter(player__in = query!(Player.skip(5).filter(name = "Ann"))));
    let _ = query!(GameScore.filter(player__nin = query!(Player.order_by(name))));
    let _ = query!(GameScore.filter(player__in = query!(Player.filter(name = "Ann")[..10])));
    let _ = q!(GameScore, player_name__in = query!(Player.select_related(team)).select(Player::F.name));
}
