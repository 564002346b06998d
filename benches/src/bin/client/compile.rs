//! What a user's compiler has to do for it: the derive, and the crates in the tree.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parse_orm_benches::{Result, median};
use wait4::Wait4;

use crate::contender::{cargo, here, target};

/// What the measurement of the derive is called on the command line.
pub(crate) const DERIVE: &str = "derive";
/// What the count of crates is called there.
pub(crate) const CRATES: &str = "crates";

/// Models of a crate that is compiled.
const MODELS: u32 = 100;

/// Processor time of the compiler for a model of ten fields, beyond that for the same struct with serde's derive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Derive {
    /// In milliseconds, to check it.
    pub(crate) check: f64,
    /// In milliseconds, to build it.
    pub(crate) build: f64,
}

/// Compiles a crate of many models, and the same structs with serde's derive, in turn.
pub(crate) fn derive(rounds: u16) -> Result<Derive> {
    let crates = [
        Crate::new(
            "serde-models",
            "serde::Serialize, serde::Deserialize, Clone, Debug",
        )?,
        Crate::new("parse-orm-models", "parse_orm::ParseObject, Clone, Debug")?,
    ];
    let mut more = [Vec::new(), Vec::new()];
    for (how, more) in ["check", "build"].into_iter().zip(&mut more) {
        for one in &crates {
            one.compile(how)?;
        }
        for _ in 0..rounds {
            let [serde, parse_orm] = [crates[0].compile(how)?, crates[1].compile(how)?];
            let millis = (parse_orm.as_secs_f64() - serde.as_secs_f64()) * 1e3;
            more.push(millis / f64::from(MODELS));
        }
    }
    let [check, build] = more.map(median);
    Ok(Derive { check, build })
}

/// A crate that is there to be compiled.
struct Crate {
    folder: PathBuf,
    source: String,
}

impl Crate {
    fn new(name: &str, derives: &str) -> Result<Self> {
        let folder = target()?.join("models").join(name);
        fs::create_dir_all(folder.join("src"))?;
        let path = here().join("../parse-orm");
        let path = path.to_str().ok_or("the path of this package is no text")?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             chrono = {{ version = \"0.4\", default-features = false, features = [\"std\", \"clock\", \"serde\"] }}\n\
             parse-orm = {{ path = {path:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\n[workspace]\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::copy(here().join("peers/Cargo.lock"), folder.join("Cargo.lock"))?;
        let mut source = "#![allow(dead_code)]\nuse chrono::{DateTime, Utc};\n".to_owned();
        for model in 0..MODELS {
            // writing to a String cannot fail
            let _ = write!(
                source,
                "/// Model {model}.\n#[derive({derives})]\npub struct Model{model} {{\n    pub score: i64,\n    \
                 pub player_name: String,\n    pub cheat_mode: bool,\n    pub level: i32,\n    pub ratio: f64,\n    \
                 pub title: Option<String>,\n    pub played_at: Option<DateTime<Utc>>,\n    pub skills: Vec<String>,\n    \
                 pub note: String,\n    pub active: bool,\n}}\n"
            );
        }
        Ok(Self { folder, source })
    }

    /// The processor time that it takes, without what it stands on.
    fn compile(&self, how: &str) -> Result<Duration> {
        fs::write(self.folder.join("src/lib.rs"), &self.source)?;
        let ended = cargo(&[how, "--quiet"])
            .current_dir(&self.folder)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", target()?.join("models"))
            .spawn()?
            .wait4()?;
        if !ended.status.success() {
            return Err(format!("the models in {} do not compile", self.folder.display()).into());
        }
        Ok(ended.rusage.utime + ended.rusage.stime)
    }
}

/// How many crates a program is built from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crates {
    /// With reqwest, serde, tokio, chrono and futures: the reference.
    pub(crate) reference: usize,
    pub(crate) parse_orm: usize,
}

/// Counts the crates of the programs that are compared.
pub(crate) fn crates() -> Result<Crates> {
    let peers = here().join("peers");
    Ok(Crates {
        reference: tree(&peers, "bench-reference")?,
        parse_orm: tree(&peers, "bench-parse-orm")?,
    })
}

/// The crates that a package is built from, itself apart.
fn tree(folder: &Path, package: &str) -> Result<usize> {
    let listed = cargo(&[
        "tree",
        "--quiet",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
        package,
    ])
    .current_dir(folder)
    .output()?;
    if !listed.status.success() {
        return Err(format!("the crates of {package} cannot be listed").into());
    }
    let text = String::from_utf8(listed.stdout)?;
    let crates: BTreeSet<&str> = text
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    Ok(crates.len())
}
