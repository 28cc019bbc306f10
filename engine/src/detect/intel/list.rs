//! A list as a rule: what its alerts say.

use std::sync::Arc;
use std::time::Duration;

use crate::rule::{ListSettings, Origin, RuleInfo, Wording};

/// A list and the rule that stands for it.
#[derive(Clone, Debug)]
pub struct IntelList {
    /// Its settings.
    pub settings: ListSettings,
    /// The rule under which its matches become alerts.
    pub rule: Arc<RuleInfo>,
}

impl IntelList {
    pub(super) fn new(settings: ListSettings) -> Self {
        let rule = Arc::new(rule_of(&settings));
        Self { settings, rule }
    }
}

/// Matches of a list closer than this are one alert, as for any rule that says nothing else.
const WINDOW: Duration = Duration::from_secs(3_600);

fn rule_of(list: &ListSettings) -> RuleInfo {
    let vietnamese = Wording {
        title: format!("Giá trị xấu đã biết: {}", list.name),
        description: Some(format!(
            "Sự kiện chứa một giá trị trong danh sách tình báo «{}» (nguồn: {}).",
            list.name, list.source
        )),
        falsepositives: vec![
            "Giá trị đã đổi chủ hoặc dùng chung với bên vô can; xem nguồn và hạn của mục"
                .to_owned(),
        ],
    };
    RuleInfo {
        id: format!("intel-{}", list.id).into(),
        title: format!("Known-bad value: {}", list.name_en),
        level: list.level,
        author: Some(list.source.clone()),
        license: None,
        tags: list.tags.clone(),
        description: Some(format!(
            "An event holds a value of the intel list \"{}\" (source: {}).",
            list.name_en, list.source
        )),
        references: Vec::new(),
        falsepositives: vec![
            "A value that changed hands or is shared with others; see the entry's source and end"
                .to_owned(),
        ],
        status: None,
        vietnamese: Some(vietnamese),
        entities: None,
        window: WINDOW,
        province: false,
        origin: Origin::Local,
        file: format!("rules/intel/{}/list.yml", list.id),
        source: list.write(),
        correlation: false,
        rules: Vec::new(),
        group: Vec::new(),
    }
}
