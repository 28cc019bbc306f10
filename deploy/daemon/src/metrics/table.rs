//! Every figure by name: what it says, what kind it is, its labels, where it is told.
//!
//! One table; `deploy/METRICS.md` is made from it (`UPDATE_EXPECT=1 cargo test --workspace --lib metrics`). A
//! name that was given is not given another meaning.

/// How a figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// It only grows, from 0 at the start or as kept.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Sort {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// Where a figure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// In a centre.
    Centre,
    /// On an edge.
    Edge,
    /// In both.
    Both,
}

macro_rules! figures {
    ($($figure:ident $name:literal $sort:ident $told:ident [$($label:literal),*] $help:literal;)+) => {
        /// A figure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Figure { $($figure,)+ }

        impl Figure {
            /// All of them, in their order on the page.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$figure,)+];

            /// Its name.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$figure => concat!("haidang_", $name),)+ }
            }

            /// How it moves.
            pub(super) fn sort(self) -> Sort {
                match self { $(Self::$figure => Sort::$sort,)+ }
            }

            /// Where it is told.
            pub(super) fn told(self) -> Told {
                match self { $(Self::$figure => Told::$told,)+ }
            }

            /// Its labels.
            pub(super) fn labels(self) -> &'static [&'static str] {
                match self { $(Self::$figure => &[$($label),*],)+ }
            }

            /// What it says.
            pub(super) fn help(self) -> &'static str {
                match self { $(Self::$figure => $help,)+ }
            }
        }
    };
}

figures! {
    BuildInfo "build_info" Gauge Both ["version", "role"] "Always 1; the version, and whether this is a centre or an edge.";
    StartTime "start_time_seconds" Gauge Both [] "When the process began, seconds since 1970 UTC.";
    ProcessMemory "process_resident_memory_bytes" Gauge Both [] "Resident memory of the process, mapped pages of the index included.";
    ProcessCpu "process_cpu_seconds_total" Counter Both [] "Processor time of the process, its own and the system's for it.";
    ProcessThreads "process_threads" Gauge Both [] "Threads of the process.";
    ProcessDescriptors "process_open_fds" Gauge Both [] "Open descriptors of the process.";
    DiskFree "disk_free_bytes" Gauge Both [] "What may still be written to the disk of the data folder.";
    DiskSize "disk_size_bytes" Gauge Both [] "The size of the disk of the data folder.";
    IntakeWaiting "intake_waiting_batches" Gauge Both [] "Batches of sources that wait to be made durable; at the limit sources wait.";
    IntakeLimit "intake_limit_batches" Gauge Both [] "How many batches may wait.";

    JournalPosition "journal_position" Gauge Centre [] "The last durable position: every event that the centre has ever taken counts one.";
    JournalBytes "journal_appended_bytes_total" Counter Centre [] "Bytes appended to the journal since the start.";
    JournalSyncs "journal_syncs_total" Counter Centre [] "Groups of batches made durable, each with one sync, since the start.";
    JournalState "journal_state" Gauge Centre ["state"] "1 for the state that holds: ok, full (the disk; it goes on by itself) or failed (start again).";
    JournalReceived "journal_received_timestamp_seconds" Gauge Centre [] "When the newest event was received.";
    JournalCorrupt "journal_corrupt_events_total" Counter Centre [] "Events that the journal lost to damage, met since the start.";
    JournalTorn "journal_torn_bytes" Gauge Centre [] "Bytes after the last whole frame that were taken off at the start; nobody was promised them.";

    IndexPosition "index_position" Gauge Centre [] "Everything up to this position is searchable.";
    IndexLag "index_lag_events" Gauge Centre [] "Durable events that are not yet searchable.";
    IndexEvents "index_events" Gauge Centre [] "Events in the index.";
    IndexPartitions "index_partitions" Gauge Centre [] "Partitions of the index.";
    IndexPartial "index_partial_events_total" Counter Centre [] "Events since the start whose records could not be indexed whole.";
    IndexQuarantined "index_quarantined_partitions" Gauge Centre [] "Partitions that cannot be read; see haidang verify.";
    PipelineStalled "pipeline_stalled" Gauge Centre [] "1 while examining and indexing stand still; health says why.";
    DetectorPosition "detector_position" Gauge Centre [] "Everything up to this position is examined and folded into alerts.";
    DetectorLag "detector_lag_events" Gauge Centre [] "Durable events that are not yet examined.";
    DetectorExamined "detector_examined_events_total" Counter Centre [] "Events examined since the start.";
    DetectorLate "detector_late_events_total" Counter Centre [] "Events since the start that came too late for correlations.";
    DetectorEvicted "detector_evicted_events_total" Counter Centre [] "Events since the start that correlations forgot for lack of room; see detector.window_entries.";
    Rules "rules" Gauge Centre [] "Rules that are known.";
    RuleProblems "rule_problems" Gauge Centre [] "Problems of rule files; each costs only its own rule.";
    Alerts "alerts" Gauge Centre ["state"] "Alerts by state: new, acknowledged, in_work, closed.";
    FeedSequence "feed_sequence" Gauge Centre [] "The newest row of the feed of incidents; it jumps when a backup is restored.";

    SourcesFailing "sources_failing" Gauge Centre [] "Sources that say that they do not work.";
    SourcesLeftOut "sources_left_out" Gauge Centre [] "Sources beyond metrics.sources: they are added up under the source _others.";
    SourceEvents "source_events_total" Counter Centre ["sensor", "source"] "Events that a source has brought, as kept over restarts.";
    SourceFailed "source_parse_failed_total" Counter Centre ["sensor", "source"] "Lines and records of a source that no parser took.";
    SourceDropped "source_dropped_total" Counter Centre ["sensor", "source"] "What a source says it lost.";
    SourceReceived "source_received_timestamp_seconds" Gauge Centre ["sensor", "source"] "When the newest event of a source was received.";

    EdgeConnections "edges_connections" Gauge Centre [] "Connections of sensors that are open.";
    EdgeBodies "edges_bodies_total" Counter Centre [] "Bodies of sensors taken since the start.";
    EdgeBytes "edges_body_bytes_total" Counter Centre [] "Their bytes, packed.";
    EdgeRefusals "edges_refusals_total" Counter Centre ["code"] "Requests of sensors refused since the start, by the code of the answer.";
    Sensors "sensors" Gauge Centre ["state"] "Sensors that may deliver (current), and that may not any more (revoked).";
    SensorSeen "sensor_seen_timestamp_seconds" Gauge Centre ["sensor"] "When a sensor last spoke.";
    SensorSkew "sensor_clock_skew_seconds" Gauge Centre ["sensor"] "A sensor's clock less the centre's.";
    SensorCertificate "sensor_certificate_expires_seconds" Gauge Centre ["sensor"] "Seconds until a sensor's certificate ends; below 0 it has.";

    SpoolState "spool_state" Gauge Edge ["state"] "1 for the state that holds: ok, full or failed.";
    SpoolLast "spool_lane_number" Gauge Edge ["lane"] "The last number given in a lane: every event that the edge has ever kept counts one.";
    SpoolWaiting "spool_waiting_events" Gauge Edge ["lane"] "Events of a lane that the centre does not have yet: the lag of the uplink.";
    SpoolBytes "spool_bytes" Gauge Edge ["lane"] "Bytes of a lane on disk.";
    SpoolDropped "spool_dropped_events_total" Counter Edge ["lane"] "Events of a lane let go since the start, declared to the centre as gaps.";
    UplinkState "uplink_state" Gauge Edge ["state"] "1 for the state that holds: connecting, connected, broken or refused.";
    UplinkBodies "uplink_bodies_total" Counter Edge [] "Bodies that the centre took since the start.";
    UplinkBytes "uplink_body_bytes_total" Counter Edge [] "Their bytes, packed.";
    UplinkRate "uplink_rate_bytes" Gauge Edge [] "Bytes a second of the last bodies.";
    UplinkBroken "uplink_broken_total" Counter Edge [] "Times since the start that the line broke.";
    UplinkRefused "uplink_refused_total" Counter Edge [] "Times since the start that the centre refused or asked to wait.";
    UplinkAcknowledged "uplink_acknowledged_timestamp_seconds" Gauge Edge [] "When the centre last acknowledged something.";

    CertificateExpires "certificate_expires_seconds" Gauge Both ["certificate"] "Seconds until a certificate of this process ends (console, sensors_ca; on an edge sensor); below 0 it has.";
}

