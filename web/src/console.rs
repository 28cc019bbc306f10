//! The console, embedded: hashed files for ever, the page itself never cached. A binary built
//! without `console/dist` serves a page that says so.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "console/dist"]
#[allow_missing = true]
struct Dist;

const MISSING: &str = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>haidang</title>\
<body><h1>haidang</h1><p>Bản dựng này không có giao diện. Chạy <code>make console</code> rồi dựng lại.</p>\
<p lang=\"en\">This build has no console. Run <code>make console</code> and build again.</p>";

/// Nothing but our own files, no inline script, no foreign frame.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self'; \
    style-src-attr 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
    form-action 'self'";

/// A file of the console; a path without one is a view, and the page finds it.
pub(crate) async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let asset = Dist::get(path).filter(|_| !path.is_empty());
    let is_asset = asset.is_some();
    if !is_asset && path.starts_with("assets/") {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    }
    let (name, bytes) = match asset.or_else(|| Dist::get("index.html")) {
        Some(file) => (
            if is_asset { path } else { "index.html" },
            Body::from(file.data),
        ),
        None => ("index.html", Body::from(MISSING)),
    };
    let cache = if path.starts_with("assets/") && is_asset {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::new(bytes);
    for (header, value) in [
        (header::CONTENT_TYPE, content_type(name)),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        response
            .headers_mut()
            .insert(header, HeaderValue::from_static(value));
    }
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
