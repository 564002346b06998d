//! Places: near, within, around.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use crate::models::store;
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eShop")]
struct Shop {
    run: String,
    name: String,
    location: Option<GeoPoint>,
    zone: Option<Polygon>,
}

fn point(latitude: f64, longitude: f64) -> GeoPoint {
    GeoPoint::new(latitude, longitude).unwrap()
}

/// Bern, Basel, Zurich, Milan, New York, and a shop that is nowhere. Bern, Basel and Zurich are within 96 km.
async fn shops(backend: &Backend) -> parse_orm::Result<QuerySet<Shop>> {
    let run = backend.run();
    let shop = |name: &str, at: Option<(f64, f64)>, side: f64| Shop {
        run: run.clone(),
        name: name.into(),
        location: at.map(|(latitude, longitude)| point(latitude, longitude)),
        zone: at.map(|(latitude, longitude)| {
            Polygon::new([
                point(latitude - side, longitude - 2.0 * side),
                point(latitude - side, longitude + 2.0 * side),
                point(latitude + side, longitude + 2.0 * side),
                point(latitude + side, longitude - 2.0 * side),
            ])
            .unwrap()
        }),
    };
    let rows = [
        shop("zurich", Some((47.38, 8.54)), 0.5),
        shop("bern", Some((46.95, 7.45)), 0.5),
        shop("newyork", Some((40.71, -74.01)), 1.0),
        shop("milan", Some((45.46, 9.19)), 0.5),
        shop("basel", Some((47.56, 7.59)), 0.5),
        shop("nowhere", None, 0.0),
    ];
    store(backend, rows).await?;
    Ok(query!(Shop.filter(run = run)))
}

async fn in_order(set: &QuerySet<Shop>, backend: &Backend) -> parse_orm::Result<String> {
    let shops = set.all(backend.client()).await?;
    Ok(shops
        .iter()
        .map(|shop| shop.name.as_str())
        .collect::<Vec<_>>()
        .join(" "))
}

async fn found(set: &QuerySet<Shop>, backend: &Backend) -> parse_orm::Result<String> {
    let shops = set.all(backend.client()).await?;
    Ok(sorted(shops.into_iter().map(|shop| shop.into_inner().name)).join(" "))
}

macro_rules! finds {
    ($found:ident $backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!($found(&set, &$backend).await?, $names, "{set:?}");
    )*};
}

const BERN: (f64, f64) = (46.95, 7.45);

#[tokio::test]
async fn the_nearest_first() -> Outcome {
    let backend = backend().await;
    let all = shops(&backend).await?;
    let bern = point(BERN.0, BERN.1);
    finds! { in_order backend,
        all.filter(location__near = bern) => "bern basel zurich milan newyork",
        all.filter(location__near = &bern) => "bern basel zurich milan newyork",
        all.filter(location__near = near(bern).within_km(100)) => "bern basel zurich",
        all.filter(location__near = near(bern).within_km(80.0)) => "bern basel",
        all.filter(location__near = near(bern).within_miles(60.0)) => "bern basel zurich",
        all.filter(location__near = near(bern).within_miles(50)) => "bern basel",
        all.filter(location__near = near(bern).within_radians(0.04)) => "bern basel zurich milan",
        all.filter(location__near = point(40.0, -70.0), name__ne = "basel") => "newyork bern zurich milan",
        all.filter(name__gt = "c").filter(location__near = bern) => "zurich milan newyork",
        all.filter(location__near = near(bern).within_km(0)) => "bern",
    }
    Ok(())
}

