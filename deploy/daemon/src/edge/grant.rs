//! For which sites this edge may deliver, as far as the centre has said: a source of another site is not started,
//! since the centre would refuse every event of it.
//!
//! The centre decides all the same; this only tells whoever stands at the box before anything is lost.

use anyhow::Result;
use event::Batch;
use sensor::SourceConfig;
use serde_json::json;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::sources::{Source, Starting, spawn, status_event};

/// The leaves of the site tree that this edge may deliver for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant(Option<Vec<String>>);

impl Grant {
    /// What the centre said; none: it said nothing (an older one), and everything is tried.
    pub(crate) fn new(leaves: Option<Vec<String>>) -> Self {
        Self(leaves)
    }

    /// Whether the centre takes events of a site from this edge. Those of no site it always takes.
    pub(crate) fn admits(&self, site: &str) -> bool {
        let admits = |leaves: &Vec<String>| leaves.iter().any(|leaf| leaf == site);
        site.is_empty() || self.0.as_ref().is_none_or(admits)
    }

    /// The leaves, for people.
    pub(crate) fn shown(&self) -> String {
        self.0
            .as_ref()
            .map_or_else(String::new, |leaves| leaves.join(", "))
    }

    /// The site of what the edge says of itself: that of its first source that may deliver, else its only leaf.
    pub(super) fn own_site(&self, sources: &[SourceConfig]) -> String {
        let mut sites = sources.iter().map(|source| &source.site);
        let first = sites.find(|site| self.admits(site)).cloned();
        let only = || match self.0.as_deref() {
            Some([only]) => only.clone(),
            _ => String::new(),
        };
        first.unwrap_or_else(only)
    }

    /// Starts the sources that may deliver; of the others it is said why not.
    pub(super) fn start_sources(
        &self,
        config: &Config,
        starting: &Starting,
        tasks: &mut JoinSet<()>,
    ) {
        let sources = config.source.iter().cloned();
        let (admitted, foreign): (Vec<_>, Vec<_>) =
            sources.partition(|source| self.admits(&source.site));
        let admitted = admitted.into_iter().map(Source::configured);
        spawn(admitted.collect(), config, starting, tasks);
        if foreign.is_empty() {
            return;
        }
        let own_site = self.own_site(&config.source);
        let events = foreign.into_iter().map(|source| {
            let reason = self.refusal(&source);
            tracing::error!(source = source.id, reason, "a source is not started");
            let said = json!({
                "event_type": "sensor.status", "status": "failed", "source": source.id,
                "code": "foreign_site", "site": source.site, "reason": reason,
            });
            // Under its own site nobody would ever hear of it.
            let site = own_site.clone();
            status_event(&starting.context, &SourceConfig { site, ..source }, &said)
        });
        let batch = Batch {
            events: events.collect(),
            ..Batch::default()
        };
        let out = starting.out.clone();
        tasks.spawn(async move {
            // Nobody takes it only while the edge stops.
            drop(out.send(batch).await);
        });
    }

    fn refusal(&self, source: &SourceConfig) -> String {
        format!(
            "the source {} has the site {}, for which this sensor may not deliver (it may for: {}); correct the \
             key site, or ask the centre to grant that site",
            source.id,
            source.site,
            self.shown()
        )
    }
}

/// The configuration that a start would have, and the sites that it may deliver for; nothing is changed by looking.
///
/// # Errors
/// This box is not enrolled.
pub(crate) fn in_force(own: &Config, dir: &std::path::Path) -> Result<(Config, Grant)> {
    let plan = super::Bundles::new(dir).in_force(own)?;
    Ok((plan.config, plan.grant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_centre_said_is_what_is_admitted() {
        let source = |id: &str, site: &str| -> SourceConfig {
            let text =
                format!("[[source]]\nid = \"{id}\"\nkind = \"journal\"\nsite = \"{site}\"\n");
            Config::parse(&text).unwrap().source.remove(0)
        };
        let grant = Grant::new(Some(vec!["xa-a".to_owned()]));
        assert!(grant.admits("") && grant.admits("xa-a") && !grant.admits("xa-b"));
        assert!(
            Grant::default().admits("xa-b"),
            "an older centre says nothing"
        );
        assert!(!Grant::new(Some(Vec::new())).admits("xa-b"));
        let foreign = source("mirror", "xa-b");
        let reason = grant.refusal(&foreign);
        assert!(
            reason.contains("source mirror has the site xa-b"),
            "{reason}"
        );
        let sources = [foreign, source("log", "xa-a")];
        assert_eq!(grant.own_site(&sources), "xa-a");
        assert_eq!(grant.own_site(&sources[..1]), "xa-a");
        assert_eq!(Grant::new(Some(Vec::new())).own_site(&sources), "");
    }
}
