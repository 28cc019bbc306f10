//! What a sender is told.

use crate::config::Protocol;
use crate::json::Json;

pub(super) const JSON: &str = "application/json";
pub(super) const PROTOBUF: &str = "application/x-protobuf";

/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub kind: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: u16, write: impl FnOnce(&mut Json)) -> Self {
        let mut json = Json::with_capacity(256);
        json.open();
        write(&mut json);
        json.close();
        Self {
            status,
            kind: JSON,
            body: json.into_bytes(),
        }
    }

    /// An error as Elasticsearch says it.
    pub(super) fn elastic(status: u16, kind: &str, reason: &str) -> Self {
        Self::json(status, |json| {
            json.open_at("error");
            json.list_at("root_cause");
            json.open();
            json.text("type", kind);
            json.text("reason", reason);
            json.close();
            json.end_list();
            json.text("type", kind);
            json.text("reason", reason);
            json.close();
            json.number("status", u64::from(status));
        })
    }

    /// Splunk's text and code, with the number of the event that is to blame.
    pub(super) fn splunk(status: u16, text: &str, code: u64, event: Option<usize>) -> Self {
        Self::json(status, |json| {
            json.text("text", text);
            json.number("code", code);
            if let Some(event) = event {
                json.number("invalid-event-number", event as u64);
            }
        })
    }

    /// A status of OTLP (`google.rpc.Status`) in the type of the request.
    pub(super) fn otlp(status: u16, is_json: bool, message: &str) -> Self {
        let code = match status {
            401 => 16,
            403 => 7,
            404 => 12,
            408 => 4,
            429 | 503 => 14,
            413 => 8,
            _ => 3,
        };
        if is_json {
            return Self::json(status, |json| {
                json.number("code", code);
                json.text("message", message);
            });
        }
        // Two fields: the code is a number of one byte, the message at most 127.
        let text: String = message.chars().filter(char::is_ascii).take(120).collect();
        let mut body = vec![0x08, u8::try_from(code).unwrap_or(2), 0x12];
        body.push(u8::try_from(text.len()).unwrap_or(0));
        body.extend_from_slice(text.as_bytes());
        Self {
            status,
            kind: PROTOBUF,
            body,
        }
    }
}

/// Why a request was refused before its protocol saw the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the body came too slowly")]
    Late,
    #[error("the body was cut short")]
    Cut,
    #[error("a body may have {0} bytes as it comes (limits.http.body_bytes)")]
    TooLarge(usize),
    #[error("a body may unpack to {0} bytes (limits.http.unpacked_bytes)")]
    Bomb(usize),
    #[error("the encoding {0} is not known; use gzip, deflate, zstd or none")]
    Encoding(String),
    #[error("the body is not what its encoding says")]
    Broken,
    #[error("other bodies take all the room; send again later")]
    Busy,
    #[error("the events could not be kept in time; send again later")]
    Waiting,
}

impl Refused {
    fn status(&self) -> u16 {
        match self {
            Self::Late => 408,
            Self::TooLarge(_) | Self::Bomb(_) => 413,
            Self::Encoding(_) => 415,
            Self::Cut | Self::Broken => 400,
            Self::Busy => 429,
            Self::Waiting => 503,
        }
    }

    /// The answer as the protocol says it.
    pub(super) fn answer(&self, protocol: Protocol, is_json: bool) -> Answer {
        let (status, reason) = (self.status(), self.to_string());
        match protocol {
            Protocol::Bulk => {
                let kind = match status {
                    429 | 503 => "es_rejected_execution_exception",
                    _ => "illegal_argument_exception",
                };
                Answer::elastic(status, kind, &reason)
            }
            Protocol::Hec => match self {
                Self::Busy | Self::Waiting => Answer::splunk(503, "Server is busy", 9, None),
                Self::TooLarge(_) | Self::Bomb(_) => Answer::splunk(status, &reason, 27, None),
                Self::Broken | Self::Cut => Answer::splunk(400, "Invalid data format", 6, Some(0)),
                _ => Answer::splunk(status, &reason, 6, None),
            },
            Protocol::Otlp => Answer::otlp(status, is_json, &reason),
        }
    }
}
