//! The WebSocket of a client: the upgrade, what comes in, what goes out, and pings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse;
use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, interval_at};

use super::conversation;
use crate::state::State;

/// `websocketTimeout`: so often a client is pinged, and one that did not answer the ping before is gone.
const PING: Duration = Duration::from_secs(10);

/// Whether a request wants to become a WebSocket. The real server lets it on any path.
pub(crate) fn is_upgrade(parts: &Parts) -> bool {
    let upgrade = parts.headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
    upgrade.is_some_and(|to| to.eq_ignore_ascii_case(b"websocket"))
}

/// Answers such a request.
pub(crate) async fn upgrade(state: Arc<State>, mut parts: Parts) -> Response<Body> {
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.on_upgrade(move |socket| serve(state, socket)),
        Err(refused) => refused.into_response(),
    }
}

async fn serve(state: Arc<State>, socket: WebSocket) {
    let (number, mut outgoing, ended) = state.live.hub().open();
    let (mut sink, mut stream) = socket.split();
    let unanswered = AtomicBool::new(false);
    let hear = async {
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => {
                    // what is no JSON is only logged
                    if let Ok(frame) = serde_json::from_str(&text) {
                        conversation::hear(&state, number, frame).await;
                    }
                }
                // an object without any property of a frame
                Message::Binary(_) => conversation::hear(&state, number, json!({})).await,
                Message::Pong(_) => unanswered.store(false, Ordering::Relaxed),
                Message::Ping(_) | Message::Close(_) => {}
            }
        }
    };
    let speak = async {
        let mut pings = interval_at(Instant::now() + PING, PING);
        loop {
            let message = tokio::select! {
                text = outgoing.next() => match text {
                    Some(text) => Message::Text(text.into()),
                    None => break,
                },
                _ = pings.tick() => {
                    if unanswered.swap(true, Ordering::Relaxed) {
                        break;
                    }
                    Message::Ping(axum::body::Bytes::new())
                }
            };
            if sink.send(message).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = hear => {}
        () = speak => {}
        _ = ended => {}
    }
    state.live.close(number);
}
