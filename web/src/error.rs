//! What a client is told when something cannot be done. The cause is logged, never sent.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// A word for programs.
    #[schema(value_type = String)]
    pub(crate) code: &'static str,
    /// A sentence for people.
    pub(crate) message: String,
    /// What to look for in the log.
    pub(crate) request_id: String,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A parameter or body cannot be used.
    #[error("{0}")]
    BadRequest(String),
    /// Refused before a handler saw it; the framework's words.
    #[error("{1}")]
    Refused(StatusCode, String),
    /// Wrong name or password.
    #[error("wrong user name or password")]
    BadCredentials,
    /// Too many wrong passwords.
    #[error("too many attempts; try again in {0} seconds")]
    TooManyAttempts(u64),
    /// The password is right and a code is asked for, too.
    #[error("a code of the second factor is needed, too")]
    SecondFactorRequired,
    /// The code is wrong, or was used before.
    #[error("this code is wrong, too old, or was used before")]
    BadSecondFactor,
    /// The password was given by somebody else.
    #[error("change the password first: it was given to you by somebody else")]
    MustChange,
    /// No session, or it has ended.
    #[error("sign in first")]
    SignedOut,
    /// The session may not do this, or the request did not come from the console.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is nothing there for this reader.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody was faster.
    #[error("{0}")]
    Conflict(&'static str),
    /// Somebody changed in between what is to be changed.
    #[error("somebody changed this {0} in between")]
    Outdated(&'static str),
    /// A value is well formed and not allowed; code and sentence.
    #[error("{1}")]
    Unprocessable(&'static str, &'static str),
    /// The same, where the sentence names what was given.
    #[error("{1}")]
    Unusable(&'static str, String),
    /// A file that a person wrote in a form of his own, or that is shipped.
    #[error(
        "{0} is changed by hand: it is shipped, holds more than this, or is not of the simple form"
    )]
    ByHand(String),
    /// A site that no file of `rules/sites` has.
    #[error("there is no site {0:?} in the site tree; see rules/sites")]
    UnknownSite(String),
    /// A file that would be changed cannot be read; where, and why.
    #[error("mend this first: {0}")]
    Broken(String),
    /// Too many of something at once.
    #[error("{0}")]
    Busy(&'static str),
    /// The index is not opened yet.
    #[error("the centre is starting and cannot search yet; try again in a second")]
    Starting,
    /// The engine failed.
    #[error("something went wrong here; the log has the cause")]
    Engine(#[from] engine::Error),
    /// A task died.
    #[error("something went wrong here; the log has the cause")]
    Task(#[from] tokio::task::JoinError),
    /// The machine gives no random numbers.
    #[error("something went wrong here; the log has the cause")]
    NoRandom(getrandom::Error),
    /// A password could not be hashed.
    #[error("something went wrong here; the log has the cause")]
    Password(#[from] crate::auth::PasswordError),
}

impl Failure {
    fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::Refused(status, _) => (*status, refusal(*status)),
            Self::BadCredentials => (StatusCode::UNAUTHORIZED, "bad_credentials"),
            Self::TooManyAttempts(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::SecondFactorRequired => (StatusCode::UNAUTHORIZED, "second_factor_required"),
            Self::BadSecondFactor => (StatusCode::UNAUTHORIZED, "bad_second_factor"),
            Self::MustChange => (StatusCode::FORBIDDEN, "password_must_change"),
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "signed_out"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Self::Outdated(_) => (StatusCode::CONFLICT, "version_conflict"),
            Self::Unprocessable(code, _) => (StatusCode::UNPROCESSABLE_ENTITY, code),
            Self::Unusable(code, _) => (StatusCode::UNPROCESSABLE_ENTITY, code),
            Self::ByHand(_) => (StatusCode::CONFLICT, "by_hand"),
            Self::UnknownSite(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_site"),
            Self::Broken(_) => (StatusCode::CONFLICT, "broken_file"),
            Self::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
            Self::Engine(engine::Error::Query { .. }) => (StatusCode::BAD_REQUEST, "bad_query"),
            Self::Engine(engine::Error::Aggregate { fault, .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, fault.name())
            }
            Self::Engine(_) | Self::Task(_) | Self::Password(_) | Self::NoRandom(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        }
    }
}

/// The word for what the framework refuses.
fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::UNPROCESSABLE_ENTITY => "unprocessable",
        _ => "bad_request",
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code) = self.code();
        let request_id = format!("{:016x}", getrandom::u64().unwrap_or_default());
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request_id, error = ?self, "a request failed");
        }
        let message = match &self {
            Self::Engine(
                asked @ (engine::Error::Query { .. } | engine::Error::Aggregate { .. }),
            ) => asked.to_string(),
            other => other.to_string(),
        };
        let body = ApiError {
            status: status.as_u16(),
            code,
            message,
            request_id,
        };
        let mut response = (status, Json(body)).into_response();
        let retry_after = match self {
            Self::TooManyAttempts(seconds) => Some(seconds),
            Self::Starting => Some(1),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// Runs something that waits for the disk beside the threads that serve.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> engine::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    Ok(tokio::task::spawn_blocking(work).await??)
}
