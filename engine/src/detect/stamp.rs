//! Parts of a time stamp as it is written, without any conversion of time zones.

use crate::rule::Part;

/// A part of a text such as `2024-01-01T03:04:05Z`, `2024-01-01 03:04:05.123` or `2024-01-01`; none
/// of what is no time stamp from end to end.
pub(crate) fn part(text: &str, part: Part) -> Option<f64> {
    /// `2024-01-01`; what is longer has a time of day.
    const DATE: usize = 10;
    // Forms without hyphens are numbers to everybody else.
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    // A zone is not looked at, so Zulu is none.
    let civil = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let stamp: jiff::civil::DateTime = civil.parse().ok()?;
    let clock = civil.len() > DATE;
    Some(f64::from(match part {
        Part::Year => stamp.year(),
        Part::Month => i16::from(stamp.month()),
        Part::Day => i16::from(stamp.day()),
        Part::Week => i16::from(stamp.date().iso_week_date().week()),
        Part::Hour if clock => i16::from(stamp.hour()),
        Part::Minute if clock => i16::from(stamp.minute()),
        Part::Hour | Part::Minute => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_written() {
        let text = "2024-12-30T03:04:05+07:00";
        let parts = [
            Part::Year,
            Part::Month,
            Part::Day,
            Part::Week,
            Part::Hour,
            Part::Minute,
        ];
        let read: Vec<_> = parts.iter().filter_map(|each| part(text, *each)).collect();
        assert_eq!(read, [2024.0, 12.0, 30.0, 1.0, 3.0, 4.0]);
        assert_eq!(part("2024-12-30 23:59", Part::Hour), Some(23.0));
        for bad in [
            "",
            "2024-13-01",
            "2024-1-01",
            "-024-01-01",
            "đ024-01-01",
            "1700000000",
            "20240101",
            "2024-01-01T03:04:05Z and more",
            "2024-01-01T03:04:0Z",
            "2024-01-01T03:04:05ZZ",
        ] {
            assert_eq!(part(bad, Part::Year), None, "{bad}");
        }
        assert_eq!(part("2024-12-30", Part::Hour), None);
        assert_eq!(part("2024-12-30t03:04:05.123z", Part::Minute), Some(4.0));
    }
}