/// Every terminal keeps the order that is in no field.
#[tokio::test]
async fn terminals_of_what_is_near() -> Outcome {
    let backend = backend().await;
    let all = shops(&backend).await?;
    let client = backend.client();
    let bern = point(BERN.0, BERN.1);
    let close = query!(all.filter(location__near = near(bern).within_km(100)));
    let anywhere = query!(all.filter(location__near = bern));
    let name = |shop: Option<Object<Shop>>| shop.map(|shop| shop.into_inner().name);
    assert_eq!(name(close.first(client).await?).as_deref(), Some("bern"));
    assert_eq!(
        name(anywhere.skip(1).first(client).await?).as_deref(),
        Some("basel")
    );
    assert_eq!(close.count(client).await?, 3);
    assert_eq!(anywhere.count(client).await?, 5);
    assert!(close.exists(client).await?);
    let slice: Vec<_> = anywhere.slice(1..4).all(client).await?;
    let slice: Vec<_> = slice.iter().map(|shop| shop.name.as_str()).collect();
    assert_eq!(slice, ["basel", "zurich", "milan"]);
    let streamed: Vec<_> = close.stream(client).try_collect().await?;
    let streamed: Vec<_> = streamed.iter().map(|shop| shop.name.as_str()).collect();
    assert_eq!(streamed, ["bern", "basel", "zurich"]);
    let error = close.last(client).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    Ok(())
}

/// Pages go by their position here: the order is in no field.
#[tokio::test]
async fn row_30_what_is_near_in_pages() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    // away from each other in both directions, and not stored in the order of the distance
    let places = (0..11).map(|number| {
        let step = f64::from(number * 7 % 11);
        Shop {
            run: run.clone(),
            name: format!("{step:02}"),
            location: Some(point(10.0 + step, 20.0 - step)),
            zone: None,
        }
    });
    store(&backend, places).await?;
    let all = query!(Shop.filter(run = &run, location__near = point(10.0, 20.0)));
    let expected: Vec<String> = (0..11).map(|step| format!("{step:02}")).collect();
    for size in [1, 3, 4, 11] {
        let paged = all.page_size(size);
        if let Some(server) = backend.server() {
            server.clear_requests();
        }
        let rows = paged.all(client).await?;
        assert_eq!(
            rows.iter().map(|row| &*row.name).collect::<Vec<_>>(),
            expected,
            "{size}"
        );
        let requests = backend.server().map(|server| server.requests().len() as u64);
        assert!(
            requests.is_none_or(|requests| requests >= 11 / size),
            "{requests:?}"
        );
        let streamed: Vec<_> = paged.stream(client).try_collect().await?;
        assert_eq!(
            streamed.iter().map(|row| &*row.name).collect::<Vec<_>>(),
            expected,
            "{size}"
        );
        let some = paged.slice(2..9).all(client).await?;
        assert_eq!(
            some.iter().map(|row| &*row.name).collect::<Vec<_>>(),
            expected[2..9],
            "{size}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn within_a_distance_in_any_order() -> Outcome {
    let backend = backend().await;
    let all = shops(&backend).await?;
    let bern = point(BERN.0, BERN.1);
    finds! { found backend,
        all.filter(location__within_km = (bern, 100.0)) => "basel bern zurich",
        all.filter(location__within_km = (&bern, 80)) => "basel bern",
        all.filter(location__within_miles = (bern, 60.0)) => "basel bern zurich",
        all.filter(location__within_miles = (bern, 50.0_f32)) => "basel bern",
        all.filter(location__within_radians = (bern, 0.04)) => "basel bern milan zurich",
        all.filter(location__within_sphere = (bern, 0.04)) => "basel bern milan zurich",
        all.filter(Q(location__within_km = (bern, 80.0)) | Q(name = "newyork")) => "basel bern newyork",
        // two on one field both count
        all.filter(location__within_km = (bern, 100.0), location__within_km = (point(47.38, 8.54), 90.0)) => "basel zurich",
    }
    finds! { in_order backend,
        all.filter(location__within_km = (bern, 100.0)).order_by(-name) => "zurich bern basel",
        all.filter(location__near = bern, location__within_km = (point(47.38, 8.54), 90.0)) => "basel zurich",
    }
    Ok(())
}

#[tokio::test]
async fn within_a_box() -> Outcome {
    let backend = backend().await;
    let all = shops(&backend).await?;
    finds! { found backend,
        all.filter(location__within_box = (point(46.0, 7.0), point(48.0, 8.0))) => "basel bern",
        all.filter(location__within_box = (&point(40.0, -80.0), &point(46.0, 10.0))) => "milan newyork",
        all.filter(location__within_box = (point(-90.0, -180.0), point(90.0, 180.0))) => "basel bern milan newyork zurich",
    }
    Ok(())
}

/// Row 57: the corners are points, whichever way they are given; latitude and longitude do not change places.
#[tokio::test]
async fn row_57_within_a_polygon() -> Outcome {
    let backend = backend().await;
    let all = shops(&backend).await?;
    // around Bern and Basel; with latitude and longitude exchanged it would be in the Arabian Sea
    let corners = vec![
        point(46.5, 7.0),
        point(48.0, 7.0),
        point(48.0, 8.0),
        point(46.5, 8.0),
    ];
    let area = Polygon::new(corners.clone())?;
    finds! { found backend,
        all.filter(location__within_polygon = [point(46.5, 7.0), point(48.0, 7.0), point(48.0, 8.0), point(46.5, 8.0)]) => "basel bern",
        all.filter(location__within_polygon = &corners) => "basel bern",
        all.filter(location__within_polygon = &corners[..3]) => "basel",
        all.filter(location__within_polygon = &area) => "basel bern",
        all.filter(location__within_polygon = area) => "basel bern",
    }
    Ok(())
}

/// Row 57: the stored area has its latitude first, the point is asked for in it.
#[tokio::test]
async fn row_57_an_area_with_a_point_in_it() -> Outcome {
    let backend = backend().await;
    let all = shops(&backend).await?;
    finds! { found backend,
        all.filter(zone__intersects = point(46.95, 7.45)) => "bern",
        all.filter(zone__intersects = &point(47.25, 7.6)) => "basel bern zurich",
        all.filter(zone__intersects = point(7.45, 46.95)) => "",
        all.filter(zone__intersects = point(40.0, -75.0)) => "newyork",
    }
    Ok(())
}

#[tokio::test]
async fn not_there_and_nowhere() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::NegateMissingFields).await;
    let all = shops(&backend).await?;
    let bern = point(BERN.0, BERN.1);
    finds! { found backend,
        all.exclude(location__within_km = (bern, 100.0)) => "milan newyork nowhere",
        all.exclude(location__within_box = (point(46.0, 7.0), point(48.0, 8.0))) => "milan newyork nowhere zurich",
        all.exclude(location__within_polygon = [point(40.0, 7.0), point(48.0, 7.0), point(48.0, 8.0)]) => "milan newyork nowhere zurich",
        all.exclude(zone__intersects = point(47.25, 7.6)) => "milan newyork nowhere",
        all.filter(location__isnull = true) => "nowhere",
    }
    Ok(())
}

