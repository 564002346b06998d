//! What the README shows is what there is.

/// Row 52: each example is a test of the library's documentation, compiled and run.
#[test]
fn row_52_every_example_of_the_readme_is_run() {
    let readme = include_str!("../../README.md");
    let crate_docs = include_str!("../../parse-orm/src/lib.rs");
    assert!(crate_docs.starts_with("#![doc = include_str!(\"../../README.md\")]"));
    let fences: Vec<_> = readme
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("```"))
        .collect();
    let (opened, closed): (Vec<_>, Vec<_>) = fences.chunks(2).map(|pair| (pair[0], pair.get(1))).unzip();
    assert!(closed.iter().all(|fence| *fence == Some(&"")), "{fences:?}");
    for language in &opened {
        // `rust,ignore`, `no_run` or no language at all would be shown and not run, or run as it is not meant
        assert!(
            ["rust", "sh", "toml", "python"].contains(language),
            "```{language}"
        );
    }
    assert!(opened.iter().filter(|language| **language == "rust").count() >= 3);
}
