//! Aggregations, which need the master key: the server computes what many rows come down to.
//!
//! They run as MongoDB pipelines. A parse-server on PostgreSQL knows only the stages `$match`, `$group`, `$sort`,
//! `$limit`, `$skip` and `$project`, the results `sum`, `avg`, `min`, `max` and `count`, and in conditions only
//! equality, `gt`, `gte`, `lt` and `lte`.
//!
//! The terminals return a boxed future, of which the result is the only type: of an `async fn` the compiler reports
//! an argument that does not fit three times, at the argument, the call and the `.await`.

mod answer;
mod expression;
mod group;
mod keys;
mod matching;
mod pipeline;
mod request;
mod stages;

pub use expression::{Aggregate, Aggregates, Collected, GroupOrder, Named, Numeric};
pub use group::Groups;
pub use keys::GroupKeys;
pub use pipeline::{IntoSort, Pipeline};

pub(super) use request::ask;
pub(super) use stages::check;
