//! Reading lists: the forms that feeds have, and what is refused.

use proptest::prelude::*;

use super::*;

fn read_as(format: IntelFormat, kind: Option<EntryKind>, text: &str) -> (Vec<IntelEntry>, Reading) {
    let mut entries = Vec::new();
    let mut sink = Sink {
        file: "f".to_owned(),
        kind,
        limits: IntelLimits::default(),
        reading: Reading::default(),
        take: &mut |entry| {
            entries.push(entry);
            true
        },
    };
    read(format, text.as_bytes(), &mut sink);
    let reading = sink.reading;
    (entries, reading)
}

fn values(format: IntelFormat, text: &str) -> Vec<(&'static str, String)> {
    let (entries, reading) = read_as(format, None, text);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let values = entries.into_iter();
    values
        .map(|entry| (entry.kind.name(), entry.value))
        .collect()
}

fn check(text: &str, expected: &[(&'static str, &str)]) {
    let found = values(IntelFormat::Text, text);
    let expected: Vec<_> = expected
        .iter()
        .map(|(k, v)| (*k, (*v).to_owned()))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_value_is_known_by_its_form_and_stands_in_one_form() {
    check("198.51.100.7", &[("address", "198.51.100.7")]);
    check("198.51.100.7:443", &[("address", "198.51.100.7")]);
    check("198.51.100.7/32", &[("address", "198.51.100.7")]);
    check("198.51.100.77/24", &[("network", "198.51.100.0/24")]);
    check("2001:DB8::1", &[("address", "2001:db8::1")]);
    check("[2001:db8::1]:443", &[("address", "2001:db8::1")]);
    check("*.Evil.Example.", &[("domain", "evil.example")]);
    check(
        "xn--bcher-kva.example",
        &[("domain", "xn--bcher-kva.example")],
    );
    check(
        "hxxps://Evil[.]example:443/A?b#c",
        &[("url", "https://evil.example/A?b")],
    );
    check("HTTP://evil.example", &[("url", "http://evil.example/")]);
    check(
        "evil.example/payload.exe",
        &[("url", "http://evil.example/payload.exe")],
    );
    check("Boss[at]evil(.)example", &[("email", "boss@evil.example")]);
    let sha = "275A021BBFB6489E54D471899F7DB9D1663FC695EC2FE2A2C4538AABF651FD0F";
    check(sha, &[("sha256", &sha.to_lowercase())]);
    check(
        "t13d1516h2_8daaf6152771_b186095e22b6",
        &[("ja4", "t13d1516h2_8daaf6152771_b186095e22b6")],
    );
}

#[test]
fn text_has_comments_hosts_files_and_filter_lines() {
    let (entries, reading) = read_as(
        IntelFormat::Text,
        None,
        "# a list\n\n; old form\n0.0.0.0 ads.example\n||track.example^$third-party\n\
         198.51.100.1\t# seen in phishing\nhttp://a.example/#top\n",
    );
    assert_eq!(reading.read, 4, "{reading:?}");
    assert_eq!(entries[2].comment.as_deref(), Some("seen in phishing"));
    assert_eq!(entries[3].value, "http://a.example/");
}

#[test]
fn what_would_match_everybody_is_refused_with_its_line() {
    for bad in [
        "10.1.2.3",
        "192.168.0.0/16",
        "172.16.0.0/12",
        "127.0.0.1",
        "0.0.0.0/0",
        "1.0.0.0/7",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "2000::/3",
        "com",
        "vn",
        "gov.vn",
        "com.vn",
        "co.uk",
        "github.io",
        "100.64.1.1",
        "169.254.0.1",
        "::/0",
        "::ffff:10.0.0.1",
        "192.0.0.0/8",
        "not a value",
        "-",
        "1.2.3",
        "http://",
        "@",
        "localhost",
    ] {
        let (entries, reading) = read_as(
            IntelFormat::Text,
            None,
            &format!("# x\n{bad}\nok.example\n"),
        );
        assert_eq!(entries.len(), 1, "{bad}");
        assert_eq!(reading.refused, 1, "{bad}");
        assert_eq!(reading.problems[0].1, 2, "{bad}: {:?}", reading.problems);
    }
    let (entries, _) = read_as(IntelFormat::Text, None, "abc.gov.vn\n8.0.0.0/8\n");
    assert_eq!(entries.len(), 2, "a name under a public suffix is a name");
}

#[test]
fn the_first_twenty_problems_are_told_and_all_are_counted() {
    let text = "nonsense !\n".repeat(1_000);
    let (_, reading) = read_as(IntelFormat::Text, None, &text);
    assert_eq!((reading.refused, reading.problems.len()), (1_000, 20));
    let long = format!("{}\nok.example\n", "x".repeat(100_000));
    let (entries, reading) = read_as(IntelFormat::Text, None, &long);
    assert_eq!((entries.len(), reading.refused), (1, 1));
    assert!(reading.problems[0].2.contains("longer than"), "{reading:?}");
}

/// The forms of Feodo Tracker, URLhaus, ThreatFox and SSLBL (their first lines, other values).
#[test]
fn csv_is_read_as_feeds_write_it() {
    let feodo = "# Feodo Tracker Botnet C2 IP Blocklist (CSV) #\n\
        \"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\",\"last_online\",\"malware\"\n\
        \"2026-10-04 13:50:41\",\"198.51.100.9\",\"443\",\"offline\",\"2026-11-01\",\"Dridex\"\n# END\n";
    let (entries, reading) = read_as(IntelFormat::Csv, None, feodo);
    assert!(reading.problems.is_empty(), "{reading:?}");
    assert_eq!(entries[0].value, "198.51.100.9");
    assert_eq!(entries[0].comment.as_deref(), Some("Dridex"));
    assert_eq!(
        entries[0]
            .valid_from
            .map(|time| time.to_string())
            .as_deref(),
        Some("2026-10-04T13:50:41.000000Z")
    );
    let urlhaus = "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n\
        \"1\",\"2026-11-20 10:01:06\",\"http://198.51.100.8/a,b\",\"online\",\"\",\"malware_download\",\"elf\",\"https://urlhaus.example/url/1/\",\"x\"\n";
    assert_eq!(
        values(IntelFormat::Csv, urlhaus),
        [("url", "http://198.51.100.8/a,b".to_owned())]
    );
    let threatfox = "# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"confidence_level\"\n\
        \"2026-11-20 10:01:06\", \"3\", \"198.51.100.3:8080\", \"ip:port\", \"75\"\n\
        \"2026-11-20 10:01:06\", \"4\", \"c2.example\", \"domain\", \"100\"\n";
    let (entries, _) = read_as(IntelFormat::Csv, None, threatfox);
    let of: Vec<_> = entries
        .iter()
        .map(|e| (e.kind.name(), e.confidence))
        .collect();
    assert_eq!(of, [("address", Some(75)), ("domain", Some(100))]);
    let ja3 = "# ja3_md5,Firstseen,Lastseen,Listingreason\n\
        b386946a5a44d1ddcc843bc75336dfce,2026-07-14 18:08:15,2026-07-27 20:42:54,Dridex\n";
    assert_eq!(values(IntelFormat::Csv, ja3)[0].0, "ja3");
    let plain = "1,evil.example,a \"quoted\" word\n2,\"say \"\"hi\"\"\",198.51.100.4\n";
    assert_eq!(
        values(IntelFormat::Csv, plain),
        [
            ("domain", "evil.example".to_owned()),
            ("address", "198.51.100.4".to_owned())
        ]
    );
}

#[test]
fn a_misp_event_gives_what_is_meant_for_detection() {
    let event = r#"{"Event":{"info":"OSINT - thing","Orgc":{"name":"CIRCL"},"Attribute":[
        {"type":"domain","value":"evil.example","to_ids":true,"timestamp":"1763596800"},
        {"type":"ip-dst|port","value":"198.51.100.5|443","to_ids":true},
        {"type":"domain","value":"quiet.example","to_ids":false},
        {"type":"comment","value":"text","to_ids":true},
        {"type":"ip-src","value":"10.0.0.1","to_ids":true},
        {"type":"domain"}],
        "Object":[{"Attribute":[{"type":"filename|md5","value":"a.exe|44d88612fea8a8f36de82e1278abb02f","to_ids":true}]}]}}"#;
    let (entries, reading) = read_as(IntelFormat::Misp, None, event);
    let found: Vec<_> = entries
        .iter()
        .map(|e| (e.kind.name(), e.value.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("domain", "evil.example"),
            ("address", "198.51.100.5"),
            ("md5", "44d88612fea8a8f36de82e1278abb02f")
        ]
    );
    assert_eq!(entries[0].source.as_deref(), Some("CIRCL"));
    assert_eq!(entries[0].comment.as_deref(), Some("OSINT - thing"));
    assert!(entries[0].valid_from.is_some());
    assert_eq!(reading.refused, 2, "{reading:?}");
    assert_eq!(reading.not_read.values().sum::<u64>(), 2, "{reading:?}");
    let uuid = "5a5f0e8e-0000-4000-8000-000000000001";
    let manifest_text = format!("{{\"{uuid}\":{{\"info\":\"x\"}},\"../../etc\":{{}}}}");
    assert_eq!(
        manifest(manifest_text.as_bytes()),
        Some(vec![uuid.to_owned()])
    );
    assert_eq!(manifest(&b"[]"[..]), None);
}

