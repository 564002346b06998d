//! The compile errors that users see, word for word, and programs that must compile.
//!
//! A changed message is accepted by `TRYBUILD=overwrite cargo test -p parse-orm-tests --test compile_fail`.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
}

#[test]
fn correct_programs_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-pass/*.rs");
}
