//! The accounts of an edge at its centre: for each lane, which numbers are indexed and which declared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::edge::Edge;
use tests::lab::Lab;

/// What the centre has of an edge.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) lanes: BTreeMap<u8, LaneAccounts>,
    /// The numbers that the test gave its lines, each once.
    pub(crate) marks: BTreeSet<u64>,
    /// Numbers that were declared as gone.
    pub(crate) declared: u64,
    repeated: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct LaneAccounts {
    pub(crate) indexed: BTreeSet<u64>,
    gaps: Vec<(u64, u64)>,
    pub(crate) declared: u64,
}

impl Accounts {
    /// Waits until every line of the edge is there or declared, then takes the accounts.
    pub(crate) async fn settled(lab: &Lab, edge: &Edge) -> Self {
        let written = edge.written();
        let (mut last, mut same) = (0, 0);
        for _ in 0..600 {
            lab.wait_until_settled().await;
            let accounts = Self::take(lab, &edge.name).await;
            let known = accounts.marks.len() as u64 + accounts.declared;
            // Gaps hold the edge's own voice too; so it must be quiet for a while.
            same = if known == last { same + 1 } else { 0 };
            last = known;
            if known >= written && same >= 3 {
                return accounts;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!(
            "only {last} of {written} lines came; the edge said: {}",
            edge.said()
        );
    }

    async fn take(lab: &Lab, sensor: &str) -> Self {
        let mut accounts = Self::default();
        for event in lab.events(&format!("sensor:{sensor}")).await {
            let id = event["id"].as_str().unwrap();
            let mut parts = id.rsplitn(3, '-');
            let number: u64 = parts.next().unwrap().parse().unwrap();
            let lane: u8 = parts.next().unwrap().parse().unwrap();
            let own = accounts.lanes.entry(lane).or_default();
            if !own.indexed.insert(number) {
                accounts.repeated.push(number);
            }
            if let Some(mark) = event["record"]["n"].as_u64()
                && !accounts.marks.insert(mark)
            {
                accounts.repeated.push(mark);
            }
        }
        let query = format!("record.status:gap AND record.sensor:{sensor}");
        for gap in lab.events(&query).await {
            let number = |key: &str| gap["record"][key].as_u64().unwrap();
            let (first, last) = (number("first"), number("last"));
            let lane = u8::try_from(number("lane")).unwrap();
            let own = accounts.lanes.entry(lane).or_default();
            own.gaps.push((first, last));
            own.declared += last + 1 - first;
            accounts.declared += last + 1 - first;
            assert_eq!(gap["record"]["dropped"], Value::from(last + 1 - first));
        }
        accounts
    }

    /// Every number from 1 on is indexed once, or declared once.
    pub(crate) fn assert_whole(&self) {
        assert_eq!(self.repeated, [0; 0], "came twice");
        for (lane, own) in &self.lanes {
            let mut numbers = own.indexed.clone();
            for (first, last) in &own.gaps {
                for number in *first..=*last {
                    assert!(
                        numbers.insert(number),
                        "lane {lane}: {number} is there and declared"
                    );
                }
            }
            let highest = numbers.last().copied().unwrap_or(0);
            assert_eq!(numbers.len() as u64, highest, "lane {lane} has holes");
        }
    }
}
