//! Which tactics of MITRE ATT&CK for Enterprise (v17) each technique belongs to; sub-techniques
//! belong where their technique does unless listed.

/// Techniques by id, each with its tactics in the order of an attack. The last five (T1677 to
/// T1681) are those that ATT&CK 18 added. None of the sub-techniques of 17 and 18 needs a line.
pub(super) const TECHNIQUES: &[(&str, &[&str])] = &[
    ("T1001", &["command-and-control"]),
    ("T1003", &["credential-access"]),
    ("T1005", &["collection"]),
    ("T1006", &["defense-evasion"]),
    ("T1007", &["discovery"]),
    ("T1008", &["command-and-control"]),
    ("T1010", &["discovery"]),
    ("T1011", &["exfiltration"]),
    ("T1012", &["discovery"]),
    ("T1014", &["defense-evasion"]),
    ("T1016", &["discovery"]),
    ("T1018", &["discovery"]),
    ("T1020", &["exfiltration"]),
    ("T1021", &["lateral-movement"]),
    ("T1025", &["collection"]),
    ("T1027", &["defense-evasion"]),
    ("T1029", &["exfiltration"]),
    ("T1030", &["exfiltration"]),
    ("T1033", &["discovery"]),
    ("T1036", &["defense-evasion"]),
    ("T1037", &["persistence", "privilege-escalation"]),
    ("T1039", &["collection"]),
    ("T1040", &["credential-access", "discovery"]),
    ("T1041", &["exfiltration"]),
    ("T1046", &["discovery"]),
    ("T1047", &["execution"]),
    ("T1048", &["exfiltration"]),
    ("T1049", &["discovery"]),
    ("T1052", &["exfiltration"]),
    (
        "T1053",
        &["execution", "persistence", "privilege-escalation"],
    ),
    ("T1055", &["privilege-escalation", "defense-evasion"]),
    ("T1056", &["credential-access", "collection"]),
    ("T1057", &["discovery"]),
    ("T1059", &["execution"]),
    ("T1068", &["privilege-escalation"]),
    ("T1069", &["discovery"]),
    ("T1070", &["defense-evasion"]),
    ("T1071", &["command-and-control"]),
    ("T1072", &["execution", "lateral-movement"]),
    ("T1074", &["collection"]),
    (
        "T1078",
        &[
            "initial-access",
            "persistence",
            "privilege-escalation",
            "defense-evasion",
        ],
    ),
    ("T1080", &["lateral-movement"]),
    ("T1082", &["discovery"]),
    ("T1083", &["discovery"]),
    ("T1087", &["discovery"]),
    ("T1090", &["command-and-control"]),
    ("T1091", &["initial-access", "lateral-movement"]),
    ("T1092", &["command-and-control"]),
    ("T1095", &["command-and-control"]),
    ("T1098", &["persistence", "privilege-escalation"]),
    ("T1102", &["command-and-control"]),
    ("T1104", &["command-and-control"]),
    ("T1105", &["command-and-control"]),
    ("T1106", &["execution"]),
    ("T1110", &["credential-access"]),
    ("T1111", &["credential-access"]),
    ("T1112", &["persistence", "defense-evasion"]),
    ("T1113", &["collection"]),
    ("T1114", &["collection"]),
    ("T1115", &["collection"]),
    ("T1119", &["collection"]),
    ("T1120", &["discovery"]),
    ("T1123", &["collection"]),
    ("T1124", &["discovery"]),
    ("T1125", &["collection"]),
    ("T1127", &["defense-evasion"]),
    ("T1129", &["execution"]),
    ("T1132", &["command-and-control"]),
    ("T1133", &["initial-access", "persistence"]),
    ("T1134", &["privilege-escalation", "defense-evasion"]),
    ("T1135", &["discovery"]),
    ("T1136", &["persistence"]),
    ("T1137", &["persistence"]),
    ("T1140", &["defense-evasion"]),
    ("T1176", &["persistence"]),
    ("T1185", &["collection"]),
    ("T1187", &["credential-access"]),
    ("T1189", &["initial-access"]),
    ("T1190", &["initial-access"]),
    ("T1195", &["initial-access"]),
    ("T1197", &["persistence", "defense-evasion"]),
    ("T1199", &["initial-access"]),
    ("T1200", &["initial-access"]),
    ("T1201", &["discovery"]),
    ("T1202", &["defense-evasion"]),
    ("T1203", &["execution"]),
    ("T1204", &["execution"]),
    (
        "T1205",
        &["persistence", "defense-evasion", "command-and-control"],
    ),
    ("T1207", &["defense-evasion"]),
    ("T1210", &["lateral-movement"]),
    ("T1211", &["defense-evasion"]),
    ("T1212", &["credential-access"]),
    ("T1213", &["collection"]),
    ("T1216", &["defense-evasion"]),
    ("T1217", &["discovery"]),
    ("T1218", &["defense-evasion"]),
    ("T1219", &["command-and-control"]),
    ("T1220", &["defense-evasion"]),
    ("T1221", &["defense-evasion"]),
    ("T1222", &["defense-evasion"]),
    ("T1480", &["defense-evasion"]),
    ("T1482", &["discovery"]),
    ("T1484", &["privilege-escalation", "defense-evasion"]),
    ("T1485", &["impact"]),
    ("T1486", &["impact"]),
    ("T1489", &["impact"]),
    ("T1490", &["impact"]),
    ("T1491", &["impact"]),
    ("T1495", &["impact"]),
    ("T1496", &["impact"]),
    ("T1497", &["defense-evasion", "discovery"]),
    ("T1498", &["impact"]),
    ("T1499", &["impact"]),
    ("T1505", &["persistence"]),
    ("T1518", &["discovery"]),
    ("T1525", &["persistence"]),
    ("T1526", &["discovery"]),
    ("T1528", &["credential-access"]),
    ("T1529", &["impact"]),
    ("T1530", &["collection"]),
    ("T1531", &["impact"]),
    ("T1534", &["lateral-movement"]),
    ("T1535", &["defense-evasion"]),
    ("T1537", &["exfiltration"]),
    ("T1538", &["discovery"]),
    ("T1539", &["credential-access"]),
    ("T1542", &["persistence", "defense-evasion"]),
    ("T1543", &["persistence", "privilege-escalation"]),
    ("T1546", &["persistence", "privilege-escalation"]),
    ("T1547", &["persistence", "privilege-escalation"]),
    ("T1548", &["privilege-escalation", "defense-evasion"]),
    ("T1550", &["defense-evasion", "lateral-movement"]),
    ("T1552", &["credential-access"]),
    ("T1553", &["defense-evasion"]),
    ("T1554", &["persistence"]),
    ("T1555", &["credential-access"]),
    (
        "T1556",
        &["persistence", "defense-evasion", "credential-access"],
    ),
    ("T1557", &["credential-access", "collection"]),
    ("T1558", &["credential-access"]),
    ("T1559", &["execution"]),
    ("T1560", &["collection"]),
    ("T1561", &["impact"]),
    ("T1562", &["defense-evasion"]),
    ("T1563", &["lateral-movement"]),
    ("T1564", &["defense-evasion"]),
    ("T1565", &["impact"]),
    ("T1566", &["initial-access"]),
    ("T1567", &["exfiltration"]),
    ("T1568", &["command-and-control"]),
    ("T1569", &["execution"]),
    ("T1570", &["lateral-movement"]),
    ("T1571", &["command-and-control"]),
    ("T1572", &["command-and-control"]),
    ("T1573", &["command-and-control"]),
    (
        "T1574",
        &["persistence", "privilege-escalation", "defense-evasion"],
    ),
    ("T1578", &["defense-evasion"]),
    ("T1580", &["discovery"]),
    ("T1583", &["resource-development"]),
    ("T1584", &["resource-development"]),
    ("T1585", &["resource-development"]),
    ("T1586", &["resource-development"]),
    ("T1587", &["resource-development"]),
    ("T1588", &["resource-development"]),
    ("T1589", &["reconnaissance"]),
    ("T1590", &["reconnaissance"]),
    ("T1591", &["reconnaissance"]),
    ("T1592", &["reconnaissance"]),
    ("T1593", &["reconnaissance"]),
    ("T1594", &["reconnaissance"]),
    ("T1595", &["reconnaissance"]),
    ("T1596", &["reconnaissance"]),
    ("T1597", &["reconnaissance"]),
    ("T1598", &["reconnaissance"]),
    ("T1599", &["defense-evasion"]),
    ("T1600", &["defense-evasion"]),
    ("T1601", &["defense-evasion"]),
    ("T1602", &["collection"]),
    ("T1606", &["credential-access"]),
    ("T1608", &["resource-development"]),
    ("T1609", &["execution"]),
    ("T1610", &["execution", "defense-evasion"]),
    ("T1611", &["privilege-escalation"]),
    ("T1612", &["defense-evasion"]),
    ("T1613", &["discovery"]),
    ("T1614", &["discovery"]),
    ("T1615", &["discovery"]),
    ("T1619", &["discovery"]),
    ("T1620", &["defense-evasion"]),
    ("T1621", &["credential-access"]),
    ("T1622", &["defense-evasion", "discovery"]),
    ("T1647", &["defense-evasion"]),
    ("T1648", &["execution"]),
    ("T1649", &["credential-access"]),
    ("T1650", &["resource-development"]),
    ("T1651", &["execution"]),
    ("T1652", &["discovery"]),
    ("T1653", &["persistence"]),
    ("T1654", &["discovery"]),
    ("T1656", &["defense-evasion"]),
    ("T1657", &["impact"]),
    ("T1659", &["initial-access", "command-and-control"]),
    ("T1665", &["command-and-control"]),
    ("T1666", &["defense-evasion"]),
    ("T1667", &["impact"]),
    ("T1668", &["persistence"]),
    ("T1669", &["initial-access"]),
    ("T1671", &["persistence"]),
    ("T1672", &["defense-evasion"]),
    ("T1673", &["discovery"]),
    ("T1674", &["execution"]),
    ("T1675", &["execution"]),
    ("T1677", &["execution"]),
    ("T1678", &["defense-evasion"]),
    ("T1679", &["defense-evasion"]),
    ("T1680", &["discovery"]),
    ("T1681", &["reconnaissance"]),
];

