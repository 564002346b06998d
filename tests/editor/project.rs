//! The crate that is edited: written below the target directory, with the lock file of this workspace, so that
//! it needs nothing that is not there already.

use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};

/// The file that is edited.
pub(super) const EDITED: &str = "src/queries.rs";

const LIB: &str = include_str!("fixture/lib.rs");
const QUERIES: &str = include_str!("fixture/queries.rs");
const HERE: &str = "/* here */";

/// The root of this workspace.
pub(super) fn workspace() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

/// Kept between runs: the second one finds the macros built.
pub(super) fn build_directory() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap_or(temporary).join("rust-analyzer")
}

/// What stands before and after what is typed.
pub(super) fn around() -> (&'static str, &'static str) {
    QUERIES.split_once(HERE).expect("a place to type at")
}

pub(super) fn write() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    fs::create_dir_all(root.join("src"))?;
    // a literal string of TOML, in which a backslash means nothing
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"game\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nparse-orm = {{ path = '{}', default-features = false }}\n",
        workspace().join("parse-orm").display()
    );
    fs::write(root.join("Cargo.toml"), manifest)?;
    fs::copy(workspace().join("Cargo.lock"), root.join("Cargo.lock"))?;
    fs::write(root.join("src/lib.rs"), LIB)?;
    fs::write(root.join(EDITED), QUERIES)?;
    Ok(root)
}
