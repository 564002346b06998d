use parse_orm::prelude::*;

// one mistake, and no other error where the model is used
#[derive(ParseObject, Clone, Debug)]
struct GameScore {
    score: usize,
    #[parse(renam = "name")]
    player_name: String,
    level: i64,
}

#[derive(ParseObject, Clone, Debug)]
struct Replay {
    of: Pointer<GameScore>,
}

fn best() -> QuerySet<GameScore> {
    query!(GameScore
        .filter(score__gte = 1000, player_name__startswith = "J", level = 3)
        .order_by(-score, player_name))
}

async fn change(client: &Client) -> parse_orm::Result<()> {
    let value = GameScore { score: 1, player_name: "Ann".into(), level: 3 };
    let mut stored = value.create(client).await?;
    stored.set_score(5);
    stored.set_player_name("Bea");
    stored.increment_level(1);
    stored.save(client).await?;
    let _ = query!(Replay.filter(of = &stored, of.score__lt = 5).select_related(of));
    best().all(client).await?;
    Ok(())
}

fn main() {}
