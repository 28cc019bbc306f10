//! Fuzzes what a spool finds on its disk: a ledger or a lane's segment that is anything at all.

#![no_main]

use event::Lane;
use libfuzzer_sys::fuzz_target;
use sensor::uplink::spool::{Spool, SpoolOptions};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let dir = std::env::temp_dir().join(format!("spool-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&dir));
    let options = SpoolOptions {
        bytes: 1 << 20,
        segment_bytes: 1 << 16,
        group_bytes: 1 << 16,
        reserve_bytes: 0,
        queue: 2,
    };
    // A spool that is made in the proper way; then one of its files is another.
    drop(Spool::open(&dir, options).unwrap());
    let mut files = Vec::new();
    let mut folders = vec![dir.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let own = match kind {
        128.. => dir.join("2/00000000000000000001.segment"),
        _ => files[usize::from(*kind) % files.len()].clone(),
    };
    std::fs::write(own, rest).unwrap();
    // It is opened and read, or refused; either without harm.
    if let Ok(spool) = Spool::open(&dir, options) {
        for lane in Lane::ALL {
            let mut number = spool.oldest(lane);
            for _ in 0..100 {
                match spool.next(lane, number) {
                    Ok(Some(piece)) => {
                        assert!(piece.next() > number);
                        number = piece.next();
                    }
                    Ok(None) | Err(_) => break,
                }
            }
        }
    }
});
