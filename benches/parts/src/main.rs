//! Does one part of the library's work so many times, and says of how many rows, or queries, that was. `.ci/instructions` runs it under
//! callgrind: the difference between two runs is what the work costs, without what a process costs.

use std::hint::black_box;
use std::io::{self, Write as _};

use parse_orm::{Client, internals};
use parse_orm_parts::{GameScore, Result, best, by_hand, moment, new_scores, page};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [part, times] = arguments.as_slice() else {
        return Err("which part, and how many times? `instructions decode 10`".into());
    };
    let (page, new) = (page(1000)?, new_scores(50)?);
    let client = Client::builder("http://127.0.0.1:1337/parse")
        .app_id("app")
        .build()?;
    let since = moment(0);
    let mut rows = 0;
    for _ in 0..times.parse()? {
        rows += match part.as_str() {
            "decode" => black_box(internals::page::<GameScore>(&page)?).0.len(),
            "decode-by-hand" => black_box(serde_json::from_slice::<by_hand::Page>(&page)?)
                .results
                .len(),
            "batch" => {
                black_box(internals::creates(black_box(&new))?);
                new.len()
            }
            "batch-by-hand" => {
                black_box(serde_json::to_vec(&by_hand::Batch::of(black_box(&new)))?);
                new.len()
            }
            "query" => {
                black_box(internals::address(
                    &client,
                    &best(black_box(1000), black_box(since)),
                )?);
                1
            }
            unknown => return Err(format!("there is no part `{unknown}`").into()),
        };
    }
    writeln!(io::stdout(), "{rows}")?;
    Ok(())
}
