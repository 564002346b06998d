//! Cloud Code: functions and jobs of the server, and the context that its triggers see.

mod arguments;
mod call;
mod context;
mod job;
mod returned;

pub use arguments::Arguments;
pub use call::{FunctionParams, params};
pub use job::{Finished, Job, JobState, JobStatus};
pub use returned::FunctionResult;
