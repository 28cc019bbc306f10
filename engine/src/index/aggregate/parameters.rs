//! The parameters of one aggregation: read one by one, and none is left that nobody reads.

use event::{Name, Time};
use serde_json::{Map, Value};

use super::AggregateFault;
use crate::error::{Error, Result};
use crate::index::column::{self, FieldType};

/// The object behind an aggregation's type.
pub(super) struct Parameters<'a> {
    /// The names of the aggregations that it is in, and its own.
    place: &'a str,
    values: &'a Map<String, Value>,
}

/// A field with a column.
pub(super) struct Column {
    /// As tantivy calls it.
    pub(super) name: String,
    pub(super) holds: FieldType,
}

impl<'a> Parameters<'a> {
    /// Those of an aggregation; only these may be there.
    pub(super) fn of(place: &'a str, value: &'a Value, known: &[&str]) -> Result<Self> {
        let Value::Object(values) = value else {
            return Err(bad(place, "its parameters are no object"));
        };
        if let Some(unknown) = values.keys().find(|key| !known.contains(&key.as_str())) {
            let known = known.join(", ");
            return Err(bad(
                place,
                &format!("no parameter {unknown:?}; known: {known}"),
            ));
        }
        Ok(Self { place, values })
    }

    /// The column of `field`; it must hold one of these.
    pub(super) fn column(&self, fitting: &[FieldType]) -> Result<Column> {
        let Some(Value::String(field)) = self.values.get("field") else {
            return Err(self.bad("field is missing"));
        };
        let name = Name::parse(field);
        let Some(holds) = column::column_of(&name) else {
            let known: Vec<&str> = column::column_names().collect();
            return Err(Error::Aggregate {
                fault: AggregateFault::NotAColumn,
                problem: format!("{field} has no column; these have: {}", known.join(" ")),
            });
        };
        if !fitting.contains(&holds) {
            let fitting: Vec<&str> = fitting.iter().map(|holds| holds.name()).collect();
            return Err(self.bad(&format!(
                "{field} is of type {}; this takes {}",
                holds.name(),
                fitting.join(", ")
            )));
        }
        Ok(Column {
            name: column::column_name(&name),
            holds,
        })
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.bad(&format!("{key} is no text"))),
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, key: &str, least: u64, most: u64) -> Result<Option<u64>> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        value
            .as_u64()
            .filter(|number| (least..=most).contains(number))
            .map(Some)
            .ok_or_else(|| self.bad(&format!("{key} is no whole number from {least} to {most}")))
    }

    /// A number.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => finite(value)
                .map(Some)
                .ok_or_else(|| self.bad(&format!("{key} is no number"))),
        }
    }

    /// `{"min": …, "max": …}`, of a number or a moment.
    pub(super) fn bounds(&self, key: &str, is_time: bool) -> Result<Option<(f64, f64)>> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let edge = |name| value.get(name).and_then(|value| point(value, is_time));
        match (edge("min"), edge("max")) {
            (Some(min), Some(max)) if min <= max => Ok(Some((min, max))),
            _ => Err(self.bad(&format!("{key} takes min and max, min not above max"))),
        }
    }

    pub(super) fn bad(&self, problem: &str) -> Error {
        bad(self.place, problem)
    }
}

/// Sets a member of an object.
pub(super) fn put(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(key.to_owned(), value);
    }
}

/// A request that cannot be read, with its place.
pub(super) fn bad(place: &str, problem: &str) -> Error {
    Error::Aggregate {
        fault: AggregateFault::BadAggregation,
        problem: format!("{place}: {problem}"),
    }
}

/// A place on a field's axis: a number, or a moment as RFC 3339 or milliseconds, in microseconds.
pub(super) fn point(value: &Value, is_time: bool) -> Option<f64> {
    match value {
        Value::String(text) if is_time => Time::parse(text).map(micros),
        value if is_time => finite(value).map(|millis| millis * 1e3),
        value => finite(value),
    }
}

fn finite(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of the years 0 to 9999 lose less than a millisecond, those of this age nothing"
)]
fn micros(time: Time) -> f64 {
    time.micros() as f64
}

/// `30s`, `5m`, `1h`, `7d` in microseconds.
pub(super) fn span(text: &str) -> Option<f64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u32 = number.parse().ok()?;
    let unit = match unit {
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        "h" => 3_600e6,
        "d" => 86_400e6,
        _ => return None,
    };
    (number > 0).then(|| f64::from(number) * unit)
}

/// `+07:00` or `Z` in microseconds.
pub(super) fn zone(text: &str) -> Option<f64> {
    if matches!(text, "Z" | "UTC") {
        return Some(0.0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1.0, rest),
        ("-", rest) => (-1.0, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60)
        .then(|| sign * (f64::from(hours) * 3_600e6 + f64::from(minutes) * 60e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_zones_are_read_as_elasticsearch_writes_them() {
        assert_eq!(span("30s"), Some(30e6));
        assert_eq!(span("1d"), Some(86_400e6));
        for text in ["", "s", "0s", "1.5h", "1w", "-1h", "99999999999h"] {
            assert_eq!(span(text), None, "{text}");
        }
        assert_eq!(zone("+07:00"), Some(7.0 * 3_600e6));
        assert_eq!(zone("-03:30"), Some(-3.5 * 3_600e6));
        for text in ["", "07:00", "+7", "Asia/Ho_Chi_Minh", "+15:00"] {
            assert_eq!(zone(text), None, "{text}");
        }
    }
}
