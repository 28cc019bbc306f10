//! A pure table: one detail of each rule changed, and what the change does.

use tests::repository;

/// A detail of a rule, changed.
pub(crate) struct Mutation {
    pub(crate) slug: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Whether the rule says more than before; otherwise less.
    pub(crate) widens: bool,
}

impl Mutation {
    /// The rule's file with the detail changed.
    pub(crate) fn rule(&self) -> String {
        let path = repository().join(format!("rules/sigma/{}.yml", self.slug));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.contains(self.from),
            "{} does not say {}",
            self.slug,
            self.from
        );
        text.replace(self.from, self.to)
    }
}

const fn less(slug: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation {
        slug,
        from,
        to,
        widens: false,
    }
}

const fn more(slug: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation {
        slug,
        from,
        to,
        widens: true,
    }
}

pub(crate) const ALL: &[Mutation] = &[
    less("dns-tunnel", "gte: 20", "gte: 2000"),
    less("dns-tunnel", "{45,}", "{64,}"),
    more("dns-tunnel", "{45,}", "{20,}"),
    less("port-scan", "gte: 40", "gte: 4000"),
    less("port-scan", "pkts_toserver|lte: 3", "pkts_toserver|lte: 0"),
    more("port-scan", "gte: 40", "gte: 10"),
    less("ssh-brute-force", "gte: 10", "gte: 1000"),
    less(
        "ssh-brute-force",
        "Failed password for ",
        "Accepted password for ",
    ),
    less(
        "http-login-brute-force",
        "http.status: 401",
        "http.status: 402",
    ),
    more(
        "http-login-brute-force",
        "http.status: 401",
        "http.status|gte: 200",
    ),
    less(
        "sql-injection",
        "condition: 1 of them",
        "condition: all of them",
    ),
    less("path-traversal", "{2,}'", "{200,}'"),
    less("log4shell", "jndi", "jmdi"),
    more("log4shell", "'${jndi:'", "'${jndi'"),
    less(
        "scanner-user-agent",
        "http.http_user_agent",
        "http.http_refer",
    ),
    less("nxdomain-storm", "rcode: NXDOMAIN", "rcode: SERVFAIL"),
    more("nxdomain-storm", "rcode: NXDOMAIN", "rcode: NOERROR"),
    less(
        "encoded-powershell",
        "condition: image and encoded",
        "condition: image and not encoded",
    ),
    more(
        "encoded-powershell",
        "condition: image and encoded",
        "condition: image",
    ),
    less(
        "lsass-dump",
        "condition: 1 of them",
        "condition: comsvcs and access",
    ),
    more("lsass-dump", "'\\lsass.exe'", "'.exe'"),
    less(
        "windows-logon-brute-force",
        "EventID: 4625",
        "EventID: 4624",
    ),
    less(
        "windows-logon-brute-force",
        "refused and not local",
        "refused and local",
    ),
];
