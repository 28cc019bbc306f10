//! A small HTTP client: one request a connection, over TCP or the control socket.

use std::net::SocketAddr;
use std::path::PathBuf;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpStream, UnixStream};

/// Who asks, and where.
#[derive(Clone, Debug)]
pub struct Client {
    place: Place,
    /// `name=value` of the session.
    pub cookie: Option<String>,
    /// What writes carry.
    pub csrf: Option<String>,
    /// Where the page that asks came from; a browser always says so on writes.
    pub origin: Option<String>,
}

#[derive(Clone, Debug)]
enum Place {
    Network(SocketAddr),
    Control(PathBuf),
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, JSON; null when it is none.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Client {
    /// Over the network, as nobody.
    pub fn network(address: SocketAddr) -> Self {
        Self {
            place: Place::Network(address),
            cookie: None,
            csrf: None,
            origin: Some(format!("http://{address}")),
        }
    }

    /// Over the control socket, as `local`.
    pub fn control(socket: PathBuf) -> Self {
        Self {
            place: Place::Control(socket),
            cookie: None,
            csrf: None,
            origin: None,
        }
    }

    /// Asks for something.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Asks and expects to get it.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text);
        answer.body
    }

    /// Sends a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(Method::POST, path, Some(body.into_bytes()), &[])
            .await
    }

    /// Puts something in the place of what is there.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(Method::PUT, path, Some(body.into_bytes()), &[])
            .await
    }

    /// Changes something.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(Method::PATCH, path, Some(body.into_bytes()), &[])
            .await
    }

    /// Sends anything, with further headers.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let response = self.open(method, path, body, headers).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: StatusCode::as_u16(&status),
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    /// Sends a request and leaves the body to be read.
    pub async fn open(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Response<Incoming> {
        let host = match &self.place {
            Place::Network(address) => address.to_string(),
            Place::Control(_) => "localhost".to_owned(),
        };
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("host", host);
        let typed = headers.iter().any(|(name, _)| *name == "content-type");
        if body.is_some() && !typed {
            request = request.header("content-type", "application/json");
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let writes = method != Method::GET;
        if let Some(csrf) = self.csrf.as_ref().filter(|_| writes) {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(origin) = self.origin.as_ref().filter(|_| writes) {
            request = request.header("origin", origin);
        }
        for (name, value) in headers {
            request.headers_mut().unwrap().remove(*name);
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .unwrap();
        match &self.place {
            Place::Network(address) => {
                exchange(TcpStream::connect(address).await.unwrap(), request).await
            }
            Place::Control(socket) => {
                exchange(UnixStream::connect(socket).await.unwrap(), request).await
            }
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Response<Incoming>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}
