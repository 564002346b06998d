//! Numbers. The server has one kind, a double; every Rust type is range-checked on the way in and out.

use super::{FieldType, Form, ParseValue};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The largest whole number up to which a double holds every whole number.
const LARGEST_EXACT: u64 = 1 << 53;

struct Whole<N>(PhantomData<N>);

impl<N: TryFrom<i64> + TryFrom<u64>> Visitor<'_> for Whole<N> {
    type Value = N;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number that fits {}", std::any::type_name::<N>())
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<N, E> {
        N::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<N, E> {
        N::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
    /// The server writes whole numbers as `1`, `1.0` or `1e+300`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    fn visit_f64<E: Error>(self, number: f64) -> Result<N, E> {
        const ABOVE: f64 = 18_446_744_073_709_551_616.0; // 2^64
        let whole = number.fract() == 0.0;
        let fitting = if !whole {
            None
        } else if (0.0..ABOVE).contains(&number) {
            N::try_from(number as u64).ok()
        } else if (-ABOVE / 2.0..0.0).contains(&number) {
            N::try_from(number as i64).ok()
        } else {
            None
        };
        fitting.ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

macro_rules! whole {
    ($($type:ident $deserialize:ident $serialize:ident $magnitude:expr;)*) => {$(
        impl ParseValue for $type {
            const TYPE: FieldType = FieldType::Number;
            fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.$deserialize(Whole(PhantomData))
            }
            fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
                let magnitude: fn($type) -> u64 = $magnitude;
                if magnitude(*self) > LARGEST_EXACT {
                    return Err(serde::ser::Error::custom(format_args!(
                        "{self} is beyond 2^53, where the server's numbers lose digits; store it as a String"
                    )));
                }
                to.$serialize(*self)
            }
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )*};
}

whole! {
    i8 deserialize_i64 serialize_i8 |n| n.unsigned_abs().into();
    i16 deserialize_i64 serialize_i16 |n| n.unsigned_abs().into();
    i32 deserialize_i64 serialize_i32 |n| n.unsigned_abs().into();
    i64 deserialize_i64 serialize_i64 |n| n.unsigned_abs();
    u8 deserialize_u64 serialize_u8 |n| n.into();
    u16 deserialize_u64 serialize_u16 |n| n.into();
    u32 deserialize_u64 serialize_u32 |n| n.into();
    u64 deserialize_u64 serialize_u64 |n| n;
}

struct Real;

impl Visitor<'_> for Real {
    type Value = f64;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "the server's number was a double to begin with"
    )]
    fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "the server's number was a double to begin with"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }
    fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }
}

/// JSON has no NaN and no infinity; `serde_json` would write `null`, which means something else.
fn finite<E: serde::ser::Error>(number: f64) -> Result<f64, E> {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(E::custom(format_args!(
            "{number} is not a number that JSON can hold"
        )))
    }
}

impl ParseValue for f64 {
    const TYPE: FieldType = FieldType::Number;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_f64(Real)
    }
    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(finite(*self)?)
    }
    /// By bits, so that a NaN does not make an object dirty for ever; the server has one zero.
    #[expect(clippy::float_cmp, reason = "the very same number is what is asked for")]
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits() || self == other
    }
}

impl ParseValue for f32 {
    const TYPE: FieldType = FieldType::Number;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the nearest f32 is what the field asks for"
    )]
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wide = from.deserialize_f64(Real)?;
        let narrow = wide as Self;
        if narrow.is_infinite() {
            return Err(D::Error::invalid_value(
                Unexpected::Float(wide),
                &"a number that fits f32",
            ));
        }
        Ok(narrow)
    }
    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(finite(shortest(*self))?)
    }
    #[expect(clippy::float_cmp, reason = "the very same number is what is asked for")]
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits() || self == other
    }
}

/// `0.1f32` is stored as `0.1`, not as `0.10000000149011612`.
pub(crate) fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}
