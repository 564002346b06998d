//! Of which classes events are published.

use fancy_regex::Regex;

use crate::MockServerBuilder;

impl MockServerBuilder {
    /// `liveQuery.classNames`: the classes whose events LiveQuery publishes; a name may be a regular expression. Every
    /// class unless set, where a real server publishes nothing before somebody lists its classes: a test should not have
    /// to repeat the list of its application's server.
    ///
    /// As on the real server, other classes can be subscribed to: nothing comes.
    ///
    /// # Panics
    ///
    /// When a name is not a regular expression.
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// # use parse_orm_mock::MockServer;
    /// let server = MockServer::builder().live_query_classes(["GameScore", "Chat.*"]).start().await?;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn live_query_classes<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let classes = LiveClasses::new(names.into_iter().map(Into::into));
        #[expect(clippy::panic, reason = "documented; a mistake in the test itself")]
        let classes = classes.unwrap_or_else(|error| panic!("not a regular expression: {error}"));
        self.options.live_classes = classes;
        self
    }
}

/// The classes; none for all.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveClasses(Option<Vec<Regex>>);

impl LiveClasses {
    fn new(names: impl IntoIterator<Item = String>) -> Result<Self, fancy_regex::Error> {
        let names = names.into_iter().map(|name| Regex::new(&format!("^{name}$")));
        names.collect::<Result<_, _>>().map(|names| Self(Some(names)))
    }

    /// Whether it was told of the class.
    pub(crate) fn names(&self, class: &str) -> bool {
        self.0.is_some() && self.has(class)
    }

    pub(crate) fn has(&self, class: &str) -> bool {
        let is = |name: &Regex| name.is_match(class).unwrap_or(false);
        self.0.as_ref().is_none_or(|names| names.iter().any(is))
    }
}
