//! A sensor one version older keeps delivering: a real program of that version, where HAIDANG_OLDER names one.

use std::path::PathBuf;

use tests::edge::{Edge, EdgeKeys};

use crate::accounts::Accounts;
use crate::{SITE, centre};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sensor_of_an_older_version_delivers() {
    let Some(program) = std::env::var_os("HAIDANG_OLDER").map(PathBuf::from) else {
        println!("skipped: an older sensor, for HAIDANG_OLDER names no program");
        return;
    };
    let (lab, address) = centre().await;
    let keys = EdgeKeys {
        site: SITE,
        ..EdgeKeys::default()
    };
    let mut edge = Edge::enrol_of(Some(program), &lab, "xa-1", (address, keys)).await;
    edge.start();
    for _ in 0..5 {
        edge.write(200);
        edge.kill();
        edge.start();
    }
    let accounts = Accounts::settled(&lab, &edge).await;
    accounts.assert_whole();
    assert_eq!(
        (accounts.declared, accounts.marks.len() as u64),
        (0, edge.written())
    );
    let sensor = lab.local().json("/api/v1/sensors/xa-1").await;
    println!("delivered by a sensor of version {}", sensor["version"]);
}