/// Refused before anything is sent, with the field named.
#[tokio::test]
async fn what_no_map_has() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let (bern, far) = (point(BERN.0, BERN.1), point(-10.0, 170.0));
    for (set, reason) in [
        (
            query!(Shop.filter(location__within_km = (bern, -1.0))),
            "not negative",
        ),
        (
            query!(Shop.filter(location__within_miles = (bern, f64::NAN))),
            "not negative",
        ),
        (
            query!(Shop.filter(location__within_radians = (bern, f64::INFINITY))),
            "not negative",
        ),
        (
            query!(Shop.filter(location__near = near(bern).within_km(-0.5))),
            "not negative",
        ),
        (
            query!(Shop.filter(location__within_box = (bern, far))),
            "its latitude is the smaller one",
        ),
        (
            query!(Shop.filter(location__within_box = (far, bern))),
            "meridian",
        ),
        (
            query!(Shop.filter(location__within_polygon = [bern, far])),
            "at least 3 points",
        ),
        // two orders at once, and where there can be none
        (
            query!(Shop.filter(location__near = bern).order_by(name)),
            "within_km",
        ),
        (
            query!(Shop.filter(location__near = bern, location__near = far)),
            "one `near`",
        ),
        (query!(Shop.exclude(location__near = bern)), "within `|`, `!`"),
        (
            query!(Shop.filter(Q(location__near = bern) | Q(name = "x"))),
            "within `|`, `!`",
        ),
    ] {
        let error = set.all(client).await.unwrap_err();
        let Error::Invalid(refused) = &error else {
            return Err(error.into());
        };
        assert!(refused.message.contains(reason), "{error}");
        assert!(error.to_string().contains("location"), "{error}");
        assert!(error.to_string().contains("nothing was sent"), "{error}");
    }
    Ok(())
}
