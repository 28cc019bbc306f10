//! What passes beside the bodies, version by version: enrolment, renewal and configuration, as `tests/golden/wire/control`
//! keeps them.

use std::path::{Path, PathBuf};

use super::*;
use crate::bundle::Signed;

fn folder(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("../../tests/golden/wire/control").join(name)
}

/// The files of a folder whose names begin with a word, each with what stands in it.
pub(crate) fn golden(name: &str, word: &str) -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let named = paths.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, path)
    });
    let json = named.filter(|(name, _)| name.starts_with(word) && name.ends_with(".json"));
    let read = json.map(|(name, path)| {
        let text = std::fs::read(path).unwrap();
        (name, serde_json::from_slice(&text).unwrap())
    });
    let mut read: Vec<(String, Value)> = read.collect();
    read.sort_by(|(a, _), (b, _)| a.cmp(b));
    read
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sensors_of_other_versions_ask_for_is_given() {
    let centre = Centre::start().await;
    let mut known = centre.peer(centre.enrolled("xa-1").await).await;
    let mut stranger = centre.peer(centre.speaks(None)).await;
    let asked = golden("requests", "");
    assert!(asked.len() >= 6, "{} requests", asked.len());
    for (place, (name, golden)) in asked.iter().enumerate() {
        let (mut body, path) = (golden["body"].clone(), golden["path"].as_str().unwrap());
        let peer = match body["token"].is_string() {
            true => {
                let token = centre.invite(&format!("xa-9{place}"), now().plus(MINUTE));
                body["token"] = json!(token.split_once('.').unwrap().0);
                &mut stranger
            }
            false => &mut known,
        };
        let (status, answer) = peer.post(path, &body).await;
        assert_eq!(status, StatusCode::OK, "{name}: {answer}");
        for key in golden["has"].as_array().unwrap() {
            let key = key.as_str().unwrap();
            assert!(!answer[key].is_null(), "{name}: no {key}");
        }
    }
    assert_eq!(centre.refused(), Vec::<String>::new());
    centre.running.stop().await.unwrap();
}

#[test]
fn the_configurations_of_other_centres_are_opened() {
    let ca = CertificateDer::from_pem_file(folder("answers/ca.crt")).unwrap();
    let given = golden("answers", "bundle-");
    assert!(given.len() >= 3, "{} bundles", given.len());
    for (name, golden) in given {
        let signed: Signed = serde_json::from_value(golden["body"].clone()).unwrap();
        let bundle = signed.open(&ca, "xa-1").unwrap();
        let means = json!({
            "version": bundle.version, "config": bundle.config, "leaves": bundle.leaves,
            "networks": bundle.networks.len(),
        });
        assert_eq!(means, golden["means"], "{name}");
        // What is not known is signed all the same.
        let mut body = golden["body"].clone();
        let changed = body["bundle"].as_str().unwrap().replace('3', "4");
        body["bundle"] = json!(changed);
        let signed: Signed = serde_json::from_value(body).unwrap();
        assert!(signed.open(&ca, "xa-1").is_err(), "{name}");
    }
}
