//! Lookups on places.

use super::condition::{Holds, Q, Test};
use super::field::Field;
use super::operand::Operand;
use crate::value::{GeoPoint, ParseValue, Polygon, to_json};
use serde_json::{Value, json};

/// The mean radius of the earth, as the official clients have it.
const KM: f64 = 6371.0;
const MILES: f64 = 3958.8;

/// A field that holds a point.
#[diagnostic::on_unimplemented(
    message = "the lookups `near` and `within_..` need a field with a point, and this one is of type `{Self}`",
    label = "a field of type `{Self}` is not a point",
    note = "fields with a point are of the types `GeoPoint` and `Option<GeoPoint>`"
)]
pub trait Located: ParseValue {}

#[diagnostic::do_not_recommend]
impl Located for GeoPoint {}

#[diagnostic::do_not_recommend]
impl<V: Located> Located for Option<V> {}

/// A field that holds an area.
#[diagnostic::on_unimplemented(
    message = "the lookup `intersects` needs a field with an area, and this one is of type `{Self}`",
    label = "a field of type `{Self}` is not an area",
    note = "fields with an area are of the types `Polygon` and `Option<Polygon>`"
)]
pub trait Area: ParseValue {}

#[diagnostic::do_not_recommend]
impl Area for Polygon {}

#[diagnostic::do_not_recommend]
impl<V: Area> Area for Option<V> {}

/// A point to be near to, and how far away a row may be at most: what [`near`] returns.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "it does nothing until a field is looked up by it"]
pub struct Near {
    point: GeoPoint,
    /// In radians.
    limit: Option<f64>,
}

/// A point to be near to, to be completed by a limit: `location__near = near(here).within_km(5.0)`. Without a limit
/// the point alone does as well: `location__near = here`.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct Shop { location: GeoPoint }
/// # fn main() -> Result<(), parse_orm::GeoError> {
/// let here = GeoPoint::new(46.95, 7.45)?;
/// let shops = query!(Shop.filter(location__near = near(here).within_radians(0.5)));
/// assert_eq!(
///     serde_json::to_value(&shops).unwrap()["where"],
///     serde_json::json!({"location": {
///         "$nearSphere": {"__type": "GeoPoint", "latitude": 46.95, "longitude": 7.45},
///         "$maxDistance": 0.5,
///     }})
/// );
/// # Ok(()) }
/// ```
pub fn near(point: impl AsPoint) -> Near {
    Near {
        point: point.as_point(),
        limit: None,
    }
}

impl Near {
    /// At most so many kilometers away.
    pub fn within_km(self, distance: impl Into<f64>) -> Self {
        self.within_radians(distance.into() / KM)
    }

    /// At most so many miles away.
    pub fn within_miles(self, distance: impl Into<f64>) -> Self {
        self.within_radians(distance.into() / MILES)
    }

    /// At most so far away, as an angle at the earth's center. Wire form `$maxDistance`.
    pub fn within_radians(self, angle: impl Into<f64>) -> Self {
        Self {
            limit: Some(angle.into()),
            ..self
        }
    }
}

/// A point: a [`GeoPoint`], or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a point",
    label = "expected a `GeoPoint`",
    note = "make a point by its latitude and longitude: `GeoPoint::new(59.91, 10.75)?`"
)]
pub trait AsPoint {
    /// The point.
    #[doc(hidden)]
    fn as_point(&self) -> GeoPoint;
}

#[diagnostic::do_not_recommend]
impl AsPoint for GeoPoint {
    fn as_point(&self) -> GeoPoint {
        *self
    }
}

#[diagnostic::do_not_recommend]
impl AsPoint for &GeoPoint {
    fn as_point(&self) -> GeoPoint {
        **self
    }
}

/// What the lookup `near` takes.
#[diagnostic::on_unimplemented(
    message = "the lookup `near` needs a point, found `{Self}`",
    label = "not a point",
    note = "write `location__near = point`, or with a limit `location__near = near(point).within_km(5.0)`"
)]
pub trait IntoNear {
    /// The point and the limit.
    #[doc(hidden)]
    fn into_near(self) -> Near;
}

