//! The JSON form: names in lower camel case, ids in hex, bytes in base64, whole numbers of 64 bits as text
//! or number, an enum by number or name, unknown names passed over.
//!
//! A message is read one level at a time, what is below stays text: no tree of values is built.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Bad, Common, Pairs, Record, Sink, TOO_DEEP, double, malformed, scope};
use crate::json::Json;

const FORM: Bad = malformed("the body is no ExportLogsServiceRequest in JSON");

/// Base64 of either alphabet's padding habits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    resource_logs: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs<'a> {
    #[serde(borrow)]
    resource: Raw<'a>,
    #[serde(borrow)]
    scope_logs: Raw<'a>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    attributes: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs<'a> {
    #[serde(borrow)]
    scope: Raw<'a>,
    #[serde(borrow)]
    log_records: Raw<'a>,
}

#[derive(Deserialize)]
struct Scope<'a> {
    name: Option<String>,
    version: Option<String>,
    #[serde(borrow)]
    attributes: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogRecord<'a> {
    #[serde(borrow)]
    time_unix_nano: Raw<'a>,
    #[serde(borrow)]
    observed_time_unix_nano: Raw<'a>,
    #[serde(borrow)]
    severity_number: Raw<'a>,
    severity_text: Option<String>,
    event_name: Option<String>,
    #[serde(borrow)]
    body: Raw<'a>,
    #[serde(borrow)]
    attributes: Raw<'a>,
    trace_id: Option<String>,
    span_id: Option<String>,
}

#[derive(Deserialize)]
struct KeyValue<'a> {
    key: Option<String>,
    #[serde(borrow)]
    value: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyValue<'a> {
    string_value: Option<String>,
    bool_value: Option<bool>,
    #[serde(borrow)]
    int_value: Raw<'a>,
    #[serde(borrow)]
    double_value: Raw<'a>,
    #[serde(borrow)]
    array_value: Raw<'a>,
    #[serde(borrow)]
    kvlist_value: Raw<'a>,
    bytes_value: Option<String>,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    values: Raw<'a>,
}

/// An object as a message; serde would take an array for one too.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Bad> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err(FORM);
    }
    serde_json::from_str(text).map_err(|_| FORM)
}

/// Calls `each` with every element of a list, if there is one.
fn each<'a>(list: Raw<'a>, each: &mut dyn FnMut(&'a str) -> Result<(), Bad>) -> Result<(), Bad> {
    struct Each<'f, 'a>(&'f mut dyn FnMut(&'a str) -> Result<(), Bad>);
    impl<'a> Visitor<'a> for Each<'_, 'a> {
        type Value = Result<(), Bad>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut result = Ok(());
            while let Some(element) = list.next_element::<&'a RawValue>()? {
                if result.is_ok() {
                    result = (self.0)(element.get());
                }
            }
            Ok(result)
        }
    }
    let Some(list) = list else { return Ok(()) };
    let mut deserializer = serde_json::Deserializer::from_str(list.get());
    serde::Deserializer::deserialize_seq(&mut deserializer, Each(each)).map_err(|_| FORM)?
}

/// Reads an `ExportLogsServiceRequest`.
pub(super) fn read(body: &[u8], sink: &mut Sink<'_>) -> Result<(), Bad> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
    let request: Request<'_> = object(text)?;
    each(request.resource_logs, &mut |text| resource_logs(text, sink))
}

fn resource_logs(text: &str, sink: &mut Sink<'_>) -> Result<(), Bad> {
    let logs: ResourceLogs<'_> = object(text)?;
    let mut common = Common::default();
    if let Some(resource) = logs.resource {
        let resource: Resource<'_> = object(resource.get())?;
        let host = &mut common.host;
        common.resource = pairs(resource.attributes, sink.limits.depth, &mut |key, any| {
            if key == "host.name" {
                *host = any.string_value.clone();
            }
        })?;
    }
    each(logs.scope_logs, &mut |text| {
        scope_logs(text, &mut common, sink)
    })
}

fn scope_logs(text: &str, common: &mut Common, sink: &mut Sink<'_>) -> Result<(), Bad> {
    let logs: ScopeLogs<'_> = object(text)?;
    common.scope.clear();
    if let Some(found) = logs.scope {
        let found: Scope<'_> = object(found.get())?;
        let attributes = pairs(found.attributes, sink.limits.depth, &mut |_, _| {})?;
        let name = found.name.unwrap_or_default();
        common.scope = scope(&name, &found.version.unwrap_or_default(), &attributes);
    }
    each(logs.log_records, &mut |text| {
        let record = log_record(text, sink.limits.depth)?;
        sink.take(common, &record)
    })
}

