//! Looking in from outside.

use serde_json::Value;

use crate::MockServer;

/// A subscription of a LiveQuery client, as [`MockServer::live_subscriptions`] shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LiveSubscription {
    /// The class.
    pub class: String,
    /// The condition, as it came or as `beforeSubscribe` made it.
    pub filter: Value,
    /// The only fields that are sent.
    pub keys: Option<Vec<String>>,
    /// The fields one of which must change.
    pub watch: Option<Vec<String>>,
    /// The client's number for it.
    pub request_id: Value,
    /// The id that the server gave the client.
    pub client_id: String,
    /// Whether the client connected with the master key.
    pub master: bool,
}

impl MockServer {
    /// What LiveQuery clients subscribed to, by connection in the order in which they came.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// # use parse_orm_mock::MockServer;
    /// let server = MockServer::start().await;
    /// assert!(server.live_subscriptions().is_empty());
    /// assert_eq!(server.live_connections(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn live_subscriptions(&self) -> Vec<LiveSubscription> {
        let hub = self.state.live.hub();
        let all = hub.clients().flat_map(|(_, client)| {
            client
                .subscriptions
                .iter()
                .map(|(request_id, subscription)| LiveSubscription {
                    class: subscription.class.clone(),
                    filter: Value::Object(subscription.filter.clone()),
                    keys: subscription.keys.clone(),
                    watch: subscription.watch.clone(),
                    request_id: Value::Number(request_id.clone()),
                    client_id: client.id.clone(),
                    master: client.master,
                })
        });
        all.collect()
    }

    /// How many WebSockets are open.
    pub fn live_connections(&self) -> usize {
        self.state.live.hub().connections.len()
    }

    /// Ends all WebSockets at once and without a word, as a network does that breaks; a client may connect anew. To keep
    /// it from that, order a [`Fault`](crate::Fault) as well: one `on("GET", "/")` meets the upgrade too.
    pub fn drop_live_connections(&self) {
        self.state.live.close_all();
    }
}
