//! A field that may stand under several names: the first that an event has decides.

use event::{Leaf, View};

/// The values under the first of several names that the event has; none when the field is absent.
pub(crate) fn coalesced<'a>(view: View<'a>, names: &[String]) -> Vec<Leaf<'a>> {
    let named = names.iter().map(|name| view.sigma(name));
    let leaves = named.into_iter().find(|leaves| !leaves.is_empty());
    leaves.unwrap_or_default()
}
