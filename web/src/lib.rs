//! The API and the console: HTTP in, the engine's answers out. Every handler takes a reader and
//! checks one permission; every query is cut to the reader's sites inside the engine.

#![warn(missing_docs)]

mod api;
mod app;
mod auth;
mod bearer;
mod console;
mod error;
mod peer;
mod refusals;
mod second_factor;

pub use api::{
    FIRST_PASSWORD, count_assets_csv, import_json, is_user_name, noise, openapi_json, router,
};
pub use app::{
    App, CheckUpdate, CheckedConfig, EdgesInfo, ExportLimits, Memory, Options, RuleProblem,
    SourceInfo,
};
pub use auth::{PasswordError, hash_password, random_password};
pub use peer::Peer;
pub use refusals::{Refusals, Refused};
