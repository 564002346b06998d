//! Places: `{"__type": "GeoPoint", "latitude": .., "longitude": ..}` and
//! `{"__type": "Polygon", "coordinates": [[latitude, longitude], ..]}`.

use super::{FieldType, Form, ParseValue};
use serde::ser::{Error, SerializeStruct};
use serde::{Deserialize, Deserializer, Serializer};

/// Why a place was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GeoError {
    /// The latitude is not between -90 and 90 degrees.
    #[error("latitude {0} is not between -90 and 90")]
    Latitude(f64),
    /// The longitude is not between -180 and 180 degrees.
    #[error("longitude {0} is not between -180 and 180")]
    Longitude(f64),
    /// A polygon needs three different points.
    #[error("a polygon needs at least 3 points, and these are {0}")]
    TooFewPoints(usize),
}

/// A point on the earth, in degrees. A class can have one field of this type.
///
/// ```
/// use parse_orm::GeoPoint;
/// let oslo = GeoPoint::new(59.91, 10.75)?;
/// assert_eq!(oslo.latitude(), 59.91);
/// assert!(GeoPoint::new(91.0, 0.0).is_err());
/// # Ok::<(), parse_orm::GeoError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoPoint {
    latitude: f64,
    longitude: f64,
}

impl GeoPoint {
    /// A point, in degrees.
    ///
    /// # Errors
    /// When the latitude is beyond ±90 or the longitude beyond ±180.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, GeoError> {
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(GeoError::Latitude(latitude));
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(GeoError::Longitude(longitude));
        }
        Ok(Self { latitude, longitude })
    }

    /// Degrees north of the equator.
    pub fn latitude(&self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich.
    pub fn longitude(&self) -> f64 {
        self.longitude
    }
}

impl ParseValue for GeoPoint {
    const TYPE: FieldType = FieldType::GeoPoint;

    /// A point that is out of range is read as it is: another client may have stored it.
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Kind {
            GeoPoint,
        }
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "__type")]
            kind: Kind,
            latitude: f64,
            longitude: f64,
        }
        let Wire {
            kind: Kind::GeoPoint,
            latitude,
            longitude,
        } = Wire::deserialize(from)?;
        Ok(Self { latitude, longitude })
    }

    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_struct("GeoPoint", 3)?;
        map.serialize_field("__type", "GeoPoint")?;
        map.serialize_field("latitude", &self.latitude)?;
        map.serialize_field("longitude", &self.longitude)?;
        map.end()
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// An area: a closed ring of points.
///
/// ```
/// use parse_orm::{GeoPoint, Polygon};
/// let corner = |lat, lng| GeoPoint::new(lat, lng);
/// let area = Polygon::new([corner(0.0, 0.0)?, corner(0.0, 10.0)?, corner(10.0, 10.0)?])?;
/// assert_eq!(area.points().len(), 4); // closed: the first point is the last as well
/// # Ok::<(), parse_orm::GeoError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    ring: Vec<GeoPoint>,
}

impl Polygon {
    /// An area by its corners; the ring is closed if it is open, as the server does.
    ///
    /// # Errors
    /// When there are fewer than three corners.
    pub fn new(corners: impl IntoIterator<Item = GeoPoint>) -> Result<Self, GeoError> {
        let mut ring: Vec<_> = corners.into_iter().collect();
        if ring.first() != ring.last() || ring.len() == 1 {
            ring.extend(ring.first().copied());
        }
        if ring.len() < 4 {
            return Err(GeoError::TooFewPoints(ring.len().saturating_sub(1)));
        }
        Ok(Self { ring })
    }

    /// The closed ring: the last point is the first one again.
    pub fn points(&self) -> &[GeoPoint] {
        &self.ring
    }
}

impl ParseValue for Polygon {
    const TYPE: FieldType = FieldType::Polygon;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Kind {
            Polygon,
        }
        #[derive(Deserialize)]
        struct Wire {
            #[serde(rename = "__type")]
            kind: Kind,
            coordinates: Vec<[f64; 2]>,
        }
        let Wire {
            kind: Kind::Polygon,
            coordinates,
        } = Wire::deserialize(from)?;
        let ring = coordinates
            .into_iter()
            .map(|[latitude, longitude]| GeoPoint { latitude, longitude })
            .collect();
        Ok(Self { ring })
    }

    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        if self.ring.len() < 4 {
            return Err(S::Error::custom(GeoError::TooFewPoints(self.ring.len())));
        }
        let coordinates: Vec<_> = self
            .ring
            .iter()
            .map(|point| [point.latitude, point.longitude])
            .collect();
        let mut map = to.serialize_struct("Polygon", 2)?;
        map.serialize_field("__type", "Polygon")?;
        map.serialize_field("coordinates", &coordinates)?;
        map.end()
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
