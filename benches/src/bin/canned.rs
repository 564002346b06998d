//! The server of the client's benchmark, as a program.

use std::io::{self, Write};

use clap::Parser;
use parse_orm_benches::{Canned, ROWS, Result};
use tokio::net::TcpListener;

/// Serves rows that were prepared in advance, and prints the URL of its API when it is ready.
#[derive(Debug, Parser)]
struct Arguments {
    /// The port to listen on, of the loopback interface; 0: a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Rows of every class
    #[arg(long, default_value_t = ROWS)]
    rows: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let canned = Canned::prepare(arguments.rows);
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    writeln!(io::stdout(), "http://{}/parse", listener.local_addr()?)?;
    canned.serve(listener).await
}
