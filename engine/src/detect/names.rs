//! Every field name that rules and mappings ask for has a number; an event's leaves are sorted
//! under them in one pass, so that a rule's field is found without a search.

use std::collections::HashMap;

use event::{CoreField, Fields, Leaf, View};

use super::hash::BuildQuick;

/// The number of a name.
pub(super) type NameId = u32;

/// All names.
#[derive(Debug, Default)]
pub(super) struct Names {
    ids: HashMap<Box<str>, NameId, BuildQuick>,
    texts: Vec<Box<str>>,
    /// The core field that answers to the name when the record has no such key.
    core: Vec<Option<CoreField>>,
}

/// Where an event has the names: for each the last leaf, and from leaf to leaf back.
#[derive(Debug, Default)]
pub(super) struct Present {
    heads: Vec<Head>,
    earlier: Vec<u32>,
    epoch: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Head {
    epoch: u64,
    leaf: u32,
}

const NONE: u32 = u32::MAX;

impl Names {
    /// The number of a name, a new one for a new name.
    pub(super) fn intern(&mut self, name: &str) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = NameId::try_from(self.texts.len()).unwrap_or(NONE);
        self.ids.insert(name.into(), id);
        self.texts.push(name.into());
        self.core.push(CoreField::from_name(name));
        id
    }

    /// The number of a name that is known.
    pub(super) fn find(&self, name: &str) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// The name.
    pub(super) fn text(&self, id: NameId) -> &str {
        self.texts.get(index(id)).map_or("", |text| text)
    }

    fn core(&self, id: NameId) -> Option<CoreField> {
        self.core.get(index(id)).copied().flatten()
    }
}

impl Present {
    /// Sorts the leaves of an event.
    pub(super) fn read(&mut self, names: &Names, fields: &Fields) {
        self.epoch += 1;
        self.heads.resize(names.texts.len(), Head::default());
        self.earlier.clear();
        for (place, (path, _)) in fields.iter().enumerate() {
            let mut earlier = NONE;
            let head = names
                .find(path)
                .and_then(|id| self.heads.get_mut(index(id)));
            if let Some(head) = head {
                if head.epoch == self.epoch {
                    earlier = head.leaf;
                }
                *head = Head {
                    epoch: self.epoch,
                    leaf: u32::try_from(place).unwrap_or(NONE),
                };
            }
            self.earlier.push(earlier);
        }
    }

    fn last(&self, id: NameId) -> Option<u32> {
        let head = self.heads.get(index(id))?;
        (head.epoch == self.epoch).then_some(head.leaf)
    }

    /// The first of several names that the event has; none: the field is absent.
    pub(super) fn first(&self, names: &Names, view: View<'_>, ids: &[NameId]) -> Option<NameId> {
        let has_core = |id| {
            let core = names.core(id);
            core.is_some_and(|field| view.event.core.values(field).next().is_some())
        };
        let mut ids = ids.iter().copied();
        ids.find(|id| self.last(*id).is_some() || has_core(*id))
    }

    /// Calls `take` with the values under a name, the record's last first; `take` says whether to
    /// go on.
    pub(super) fn each<'a>(
        &self,
        names: &Names,
        view: View<'a>,
        id: NameId,
        mut take: impl FnMut(Leaf<'a>) -> bool,
    ) {
        let Some(mut place) = self.last(id) else {
            let core = names.core(id);
            let Some(core) = core else { return };
            for value in view.event.core.values(core) {
                if !take(event::leaf_of(value)) {
                    return;
                }
            }
            return;
        };
        while let Some((_, leaf)) = view.fields.nth(index(place)) {
            if !take(leaf) {
                return;
            }
            place = self.earlier.get(index(place)).copied().unwrap_or(NONE);
        }
    }
}

/// A number as a place in a list.
pub(super) fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
