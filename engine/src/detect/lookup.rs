//! What a rule sees of one event: fields looked up once, texts folded once, however many rules ask.

use std::borrow::Cow;
use std::cell::OnceCell;

use event::{Leaf, View};

use crate::rule::fold;

/// One event as the matchers see it.
pub(crate) struct Lookup<'a> {
    view: View<'a>,
    names: &'a [Vec<String>],
    slots: Vec<OnceCell<Slot<'a>>>,
    all: OnceCell<Vec<(&'a str, Held<'a>)>>,
}

/// A field: the name under which this event has it, and its values; none when it is absent.
pub(crate) struct Slot<'a> {
    pub(crate) name: &'a str,
    pub(crate) values: Vec<Held<'a>>,
}

/// A value with its text, folded at most once.
pub(crate) struct Held<'a> {
    pub(crate) leaf: Leaf<'a>,
    text: OnceCell<Option<Cow<'a, str>>>,
    folded: OnceCell<String>,
}

impl<'a> Lookup<'a> {
    /// Nothing is looked up yet. Each slot is a list of names; the first that the event has decides.
    pub(crate) fn new(view: View<'a>, names: &'a [Vec<String>]) -> Self {
        let slots = names.iter().map(|_| OnceCell::new()).collect();
        Self {
            view,
            names,
            slots,
            all: OnceCell::new(),
        }
    }

    /// The field of a slot; none for a slot that does not exist.
    pub(crate) fn slot(&self, place: usize) -> Option<&Slot<'a>> {
        let names = self.names.get(place)?;
        let cell = self.slots.get(place)?;
        Some(cell.get_or_init(|| coalesced(self.view, names)))
    }

    /// Every value of the record with its path, for keywords.
    pub(crate) fn all(&self) -> &[(&'a str, Held<'a>)] {
        self.all.get_or_init(|| {
            let fields = self.view.fields.iter();
            fields.map(|(path, leaf)| (path, Held::new(leaf))).collect()
        })
    }

    /// The event itself.
    pub(crate) fn view(&self) -> View<'a> {
        self.view
    }
}

/// The values under the first of several names that the event has.
pub(crate) fn coalesced<'a>(view: View<'a>, names: &'a [String]) -> Slot<'a> {
    for name in names {
        let leaves = view.sigma(name);
        if !leaves.is_empty() {
            return Slot {
                name,
                values: leaves.into_iter().map(Held::new).collect(),
            };
        }
    }
    Slot {
        name: names.first().map_or("", String::as_str),
        values: Vec::new(),
    }
}

impl<'a> Held<'a> {
    fn new(leaf: Leaf<'a>) -> Self {
        Self {
            leaf,
            text: OnceCell::new(),
            folded: OnceCell::new(),
        }
    }

    /// The value as text; none for null and containers.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.get_or_init(|| self.leaf.text()).as_deref()
    }

    /// The text as it is compared when case does not matter.
    pub(crate) fn folded(&self) -> Option<&str> {
        let text = self.text()?;
        Some(self.folded.get_or_init(|| fold(text)))
    }
}