#[diagnostic::do_not_recommend]
impl<P: AsPoint> IntoNear for P {
    fn into_near(self) -> Near {
        near(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoNear for Near {
    fn into_near(self) -> Near {
        self
    }
}

/// A point and a distance: `(point, 5.0)`.
#[diagnostic::on_unimplemented(
    message = "the lookups `within_km`, `within_miles` and `within_radians` need a point and a distance, found `{Self}`",
    label = "not a point and a distance",
    note = "write `= (point, 5.0)`"
)]
pub trait IntoCircle {
    /// The center and the radius.
    #[doc(hidden)]
    fn into_circle(self) -> (GeoPoint, f64);
}

#[diagnostic::do_not_recommend]
impl<P: AsPoint, D: Into<f64>> IntoCircle for (P, D) {
    fn into_circle(self) -> (GeoPoint, f64) {
        (self.0.as_point(), self.1.into())
    }
}

/// The corners of a box: `(southwest, northeast)`.
#[diagnostic::on_unimplemented(
    message = "the lookup `within_box` needs two points, found `{Self}`",
    label = "not two points",
    note = "write `= (southwest, northeast)`"
)]
pub trait IntoBox {
    /// The corners.
    #[doc(hidden)]
    fn into_box(self) -> [GeoPoint; 2];
}

#[diagnostic::do_not_recommend]
impl<A: AsPoint, B: AsPoint> IntoBox for (A, B) {
    fn into_box(self) -> [GeoPoint; 2] {
        [self.0.as_point(), self.1.as_point()]
    }
}

/// The corners of an area: a list of points, or a [`Polygon`].
#[diagnostic::on_unimplemented(
    message = "the lookup `within_polygon` needs the corners of an area, found `{Self}`",
    label = "not the corners of an area",
    note = "write `= [a, b, c]` with at least three points, or give a `Vec` or a slice of points, or a `Polygon`"
)]
pub trait IntoCorners {
    /// The corners.
    #[doc(hidden)]
    fn into_corners(self) -> Vec<GeoPoint>;
}

macro_rules! corners {
    ($([$($generics:tt)*] $list:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoCorners for $list {
            fn into_corners(self) -> Vec<GeoPoint> {
                self.iter().map(AsPoint::as_point).collect()
            }
        }
    )*};
}

corners! {
    [P: AsPoint, const N: usize] [P; N];
    [P: AsPoint, const N: usize] &[P; N];
    [P: AsPoint] Vec<P>;
    [P: AsPoint] &Vec<P>;
    [P: AsPoint] &[P];
}

#[diagnostic::do_not_recommend]
impl IntoCorners for &Polygon {
    fn into_corners(self) -> Vec<GeoPoint> {
        self.points().to_vec()
    }
}

#[diagnostic::do_not_recommend]
impl IntoCorners for Polygon {
    fn into_corners(self) -> Vec<GeoPoint> {
        self.points().to_vec()
    }
}

/// The wire form, unless another client stored a point that no map has.
fn wire(point: GeoPoint) -> Result<Value, String> {
    GeoPoint::new(point.latitude(), point.longitude()).map_err(|error| error.to_string())?;
    to_json(&point)
}

fn length(radians: f64) -> Result<f64, String> {
    if radians.is_finite() && radians >= 0.0 {
        Ok(radians)
    } else {
        Err("a distance is a number that is not negative".into())
    }
}

fn circle((center, radius): (GeoPoint, f64), unit: f64) -> Operand {
    let parts = wire(center).and_then(|center| Ok((center, length(radius / unit)?)));
    Operand::tried(parts.map(|(center, radius)| json!({"$centerSphere": [center, radius]})))
}

fn corners_of_a_box([southwest, northeast]: [GeoPoint; 2]) -> Result<Value, String> {
    if southwest.latitude() > northeast.latitude() {
        return Err("the first corner of a box is the southwest one: its latitude is the smaller one".into());
    }
    if southwest.longitude() > northeast.longitude() {
        return Err(
            "the first corner of a box is the southwest one: its longitude is the smaller one; a box cannot cross \
             the meridian of 180 degrees: write two boxes, `Q(..) | Q(..)`"
                .into(),
        );
    }
    Ok(json!({"$box": [wire(southwest)?, wire(northeast)?]}))
}

fn corners_of_an_area(corners: Vec<GeoPoint>) -> Result<Value, String> {
    let area = Polygon::new(corners).map_err(|error| error.to_string())?;
    // as points: in a polygon the server takes the first number for the longitude here
    let open = area
        .points()
        .split_last()
        .map(|(_, open)| open)
        .unwrap_or_default();
    let corners = open
        .iter()
        .map(|corner| wire(*corner))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "$polygon": corners }))
}

