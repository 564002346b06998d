//! A server whose answers lie ready, so that what is measured is the client.
//!
//! It speaks the part of the REST API that the jobs need: rows of a class by position or by id, objects by id, creates,
//! updates and batches. Every class has the same rows; what is written is forgotten. One thread answers.
//!
//! The path of the API says how it answers: `/parse` at once, `/delay-20/parse` each find after 20 ms;
//! `/rows-1000000/parse` has a million rows instead of those that were prepared.

mod answer;
mod rows;

pub use rows::{ROWS, id};

use std::convert::Infallible;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use rows::Rows;

/// The prepared answers.
#[derive(Debug, Clone)]
pub struct Canned(Arc<Rows>);

impl Canned {
    /// Prepares so many rows, a multiple of 1,000.
    pub fn prepare(rows: usize) -> Self {
        Self(Arc::new(Rows::prepare(rows)))
    }

    /// Answers whoever connects.
    ///
    /// # Errors
    ///
    /// When no more connections can be taken.
    pub async fn serve(self, listener: TcpListener) -> crate::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let rows = Arc::clone(&self.0);
            let answers = service_fn(move |request| {
                let rows = Arc::clone(&rows);
                async move { Ok::<_, Infallible>(answer::answer(&rows, request).await) }
            });
            let connection = http1::Builder::new()
                .pipeline_flush(true)
                .serve_connection(TokioIo::new(stream), answers);
            // a client that goes away is no failure of the server
            tokio::spawn(async move { drop(connection.await) });
        }
    }
}
