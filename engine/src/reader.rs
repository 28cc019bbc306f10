//! Whose eyes: every query, list and stream takes a [`Reader`] and is cut to it in one place.
//!
//! Roles are a closed list, permissions another, and one table says which role has which.

use event::Text;

use crate::words::words;

/// Which sites a reader may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them, also what spans sites.
    All,
    /// These leaves.
    Sites(Vec<Text>),
}

impl Scope {
    /// Whether a site is among them. What spans sites has the empty site: only `All` admits it.
    pub fn admits(&self, site: &str) -> bool {
        match self {
            Self::All => true,
            Self::Sites(sites) => sites.iter().any(|held| &**held == site),
        }
    }
}

words! {
    /// What a person is trusted with.
    Role {
        /// Everything.
        Admin "admin",
        /// Sees, and works alerts.
        Analyst "analyst",
        /// Sees.
        Viewer "viewer",
    }
}

words! {
    /// One thing that may be done.
    Permission {
        /// See alerts.
        AlertsRead "alerts.read",
        /// Change an alert's state.
        AlertsWrite "alerts.write",
        /// Search events.
        EventsRead "events.read",
        /// See sources and sites.
        SourcesRead "sources.read",
        /// See how the system is.
        HealthRead "health.read",
        /// See intel lists.
        IntelRead "intel.read",
        /// Change intel lists: they hold for all sites, so only who sees all of them may.
        IntelWrite "intel.write",
        /// See rules and exceptions.
        RulesRead "rules.read",
        /// Make exceptions and turn rules off, for the sites that one sees.
        RulesTune "rules.tune",
        /// Import rules and step back: they hold for all sites, so only who sees all of them may.
        RulesWrite "rules.write",
        /// See incidents.
        IncidentsRead "incidents.read",
        /// Change incidents.
        IncidentsWrite "incidents.write",
        /// See the sensors.
        SensorsRead "sensors.read",
        /// Invite, change and revoke sensors.
        SensorsWrite "sensors.write",
        /// Copy everything that the centre has: only who sees all of it may.
        BackupsWrite "backups.write",
        /// See assets.
        AssetsRead "assets.read",
        /// Add, confirm and change assets.
        AssetsWrite "assets.write",
        /// See cases.
        CasesRead "cases.read",
        /// Open, work and close cases, and bring evidence.
        CasesWrite "cases.write",
        /// Take a copy of evidence.
        EvidenceRead "evidence.read",
        /// See who may sign in.
        UsersRead "users.read",
        /// Say who may sign in.
        UsersWrite "users.write",
        /// See who did what: of everybody, so only who sees all sites may.
        AuditRead "audit.read",
    }
}

impl Role {
    /// The table of permissions.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{
            AlertsRead, AlertsWrite, AssetsRead, AssetsWrite, CasesRead, CasesWrite, EventsRead,
            EvidenceRead, HealthRead, IncidentsRead, IncidentsWrite, IntelRead, IntelWrite,
            RulesRead, RulesTune, SensorsRead, SourcesRead,
        };
        match self {
            Self::Admin => true,
            Self::Analyst => matches!(
                permission,
                AlertsRead
                    | AlertsWrite
                    | AssetsRead
                    | AssetsWrite
                    | CasesRead
                    | CasesWrite
                    | EventsRead
                    | EvidenceRead
                    | SourcesRead
                    | HealthRead
                    | IncidentsRead
                    | IncidentsWrite
                    | IntelRead
                    | IntelWrite
                    | RulesRead
                    | RulesTune
                    | SensorsRead
            ),
            Self::Viewer => matches!(
                permission,
                AlertsRead
                    | AssetsRead
                    | CasesRead
                    | EventsRead
                    | SourcesRead
                    | HealthRead
                    | IncidentsRead
                    | IntelRead
                    | RulesRead
                    | SensorsRead
            ),
        }
    }
}

/// Who asks, with what rights, seeing which sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The name that the audit trail keeps.
    pub user: Text,
    /// The role.
    pub role: Role,
    /// The sites, already expanded to leaves.
    pub scope: Scope,
}

impl Reader {
    /// The operator on this machine: the daemon's own user, or root, on the control socket.
    pub fn local() -> Self {
        Self {
            user: "local".into(),
            role: Role::Admin,
            scope: Scope::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_changes_nothing_and_an_analyst_no_people() {
        for permission in Permission::ALL {
            let name = permission.name();
            let writes = name.ends_with(".write") || name.ends_with(".tune");
            assert!(Role::Admin.may(*permission));
            assert!(!(writes && Role::Viewer.may(*permission)), "{permission:?}");
        }
        assert!(!Role::Analyst.may(Permission::UsersWrite));
        assert!(!Role::Analyst.may(Permission::RulesWrite));
        assert!(Role::Analyst.may(Permission::AlertsWrite));
    }

    #[test]
    fn what_spans_sites_is_only_for_who_sees_all() {
        assert!(Scope::All.admits(""));
        assert!(!Scope::Sites(vec!["a".into()]).admits(""));
    }
}
