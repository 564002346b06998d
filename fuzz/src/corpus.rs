//! Every target over its corpus.

use std::fs;
use std::path::Path;

fn over(target: &str, run: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut number = 0;
    for file in files {
        let path = file.expect("a readable directory").path();
        let input = fs::read(&path).expect("a readable file");
        // which one it was
        if let Err(cause) = std::panic::catch_unwind(|| run(&input)) {
            let text = cause.downcast_ref::<String>().map_or("a panic", String::as_str);
            panic!("{}: {text}", path.display());
        }
        number += 1;
    }
    assert!(number >= 10, "{target} has {number} inputs");
}

macro_rules! targets {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            over(stringify!($name), crate::$name::run);
        }
    )*};
}

targets! {
    client_batch client_error client_json client_live_frame client_page mock_matcher mock_request mock_where query_macro
}
