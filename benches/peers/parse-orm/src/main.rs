//! `bench-parse-orm JOB URL NUMBER` does one job and prints what came of it.

mod jobs;

use std::error::Error;
use std::io::{Write, stdout};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, job, url, number] = &arguments[..] else {
        return Err("what is needed is a job, a URL and a number".into());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(jobs::run(job, url, number.parse()?))?;
    Ok(writeln!(stdout(), "{result}")?)
}
