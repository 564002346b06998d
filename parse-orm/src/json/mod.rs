//! JSON, read straight into typed values and written from them: the answers of a scan, a get or a save, the bodies of
//! saves, and queries.
//!
//! `serde_json` reads and writes whatever is not hot, and all that is rare: escapes, long numbers, and what its own types
//! ask for. What is read here takes about half of its instructions: the end of a text is looked for in a whole page at
//! once, fractions are read exactly without a detour, and nothing is copied that can be borrowed. The reader takes and
//! refuses what `serde_json` takes and refuses, and the writer writes what it writes; properties and a fuzz target hold
//! them to it.

mod access;
mod error;
mod key;
mod number;
mod raw;
mod reader;
mod scan;
mod writer;

pub(crate) use error::Error;
pub(crate) use raw::Raw;
pub(crate) use reader::Reader;
pub(crate) use writer::{Itself, Spelling, Writer};

use serde::Serialize;
use serde::de::DeserializeSeed;

/// Reads the whole of a text by a seed.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(seed: S, text: &'de str) -> Result<S::Value, Error> {
    let mut reader = Reader::new(text);
    let value = seed.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Writes a value behind what is there.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, json: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Writer::<Itself>::new(json))
}
