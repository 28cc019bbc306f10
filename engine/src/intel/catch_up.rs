//! What people did to lists while their files were read is done to what was read, too.

use std::collections::HashSet;
use std::sync::Arc;

use super::by_hand::ByHand;
use super::folder::{Before, Loaded};
use super::list::List;
use crate::detect::Intel;
use crate::rule::IntelEntry;

/// Lists that were read, with what people did to the held ones meanwhile.
pub(super) fn catch_up(loaded: Loaded, before: &Before, held: &[List]) -> (Vec<List>, Intel) {
    let Loaded {
        mut lists,
        mut intel,
        ..
    } = loaded;
    for now in held {
        let known = lists
            .iter()
            .position(|list| list.settings.id == now.settings.id);
        let place = match known {
            Some(place) => place,
            // Made while the files were read.
            None if before.list(&now.settings.id).is_none() => {
                let number = lists.iter().map(|list| list.number).max();
                let number = number.map_or(0, |number| number.saturating_add(1));
                intel = intel.with_settings(number, now.settings.clone());
                lists.push(List::new(number, now.settings.clone()));
                lists.len() - 1
            }
            // Its folder is gone.
            None => continue,
        };
        if let Some(list) = lists.get_mut(place) {
            intel = caught_up(list, intel, now, before.list(&now.settings.id));
        }
    }
    (lists, intel)
}

fn caught_up(list: &mut List, mut intel: Intel, now: &List, before: Option<&List>) -> Intel {
    let entries = |rows: &[ByHand], than: &[ByHand]| -> Vec<IntelEntry> {
        let known: HashSet<_> = than.iter().map(|row| (row.key(), row.at)).collect();
        let new = rows
            .iter()
            .filter(|row| !known.contains(&(row.key(), row.at)));
        new.map(|row| row.entry.clone()).collect()
    };
    let gone = entries(&now.removed, &list.removed);
    if !gone.is_empty() {
        intel = intel.without(list.number, &gone).0;
    }
    let added = entries(&now.added, &list.added);
    if let Some(at) = now
        .added
        .iter()
        .map(|row| row.at)
        .max()
        .filter(|_| !added.is_empty())
    {
        intel = intel.with(list.number, &added, at);
    }
    list.added = Arc::clone(&now.added);
    list.removed = Arc::clone(&now.removed);
    list.changed.clone_from(&now.changed);
    list.feed_problem.clone_from(&now.feed_problem);
    if before.is_some_and(|before| before.settings != now.settings) {
        list.settings = now.settings.clone();
        intel = intel.with_settings(list.number, now.settings.clone());
    }
    intel
}
