//! One WebSocket: how it is opened, by the HTTP client of all other requests, so that certificates, proxies and
//! time limits are the same.

use super::frame::{Frame, Request, read};
use crate::client::Doorway;
use crate::error::LiveProblem;
use crate::{Client, Error};
use futures::{SinkExt as _, StreamExt as _};
use reqwest::StatusCode;
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use std::sync::Arc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

/// Boxed, because it is large.
pub(super) type Socket = Box<WebSocketStream<reqwest::Upgraded>>;

/// The largest message that is read, in bytes: two objects of the server's own limit, 20 MB, with room to spare.
const LARGEST: usize = 64 << 20;

/// Why there is no socket.
pub(super) enum Unopened {
    /// Another try may help.
    NotNow(LiveProblem),
    /// Something else answers there; where LiveQuery was before, it may come back.
    NotHere(LiveProblem),
    /// LiveQuery does not want this client.
    Refused(LiveProblem),
}

/// Opens a socket and introduces the client.
pub(super) async fn open(client: &Client) -> Result<Socket, Unopened> {
    let limit = client.timeout();
    match tokio::time::timeout(limit, introduced(client)).await {
        Ok(opened) => opened,
        Err(_) => Err(Unopened::NotNow(LiveProblem::Unanswered(limit))),
    }
}

async fn introduced(client: &Client) -> Result<Socket, Unopened> {
    let url = client.live_query_url();
    let kept_back = |error| {
        Unopened::NotHere(LiveProblem::Unreachable {
            url: url.into(),
            cause: Arc::new(error),
        })
    };
    let Doorway {
        app_id,
        rest_key,
        javascript_key,
        client_key,
        master_key,
        installation,
    } = client.doorway().map_err(kept_back)?;
    let mut socket = upgraded(client).await?;
    let connect = text(&Request::Connect {
        application_id: app_id,
        rest_key,
        javascript_key,
        client_key,
        master_key: master_key.map(crate::Secret::expose),
        installation_id: installation,
    });
    let broken = |reason: &dyn std::fmt::Display| Unopened::NotNow(LiveProblem::Broken(reason.to_string()));
    socket.send(connect).await.map_err(|error| broken(&error))?;
    loop {
        let message = match socket.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(broken(&"the server closed it")),
        };
        let Message::Text(text) = message else { continue };
        match read(&text) {
            Some(Frame::Connected) => return Ok(socket),
            Some(Frame::Error { refusal, .. }) => return Err(Unopened::Refused(refusal.into())),
            _ => {}
        }
    }
}

async fn upgraded(client: &Client) -> Result<Socket, Unopened> {
    let url = client.live_query_url();
    let unreachable = |error: reqwest::Error| {
        Unopened::NotNow(LiveProblem::Unreachable {
            url: url.into(),
            cause: Arc::new(Error::from(error)),
        })
    };
    let key = generate_key();
    let answer = client
        .http()
        // `ws` and `wss` are `http` and `https` until the connection is made
        .get(url.replacen("ws", "http", 1))
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key)
        .send()
        .await
        .map_err(unreachable)?;
    let status = answer.status();
    let accepted = answer.headers().get(SEC_WEBSOCKET_ACCEPT);
    let agreed =
        accepted.is_some_and(|accepted| accepted.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes());
    if status != StatusCode::SWITCHING_PROTOCOLS || !agreed {
        let problem = LiveProblem::NotAWebSocket {
            url: url.into(),
            status: status.as_u16(),
        };
        let later = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
        return Err(if later {
            Unopened::NotNow(problem)
        } else {
            Unopened::NotHere(problem)
        });
    }
    let upgraded = answer.upgrade().await.map_err(unreachable)?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(LARGEST))
        .max_frame_size(Some(LARGEST));
    Ok(Box::new(
        WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await,
    ))
}

/// A request as it travels.
pub(super) fn text(request: &Request<'_>) -> Message {
    // nothing in it can fail to be written
    Message::text(serde_json::to_string(request).unwrap_or_default())
}