/// Lookups of fields with a place. A row without one is nowhere.
impl<R, V> Field<R, V> {
    /// `field__near = point`: the rows that have a place, the nearest first. Wire form `$nearSphere`.
    ///
    /// A limit goes with the point: `near(point).within_km(5.0)`. The order is that of the whole query, which
    /// therefore has no other, no second `near`, and none within `|` or `!`; rows at a distance without an order are
    /// what [`within_km`](Self::within_km) is for. Pages of such rows go by their position.
    pub fn near(self, point: impl IntoNear) -> Q<R>
    where
        V: Located,
    {
        let Near { point, limit } = point.into_near();
        let limit = limit.map(length).transpose();
        let point = limit.and_then(|limit| Ok((wire(point)?, limit)));
        let (point, limit) = match point {
            Ok((point, limit)) => (Ok(point), limit),
            Err(reason) => (Err(reason), None),
        };
        Q::test(self.name, Holds::One, Test::Near(Operand::tried(point), limit))
    }

    /// `field__within_km = (point, 5.0)`: at most so many kilometers away, in no order. Wire form
    /// `$geoWithin.$centerSphere`.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseObject, Clone, Debug)] struct Shop { location: GeoPoint, name: String }
    /// # fn main() -> Result<(), parse_orm::GeoError> {
    /// let here = GeoPoint::new(46.95, 7.45)?;
    /// let close = query!(Shop.filter(location__within_km = (here, 6371)).order_by(name));
    /// assert_eq!(
    ///     serde_json::to_value(&close).unwrap()["where"],
    ///     serde_json::json!({"location": {"$geoWithin": {"$centerSphere": [
    ///         {"__type": "GeoPoint", "latitude": 46.95, "longitude": 7.45}, 1.0,
    ///     ]}}})
    /// );
    /// # Ok(()) }
    /// ```
    pub fn within_km(self, circle: impl IntoCircle) -> Q<R>
    where
        V: Located,
    {
        self.within_circle(circle.into_circle(), KM)
    }

    /// As [`within_km`](Self::within_km), in miles.
    pub fn within_miles(self, circle: impl IntoCircle) -> Q<R>
    where
        V: Located,
    {
        self.within_circle(circle.into_circle(), MILES)
    }

    /// As [`within_km`](Self::within_km), as an angle at the earth's center; in queries also `within_sphere`.
    pub fn within_radians(self, circle: impl IntoCircle) -> Q<R>
    where
        V: Located,
    {
        self.within_circle(circle.into_circle(), 1.0)
    }

    fn within_circle(self, around: (GeoPoint, f64), unit: f64) -> Q<R> {
        self.compare(Holds::One, "$geoWithin", circle(around, unit))
    }

    /// `field__within_box = (southwest, northeast)`: between the two, as on a flat map. Wire form `$within.$box`. A
    /// box cannot cross the meridian of 180 degrees.
    pub fn within_box(self, corners: impl IntoBox) -> Q<R>
    where
        V: Located,
    {
        let corners = Operand::tried(corners_of_a_box(corners.into_box()));
        self.compare(Holds::One, "$within", corners)
    }

    /// `field__within_polygon = [a, b, c]`: in the area between these corners, as on a flat map; a [`Polygon`] does
    /// as well. Wire form `$geoWithin.$polygon`, of points.
    pub fn within_polygon(self, corners: impl IntoCorners) -> Q<R>
    where
        V: Located,
    {
        let corners = Operand::tried(corners_of_an_area(corners.into_corners()));
        self.compare(Holds::One, "$geoWithin", corners)
    }

    /// `field__intersects = point`: the area in the field has the point in it. Wire form `$geoIntersects.$point`.
    pub fn intersects(self, point: impl AsPoint) -> Q<R>
    where
        V: Area,
    {
        let point = wire(point.as_point()).map(|point| json!({ "$point": point }));
        self.compare(Holds::One, "$geoIntersects", Operand::tried(point))
    }
}

/// The same rows in no order: within the limit, or with a place at all.
pub(super) fn unordered(point: &Operand, limit: Option<f64>) -> Test {
    match limit {
        Some(radius) => Test::Compare(
            "$geoWithin",
            Operand::tried(
                point
                    .0
                    .clone()
                    .map(|point| json!({"$centerSphere": [point.to_json(), radius]})),
            ),
        ),
        None => Test::Compare("$exists", Operand::json(true)),
    }
}
