//! The index against its slow twin: whatever is asked of whatever was added, both find the same.

use proptest::prelude::*;

use super::*;

fn any_record() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("\"Evil.example.VN\"".to_owned()),
        Just("\"10.60.0.7\"".to_owned()),
        Just("\"42\"".to_owned()),
        Just("\"042\"".to_owned()),
        Just("\"4.2e1\"".to_owned()),
        Just("42.0".to_owned()),
        Just("\"2001:DB8:0:0::7\"".to_owned()),
        Just("\"::ffff:10.60.0.7\"".to_owned()),
        Just("{\"\\u0002c\":1}".to_owned()),
        Just("42".to_owned()),
        Just("-1.5".to_owned()),
        Just("9223372036854775807".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("[\"x y\",7,{\"c\":\"Đà Nẵng\"}]".to_owned()),
        Just("{\"b\":\"deep value\",\"c\":[]}".to_owned()),
        Just("\"\"".to_owned()),
    ];
    prop::collection::vec(("[abc]", value), 0..4).prop_map(|fields| {
        let body: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value}"))
            .collect();
        format!("{{{}}}", body.join(","))
    })
}

fn any_query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "[abc]",
        Just("a.b".to_owned()),
        Just("b.c".to_owned()),
        Just("a.\u{2}c".to_owned()),
        Just("record.c".to_owned()),
        Just("source.ip".to_owned()),
        Just("destination.port".to_owned()),
        Just("site".to_owned()),
        Just("exercise".to_owned())
    ];
    let value = prop_oneof![
        Just("*"),
        Just("42"),
        Just("evil.EXAMPLE.vn"),
        Just("*.vn"),
        Just("ev?l*"),
        Just("10.60.0.0/16"),
        Just("10.60.0.7"),
        Just("\"2001:db8::7\""),
        Just("2001:db8::/32"),
        Just("04*"),
        Just("4?"),
        Just("2001*"),
        Just(">=2"),
        Just("<42"),
        Just("[-2 TO 7}"),
        Just("/.*ex.*/"),
        Just("\"x y\""),
        Just("true"),
        Just("dns"),
        Just("9223372036854775807"),
        Just("9223372036854775806"),
        Just("\"\""),
        Just("even"),
        Just("null"),
    ];
    let clause = prop_oneof![
        4 => (name, value).prop_map(|(name, value)| format!("{name}:{value}")),
        1 => prop_oneof![Just("kind:dns"), Just("kind:(flow OR http)"), Just("kind:d*")].prop_map(str::to_owned),
        1 => prop_oneof![Just("deep"), Just("\"deep value\""), Just("nẵng"), Just("x"), Just("de*"),
            Just("*l?e"), Just("n?ng"), Just("nang"),
            Just("\"da nang\""), Just("\"đà nang\""), Just("\"dà nẵng\""), Just("*ang"), Just("a:(42 OR *.vn)")].prop_map(str::to_owned),
    ];
    prop::collection::vec((clause, 0..4_usize), 1..4).prop_map(|clauses| {
        let mut text = String::new();
        for (place, (clause, join)) in clauses.iter().enumerate() {
            if place > 0 {
                text.push_str(if join % 2 == 0 { " AND " } else { " OR " });
            }
            text.push_str(if *join >= 2 { "NOT " } else { "" });
            text.push_str(clause);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn index_and_slow_twin_agree(
        records in prop::collection::vec(any_record(), 1..12),
        queries in prop::collection::vec(any_query(), 30),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut index, searcher) = open(dir.path(), options());
        let all: Vec<Journaled> = records.iter().enumerate().map(|(place, record)| {
            let kind = if place % 4 == 3 { Kind::Flow } else { Kind::Dns };
            journaled(place as u64 + 1, 10, 10, kind, record)
        }).collect();
        all.iter().for_each(|event| add(&mut index, event));
        index.commit(all.len() as u64, Time::EPOCH).unwrap();
            for text in &queries {
            // A value that a field cannot hold is refused.
            let Ok(query) = Query::parse(text, &QueryLimits::default()) else { continue };
            let expected: Vec<u64> = all.iter().rev().filter(|held| {
                let fields = Leaves::of(&held.event.record);
                query.matches(View { event: &held.event, fields: &fields })
            }).map(|held| held.position).collect();
            prop_assert_eq!(positions(&searcher.search(&request(text, 50)).unwrap()), expected, "{}", text);
        }
    }
}
