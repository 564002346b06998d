//! Numbers.

use super::{Error, Reader};
use serde::de::{Unexpected, Visitor};

/// A number, as `serde_json` tells them apart.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Float(f64),
}

impl Number {
    #[inline]
    pub(super) fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Unsigned(number) => visitor.visit_u64(number),
            Self::Signed(number) => visitor.visit_i64(number),
            Self::Float(number) => visitor.visit_f64(number),
        }
    }

    pub(super) fn unexpected(self) -> Unexpected<'static> {
        match self {
            Self::Unsigned(number) => Unexpected::Unsigned(number),
            Self::Signed(number) => Unexpected::Signed(number),
            Self::Float(number) => Unexpected::Float(number),
        }
    }
}

/// So many digits fit in any whole number.
const FITTING: usize = 18;

/// The largest whole number up to which a double holds every whole number.
const LARGEST_EXACT: u64 = 1 << 53;

/// The powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Reads digits behind those that were read, and says where they end. Too many of them come to nothing sensible.
#[inline]
fn digits(bytes: &[u8], mut at: usize, mut value: u64) -> (usize, u64) {
    while let Some(digit) = bytes
        .get(at)
        .map(|byte| byte.wrapping_sub(b'0'))
        .filter(|digit| *digit < 10)
    {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (at, value)
}

/// Reads the whole part of a number, whose first digit is here, and says where it ends.
#[inline]
fn whole_part(bytes: &[u8], first: usize) -> Result<(usize, u64), Error> {
    let (whole, value) = digits(bytes, first, 0);
    if whole == first || (whole > first + 1 && bytes[first] == b'0') {
        return Err(Error::syntax(whole));
    }
    Ok((whole, value))
}

impl Reader<'_> {
    /// Passes the number that is next, even if it is larger than any that can be read.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Result<(), Error> {
        let (bytes, begin) = (self.bytes(), self.at);
        let first = begin + usize::from(bytes.get(begin) == Some(&b'-'));
        self.at = end(bytes, whole_part(bytes, first)?.0)?;
        Ok(())
    }

    /// Reads the number that is next.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Number, Error> {
        let (bytes, begin) = (self.bytes(), self.at);
        let negative = bytes.get(begin) == Some(&b'-');
        let first = begin + usize::from(negative);
        let (whole, value) = whole_part(bytes, first)?;
        let number = match bytes.get(whole) {
            Some(b'.') => {
                let (end, value) = digits(bytes, whole + 1, value);
                let power = POWERS.get(end - whole - 1).filter(|power| **power > 1.0);
                let exact = end - first <= FITTING && value <= LARGEST_EXACT;
                let (Some(power), true, false) = (power, exact, matches!(bytes.get(end), Some(b'e' | b'E')))
                else {
                    return self.long(begin, whole);
                };
                self.at = end;
                // of two numbers that are exact, and so the nearest double
                #[expect(clippy::cast_precision_loss, reason = "it has not more digits than a double")]
                let float = value as f64 / power;
                return Ok(Number::Float(if negative { -float } else { float }));
            }
            Some(b'e' | b'E') => return self.long(begin, whole),
            _ if whole - first > FITTING => return self.long(begin, whole),
            // there is a negative zero
            _ if negative && value == 0 => Number::Float(-0.0),
            _ if negative => Number::Signed(-i64::try_from(value).unwrap_or(i64::MAX)),
            _ => Number::Unsigned(value),
        };
        self.at = whole;
        Ok(number)
    }

    /// A number that begins here and whose whole part ends here, of any length.
    #[cold]
    fn long(&mut self, begin: usize, whole: usize) -> Result<Number, Error> {
        let end = end(self.bytes(), whole)?;
        let text = &self.text[begin..end];
        let number = if end > whole {
            None
        } else if text.starts_with('-') {
            text.parse().ok().map(Number::Signed)
        } else {
            text.parse().ok().map(Number::Unsigned)
        };
        // what is too large is no number at all
        let float = || {
            text.parse()
                .ok()
                .filter(|float: &f64| float.is_finite())
                .map(Number::Float)
        };
        let number = number.or_else(float).ok_or_else(|| Error::syntax(begin))?;
        self.at = end;
        Ok(number)
    }
}

/// The end of a number whose whole part ends here.
fn end(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    let some_digits = |from: usize| match digits(bytes, from, 0).0 {
        end if end == from => Err(Error::syntax(from)),
        end => Ok(end),
    };
    if bytes.get(at) == Some(&b'.') {
        at = some_digits(at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = some_digits(at + 1 + usize::from(signed))?;
    }
    Ok(at)
}