/// `deploy/METRICS.md`.
#[cfg(test)]
fn page() -> String {
    let mut text = String::from(
        "# Figures for Prometheus\n\n\
         `http://127.0.0.1:9464/metrics`, text format 0.0.4, in a centre and on an edge (`[metrics]` in config.toml).\n\
         Plain HTTP, so on loopback only: let the machine's own agent scrape it, or a tunnel. This page is made from\n\
         the table of the program.\n\n\
         | name | type | where | labels | what it says |\n|---|---|---|---|---|\n",
    );
    for figure in Figure::ALL {
        let told = match figure.told() {
            Told::Centre => "centre",
            Told::Edge => "edge",
            Told::Both => "both",
        };
        let labels = figure.labels().join(", ");
        let (name, sort, help) = (figure.name(), figure.sort().name(), figure.help());
        text.push_str(&format!(
            "| `{name}` | {sort} | {told} | {labels} | {help} |\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_keeps_the_customs() {
        for figure in Figure::ALL {
            let name = figure.name();
            let total = name.ends_with("_total");
            assert_eq!(total, figure.sort() == Sort::Counter, "{name}");
            let letters = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(letters(name) && figure.labels().iter().all(|label| letters(label)));
            assert!(figure.help().ends_with('.'), "{name}");
        }
        let mut names: Vec<_> = Figure::ALL.iter().map(|figure| figure.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Figure::ALL.len());
    }

    #[test]
    fn the_page_of_names_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../METRICS.md");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, page(), "UPDATE_EXPECT=1 writes it anew");
    }
}
