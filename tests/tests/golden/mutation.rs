//! One detail of each rule changed, and what the change does.

mod host;
mod network;

use tests::repository;

/// A detail of a rule, changed.
pub(crate) struct Mutation {
    pub(crate) slug: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Whether the rule says more than before; otherwise less.
    pub(crate) widens: bool,
}

impl Mutation {
    /// The rule's file with the detail changed.
    pub(crate) fn rule(&self) -> String {
        let path = repository().join(format!("rules/sigma/{}.yml", self.slug));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.contains(self.from),
            "{} does not say {}",
            self.slug,
            self.from
        );
        text.replace(self.from, self.to)
    }
}

/// Every mutation.
pub(crate) fn all() -> impl Iterator<Item = &'static Mutation> {
    network::ALL.iter().chain(host::ALL)
}

const fn less(slug: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation {
        slug,
        from,
        to,
        widens: false,
    }
}

const fn more(slug: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation {
        slug,
        from,
        to,
        widens: true,
    }
}
