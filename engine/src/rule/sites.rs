//! The site tree (`rules/sites`): province → area → unit → site, with validity dates, and the
//! networks that belong to each.
//!
//! ```yaml
//! title: Sites of the province
//! networks:                     # internal wherever they are
//!   - cidr: 10.0.0.0/8
//! sites:
//!   - id: so-tttt
//!     name: Trung tâm dữ liệu
//!     name_en: Data centre
//!     level: site               # province, area, unit, site
//!     parent: so-kh-cn
//!     valid_from: 2025-07-01    # optional, as valid_to
//!     networks: [10.60.20.0/24]
//! ```

use std::collections::HashMap;

use event::{Network, Networks, Text, Time};

use super::RuleFile;
use super::limits::RuleLimits;
use super::problem::{Faults, Problem};
use super::yaml::{self, Node};
use crate::words::words;

words! {
    /// A level of the tree.
    SiteLevel {
        /// The whole.
        Province "province",
        /// A part of it: a former district, a sector.
        Area "area",
        /// An office: a commune, a department.
        Unit "unit",
        /// A place with networks: the leaf that events carry.
        Site "site",
    }
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id: what events and grants carry.
    pub id: Text,
    /// Its name, Vietnamese.
    pub name: String,
    /// Its name, English.
    pub name_en: String,
    /// The node above.
    pub parent: Option<Text>,
    /// Its level.
    pub level: SiteLevel,
    /// From when on it is there.
    pub valid_from: Option<Time>,
    /// Until when it was there.
    pub valid_to: Option<Time>,
}

/// The tree.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    sites: Vec<Site>,
    networks: Vec<Network>,
    /// Whether something of the files was left out.
    is_partial: bool,
}

impl Sites {
    /// Reads the files; a later file's site replaces an earlier one's of the same id.
    pub fn load(files: Vec<RuleFile>, limits: &RuleLimits) -> (Self, Vec<Problem>) {
        let (mut sites, mut problems) = (Self::default(), Vec::new());
        for file in files {
            let mut faults = Faults::default();
            for document in yaml::documents(&file.text, limits) {
                match document.root {
                    Ok(root) => sites.read(&root, &mut faults),
                    Err((line, reason)) => faults.error(line, reason),
                }
            }
            problems.extend(faults.into_problems(&file.path, None));
        }
        sites.check(&mut problems);
        sites.is_partial = problems.iter().any(Problem::is_error);
        (sites, problems)
    }

    /// Whether something of the files could not be read: then a site that is not here may be there all the same.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// All networks, for the sensors.
    pub fn networks(&self) -> Networks {
        Networks::new(self.networks.clone())
    }

    /// The nodes that are there at a moment, in the order of the files.
    pub fn iter(&self, at: Time) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(move |site| site.is_valid(at))
    }

    /// The leaves that are there at a moment.
    pub fn leaves(&self, at: Time) -> Vec<Text> {
        let leaves = self.iter(at).filter(|site| site.level == SiteLevel::Site);
        leaves.map(|site| Text::clone(&site.id)).collect()
    }

    /// Whether a leaf of that id is, was or will be there.
    pub fn has_leaf(&self, id: &str) -> bool {
        let mut leaves = self.sites.iter();
        leaves.any(|site| site.level == SiteLevel::Site && &*site.id == id)
    }

    /// The leaves at and under a node at a moment; none when there is no such node.
    pub fn expand(&self, id: &str, at: Time) -> Vec<Text> {
        under(id, self.iter(at))
    }

    /// The leaves that are, were or will be at and under a node: what waited on a box is of the time when it happened.
    pub fn expand_ever(&self, id: &str) -> Vec<Text> {
        under(id, self.sites.iter())
    }

    fn read(&mut self, root: &Node, faults: &mut Faults) {
        for node in root.at("networks").map(Node::items).unwrap_or_default() {
            let cidr = node.at("cidr").and_then(Node::text);
            self.add_network(cidr.as_deref().unwrap_or_default(), "", node.line, faults);
        }
        for node in root.at("sites").map(Node::items).unwrap_or_default() {
            let Some(site) = read_site(node, faults) else {
                continue;
            };
            // A site that replaces another has its own networks only.
            self.networks.retain(|held| held.site != site.id);
            for network in node.at("networks").map(Node::items).unwrap_or_default() {
                let cidr = network.text().unwrap_or_default();
                self.add_network(&cidr, &site.id, network.line, faults);
            }
            self.sites.retain(|held| held.id != site.id);
            self.sites.push(site);
        }
        for (key, node) in root.map().unwrap_or_default() {
            if !matches!(key.as_str(), "title" | "description" | "networks" | "sites") {
                faults.warn(node.line, format!("`{key}` is no key of a file of sites"));
            }
        }
    }

    fn add_network(&mut self, cidr: &str, site: &str, line: u32, faults: &mut Faults) {
        match cidr.parse() {
            Ok(cidr) => self.networks.push(Network {
                cidr,
                site: site.into(),
            }),
            Err(_) => faults.error(line, format!("`{cidr}` is no network; write 10.0.0.0/8")),
        }
    }

    /// A parent that is not there is said; the site stays, under nobody.
    fn check(&self, problems: &mut Vec<Problem>) {
        for site in &self.sites {
            let Some(parent) = &site.parent else { continue };
            if !self.sites.iter().any(|held| held.id == *parent) {
                let mut faults = Faults::default();
                faults.warn(
                    0,
                    format!("site {} has the parent {parent}, which is none", site.id),
                );
                problems.extend(faults.into_problems("rules/sites", Some(&site.id)));
            }
        }
    }
}

