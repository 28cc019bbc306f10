//! What people write into cases, read: words of closed sets, texts of a length, people and sites that there are.

use std::ops::RangeInclusive;

use engine::reader::Reader;
use serde::{Deserialize, Deserializer};

use crate::app::App;
use crate::error::Failure;

/// Tells null from what is not there.
pub(super) fn given<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// A word of a closed set.
pub(super) fn word<T>(
    name: &str,
    given: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failure> {
    read(given).ok_or_else(|| {
        let given: String = given.chars().take(60).collect();
        Failure::Unusable("bad_word", format!("{name} has no {given:?}"))
    })
}

/// Words of a closed set, joined by commas.
pub(super) fn words_of<T>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Failure> {
    let parts = text.unwrap_or_default().split(',');
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            read(part).ok_or_else(|| Failure::BadRequest(format!("{name} is none that is known")))
        })
        .collect()
}

/// A text without blanks around it and with so many letters.
pub(super) fn text(
    name: &str,
    given: &str,
    letters: RangeInclusive<usize>,
) -> Result<String, Failure> {
    let given = given.trim();
    if letters.contains(&given.chars().count()) {
        return Ok(given.to_owned());
    }
    let (least, most) = letters.into_inner();
    Err(Failure::Unusable(
        "bad_text",
        format!("{name} has {least} to {most} characters"),
    ))
}

/// Refuses a person that there is not, or who may not sign in.
pub(super) fn person(app: &App, name: Option<&str>) -> Result<(), Failure> {
    let Some(name) = name else { return Ok(()) };
    let user = app.store.user(name)?.filter(|user| !user.disabled);
    // The operator on this machine has no row.
    if user.is_some() || name == "local" {
        return Ok(());
    }
    let named: String = name.chars().take(60).collect();
    Err(Failure::Unusable(
        "unknown_user",
        format!("there is no user {named:?}"),
    ))
}

/// Sites of the tree that the reader sees; another is none.
pub(super) fn places(
    app: &App,
    reader: &Reader,
    sites: Vec<String>,
) -> Result<Vec<String>, Failure> {
    for site in &sites {
        let is_there = app.sites.has_leaf(site) || site.is_empty();
        if !is_there || !reader.scope.admits(site) {
            return Err(Failure::UnknownSite(site.chars().take(60).collect()));
        }
    }
    Ok(sites)
}
