//! Queries: reading the parameters, selecting rows, and shaping the answer.

pub(crate) mod candidates;
pub(crate) mod compile;
pub(crate) mod find;
pub(crate) mod geo;
pub(crate) mod include;
pub(crate) mod matcher;
pub(crate) mod options;
pub(crate) mod pattern;
pub(crate) mod plan;
pub(crate) mod preference;
pub(crate) mod relations;
pub(crate) mod subquery;
pub(crate) mod text;
pub(crate) mod validate;