#[test]
fn a_bundle_gives_its_patterns_and_says_what_it_did_not_read() {
    let object = |pattern: &str, more: &str| {
        let pattern = serde_json::Value::from(pattern);
        format!(r#"{{"type":"indicator","pattern":{pattern},"pattern_type":"stix"{more}}}"#)
    };
    let objects = [
        object(
            "[ipv4-addr:value = '198.51.100.1' OR domain-name:value = 'Evil.example']",
            r#","valid_from":"2026-01-01T00:00:00Z","valid_until":"2027-01-01T00:00:00Z","confidence":90,"name":"C2""#,
        ),
        object(
            "[file:hashes.'SHA-256' = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f'] OR [url:value = 'http://e.example/']",
            "",
        ),
        object("[url:value = 'x' AND url:value = 'y']", ""),
        object("[windows-registry-key:key = 'x']", ""),
        object("[domain-name:value = 'gone.example']", r#","revoked":true"#),
        r#"{"type":"malware","name":"x"}"#.to_owned(),
        r#"{"type":"indicator","pattern":7}"#.to_owned(),
        r#"{"type":"indicator","pattern":"alert tcp","pattern_type":"snort"}"#.to_owned(),
    ];
    let bundle = format!(
        r#"{{"type":"bundle","id":"b","objects":[{}],"more":true,"next":"n2"}}"#,
        objects.join(",")
    );
    let (entries, reading) = read_as(IntelFormat::Stix, None, &bundle);
    let found: Vec<_> = entries
        .iter()
        .map(|e| (e.kind.name(), e.confidence))
        .collect();
    assert_eq!(
        found,
        [
            ("address", Some(90)),
            ("domain", Some(90)),
            ("sha256", None),
            ("url", None)
        ]
    );
    assert_eq!(reading.refused, 1, "{reading:?}");
    assert_eq!(reading.not_read.values().sum::<u64>(), 4, "{reading:?}");
    let mut sink = Sink {
        file: "f".to_owned(),
        kind: None,
        limits: IntelLimits::default(),
        reading: Reading::default(),
        take: &mut |_| true,
    };
    let found = envelope(bundle.as_bytes(), &mut sink);
    assert_eq!(
        (found.more, found.next.as_deref(), found.whole),
        (true, Some("n2"), true)
    );
    let torn = &bundle.as_bytes()[..bundle.len() / 2];
    assert!(!envelope(torn, &mut sink).whole);
}

#[test]
fn patterns_beyond_a_list_of_values_are_not_half_read() {
    let values = |pattern: &str| read_pattern(pattern).map(|found| found.len());
    assert_eq!(values("[ipv4-addr:value = '1.2.3.4']"), Ok(1));
    assert_eq!(
        values("([ipv6-addr:value IN ('2001:db8::1', '2001:db8::2')])"),
        Ok(2)
    );
    assert_eq!(
        values("[(email-addr:value = 'a@b.example') OR (file:hashes.MD5 = 'x')]"),
        Ok(2)
    );
    assert_eq!(values(r"[url:value = 'it\'s']"), Ok(1));
    for bad in [
        "",
        "[",
        "[]",
        "[ipv4-addr:value != '1.2.3.4']",
        "[ipv4-addr:value LIKE '1.2.%']",
        "[ipv4-addr:value = '1.2.3.4'] AND [url:value = 'x']",
        "[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS",
        "[ipv4-addr:value = '1.2.3.4'] FOLLOWEDBY [url:value = 'x']",
        "[NOT ipv4-addr:value = '1.2.3.4']",
        "[ipv4-addr:value NOT = '1.2.3.4']",
        "[x509-certificate:hashes.MD5 = 'x']",
        "[url:value = 'open]",
        "[url:value = 5]",
        "[url:value ISSUBSET '1']",
    ] {
        assert!(read_pattern(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_list_is_written_as_it_is_read() {
    let list = ListSettings {
        name: "Tên \"lạ\": có dấu".to_owned(),
        kind: Some(EntryKind::Ja3),
        days: 90,
        tags: vec!["attack.t1071".to_owned()],
        enabled: false,
        ..ListSettings::new("abc")
    };
    let file = crate::rule::RuleFile {
        origin: crate::rule::Origin::Local,
        path: "list.yml".to_owned(),
        text: list.write(),
    };
    let (again, problems) = ListSettings::read("abc", &file);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again, list);
    let bad = crate::rule::RuleFile {
        text: "confidence: 200\nlevel: bad\nnonsense: 1\n".to_owned(),
        ..file
    };
    assert_eq!(ListSettings::read("abc", &bad).1.len(), 3);
    assert!(is_list_id("feodo-1") && !is_list_id("../x") && !is_list_id("A") && !is_list_id(""));
}

proptest! {
    /// What was read is read again as itself: canonical is a fixed point.
    #[test]
    fn canonical_is_a_fixed_point(text in r#"[ -~]{0,40}|[a-z]{1,8}\.[a-z]{2,5}(/[a-zA-Z0-9#?:]{0,6})?|hxxps?://[A-Za-z.:@0-9]{1,20}"#) {
        let limits = IntelLimits::default();
        if let Ok(entry) = IntelEntry::read(&text, None, &limits) {
            let again = IntelEntry::read(&entry.value, Some(entry.kind), &limits);
            prop_assert_eq!(again, Ok(entry));
        }
    }

    /// Nothing that a file holds makes a reader fail.
    #[test]
    fn no_bytes_harm_a_reader(text in "(?s).{0,300}", place in 0..4_usize) {
        let format = IntelFormat::ALL[place];
        read_as(format, None, &text);
    }

    #[test]
    fn no_pattern_harms(text in r#"[\[\]()'=, A-Za-z:.-]{0,80}"#) {
        drop(read_pattern(&text));
    }
}