fn log_record(text: &str, depth: usize) -> Result<Record, Bad> {
    let found: LogRecord<'_> = object(text)?;
    let mut record = Record {
        time: found.time_unix_nano.map_or(Ok(0), whole)?,
        observed: found.observed_time_unix_nano.map_or(Ok(0), whole)?,
        severity_number: found.severity_number.map_or(Ok(0), severity)?,
        severity_text: found.severity_text.unwrap_or_default(),
        event_name: found.event_name.unwrap_or_default(),
        attributes: pairs(found.attributes, depth, &mut |_, _| {})?,
        trace_id: id(found.trace_id)?,
        span_id: id(found.span_id)?,
        ..Record::default()
    };
    if let Some(body) = found.body {
        let any: AnyValue<'_> = object(body.get())?;
        let mut json = Json::default();
        any_value(&any, depth, &mut json)?;
        record.body = json.into_bytes();
        record.message = any.string_value;
    }
    Ok(record)
}

/// A list of key and value as an object; `look` sees each.
fn pairs(
    list: Raw<'_>,
    depth: usize,
    look: &mut dyn FnMut(&str, &AnyValue<'_>),
) -> Result<Vec<u8>, Bad> {
    let mut pairs = Pairs::default();
    each(list, &mut |text| {
        let pair: KeyValue<'_> = object(text)?;
        let any: AnyValue<'_> = object(pair.value.map_or("{}", RawValue::get))?;
        let key = pair.key.unwrap_or_default();
        look(&key, &any);
        pairs.add(&key, |json| any_value(&any, depth, json))
    })?;
    Ok(pairs.end())
}

/// Writes an `AnyValue`, at most `depth` levels of it.
fn any_value(any: &AnyValue<'_>, depth: usize, json: &mut Json) -> Result<(), Bad> {
    let depth = depth.checked_sub(1).ok_or(TOO_DEEP)?;
    let set = [
        any.string_value.is_some(),
        any.bool_value.is_some(),
        any.int_value.is_some(),
        any.double_value.is_some(),
        any.array_value.is_some(),
        any.kvlist_value.is_some(),
        any.bytes_value.is_some(),
    ];
    if set.into_iter().filter(|set| *set).count() > 1 {
        return Err(malformed("a value has more than one type"));
    }
    if let Some(text) = &any.string_value {
        json.text_value(text);
    } else if let Some(value) = any.bool_value {
        json.raw(if value { b"true" } else { b"false" });
    } else if let Some(raw) = any.int_value {
        json.raw(whole::<i64>(raw)?.to_string().as_bytes());
    } else if let Some(raw) = any.double_value {
        double(json, real(raw)?);
    } else if let Some(raw) = any.array_value {
        json.list();
        let list: Values<'_> = object(raw.get())?;
        each(list.values, &mut |text| {
            any_value(&object(text)?, depth, json)
        })?;
        json.end_list();
    } else if let Some(raw) = any.kvlist_value {
        json.open();
        let list: Values<'_> = object(raw.get())?;
        each(list.values, &mut |text| {
            let pair: KeyValue<'_> = object(text)?;
            json.any_key(pair.key.as_deref().unwrap_or_default());
            any_value(
                &object(pair.value.map_or("{}", RawValue::get))?,
                depth,
                json,
            )
        })?;
        json.close();
    } else if let Some(text) = &any.bytes_value {
        let bytes = BASE64.decode(text.replace('-', "+").replace('_', "/"));
        let bytes = bytes.map_err(|_| malformed("a value of bytes is not base64"))?;
        json.text_value(&base64::engine::general_purpose::STANDARD.encode(bytes));
    } else {
        json.raw(b"null");
    }
    Ok(())
}

/// What stands in a number or in the text of one.
fn unquoted(raw: &RawValue) -> &str {
    let text = raw.get();
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

/// A whole number, as number or as text.
fn whole<T: std::str::FromStr>(raw: &RawValue) -> Result<T, Bad> {
    let number = unquoted(raw).parse();
    number.map_err(|_| malformed("a whole number is none, or does not fit"))
}

fn real(raw: &RawValue) -> Result<f64, Bad> {
    match unquoted(raw) {
        "NaN" => Ok(f64::NAN),
        "Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        text => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.ok_or(malformed("a number is none"))
        }
    }
}

/// The number of a severity, or of its name: `SEVERITY_NUMBER_WARN2` is 14.
fn severity(raw: &RawValue) -> Result<i32, Bad> {
    const NAMES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let Some(name) = unquoted(raw).strip_prefix("SEVERITY_NUMBER_") else {
        return whole(raw);
    };
    if name == "UNSPECIFIED" {
        return Ok(0);
    }
    let numbers = (1..).step_by(4).zip(NAMES);
    let mut found = numbers.filter_map(|(first, own)| {
        let step = match name.strip_prefix(own)? {
            "" => 0,
            "2" => 1,
            "3" => 2,
            "4" => 3,
            _ => return None,
        };
        Some(first + step)
    });
    found.next().ok_or(malformed("a severity is unknown"))
}

/// An id in hex; all zeros are none.
fn id(text: Option<String>) -> Result<String, Bad> {
    let text = text.unwrap_or_default().to_ascii_lowercase();
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (is_hex, text.bytes().all(|byte| byte == b'0')) {
        (false, _) => Err(malformed("an id is not hex")),
        (true, true) => Ok(String::new()),
        (true, false) => Ok(text),
    }
}
