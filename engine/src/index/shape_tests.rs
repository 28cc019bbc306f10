//! More forms of events than a partition has shapes for: what is over the limit is found all the same.

use super::shape::{MAX_SHAPES, MEANING, RECORD_PATH};
use super::*;

/// Events beyond the limit, each of a form of its own.
const OVER: u64 = 60;
/// The first position beyond the limit.
const FIRST_OVER: u64 = MAX_SHAPES as u64 + 1;

/// An event whose record has a path that no other has, and some that many have.
fn own_form(position: u64) -> Journaled {
    let shared = match position % 5 {
        0 => r#","even":{"deep":"x y"}"#,
        1 => r#","list":[1,{"in":2}]"#,
        _ => "",
    };
    let late = if position >= FIRST_OVER {
        r#","late":null"#
    } else {
        ""
    };
    let record = format!(r#"{{"own{position}":"{position}"{shared}{late}}}"#);
    // The core of all has one form.
    journaled(position, 10, 10, Kind::Dns, &record)
}

/// How many terms of the shape field begin with a tag, in all segments, each once.
fn terms(index: &Index, tag: u8) -> usize {
    let open = index.open.values().next().unwrap();
    let mut found = std::collections::BTreeSet::new();
    for segment in open.searchable.reader.searcher().segment_readers() {
        let inverted = segment
            .inverted_index(open.searchable.fields.shape)
            .unwrap();
        let range = inverted.terms().range().ge([tag]).lt([tag + 1]);
        let mut stream = range.into_stream().unwrap();
        while stream.advance() {
            found.insert(stream.key().to_vec());
        }
    }
    found.len()
}

/// Every way to ask for a field, of forms before, at and beyond the limit.
fn queries() -> Vec<String> {
    let at = [1, 5, FIRST_OVER - 1, FIRST_OVER, FIRST_OVER + OVER - 1];
    let own = at.iter().flat_map(|position| {
        [
            format!("own{position}:*"),
            format!("own{position}:{position}"),
            format!("own{position}:[{position} TO {position}]"),
        ]
    });
    let shared = [
        "late:*",
        "late:* AND even.deep:*",
        "late:* AND NOT even.deep:*",
        "even.deep:* AND destination.port:3 AND position:*",
        "even.deep:\"x y\" AND late:*",
        "list.in:* AND late:*",
        "list:* AND late:*",
        "even:* AND late:*",
        "late:* AND source.ip:*",
        "late:* AND NOT user.name:*",
        "late:* AND site:*",
        "own1.x:* OR own:* OR late.x:*",
        "source.ip:* AND own4150:*",
    ];
    own.chain(shared.map(str::to_owned)).collect()
}

fn agree(searcher: &Searcher, all: &[Journaled]) {
    for text in queries() {
        let found = searcher.search(&request(&text, 500)).unwrap();
        assert_eq!(positions(&found), scanned(all, &text), "{text}");
    }
    // What most have is more than a page: the number says it.
    for text in ["even.deep:*", "NOT late:*", "NOT even.deep:*", "*"] {
        let total = searcher.search(&request(text, 1)).unwrap().total;
        assert_eq!(total, scanned(all, text).len() as u64, "{text}");
    }
}

#[test]
fn more_forms_than_shapes_are_found_as_a_scan_finds_them() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        partition_events: 100_000,
        ..options()
    };
    let mut all: Vec<Journaled> = (1..FIRST_OVER + OVER).map(own_form).collect();
    let (mut index, searcher) = open(dir.path(), options);
    let (before, over) = all.split_at(MAX_SHAPES);
    before.iter().for_each(|event| add(&mut index, event));
    index.commit(FIRST_OVER - 1, Time::EPOCH).unwrap();
    assert_eq!(
        (terms(&index, MEANING), terms(&index, RECORD_PATH)),
        (MAX_SHAPES, 0)
    );
    let (half, rest) = over.split_at(over.len() / 2);
    half.iter().for_each(|event| add(&mut index, event));
    let covered = half.last().unwrap().position;
    index.commit(covered, Time::EPOCH).unwrap();
    drop((index, searcher));

    // A restart knows the shapes that there are, and makes no further ones.
    let (mut index, searcher) = open(dir.path(), options);
    rest.iter().for_each(|event| add(&mut index, event));
    // A form from before the limit keeps its shape.
    let mut known = own_form(7);
    known.position = FIRST_OVER + OVER;
    add(&mut index, &known);
    index.commit(known.position, Time::EPOCH).unwrap();
    // Each event over the limit brings the paths that it has itself, and is no less whole for it.
    let paths: std::collections::BTreeSet<String> = over
        .iter()
        .flat_map(|held| {
            let leaves = Leaves::of(&held.event.record);
            let paths = leaves.iter().map(|(path, _)| path.to_owned());
            paths.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        (terms(&index, MEANING), terms(&index, RECORD_PATH)),
        (MAX_SHAPES, paths.len())
    );
    assert_eq!((index.partial(), searcher.partitions().len()), (0, 1));
    all.push(known);
    agree(&searcher, &all);
}

#[test]
fn a_list_of_paths_too_long_for_a_shape_is_found_path_by_path() {
    let dir = tempfile::tempdir().unwrap();
    let (mut index, searcher) = open(dir.path(), options());
    let wide: Vec<String> = (0..400)
        .map(|place| format!("\"{place}-{}\":1", "w".repeat(50)))
        .collect();
    let all = [
        journaled(1, 10, 10, Kind::Dns, r#"{"a":1}"#),
        journaled(
            2,
            10,
            10,
            Kind::Dns,
            &format!("{{\"a\":1,{}}}", wide.join(",")),
        ),
    ];
    all.iter().for_each(|event| add(&mut index, event));
    index.commit(2, Time::EPOCH).unwrap();
    assert_eq!((terms(&index, MEANING), index.partial()), (1, 0));
    let last = format!("399-{}", "w".repeat(50));
    for text in ["a:*".to_owned(), format!("{last}:*"), format!("{last}:1")] {
        let found = positions(&searcher.search(&request(&text, 9)).unwrap());
        assert_eq!(found, scanned(&all, &text), "{text}");
    }
}
