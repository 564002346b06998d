//! The mock Parse Server as a program, for clients in other languages and for trying things out.

mod arguments;
mod cloud;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // where nobody listens there is nobody to tell
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        // before anybody can know of the server, and want its end
        let end = end()?;
        let port = arguments.port;
        let server = arguments
            .builder()?
            .start()
            .await
            .map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!("port {port} is in use; `--port 0` takes a free one, and says which").into()
                }
                _ => Box::<dyn Error>::from(error),
            })?;
        writeln!(io::stdout(), "{}", server.url())?;
        io::stdout().flush()?;
        end.await;
        Ok(())
    })
}

/// Ends with the first signal that asks the program to.
#[cfg(unix)]
fn end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // where it cannot be waited for the program runs until it is killed
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
