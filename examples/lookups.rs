//! What a query can ask beyond comparisons: arrays, places, words, times that the server computes, queries within
//! queries, relations. And what is refused before anything is sent.
//!
//! `cargo run --example lookups`

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use std::time::Duration;

/// Who cooks.
#[derive(ParseObject, Debug, Clone)]
pub struct Cook {
    pub name: String,
    pub town: Option<String>,
}

/// A place to eat at.
#[derive(ParseObject, Debug, Clone)]
pub struct Restaurant {
    pub name: String,
    pub town: String,
    pub about: String,
    #[parse(default)]
    pub tags: Vec<String>,
    pub location: Option<GeoPoint>,
    pub delivers_to: Option<Polygon>,
    pub opened_at: Option<DateTime<Utc>>,
    pub chef: Option<Pointer<Cook>>,
    pub cooks: Relation<Cook>,
}

/// The names of the rows, in the order that they came in.
async fn names(client: &Client, rows: QuerySet<Restaurant>) -> parse_orm::Result<String> {
    let names = rows.values_list(client, Restaurant::F.name).await?;
    println!("{:40} {rows:?}", names.join(" "));
    Ok(names.join(" "))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();
    let cooks = fill(&client).await?;
    let [ann, bob, cid] = &cooks[..] else {
        return Err("three cooks".into());
    };
    let all = query!(Restaurant.order_by(name));

    // arrays: one element, one of several, each of several, nothing but, and how elements begin
    let with = |rows| names(&client, rows);
    assert_eq!(with(query!(all.filter(tags = "vegan"))).await?, "Apfel Dill");
    assert_eq!(
        with(query!(all.filter(tags__in = ["fish", "rooftop"]))).await?,
        "Barsch Dill"
    );
    assert_eq!(
        with(query!(all.filter(tags__all = ["vegan", "garden"]))).await?,
        "Apfel"
    );
    assert_eq!(
        with(query!(all.filter(tags__contained_by = ["garden", "fish"]))).await?,
        "Barsch Curry"
    );
    assert_eq!(
        with(query!(all.filter(tags__startswith_all = ["gar", "veg"]))).await?,
        "Apfel"
    );

    // places: the nearest first, or within something and in any other order
    let station = GeoPoint::new(46.949, 7.439)?;
    let nearest = query!(Restaurant.filter(location__near = station));
    assert_eq!(with(nearest).await?, "Barsch Apfel Dill");
    let close = query!(Restaurant.filter(location__near = near(station).within_km(5)));
    assert_eq!(with(close).await?, "Barsch Apfel");
    assert_eq!(
        with(query!(all.filter(location__within_km = (station, 5)))).await?,
        "Apfel Barsch"
    );
    let (south_west, north_east) = (GeoPoint::new(47.0, 7.0)?, GeoPoint::new(48.0, 9.0)?);
    assert_eq!(
        with(query!(
            all.filter(location__within_box = (south_west, north_east))
        ))
        .await?,
        "Dill"
    );
    // the other way round: an area that is stored, and the point in it
    assert_eq!(
        with(query!(all.filter(delivers_to__intersects = station))).await?,
        "Barsch"
    );

    // words, the best match first
    let lake = query!(Restaurant.filter(about__search = "lake")).order_by_text_score();
    assert_eq!(with(lake).await?, "Barsch Dill");
    let exact = query!(all.filter(about__search = search("Lake").case_sensitive()));
    assert_eq!(with(exact).await?, "Dill");

    // times on the server's clock, when it looks
    assert_eq!(
        with(query!(all.filter(opened_at__gt = ago("3 weeks")))).await?,
        "Apfel Curry"
    );
    assert_eq!(
        with(query!(all.filter(
            opened_at__gt = ago("0 days"),
            opened_at__lt = from_now("1 year")
        )))
        .await?,
        "Curry"
    );

    // queries within queries: what the rows of another one are, and what they hold
    let from_bern = query!(Cook.filter(town = "Bern"));
    assert_eq!(
        with(query!(all.filter(chef__in = &from_bern))).await?,
        "Apfel Curry"
    );
    assert_eq!(
        with(query!(all.filter(chef__nin = &from_bern))).await?,
        "Barsch Dill"
    );
    let towns = Cook::objects().select(Cook::F.town);
    assert_eq!(
        with(query!(all.filter(town__in = towns))).await?,
        "Apfel Barsch Curry"
    );
    // through the pointer, which is the same in short
    assert_eq!(
        with(query!(all.filter(chef.name__startswith = "A"))).await?,
        "Apfel Curry"
    );

    // relations: who is in it, what is true of somebody in it, and the other way round
    assert_eq!(with(query!(all.filter(cooks = bob))).await?, "Apfel Barsch");
    assert_eq!(with(query!(all.filter(cooks = ann, cooks = bob))).await?, "Apfel");
    assert_eq!(with(query!(all.filter(cooks.town = "Thun"))).await?, "Dill");
    assert_eq!(
        with(query!(all.filter(Q(cooks = cid) | Q(tags = "fish")))).await?,
        "Barsch Dill"
    );
    let apfel = query!(all.filter(name = "Apfel")).get(&client).await?;
    let of_apfel = apfel.cooks();
    let staff = query!(
        of_apfel
            .filter(Q(town = "Bern") | Q(town__isnull = true))
            .order_by(name)
    );
    assert_eq!(staff.values_list(&client, Cook::F.name).await?, ["Ann"]);

    // what no row can meet is a mistake, and not an empty answer
    server.clear_requests();
    for (mistake, told) in [
        (
            query!(all.filter(town = "Bern", town = "Thun")),
            "`Q(town = \"Bern\") | Q(town = \"Thun\")`",
        ),
        (
            query!(all.filter(chef = ann, chef__isnull = true)),
            "cannot both hold",
        ),
        (query!(all.filter(location__near = station)), "`within_km`"),
        (
            query!(all.filter(opened_at__gt = ago("a while"))),
            "`ago(\"2 weeks\")`",
        ),
    ] {
        let error = mistake.all(&client).await.expect_err("a mistake");
        println!("{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
    assert!(server.requests().is_empty());
    Ok(())
}

/// Three cooks, and restaurants in Bern (two), Burgdorf and at large.
async fn fill(client: &Client) -> Result<Vec<Object<Cook>>, Box<dyn std::error::Error>> {
    let cook = |name: &str, town: &str| Cook {
        name: name.into(),
        town: Some(town.into()),
    };
    let cooks = [cook("Ann", "Bern"), cook("Bob", "Basel"), cook("Cid", "Thun")];
    let cooks = client.create_all(&cooks).await.into_result()?;
    let restaurant =
        |name: &str, town: &str, about: &str, tags: &[&str], chef: usize, team: &[usize]| Restaurant {
            name: name.into(),
            town: town.into(),
            about: about.into(),
            tags: tags.iter().map(ToString::to_string).collect(),
            location: None,
            delivers_to: None,
            opened_at: None,
            chef: cooks.get(chef).map(Object::pointer),
            cooks: Relation::of(team.iter().filter_map(|number| cooks.get(*number))),
        };
    let days = |days: u64| Duration::from_secs(days * 86_400);
    let around = |latitude: f64, longitude: f64, side: f64| {
        Polygon::new([
            GeoPoint::new(latitude - side, longitude - side)?,
            GeoPoint::new(latitude - side, longitude + side)?,
            GeoPoint::new(latitude + side, longitude + side)?,
            GeoPoint::new(latitude + side, longitude - side)?,
        ])
    };
    let restaurants = [
        Restaurant {
            location: Some(GeoPoint::new(46.96, 7.46)?),
            opened_at: Some(Utc::now() - days(10)),
            ..restaurant(
                "Apfel",
                "Bern",
                "apples in every way",
                &["vegan", "garden"],
                0,
                &[0, 1],
            )
        },
        Restaurant {
            location: Some(GeoPoint::new(46.95, 7.44)?),
            delivers_to: Some(around(46.95, 7.44, 0.02)?),
            opened_at: Some(Utc::now() - days(100)),
            ..restaurant(
                "Barsch",
                "Basel",
                "from the lake, by the lake",
                &["fish"],
                1,
                &[1],
            )
        },
        Restaurant {
            opened_at: Some(Utc::now() + days(30)),
            ..restaurant("Curry", "Bern", "a van", &["garden"], 0, &[])
        },
        Restaurant {
            location: Some(GeoPoint::new(47.06, 7.62)?),
            ..restaurant(
                "Dill",
                "Burgdorf",
                "a view of the Lake and of a hill",
                &["vegan", "rooftop"],
                9,
                &[2],
            )
        },
    ];
    client.create_all(&restaurants).await.into_result()?;
    Ok(cooks)
}
