//! Geography: points, distances on the sphere, boxes, circles and polygons.

use serde_json::Value;

use crate::refusal::Refusal;
use crate::value::is_typed;

/// A place: degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

/// A test of a location, or of a polygon.
#[derive(Debug, Clone)]
pub(crate) enum Area {
    /// Within this many radians.
    Circle(Point, f64),
    Box(Point, Point),
    Polygon(Vec<Point>),
    /// The stored polygon contains the point.
    Around(Point),
}

impl Point {
    /// A `GeoPoint` object.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        if !is_typed(value, "GeoPoint") {
            return None;
        }
        Self::read_loose(value)
    }

    /// Any object with the two coordinates: some operators of the real server do not look at the type.
    pub(crate) fn read_loose(value: &Value) -> Option<Self> {
        Some(Self {
            latitude: value.get("latitude")?.as_f64()?,
            longitude: value.get("longitude")?.as_f64()?,
        })
    }

    /// `[longitude, latitude]`.
    fn read_pair(value: &Value) -> Option<Self> {
        match value.as_array()?.as_slice() {
            [longitude, latitude] => Some(Self {
                latitude: latitude.as_f64()?,
                longitude: longitude.as_f64()?,
            }),
            _ => None,
        }
    }

    /// Out of range is an uncaught exception of the real server.
    fn checked(self) -> Result<Self, Refusal> {
        if self.latitude.abs() <= 90.0 && self.longitude.abs() <= 180.0 {
            Ok(self)
        } else {
            Err(Refusal::crash())
        }
    }

    /// The angle between two places, in radians.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half = |x: f64| (x / 2.0).sin().powi(2);
        let h = half(b - a) + a.cos() * b.cos() * half((other.longitude - self.longitude).to_radians());
        2.0 * h.sqrt().min(1.0).asin()
    }
}

impl Area {
    /// `$within`.
    pub(crate) fn read_within(constraint: &Value) -> Result<Self, Refusal> {
        let malformed = || Refusal::json("malformatted $within arg");
        let corners = constraint
            .get("$box")
            .and_then(Value::as_array)
            .filter(|corners| corners.len() == 2);
        let corners = corners.ok_or_else(malformed)?;
        let corner = |place: usize| Point::read_loose(&corners[place]).ok_or_else(Refusal::database);
        Ok(Self::Box(corner(0)?, corner(1)?))
    }

    /// `$geoWithin`.
    pub(crate) fn read_geo_within(constraint: &Value) -> Result<Option<Self>, Refusal> {
        let bad = |what: &str| Refusal::json(format!("bad $geoWithin value{what}"));
        if let Some(polygon) = constraint.get("$polygon") {
            let points = if is_typed(polygon, "Polygon") {
                let points = polygon.get("coordinates").and_then(Value::as_array);
                points
                    .filter(|points| points.len() >= 3)
                    .ok_or_else(|| bad("; Polygon.coordinates should contain at least 3 lon/lat pairs"))?
            } else {
                let points = polygon
                    .as_array()
                    .ok_or_else(|| bad("; $polygon should be Polygon object or Array of Parse.GeoPoint's"))?;
                if points.len() < 3 {
                    return Err(bad("; $polygon should contain at least 3 GeoPoints"));
                }
                points
            };
            let read = |point| {
                Point::read_pair(point)
                    .or_else(|| Point::read(point))
                    .ok_or_else(|| bad(""))?
                    .checked()
            };
            return Ok(Some(Self::Polygon(
                points.iter().map(read).collect::<Result<_, _>>()?,
            )));
        }
        let Some(circle) = constraint.get("$centerSphere") else {
            return Ok(None);
        };
        let parts = circle.as_array().filter(|parts| parts.len() >= 2);
        let parts =
            parts.ok_or_else(|| bad("; $centerSphere should be an array of Parse.GeoPoint and distance"))?;
        let centre = Point::read_pair(&parts[0]).or_else(|| Point::read(&parts[0]));
        let centre = centre
            .ok_or_else(|| bad("; $centerSphere geo point invalid"))?
            .checked()?;
        let radius = parts[1].as_f64().filter(|radius| *radius >= 0.0);
        let radius = radius.ok_or_else(|| bad("; $centerSphere distance invalid"))?;
        Ok(Some(Self::Circle(centre, radius)))
    }

    /// `$geoIntersects`.
    pub(crate) fn read_intersects(constraint: &Value) -> Result<Self, Refusal> {
        let point = constraint.get("$point").and_then(Point::read);
        let point =
            point.ok_or_else(|| Refusal::json("bad $geoIntersect value; $point should be GeoPoint"))?;
        Ok(Self::Around(point.checked()?))
    }

    /// Whether the stored value lies in the area, or around the point.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        if let Self::Around(point) = self {
            let ring = value.get("coordinates").and_then(Value::as_array);
            // Stored polygons are latitude first.
            let ring = ring.map(|ring| {
                ring.iter()
                    .filter_map(Point::read_pair)
                    .map(turned)
                    .collect::<Vec<_>>()
            });
            return is_typed(value, "Polygon") && ring.is_some_and(|ring| inside(&ring, *point));
        }
        let Some(point) = Point::read(value) else {
            return false;
        };
        match self {
            Self::Circle(centre, radius) => centre.distance(point) <= *radius,
            Self::Box(a, b) => {
                (a.latitude..=b.latitude).contains(&point.latitude)
                    && (a.longitude..=b.longitude).contains(&point.longitude)
            }
            Self::Polygon(ring) => inside(ring, point),
            Self::Around(_) => false,
        }
    }
}

fn turned(point: Point) -> Point {
    Point {
        latitude: point.longitude,
        longitude: point.latitude,
    }
}

/// Even-odd rule on the plane, the border included.
fn inside(ring: &[Point], point: Point) -> bool {
    let (x, y) = (point.longitude, point.latitude);
    let mut inside = false;
    let edges = ring.iter().zip(ring.iter().cycle().skip(1));
    for (a, b) in edges {
        let (ax, ay, bx, by) = (a.longitude, a.latitude, b.longitude, b.latitude);
        let cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        let between = |p: f64, a: f64, b: f64| (a.min(b)..=a.max(b)).contains(&p);
        if cross == 0.0 && between(x, ax, bx) && between(y, ay, by) {
            return true;
        }
        if (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax {
            inside = !inside;
        }
    }
    inside
}
