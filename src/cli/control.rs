//! How commands reach the running server: HTTP over the Unix socket in its state directory.
//!
//! Only who may open that directory may reload or ask; nothing listens on the network for it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::server::CONTROL_SOCKET;

/// What the server answered: its status and its body.
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// The body, JSON.
    pub(super) body: serde_json::Value,
}

/// Whether a server runs on this state directory and lets us ask it.
pub(super) fn is_there(state: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(state.join(CONTROL_SOCKET)).is_ok()
}

/// Asks the server that runs on `state`.
///
/// # Errors
/// Where no server runs there, it may not be asked, or it does not answer within `patience`.
pub(super) fn ask(state: &Path, method: Method, path_and_query: &str, patience: Duration) -> Result<Reply> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match tokio::time::timeout(patience, exchange(state, method, path_and_query)).await {
            Ok(reply) => reply,
            Err(_) => bail!("the server did not answer within {} s", patience.as_secs()),
        }
    })
}

async fn exchange(state: &Path, method: Method, path_and_query: &str) -> Result<Reply> {
    let socket = state.join(CONTROL_SOCKET);
    let stream = UnixStream::connect(&socket).await.with_context(|| {
        format!(
            "no server answers at {}\nhint: is `khien serve` running, and may you open its state directory?",
            socket.display()
        )
    })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path_and_query).header("host", "khien").body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let body = serde_json::from_slice(&body).context("the server's answer is no JSON")?;
    Ok(Reply { status, body })
}

/// Writes `text` so that it can stand in a query string (RFC 3986 section 2.1).
pub(super) fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => write!(encoded, "%{other:02X}").expect("a String takes all that is written"),
        }
    }
    encoded
}
