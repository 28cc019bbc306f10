//! A field that may stand under several names: the first that an event has decides.

use std::borrow::Cow;

use event::{Leaf, View};

/// The values of a field; none when it is absent.
pub(crate) struct Slot<'a> {
    pub(crate) values: Vec<Held<'a>>,
}

/// A value.
pub(crate) struct Held<'a> {
    leaf: Leaf<'a>,
}

/// The values under the first of several names that the event has.
pub(crate) fn coalesced<'a>(view: View<'a>, names: &[String]) -> Slot<'a> {
    let named = names.iter().map(|name| view.sigma(name));
    let leaves = named.into_iter().find(|leaves| !leaves.is_empty());
    let values = leaves.unwrap_or_default().into_iter();
    Slot {
        values: values.map(|leaf| Held { leaf }).collect(),
    }
}

impl<'a> Held<'a> {
    /// The value as text; none for null and containers.
    pub(crate) fn text(&self) -> Option<Cow<'a, str>> {
        self.leaf.text()
    }
}
