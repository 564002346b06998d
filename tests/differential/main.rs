//! Plays random scripts on the mock and on the real server, and compares every answer.
//!
//! No code of the client has a part in it. `PARSE_SERVER_URL` names the real server (its setup is
//! `tests/parse-server`); without it there is nothing to play against, and only the scripts that once failed are replayed
//! on the mock, against the answers that the real server gave. `--help` says how to play more.

mod compare;
mod coverage;
mod generate;
mod limit;
mod play;
mod random;
mod script;
mod shrink;
#[path = "../../parse-orm-mock/tests/wire/mod.rs"]
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use compare::{Verdict, compare};
use coverage::Coverage;
use limit::Limit;
use parse_orm_mock::MockServer;
use play::{Answer, Server};
use script::Script;

const HELP: &str = "\
Random scripts, played on the mock and on the real server of PARSE_SERVER_URL, compared answer by answer.

    cargo test -p parse-orm-tests --test differential -- [options]

    --requests <n>  how many requests are played (2000)
    --seed <n>      the seed of the first script; the next have the next ones (1)
    --show <n>      how many differences are shown before giving up (10)
    --objects       no users, roles and permissions
    --whole         failing scripts are not made smaller
    --play <file>   plays one script that was saved
    --record        asks the real server again for the answers in tests/differential/regressions
    --trace         shows every request and both answers
    --help          this text

A script that fails is made smaller and saved; what the output says about it is how to play it again, and how to keep it.
";

/// Requests of one script; each has classes and users of its own.
const LENGTH: usize = 40;
/// What is played and counted when nothing else is asked for.
const BUDGET: usize = 2000;
const SEED: u64 = 1;
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/differential/regressions");

struct Arguments {
    requests: usize,
    seed: u64,
    show: usize,
    security: bool,
    whole: bool,
    play: Option<PathBuf>,
    record: bool,
    trace: bool,
}

/// The arguments, or nothing when help is asked for. Words of the usual test runner are not minded.
fn arguments() -> Option<Arguments> {
    let mut arguments = Arguments {
        requests: BUDGET,
        seed: SEED,
        show: 10,
        security: true,
        whole: false,
        play: None,
        record: false,
        trace: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        match word.as_str() {
            "--requests" => arguments.requests = number()? as usize,
            "--seed" => arguments.seed = number()?,
            "--show" => arguments.show = number()? as usize,
            "--play" => arguments.play = Some(words.next()?.into()),
            "--record" => arguments.record = true,
            "--whole" => arguments.whole = true,
            "--trace" => arguments.trace = true,
            "--objects" => arguments.security = false,
            "--help" | "-h" => return None,
            _ => {}
        }
    }
    Some(arguments)
}

/// What there is to compare with.
enum Witness {
    Server(Server),
    /// The answers in the script.
    Record,
}

/// The two that play, and what came of it.
struct Match {
    mock: Server,
    real: Witness,
    trace: bool,
    /// Sets this run's classes apart from those of others.
    run: u64,
    scripts: usize,
    played: usize,
    known: BTreeMap<Limit, usize>,
}

/// A difference: the place of the request, and the two answers.
struct Difference {
    place: usize,
    mock: Answer,
    real: Answer,
}

impl Difference {
    /// What stays the same when the script is made smaller.
    fn form(&self) -> (u16, i64, u16, i64) {
        (
            self.mock.status,
            self.mock.code(),
            self.real.status,
            self.real.code(),
        )
    }
}

impl Match {
    /// Plays a script up to the first difference, and gives the real server's answers.
    fn play(&mut self, script: &Script) -> (Vec<Answer>, Option<Difference>) {
        self.scripts += 1;
        let mark = format!("{:x}s{:x}", self.run, self.scripts);
        self.mock.begin(&mark);
        if let Witness::Server(real) = &mut self.real {
            real.begin(&mark);
        }
        let mut answers = Vec::new();
        for (place, step) in script.steps.iter().enumerate() {
            let mock = self.mock.play(step);
            let real = match &mut self.real {
                Witness::Server(real) => real.play(step),
                Witness::Record => step.answer.clone().unwrap_or_else(|| mock.clone()),
            };
            self.played += 1;
            if self.trace {
                println!("{place} {step}\n  mock {}\n  real {}", told(&mock), told(&real));
            }
            answers.push(real.clone());
            match compare(step, &mock, &real) {
                Verdict::Same => {}
                Verdict::Known(limit) => {
                    *self.known.entry(limit).or_default() += 1;
                    if step.method != "GET" && !limit.can_go_on() {
                        break;
                    }
                }
                Verdict::Different => return (answers, Some(Difference { place, mock, real })),
            }
        }
        (answers, None)
    }

    fn shrink(&mut self, mut script: Script, difference: &Difference) -> Script {
        script.steps.truncate(difference.place + 1);
        let (trace, form) = (std::mem::take(&mut self.trace), difference.form());
        let (played, known) = (self.played, self.known.clone());
        let smaller = shrink::shrink(script, &mut |script| {
            let (_, difference) = self.play(script);
            difference.is_some_and(|difference| {
                difference.place + 1 == script.steps.len() && difference.form() == form
            })
        });
        (self.trace, self.played, self.known) = (trace, played, known);
        smaller
    }

