//! What of a configuration this edge works by: a new one that changes nothing of it needs no new composition, and
//! closes no listener.

use sensor::{Limits, SourceConfig};

use super::bundles::Plan;
use crate::config::{SpoolSection, UplinkSection};

/// The parts of a plan that make a difference here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effective {
    sources: Vec<SourceConfig>,
    uplink: UplinkSection,
    spool: SpoolSection,
    limits: Limits,
    networks: Vec<(String, String)>,
    /// The sources that may not deliver.
    foreign: Vec<String>,
    /// The site of what the edge says of itself.
    own_site: String,
}

impl Effective {
    pub(super) fn of(plan: &Plan) -> Self {
        let (config, grant) = (&plan.config, &plan.grant);
        let foreign = config.source.iter();
        let foreign = foreign.filter(|source| !grant.admits(&source.site));
        let networks = plan.networks.iter();
        let networks = networks.map(|own| (own.cidr.to_string(), own.site.to_string()));
        Self {
            foreign: foreign.map(|source| source.id.clone()).collect(),
            own_site: grant.own_site(&config.source),
            sources: config.source.clone(),
            uplink: config.uplink.clone(),
            spool: config.spool.clone(),
            limits: config.limits.of_inputs(),
            networks: networks.collect(),
        }
    }
}
