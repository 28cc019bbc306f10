//! Parts of a time stamp as it is written, without any conversion of time zones.

use crate::rule::Part;

/// A part of a text such as `2024-01-01T03:04:05Z` or `2024-01-01 03:04:05.123`.
pub(crate) fn part(text: &str, part: Part) -> Option<f64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let mark = |at: usize, wanted: &[u8]| {
        text.as_bytes()
            .get(at)
            .is_some_and(|byte| wanted.contains(byte))
    };
    if !(mark(4, b"-") && mark(7, b"-") && text.as_bytes().iter().take(4).all(u8::is_ascii_digit)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = date.ok()?;
    let clock = mark(10, b"T t") && mark(13, b":");
    Some(f64::from(match part {
        Part::Year => year,
        Part::Month => month,
        Part::Day => day,
        Part::Week => i16::from(date.iso_week_date().week()),
        Part::Hour if clock => number(11, 13)?,
        Part::Minute if clock => number(14, 16)?,
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
        ] {
            assert_eq!(part(bad, Part::Year), None, "{bad}");
        }
        assert_eq!(part("2024-12-30", Part::Hour), None);
    }
}