/// The leaves at and under a node among some.
fn under<'a>(id: &str, sites: impl Iterator<Item = &'a Site>) -> Vec<Text> {
    let sites: Vec<&Site> = sites.collect();
    let parents: HashMap<&str, Option<&str>> = sites
        .iter()
        .map(|site| (&*site.id, site.parent.as_deref()))
        .collect();
    if !parents.contains_key(id) {
        return Vec::new();
    }
    let is_under = |leaf: &Site| {
        let mut node: Option<&str> = Some(&leaf.id);
        // A tree has few levels; a loop in the files must not hang a query.
        for _ in 0..16 {
            match node {
                Some(found) if found == id => return true,
                Some(found) => node = parents.get(found).copied().flatten(),
                None => return false,
            }
        }
        false
    };
    let leaves = sites
        .iter()
        .filter(|site| site.level == SiteLevel::Site && is_under(site));
    leaves.map(|site| Text::clone(&site.id)).collect()
}

impl Site {
    fn is_valid(&self, at: Time) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }
}

fn read_site(node: &Node, faults: &mut Faults) -> Option<Site> {
    let text = |key: &str| node.at(key).and_then(Node::text);
    let Some(id) = text("id").filter(|id| !id.is_empty()) else {
        faults.error(node.line, "a site needs an id");
        return None;
    };
    let level = text("level").unwrap_or_else(|| "site".to_owned());
    let Some(level) = SiteLevel::from_name(&level) else {
        faults.error(
            node.line,
            format!("`{level}` is no level; use province, area, unit, site"),
        );
        return None;
    };
    let mut date = |key: &str| {
        let text = text(key)?;
        let time = Time::parse(&format!("{text}T00:00:00+07:00"));
        if time.is_none() {
            faults.error(
                node.line,
                format!("{key} `{text}` is no date; write 2025-07-01"),
            );
        }
        time
    };
    let (valid_from, valid_to) = (date("valid_from"), date("valid_to"));
    let name = text("name").unwrap_or_else(|| id.clone());
    Some(Site {
        name_en: text("name_en").unwrap_or_else(|| name.clone()),
        name,
        parent: text("parent").map(Into::into),
        level,
        valid_from,
        valid_to,
        id: id.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Origin;

    fn load(text: &str) -> (Sites, Vec<String>) {
        let file = RuleFile {
            origin: Origin::Local,
            path: "s.yml".into(),
            text: text.into(),
        };
        let (sites, problems) = Sites::load(vec![file], &RuleLimits::default());
        (sites, problems.iter().map(ToString::to_string).collect())
    }

    const TREE: &str = "
sites:
  - {id: tinh, name: Tỉnh, level: province}
  - {id: huyen, name: Huyện cũ, level: area, parent: tinh, valid_to: 2025-07-01}
  - {id: xa, name: Xã, level: unit, parent: tinh, valid_from: 2025-07-01}
  - {id: xa-tru-so, name: Trụ sở, parent: xa, networks: [10.60.31.0/24]}
  - {id: ttdl, name: Trung tâm dữ liệu, parent: tinh, networks: [10.60.20.0/24]}
";

    #[test]
    fn a_grant_covers_the_leaves_under_it_at_its_time() {
        let (sites, problems) = load(TREE);
        assert!(problems.is_empty(), "{problems:?}");
        let now = Time::parse("2026-01-01T00:00:00Z").unwrap();
        let before = Time::parse("2025-01-01T00:00:00Z").unwrap();
        let ids = |found: Vec<Text>| found.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(ids(sites.expand("tinh", now)), ["xa-tru-so", "ttdl"]);
        assert_eq!(ids(sites.expand("xa", now)), ["xa-tru-so"]);
        assert_eq!(ids(sites.expand("ttdl", now)), ["ttdl"]);
        assert!(
            sites.expand("xa", before).is_empty(),
            "the commune was not there yet"
        );
        assert!(sites.expand("nowhere", now).is_empty());
        let ip = "10.60.31.7".parse().unwrap();
        assert_eq!(
            sites.networks().site(ip).map(|site| &**site),
            Some("xa-tru-so")
        );
    }

    #[test]
    fn a_site_that_replaces_another_has_its_own_networks_only() {
        let later = "  - {id: ttdl, name: Trung tâm mới, networks: [10.60.21.0/24]}";
        let (sites, problems) = load(&format!("{TREE}{later}\n"));
        assert!(problems.is_empty(), "{problems:?}");
        let site = |ip: &str| sites.networks().site(ip.parse().unwrap()).cloned();
        assert_eq!(site("10.60.20.1"), None);
        assert_eq!(site("10.60.21.1").as_deref(), Some("ttdl"));
        assert_eq!(site("10.60.31.1").as_deref(), Some("xa-tru-so"));
    }

    #[test]
    fn what_is_wrong_is_listed_and_costs_only_itself() {
        let (sites, problems) = load(
            "sites:\n  - {name: x}\n  - {id: a, level: moon}\n  - {id: b, networks: [nonsense]}\n  - {id: c, parent: lost}\n",
        );
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert_eq!(sites.leaves(Time::EPOCH).len(), 2);
    }

    #[test]
    fn a_loop_in_the_tree_ends() {
        let (sites, _) = load("sites:\n  - {id: a, parent: b}\n  - {id: b, parent: a}\n");
        assert!(sites.expand("c", Time::EPOCH).is_empty());
    }
}
