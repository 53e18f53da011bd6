//! Who reads it? Health, metrics and the API, over HTTP; what they show is the desk's, which the server is.
//!
//! The rule: what listens on the network only reads. Reloading is for the control socket, which the state directory guards.

mod api;
mod office;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

pub use api::{Asked, FetchStatus, GroupStatus, ListStatus, Status, UpstreamStatus};
pub use office::{HeldStatus, OfficeStatus, RoleStatus};

/// Connections that the pages serve at once.
const CONNECTIONS: usize = 64;

/// How long a request's head may take, and a connection may idle between two.
const HEADERS: Duration = Duration::from_secs(5);

/// How long a connection may live.
const CONNECTION: Duration = Duration::from_secs(60);

/// What the pages ask of the server.
pub trait Desk: Send + Sync + 'static {
    /// The metrics' text.
    fn metrics(&self) -> String;

    /// What keeps the filter from being ready; nothing where it is.
    fn unready(&self) -> Option<String>;

    /// What a person should know although the filter is ready.
    fn remark(&self) -> Option<String>;

    /// What `khien status` shows.
    fn status(&self) -> Status;

    /// What `khien explain` shows: the body as JSON, or a sentence that says what was wrong with the question.
    fn explain(&self, asked: Asked) -> impl Future<Output = Result<serde_json::Value, String>> + Send;

    /// Reads configuration and lists again: a sentence for people in either case.
    fn reload(self: &Arc<Self>) -> impl Future<Output = Result<String, String>> + Send;

    /// Goes back to the office's publication before: a sentence for people in either case.
    fn office_back(self: &Arc<Self>) -> impl Future<Output = Result<String, String>> + Send;

    /// Takes what lies in the folder that an import filled: a sentence for people in either case.
    fn office_import(self: &Arc<Self>) -> impl Future<Output = Result<String, String>> + Send;
}

/// The routes that everyone may read.
fn public<D: Desk>(desk: &Arc<D>) -> Router {
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    let (scraped, ready) = (Arc::clone(desk), Arc::clone(desk));
    Router::new()
        .route("/", get(|| async { concat!("khien ", env!("CARGO_PKG_VERSION"), "\n\n", include_str!("front.txt")) }))
        .route("/healthz", get(|| async { "serving\n" }))
        .route(
            "/readyz",
            get(move || async move {
                match ready.unready() {
                    None => (StatusCode::OK, ready_text(ready.remark())).into_response(),
                    Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
                }
            }),
        )
        .route("/metrics", get(move || async move { (text, scraped.metrics()) }))
        .merge(api::routes(desk))
}

/// What `/readyz` says of a filter that is ready.
fn ready_text(remark: Option<String>) -> String {
    remark.map_or_else(|| "ready\n".to_owned(), |remark| format!("ready\n{remark}\n"))
}

/// Serves the public routes on `address` until `stop` turns true.
///
/// # Errors
/// Where the address cannot be had.
pub async fn serve<D: Desk>(address: SocketAddr, desk: &Arc<D>, stop: watch::Receiver<bool>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    tokio::spawn(accept(listener, public(desk), stop));
    Ok(bound)
}

/// Accepts connections until `stop` turns true: a bounded number, each for a bounded time, because they take sockets that
/// look-ups need. What is open then ends by itself.
async fn accept(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of sockets, or reset before it was accepted: trying again at once would spin.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Over the bound the connection is closed; a scrape or a person tries again.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .serve_connection(TokioIo::new(stream), service);
            // A client that breaks off, or takes too long, has seen to its own answer.
            timeout(CONNECTION, connection).await.ok();
            drop(place);
        });
    }
}

/// Serves the public routes, and what changes something, on a Unix socket.
pub fn serve_control<D: Desk>(listener: UnixListener, desk: &Arc<D>, stop: watch::Receiver<bool>) {
    let (reloading, going_back, importing) = (Arc::clone(desk), Arc::clone(desk), Arc::clone(desk));
    let router = public(desk)
        .route("/api/v1/reload", post(move || async move { told(reloading.reload().await) }))
        .route("/api/v1/office/rollback", post(move || async move { told(going_back.office_back().await) }))
        .route("/api/v1/office/import", post(move || async move { told(importing.office_import().await) }));
    tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(stopped(stop)).into_future());
}

/// What came of something that a person asked for.
fn told(outcome: Result<String, String>) -> impl IntoResponse {
    let (status, message) = match outcome {
        Ok(message) => (StatusCode::OK, message),
        Err(message) => (StatusCode::UNPROCESSABLE_ENTITY, message),
    };
    (status, axum::Json(serde_json::json!({ "message": message })))
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone has stopped too.
    stop.wait_for(|stop| *stop).await.ok();
}
