//! Numbers that are summed and compared: decimal and exact, so that no order of adding matters.

/// A number with six decimals, below 10^18 in size; further decimals are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Amount(i128);

/// Decimals that are kept: bytes, seconds, scores and dong need fewer.
const DECIMALS: usize = 6;
const UNIT: i128 = 1_000_000;
/// 100,000 such numbers still add up far below the limits of `i128`.
const DIGITS: usize = 18;

impl Amount {
    /// Reads a number as JSON or YAML write it, or the decimal text of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains(['e', 'E']) {
            let number: f64 = text.parse().ok()?;
            return Self::plain(&format!("{number:.6}"));
        }
        Self::plain(text)
    }

    fn plain(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > DIGITS {
            return None;
        }
        let kept = fraction.bytes().chain(std::iter::repeat(b'0'));
        let all = whole.bytes().chain(kept.take(DECIMALS));
        let size = all.fold(0_i128, |sum, digit| {
            sum * 10 + i128::from(digit.saturating_sub(b'0'))
        });
        Some(Self(if negative { -size } else { size }))
    }

    /// A count.
    pub(crate) fn whole(count: usize) -> Self {
        Self(i128::try_from(count).map_or(i128::MAX, |count| count.saturating_mul(UNIT)))
    }

    /// Whether it has no decimals and is not below zero.
    pub(crate) fn is_count(self) -> bool {
        self.0 >= 0 && self.0 % UNIT == 0
    }

    /// In millionths.
    pub(crate) fn millionths(self) -> i128 {
        self.0
    }

    /// The next whole number above, or below.
    pub(super) fn next(self, up: bool) -> Self {
        Self(self.0.saturating_add(if up { UNIT } else { -UNIT }))
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.0.unsigned_abs() / 1_000_000,
            self.0.unsigned_abs() % 1_000_000,
        );
        let fraction = format!("{rest:06}");
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_as_they_are_written_and_nothing_else() {
        for (text, shown) in [
            ("0", "0"),
            ("007", "7"),
            ("-12.50", "-12.5"),
            ("+3", "3"),
            ("0.1234567", "0.123456"),
            ("1e3", "1000"),
            ("2.5E-1", "0.25"),
            ("999999999999999999", "999999999999999999"),
            ("-0", "0"),
        ] {
            let read = Amount::parse(text).map(|amount| amount.to_string());
            assert_eq!(read.as_deref(), Some(shown), "{text}");
        }
        for bad in [
            "",
            "-",
            ".5",
            "1.2.3",
            "0x10",
            "1_000",
            "1e400",
            "1000000000000000000",
            "NaN",
            "inf",
            "--1",
            "1e-",
            "mười",
        ] {
            assert_eq!(Amount::parse(bad), None, "{bad}");
        }
    }
}