    /// Shows a difference, with the shortest script that leads to it, and saves that.
    fn tell(&mut self, script: Script, difference: &Difference, whole: bool) {
        println!(
            "\n{}, request {}: {}",
            script.about, difference.place, script.steps[difference.place]
        );
        println!(
            "  mock {}\n  real {}",
            told(&difference.mock),
            told(&difference.real)
        );
        let file = format!("{}.json", script.about.replace(' ', "-"));
        let mut script = if whole {
            script
        } else {
            self.shrink(script, difference)
        };
        let (answers, _) = self.play(&script);
        record(&mut script, answers);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&file);
        match save(&path, &script) {
            Ok(()) => println!(
                "  {} requests lead there: {}\n  --play it, and move it to {KEPT} when it is understood",
                script.steps.len(),
                path.display()
            ),
            Err(error) => println!("  {} could not be written: {error}", path.display()),
        }
        if !whole {
            for step in &script.steps {
                println!("    {}", step.to_string().replace('\n', "\n    "));
            }
        }
    }
}

fn told(answer: &Answer) -> String {
    let location = answer.location.as_ref().map(|location| format!(" ({location})"));
    format!(
        "{} {}{}",
        answer.status,
        answer.body,
        location.unwrap_or_default()
    )
}

fn record(script: &mut Script, answers: Vec<Answer>) {
    script.steps.truncate(answers.len());
    for (step, answer) in script.steps.iter_mut().zip(answers) {
        step.answer = Some(answer);
    }
}

fn save(path: &Path, script: &Script) -> Result<(), String> {
    let text = serde_json::to_string_pretty(script).map_err(|error| error.to_string())?;
    std::fs::write(path, text + "\n").map_err(|error| error.to_string())
}

fn load(path: &Path) -> Result<Script, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The scripts that once failed.
fn kept() -> Result<Vec<(PathBuf, Script)>, String> {
    let entries = std::fs::read_dir(KEPT).map_err(|error| format!("{KEPT}: {error}"))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| Ok((path.clone(), load(&path)?)))
        .collect()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |time| time.as_secs())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    };
    match run(&arguments).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(different) => {
            println!("{different} differences");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<usize, String> {
    let builder = MockServer::builder().auth_provider("fakeauth", |data| data["token"] == "good");
    let mock = builder
        .start()
        .await
        .map_err(|error| format!("the mock could not start: {error}"))?;
    let url = std::env::var("PARSE_SERVER_URL").ok();
    let mut game = Match {
        mock: Server::new(mock.url(), "master"),
        real: match &url {
            Some(url) => Witness::Server(Server::new(url, "master")),
            None => Witness::Record,
        },
        trace: arguments.trace,
        run: now(),
        scripts: 0,
        played: 0,
        known: BTreeMap::new(),
    };
    if let Some(path) = &arguments.play {
        let script = load(path)?;
        let (_, difference) = game.play(&script);
        if let Some(difference) = &difference {
            game.tell(script, difference, true);
        }
        return Ok(usize::from(difference.is_some()));
    }
    if arguments.record {
        if url.is_none() {
            return Err("PARSE_SERVER_URL names no real server: nothing to record".to_owned());
        }
        for (path, mut script) in kept()? {
            let (answers, _) = game.play(&script);
            record(&mut script, answers);
            save(&path, &script)?;
        }
        return Ok(0);
    }
    let mut different = replay(&mut game)?;
    if url.is_none() {
        println!("PARSE_SERVER_URL names no real server: no random scripts were compared");
        return count(&mut game).map(|()| different);
    }
    different += play(&mut game, arguments);
    Ok(different)
}

/// The scripts that once failed.
fn replay(game: &mut Match) -> Result<usize, String> {
    let mut different = 0;
    let scripts = kept()?;
    for (path, script) in &scripts {
        let (_, difference) = game.play(script);
        if let Some(Difference { place, mock, real }) = difference {
            different += 1;
            println!(
                "\n{} ({}), request {place}: {}",
                path.display(),
                script.about,
                script.steps[place]
            );
            println!("  mock {}\n  real {}", told(&mock), told(&real));
        }
    }
    println!(
        "{} kept scripts, {} requests, {different} differences",
        scripts.len(),
        game.played
    );
    Ok(different)
}

/// Random scripts, on both.
fn play(game: &mut Match, arguments: &Arguments) -> usize {
    (game.played, game.known) = (0, BTreeMap::new());
    let (mut different, mut seed) = (0, arguments.seed);
    while game.played < arguments.requests && different < arguments.show {
        let script = generate::script(seed, LENGTH, arguments.security);
        seed += 1;
        if let (_, Some(difference)) = game.play(&script) {
            different += 1;
            game.tell(script, &difference, arguments.whole);
        }
    }
    let known: usize = game.known.values().sum();
    println!(
        "\nseeds {} to {}: {} requests, {different} differences, {known} answers as a limit of PostgreSQL has them:",
        arguments.seed,
        seed - 1,
        game.played
    );
    for (limit, times) in &game.known {
        println!("  {times:>5} {limit:?}: {}", limit.reason());
    }
    different
}

/// Counts what the budget of random scripts is made of, and what the mock says to it.
fn count(game: &mut Match) -> Result<(), String> {
    let mut coverage = Coverage::default();
    let (mut seed, mut requests) = (SEED, 0);
    while requests < BUDGET {
        let script = generate::script(seed, LENGTH, true);
        seed += 1;
        requests += script.steps.len();
        coverage.count(&script);
        for answer in game.play(&script).0 {
            coverage.answered(answer.code());
        }
    }
    let lacking = coverage.lacking();
    if !lacking.is_empty() {
        return Err(format!(
            "{requests} random requests have too few of: {}",
            lacking.join(", ")
        ));
    }
    println!(
        "{requests} random requests have all of {} kinds of things in them",
        coverage.len()
    );
    Ok(())
}
