//! What the benchmarks share: servers to measure, load, processor time, and tables.
//!
//! A benchmark is a program in `src/bin`, one for each subject; `README.md` has the commands and what they measured.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod canned;
mod load;
mod process;
mod server;
mod table;

pub use canned::{Canned, ROWS};
pub use load::{Connections, Measured, Request};
pub use process::Process;
pub use server::{Server, build};
pub use table::{Table, median};

/// What ends a benchmark.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// The outcome of a step.
pub type Result<T> = std::result::Result<T, Error>;
