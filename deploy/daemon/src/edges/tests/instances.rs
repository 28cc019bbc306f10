//! An instance belongs to the sensor that delivered under it first: another one can neither send numbers under it nor
//! declare gaps in it, and the first feels nothing.

use sensor::uplink::spool::{Gap, GapReason};

use super::*;

const OWN: &str = "00000000000000aa";

/// Numbers that nobody will send.
fn gap(first: u64, last: u64) -> Vec<u8> {
    let piece = Piece::Gap(Gap {
        first,
        last,
        reason: GapReason::SpoolFull,
    });
    let mut body = Vec::new();
    wire::put(Lane::Second, &piece, &mut body);
    wire::pack(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_speaks_under_the_instance_of_another_sensor() {
    let centre = Centre::start().await;
    let mut owner = centre.peer(centre.enrolled("xa-1").await).await;
    let mut other = centre.peer(centre.enrolled("xa-2").await).await;
    let (status, _) = owner.deliver_under(OWN, body("xa-1", SITE, 1)).await;
    assert_eq!(status, StatusCode::OK);
    let greeting = wire::pack(&[]).unwrap();
    for tried in [greeting, gap(2, 9_000), body("xa-2", SITE, 2)] {
        let (status, answer) = other.deliver_under(OWN, tried).await;
        assert_eq!(
            (status.as_u16(), &answer["code"]),
            (403, &json!("foreign_instance"))
        );
        let message = answer["message"].as_str().unwrap();
        assert!(
            message.contains(OWN) && !message.contains("xa-1"),
            "{message}"
        );
    }
    assert_eq!(
        centre.refused(),
        ["foreign_instance"],
        "once for the episode"
    );
    assert_eq!(centre.running.journal.status().durable, 1);
    // The first goes on where it was; the other under an instance of its own.
    let (_, answer) = owner.deliver_under(OWN, body("xa-1", SITE, 2)).await;
    assert_eq!(answer["acknowledged"], json!([0, 2, 0]));
    let (_, answer) = other
        .deliver_under("00000000000000bb", body("xa-2", SITE, 1))
        .await;
    assert_eq!(answer["acknowledged"], json!([0, 1, 0]));
    let instances = |name: &str| -> Vec<u64> {
        let sensor = centre.running.store.sensor(name).unwrap().unwrap();
        let own = sensor.instances.iter();
        own.map(|own| own.instance.0).collect()
    };
    assert_eq!(
        (instances("xa-1"), instances("xa-2")),
        (vec![0xaa], vec![0xbb])
    );
    centre.running.stop().await.unwrap();
}

/// What stands in the store counts as much as what this run has seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_stays_with_a_sensor_that_was_revoked() {
    let centre = Centre::start().await;
    let mut owner = centre.peer(centre.enrolled("xa-1").await).await;
    let (status, _) = owner.deliver_under(OWN, body("xa-1", SITE, 1)).await;
    assert_eq!(status, StatusCode::OK);
    let store = &centre.running.store;
    store.revoke_sensor("xa-1", "an", "renamed", now()).unwrap();
    let mut renamed = centre.peer(centre.enrolled("xa-1-new").await).await;
    let (status, answer) = renamed.deliver_under(OWN, wire::pack(&[]).unwrap()).await;
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (403, &json!("foreign_instance"))
    );
    centre.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sensor_comes_with_so_many_data_folders_and_no_more() {
    let centre = Centre::start().await;
    let mut peer = centre.peer(centre.enrolled("xa-1").await).await;
    let greeting = || wire::pack(&[]).unwrap();
    for instance in 1..=64 {
        let (status, _) = peer
            .deliver_under(&format!("{instance:016x}"), greeting())
            .await;
        assert_eq!(status, StatusCode::OK, "{instance}");
    }
    let (status, answer) = peer
        .deliver_under(&format!("{:016x}", 65), greeting())
        .await;
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (403, &json!("too_many_instances"))
    );
    let (status, _) = peer.deliver_under(&format!("{:016x}", 7), greeting()).await;
    assert_eq!(status, StatusCode::OK, "one that it had is as before");
}