/// The tactics of a technique by its id, in lower or upper case (`t1059.001`). A sub-technique that
/// is not listed has those of its technique; an id that ATT&CK does not know has none.
pub(super) fn tactics(technique: &str) -> Option<&'static [&'static str]> {
    let id = technique.to_ascii_uppercase();
    listed(&id).or_else(|| listed(id.split_once('.')?.0))
}

fn listed(id: &str) -> Option<&'static [&'static str]> {
    let place = TECHNIQUES
        .binary_search_by(|(name, _)| (*name).cmp(id))
        .ok()?;
    TECHNIQUES.get(place).map(|(_, tactics)| *tactics)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the order of an attack.
    const TACTICS: [&str; 14] = [
        "reconnaissance",
        "resource-development",
        "initial-access",
        "execution",
        "persistence",
        "privilege-escalation",
        "defense-evasion",
        "credential-access",
        "discovery",
        "lateral-movement",
        "collection",
        "command-and-control",
        "exfiltration",
        "impact",
    ];

    #[test]
    fn the_table_is_sorted_and_names_each_technique_once() {
        for pair in TECHNIQUES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
        }
        for (id, _) in TECHNIQUES {
            let digits = id.strip_prefix('T').unwrap();
            let (technique, sub) = digits.split_once('.').unwrap_or((digits, "001"));
            let number = |text: &str, len| {
                text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())
            };
            assert!(number(technique, 4) && number(sub, 3), "{id}");
        }
        assert_eq!(TECHNIQUES.len(), 216, "211 of ATT&CK 17, 5 of 18");
    }

    #[test]
    fn every_tactic_is_one_of_the_fourteen_in_the_order_of_an_attack() {
        let place = |name: &str| TACTICS.iter().position(|tactic| *tactic == name);
        for (id, tactics) in TECHNIQUES {
            let places: Vec<_> = tactics.iter().map(|tactic| place(tactic)).collect();
            assert!(!places.is_empty() && !places.contains(&None), "{id}");
            assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{id}");
        }
        for tactic in TACTICS {
            let mut lists = TECHNIQUES.iter().map(|(_, tactics)| tactics);
            assert!(lists.any(|list| list.contains(&tactic)), "{tactic}");
        }
    }

    #[test]
    fn well_known_techniques_are_where_they_belong() {
        let examples: [(&str, &[&str]); 15] = [
            ("T1003", &["credential-access"]),
            ("T1018", &["discovery"]),
            ("T1021", &["lateral-movement"]),
            (
                "T1053",
                &["execution", "persistence", "privilege-escalation"],
            ),
            ("T1055", &["privilege-escalation", "defense-evasion"]),
            ("T1059", &["execution"]),
            (
                "T1078",
                &[
                    "initial-access",
                    "persistence",
                    "privilege-escalation",
                    "defense-evasion",
                ],
            ),
            ("T1113", &["collection"]),
            ("T1133", &["initial-access", "persistence"]),
            ("T1190", &["initial-access"]),
            ("T1486", &["impact"]),
            ("T1547", &["persistence", "privilege-escalation"]),
            ("T1567", &["exfiltration"]),
            ("T1573", &["command-and-control"]),
            ("T1595", &["reconnaissance"]),
        ];
        for (id, expected) in examples {
            assert_eq!(tactics(id), Some(expected), "{id}");
        }
    }

    #[test]
    fn a_sub_technique_has_the_tactics_of_its_technique_in_either_case() {
        let execution: &[&str] = &["execution"];
        for id in ["T1059", "t1059", "T1059.001", "t1059.001"] {
            assert_eq!(tactics(id), Some(execution), "{id}");
        }
        for id in [
            "",
            ".",
            "T",
            "1059",
            "T105",
            "T10590",
            "T9999",
            "t9999.001",
            "execution",
        ] {
            assert_eq!(tactics(id), None, "{id}");
        }
    }
}
