//! The mock Parse Server as a program, for tests in other languages and for trying things out.

use std::io::{self, Write};

use clap::Parser;
use parse_orm_mock::MockServer;

/// An in-memory imitation of Parse Server, for tests. All data is lost when it ends.
///
/// Listens on the loopback interface only, prints its URL on one line when it is ready, and runs until it is
/// killed.
#[derive(Debug, Parser)]
#[command(name = "parse-orm-mock", version)]
struct Arguments {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 1337)]
    port: u16,
    /// Application id
    #[arg(long, default_value = "app")]
    app_id: String,
    /// REST API key
    #[arg(long, default_value = "rest")]
    rest_key: String,
    /// JavaScript key
    #[arg(long, default_value = "js")]
    javascript_key: String,
    /// Master key
    #[arg(long, default_value = "master")]
    master_key: String,
    /// Path of the API, "/" for the root
    #[arg(long, default_value = "/parse", value_name = "PATH")]
    mount: String,
    /// Cut larger limits of queries to this
    #[arg(long, value_name = "N")]
    max_limit: Option<u64>,
    /// Cut the rows of subqueries to this, unless the master key asks
    #[arg(long, value_name = "N")]
    subquery_limit: Option<u64>,
    /// Refuse requests without the master key that name a new class
    #[arg(long)]
    forbid_class_creation: bool,
    /// Let creates choose their object id
    #[arg(long)]
    allow_custom_object_id: bool,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut builder = MockServer::builder()
        .port(arguments.port)
        .app_id(arguments.app_id)
        .rest_key(arguments.rest_key)
        .javascript_key(arguments.javascript_key)
        .master_key(arguments.master_key)
        .mount_path(arguments.mount)
        .allow_client_class_creation(!arguments.forbid_class_creation)
        .allow_custom_object_id(arguments.allow_custom_object_id);
    if let Some(limit) = arguments.max_limit {
        builder = builder.max_limit(limit);
    }
    if let Some(limit) = arguments.subquery_limit {
        builder = builder.subquery_limit(limit);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let server = runtime.block_on(builder.start())?;
    let mut out = io::stdout();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    loop {
        std::thread::park();
    }
}
