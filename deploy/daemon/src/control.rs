//! Speaks to a running centre through its control socket: the same API, as user `local`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// The path of a data folder's control socket; a short one when the folder's name is too long
/// for a socket address.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    let plain = data_dir.join("control.sock");
    if plain.as_os_str().len() <= 100 {
        return plain;
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let folder = runtime
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| "/run/haidang".into());
    let sum = crc(data_dir);
    folder.join(format!("haidang-{sum:08x}.sock"))
}

fn crc(path: &Path) -> u32 {
    // FNV-1a: only tells folders apart, keeps nothing secret.
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0x811c_9dc5, |sum, byte| {
            (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        })
}

/// Asks the centre that holds a data folder.
pub(crate) async fn ask(
    data_dir: &Path,
    method: Method,
    path_and_query: &str,
    body: Option<&Value>,
) -> Result<Value> {
    let content = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let sent = send(
        data_dir,
        method,
        path_and_query,
        "application/json",
        content,
    );
    let (status, answer) = sent.await?;
    if !status.is_success() {
        bail!(
            "{}",
            answer
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or("refused")
        );
    }
    Ok(answer)
}

/// Writes the answer of the centre that holds a data folder as it comes.
pub(crate) async fn download(
    data_dir: &Path,
    path_and_query: &str,
    out: &mut impl std::io::Write,
) -> Result<()> {
    let response = begin(
        data_dir,
        Method::GET,
        path_and_query,
        "application/json",
        Body::empty(),
    );
    let (status, mut body) = response.await?;
    if !status.is_success() {
        let answer = whole(status, body).await?;
        let message = answer.get("message").and_then(Value::as_str);
        bail!("{}", message.unwrap_or("refused"));
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.context("the answer broke off; what is written is not all")?;
        if let Some(bytes) = frame.data_ref() {
            out.write_all(bytes)?;
        }
    }
    Ok(())
}

/// Sends the centre that holds a data folder a body of any kind: the status, and the answer.
pub(crate) async fn send(
    data_dir: &Path,
    method: Method,
    path_and_query: &str,
    content_type: &str,
    content: Body,
) -> Result<(StatusCode, Value)> {
    let (status, body) = begin(data_dir, method, path_and_query, content_type, content).await?;
    Ok((status, whole(status, body).await?))
}

async fn begin(
    data_dir: &Path,
    method: Method,
    path_and_query: &str,
    content_type: &str,
    content: Body,
) -> Result<(StatusCode, Body)> {
    let socket = path(data_dir);
    let stream = UnixStream::connect(&socket).await.with_context(|| {
        format!(
            "no haidang is running on {}; start it, or name its folder with --data-dir",
            data_dir.display()
        )
    })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .context("no answer")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the control connection ended");
        }
    });
    let request = Request::builder()
        .method(method)
        .uri(path_and_query)
        .header("host", "localhost")
        .header("content-type", content_type)
        .body(content)
        .context("cannot write the request")?;
    let response = sender.send_request(request).await.context("no answer")?;
    Ok((response.status(), Body::new(response.into_body())))
}

async fn whole(status: StatusCode, body: Body) -> Result<Value> {
    #[expect(
        clippy::disallowed_methods,
        reason = "our own daemon answers, within a limit"
    )]
    let bytes = axum::body::to_bytes(body, MAX_ANSWER)
        .await
        .context("the answer broke off")?;
    if bytes.is_empty() && status == StatusCode::NO_CONTENT {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).context("the answer is no JSON")
}
