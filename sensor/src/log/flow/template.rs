//! Templates: how the records of a set are laid out, by exporter, domain and number.
//!
//! They are a stranger's word: how many there are, how many fields one has, and how long one is believed
//! that nobody sends again, is limited.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use event::Time;

use super::{Origin, Refused, Transport};
use crate::config::FlowConfig;

/// The length that says that each record says it (RFC 7011 §7).
pub(super) const VARIABLE: u16 = u16::MAX;

/// A field of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The owner of the number; none for IANA's.
    pub(super) enterprise: Option<u32>,
    pub(super) id: u16,
    pub(super) length: u16,
}

/// A layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) fields: Vec<Field>,
    /// Whether its records are options, and no flows.
    pub(super) is_options: bool,
}

impl Template {
    /// The least bytes that a record has; what is shorter at the end of a set is padding.
    pub(super) fn least(&self) -> usize {
        let lengths = self.fields.iter().map(|field| match field.length {
            VARIABLE => 1,
            length => usize::from(length),
        });
        lengths.sum()
    }
}

/// Whose templates: an exporter's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Domain {
    pub(super) peer: SocketAddr,
    pub(super) version: u16,
    pub(super) id: u32,
}

#[derive(Debug, Default)]
struct Held {
    templates: HashMap<u16, (Template, Time)>,
    /// When it was last heard of.
    last: Time,
}

/// The templates of all domains.
#[derive(Debug)]
pub(super) struct Templates {
    domains: HashMap<Domain, Held>,
    most_domains: usize,
    most_templates: usize,
    most_fields: usize,
    believed: Duration,
}

impl Templates {
    pub(super) fn new(limits: &FlowConfig) -> Self {
        Self {
            domains: HashMap::new(),
            most_domains: limits.domains,
            most_templates: limits.templates,
            most_fields: limits.fields,
            believed: Duration::from_secs(limits.template_secs),
        }
    }

    /// Takes a template; one of the same number is replaced.
    pub(super) fn put(
        &mut self,
        domain: Domain,
        number: u16,
        template: Template,
        origin: Origin,
    ) -> Result<(), Refused> {
        if number < 256 {
            return Err("a template with the number of a set");
        }
        if template.least() == 0 {
            return Err("a template of records without bytes");
        }
        if template.fields.len() > self.most_fields {
            return Err("more fields than limits.flow.fields");
        }
        self.forget(origin);
        let known = self.domains.contains_key(&domain);
        if !known && self.domains.len() >= self.most_domains {
            return Err("more domains than limits.flow.domains");
        }
        let held = self.domains.entry(domain).or_default();
        held.last = origin.seen;
        if !held.templates.contains_key(&number) && held.templates.len() >= self.most_templates {
            return Err("more templates than limits.flow.templates");
        }
        held.templates.insert(number, (template, origin.seen));
        Ok(())
    }

    /// The template of a set.
    pub(super) fn get(&mut self, domain: Domain, number: u16, origin: Origin) -> Option<Template> {
        let believed = self.believed;
        let held = self.domains.get_mut(&domain)?;
        held.last = origin.seen;
        let (template, since) = held.templates.get(&number)?;
        if origin.transport == Transport::Udp && origin.seen.since(*since) > believed {
            held.templates.remove(&number);
            return None;
        }
        Some(template.clone())
    }

    /// Takes a template back.
    pub(super) fn withdraw(&mut self, domain: Domain, number: u16) {
        if let Some(held) = self.domains.get_mut(&domain) {
            held.templates.remove(&number);
        }
    }

    /// Takes all templates of one sort back: those of options, or the others (RFC 7011 §8.1).
    pub(super) fn withdraw_all(&mut self, domain: Domain, options: bool) {
        if let Some(held) = self.domains.get_mut(&domain) {
            held.templates
                .retain(|_, (template, _)| template.is_options != options);
        }
    }

    /// Forgets the domains of an exporter.
    pub(super) fn close(&mut self, peer: SocketAddr) {
        self.domains.retain(|domain, _| domain.peer != peer);
    }

    /// Makes room, when the table is full, from those that nobody has heard of for long.
    fn forget(&mut self, origin: Origin) {
        if self.domains.len() >= self.most_domains {
            let believed = self.believed;
            self.domains
                .retain(|_, held| origin.seen.since(held.last) <= believed);
        }
    }
}
