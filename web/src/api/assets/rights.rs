//! What a reader may say of a site: it must be one of the reader's, and a network must be the site's.
//!
//! A network tells every sensor which addresses are inside and whose they are. Who sees all sites may say what
//! he likes; who sees some may part the networks that his sites have, or take what is inside the province and
//! nobody's, but neither another site's addresses nor the world's.

use engine::reader::{Reader, Scope};
use engine::store::{AssetFields, AssetKind};
use event::{Networks, Text};

use crate::app::App;
use crate::error::Failure;

/// What somebody may say.
pub(super) struct Rights<'a> {
    app: &'a App,
    reader: &'a Reader,
    networks: Networks,
}

impl<'a> Rights<'a> {
    pub(super) fn read(app: &'a App, reader: &'a Reader) -> Result<Self, engine::Error> {
        let networks = app.store.networks(&app.sites, app.exercise, app.now())?;
        Ok(Self {
            app,
            reader,
            networks,
        })
    }

    /// Refuses what the reader may not say. A site that he does not see is none.
    pub(super) fn must(&self, fields: &AssetFields) -> Result<(), Failure> {
        let admitted = self.reader.scope.admits(&fields.site);
        if !admitted || !self.app.sites.has_leaf(&fields.site) {
            let named = fields.site.chars().take(60).collect();
            return Err(Failure::UnknownSite(named));
        }
        if fields.address.kind() == AssetKind::Network && !self.may_have(fields) {
            return Err(Failure::Unprocessable(
                "foreign_network",
                "this network is not one of your sites' or inside theirs; somebody who sees all sites can add it",
            ));
        }
        Ok(())
    }

    fn may_have(&self, fields: &AssetFields) -> bool {
        if self.reader.scope == Scope::All {
            return true;
        }
        let own = fields.address.net();
        let is_free = |site: &Text| site.is_empty() || self.reader.scope.admits(site);
        // The most specific one around it says whose it is; and nobody else's lies inside.
        let around = self.networks.iter().find(|held| held.cidr.contains(&own));
        let mut inside = self.networks.iter().filter(|held| own.contains(&held.cidr));
        around.is_some_and(|held| is_free(&held.site)) && inside.all(|held| is_free(&held.site))
    }
}
