//! Why a text cannot be read, or a value not written.

use serde::de::{self, Expected, Unexpected};
use serde::ser;
use std::fmt::{self, Display};

/// Why a text cannot be read or a value not written, in one word of memory: it travels in the result of every value.
#[derive(Debug)]
pub(crate) struct Error(Box<Cause>);

#[derive(Debug)]
enum Cause {
    /// It is no JSON from this byte on.
    Syntax(usize),
    /// It is nested deeper than it may be.
    Depth,
    /// It is not what is asked for, or has no JSON.
    Data(Box<str>),
}

impl Error {
    #[cold]
    pub(super) fn syntax(at: usize) -> Self {
        Self(Box::new(Cause::Syntax(at)))
    }

    #[cold]
    pub(super) fn depth() -> Self {
        Self(Box::new(Cause::Depth))
    }

    /// Whether the text is none that can be read, whatever is asked for.
    pub(crate) fn is_syntax(&self) -> bool {
        !matches!(*self.0, Cause::Data(_))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Syntax(at) => write!(f, "no JSON from byte {at} on"),
            Cause::Depth => f.write_str("recursion limit exceeded"),
            Cause::Data(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    #[cold]
    fn custom<T: Display>(text: T) -> Self {
        Self(Box::new(Cause::Data(text.to_string().into())))
    }

    /// As JSON calls it.
    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Unit => Self::custom(format_args!("invalid type: null, expected {expected}")),
            found => Self::custom(format_args!("invalid type: {found}, expected {expected}")),
        }
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Unit => Self::custom(format_args!("invalid value: null, expected {expected}")),
            found => Self::custom(format_args!("invalid value: {found}, expected {expected}")),
        }
    }
}

impl ser::Error for Error {
    #[cold]
    fn custom<T: Display>(text: T) -> Self {
        de::Error::custom(text)
    }
}
