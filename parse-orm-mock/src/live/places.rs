//! The operators about places, as the JavaScript SDK computes them.

use serde_json::{Map, Value};

use super::javascript::{Found, Operand, Thrown, is_on_earth, member, ring};
use crate::number::truthy;
use crate::query::geo::Point;

/// What is asked of a place, or of a polygon.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// At most so many radians away.
    Near(Operand, f64),
    /// In a box, without its border.
    Within(Value),
    /// Between the corners; none where they are no polygon.
    Polygon(Option<Vec<Point>>),
    /// At most so many radians away from the centre, if it is one.
    Circle(Option<(Point, f64)>),
    /// The stored polygon is around the point, if it is one.
    Around(Option<Point>),
}

impl Place {
    /// None for an operator that asks for nothing.
    pub(super) fn read(name: &str, value: &Value, all: &Map<String, Value>) -> Option<Self> {
        match name {
            "$nearSphere" => {
                let limit = all.get("$maxDistance").filter(|limit| truthy(limit));
                let limit = limit.map_or(f64::INFINITY, |limit| limit.as_f64().unwrap_or(f64::NAN));
                Some(Self::Near(Operand::read(value), limit))
            }
            "$within" => Some(Self::Within(value.clone())),
            "$geoIntersects" => {
                let point = value.get("$point").and_then(Point::read_loose);
                Some(Self::Around(point.filter(|point| is_on_earth(*point))))
            }
            _ => Self::read_geo_within(value),
        }
    }

    fn read_geo_within(value: &Value) -> Option<Self> {
        if let Some(corners) = value.get("$polygon").filter(|corners| truthy(corners)) {
            let corners = corners.as_array().and_then(|corners| {
                let corners: Option<Vec<Point>> = corners.iter().map(Point::read_loose).collect();
                corners
                    .filter(|corners| corners.len() >= 3 && corners.iter().all(|corner| is_on_earth(*corner)))
            });
            return Some(Self::Polygon(corners));
        }
        let circle = value.get("$centerSphere").filter(|circle| truthy(circle))?;
        let centre = point(member(circle.get(0), "1"), member(circle.get(0), "0"));
        let radius = circle.get(1).and_then(Value::as_f64).unwrap_or(f64::NAN);
        Some(Self::Circle(centre.map(|centre| (centre, radius))))
    }

    pub(super) fn holds(&self, found: Found<'_>) -> Result<bool, Thrown> {
        match self {
            Self::Near(centre, limit) => near(centre, *limit, found),
            Self::Within(area) => within(area, found),
            Self::Polygon(corners) => {
                let corners = corners.as_ref().ok_or(Thrown)?;
                match found {
                    Found::Missing | Found::Plain(Value::Null) => Err(Thrown),
                    Found::Plain(place) => {
                        Ok(Point::read_loose(place).is_some_and(|place| is_inside(corners, place)))
                    }
                    Found::Date(_) => Ok(false),
                }
            }
            Self::Circle(circle) => {
                let (centre, radius) = circle.ok_or(Thrown)?;
                Ok(made_of(found).ok_or(Thrown)?.distance(centre) <= radius)
            }
            Self::Around(point) => {
                let Found::Plain(polygon) = found else {
                    return Err(Thrown);
                };
                let ring = ring(polygon.get("coordinates"))?;
                Ok(is_inside(&ring, point.ok_or(Thrown)?))
            }
        }
    }
}

/// A point on earth of two numbers.
fn point(latitude: Option<&Value>, longitude: Option<&Value>) -> Option<Point> {
    let point = Point {
        latitude: latitude?.as_f64()?,
        longitude: longitude?.as_f64()?,
    };
    is_on_earth(point).then_some(point)
}

/// `new Parse.GeoPoint(value)`
fn made_of(found: Found<'_>) -> Option<Point> {
    match found {
        Found::Plain(Value::Array(pair)) => point(pair.first(), pair.get(1)),
        Found::Plain(place @ (Value::Object(_) | Value::Null)) => {
            Point::read_loose(place).filter(|place| is_on_earth(*place))
        }
        Found::Date(_) => None,
        // a place of which nothing is told is where the equator meets the meridian
        Found::Missing | Found::Plain(_) => Some(Point {
            latitude: 0.0,
            longitude: 0.0,
        }),
    }
}

fn near(centre: &Operand, limit: f64, found: Found<'_>) -> Result<bool, Thrown> {
    let centre = match centre {
        Operand::Point(centre) => *centre,
        Operand::Broken => return Err(Thrown),
        Operand::Plain(value) if !truthy(value) => return Ok(false),
        _ if found.truthy() => return Err(Thrown),
        _ => return Ok(false),
    };
    let Found::Plain(place) = found else {
        return Ok(false);
    };
    let distance = Point::read_loose(place).map(|place| centre.distance(place));
    Ok(distance.is_some_and(|distance| distance <= limit))
}

fn within(area: &Value, found: Found<'_>) -> Result<bool, Thrown> {
    let Found::Plain(place) = found else {
        return Ok(false);
    };
    if !truthy(area) || !truthy(place) {
        return Ok(false);
    }
    let corner = |corner: usize| area.get("$box")?.get(corner).filter(|corner| !corner.is_null());
    let (south_west, north_east) = corner(0).zip(corner(1)).ok_or(Thrown)?;
    // what is no number is neither more nor less
    let degrees = |place: &Value, name: &str| place.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    Ok(["latitude", "longitude"].iter().all(|name| {
        let (from, to) = (degrees(south_west, name), degrees(north_east, name));
        let place = degrees(place, name);
        place > from && place < to
    }))
}

/// The SDK's `polygon.containsPoint(point)`: on the plane, with a border that is neither in nor out.
fn is_inside(ring: &[Point], point: Point) -> bool {
    let beyond = |degrees: fn(&Point) -> f64| {
        let (least, most) = ring
            .iter()
            .map(degrees)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), x| {
                (least.min(x), most.max(x))
            });
        degrees(&point) < least || degrees(&point) > most
    };
    if beyond(|point| point.latitude) || beyond(|point| point.longitude) {
        return false;
    }
    let mut inside = false;
    let edges = ring.iter().zip(ring.iter().cycle().skip(ring.len() - 1));
    for (start, end) in edges {
        if (start.longitude > point.longitude) != (end.longitude > point.longitude) {
            // in the order of the SDK, for the same rounding
            let crossing = (end.latitude - start.latitude) * (point.longitude - start.longitude)
                / (end.longitude - start.longitude)
                + start.latitude;
            if point.latitude < crossing {
                inside = !inside;
            }
        }
    }
    inside
}
