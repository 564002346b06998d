//! Plays random scripts on the mock and on the real server, and compares every answer.
//!
//! `PARSE_SERVER_URL` names the real one; without it there is nothing to compare with.
//! `cargo test -p parse-orm-tests --test differential -- --requests 10000 --seed 7`

mod compare;
mod generate;
mod play;
mod random;
mod script;
#[path = "../../parse-orm-mock/tests/wire/mod.rs"]
mod wire;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use compare::{Verdict, compare};
use parse_orm_mock::MockServer;
use play::Server;
use script::Limit;

/// Requests of one script; each has classes and users of its own.
const LENGTH: usize = 40;

struct Arguments {
    requests: usize,
    seed: u64,
    /// How many differences are shown before giving up.
    show: usize,
    security: bool,
    /// Shows every request.
    trace: bool,
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |time| time.as_secs())
}

fn arguments() -> Arguments {
    let mut arguments = Arguments {
        requests: 2000,
        seed: now(),
        show: 10,
        security: true,
        trace: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        match word.as_str() {
            "--requests" => arguments.requests = number().map_or(0, |n| n as usize),
            "--seed" => arguments.seed = number().unwrap_or_default(),
            "--show" => arguments.show = number().map_or(0, |n| n as usize),
            "--trace" => arguments.trace = true,
            "--objects" => arguments.security = false,
            _ => {}
        }
    }
    arguments
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Ok(url) = std::env::var("PARSE_SERVER_URL") else {
        println!("PARSE_SERVER_URL names no real server: nothing to compare with");
        return ExitCode::SUCCESS;
    };
    let arguments = arguments();
    let builder = MockServer::builder().auth_provider("fakeauth", |data| data["token"] == "good");
    let mock_server = match builder.start().await {
        Ok(server) => server,
        Err(error) => {
            println!("the mock could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut mock = Server::new(mock_server.url(), "master");
    let mut real = Server::new(&url, "master");
    let run = now();
    let mut known: BTreeMap<Limit, usize> = BTreeMap::new();
    let (mut played, mut different, mut seed) = (0, 0, arguments.seed);
    while played < arguments.requests && different < arguments.show {
        mock.forget();
        real.forget();
        for (place, step) in generate::script(seed, run, LENGTH, arguments.security)
            .iter()
            .enumerate()
        {
            let (ours, theirs) = (mock.play(step), real.play(step));
            played += 1;
            if arguments.trace {
                let body = step.body.clone().unwrap_or_default();
                println!(
                    "{place} {:?} {} {} {:?} {body}",
                    step.who, step.method, step.path, step.query
                );
                println!(
                    "    {} {} | {} {}",
                    ours.status, ours.body, theirs.status, theirs.body
                );
            }
            match compare(step, &ours, &theirs) {
                Verdict::Same => continue,
                Verdict::Known(limit) => *known.entry(limit).or_default() += 1,
                Verdict::Different => {
                    different += 1;
                    println!(
                        "\nseed {seed}, request {place}: {:?} {} {}",
                        step.who, step.method, step.path
                    );
                    println!(
                        "  query {:?}\n  body {}",
                        step.query,
                        step.body.clone().unwrap_or_default()
                    );
                    println!(
                        "  mock {} {}\n  real {} {}",
                        ours.status, ours.body, theirs.status, theirs.body
                    );
                }
            }
            // what follows would only repeat it
            if step.method != "GET" {
                break;
            }
        }
        seed += 1;
    }
    println!(
        "\n{played} requests, {different} differences, from seed {}",
        arguments.seed
    );
    for (limit, times) in known {
        println!("  {times:>5} known: {limit:?}");
    }
    if different == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
