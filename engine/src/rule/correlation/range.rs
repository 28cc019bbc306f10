//! What a measured value must be: `gte: 10`, `gt: 100` with `lte: 200`, `neq: 0`.

use super::amount::Amount;
use crate::rule::problem::Faults;

/// The values that meet a condition; without any bound all do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    low: Option<Bound>,
    high: Option<Bound>,
    except: Option<Amount>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bound {
    amount: Amount,
    inclusive: bool,
}

/// A comparison as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub(super) sign: Sign,
    pub(super) amount: Amount,
    pub(super) line: u32,
}

/// The six comparisons of Sigma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

impl Sign {
    const ALL: [(&'static str, Self); 6] = [
        ("gt", Self::Gt),
        ("gte", Self::Gte),
        ("lt", Self::Lt),
        ("lte", Self::Lte),
        ("eq", Self::Eq),
        ("neq", Self::Neq),
    ];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(word, _)| *word == name);
        found.map(|(_, sign)| sign)
    }

    /// From below, from above, or neither.
    fn side(self) -> i8 {
        match self {
            Self::Gt | Self::Gte => 1,
            Self::Lt | Self::Lte => -1,
            Self::Eq | Self::Neq => 0,
        }
    }
}

impl Range {
    /// Joins comparisons: one, or one from below with one from above. `counted` is the greatest value
    /// of something that is counted, which also is never less than 1; none for amounts.
    pub(super) fn join(
        comparisons: &[Comparison],
        counted: Option<usize>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let (first, second) = match comparisons {
            [only] => (only, None),
            [one, other] => (one, Some(other)),
            _ => return None,
        };
        if let Some(second) = second
            && first.sign.side() * second.sign.side() != -1
        {
            let reason = "a range is one of gt and gte with one of lt and lte; take the other out";
            faults.error(second.line, reason);
            return None;
        }
        let mut range = Self::default();
        for each in [Some(first), second].into_iter().flatten() {
            range.add(*each, counted.is_some());
        }
        let line = second.map_or(first.line, |second| second.line);
        match range.never(counted) {
            Some(reason) => {
                faults.error(line, reason);
                None
            }
            None => Some(range),
        }
    }

    fn add(&mut self, comparison: Comparison, whole: bool) {
        let Comparison { sign, amount, .. } = comparison;
        let inclusive = Bound {
            amount,
            inclusive: true,
        };
        // Of whole numbers, more than 9 is 10 or more.
        let beyond = |up: bool| Bound {
            amount: if whole { amount.next(up) } else { amount },
            inclusive: whole,
        };
        match sign {
            Sign::Gte => self.low = Some(inclusive),
            Sign::Gt => self.low = Some(beyond(true)),
            Sign::Lte => self.high = Some(inclusive),
            Sign::Lt => self.high = Some(beyond(false)),
            Sign::Eq => (self.low, self.high) = (Some(inclusive), Some(inclusive)),
            Sign::Neq => self.except = Some(amount),
        }
    }

    /// Why no value can meet it.
    fn never(&self, counted: Option<usize>) -> Option<String> {
        if let (Some(low), Some(high)) = (self.low, self.high) {
            let both = low.inclusive && high.inclusive;
            if low.amount > high.amount || (low.amount == high.amount && !both) {
                return Some(
                    "no number is in this range; the lower bound must be below the upper"
                        .to_owned(),
                );
            }
        }
        let most = counted?;
        if self.high.is_some_and(|high| high.amount < Amount::whole(1)) {
            return Some(
                "never holds: a window begins with an event, so nothing is counted less than once; \
                 for what did not happen write a temporal condition such as `a and not b`"
                    .to_owned(),
            );
        }
        let too_many = self.low.is_some_and(|low| low.amount > Amount::whole(most));
        too_many.then(|| format!("never holds: there are only {most} rules"))
    }

    /// Whether greater values always stay inside.
    pub(crate) fn is_open_above(&self) -> bool {
        self.high.is_none() && self.except.is_none()
    }

    /// Whether it is exactly this and more.
    pub(super) fn begins_at(&self, count: usize) -> bool {
        let bound = self.low.filter(|low| low.inclusive);
        bound.is_some_and(|low| low.amount == Amount::whole(count))
    }

    /// The greatest bound, as a count: a window may have to hold so many events.
    pub(crate) fn greatest(&self) -> usize {
        let bounds = [self.low, self.high].into_iter().flatten();
        let amounts = bounds.map(|bound| bound.amount).chain(self.except);
        let count = amounts.map(|amount| amount.millionths() / 1_000_000).max();
        count.map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Whether a count is inside.
    pub(crate) fn holds(&self, count: usize) -> bool {
        self.holds_mean(Amount::whole(count).millionths(), 1)
    }

    /// Whether `total` millionths over `count` is inside, without dividing.
    pub(crate) fn holds_mean(&self, total: i128, count: usize) -> bool {
        let count = i128::try_from(count).unwrap_or(i128::MAX);
        let scaled = |amount: Amount| amount.millionths().saturating_mul(count);
        let above = self.low.is_none_or(|low| {
            let bound = scaled(low.amount);
            total > bound || (low.inclusive && total == bound)
        });
        let below = self.high.is_none_or(|high| {
            let bound = scaled(high.amount);
            total < bound || (high.inclusive && total == bound)
        });
        above && below && self.except.is_none_or(|except| total != scaled(except))
    }
}
