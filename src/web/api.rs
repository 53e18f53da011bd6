//! The API: why a name is blocked, and what the server does; described by its own OpenAPI document.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Desk, OfficeStatus};
use crate::fetch::Record;

/// A question to `explain`, as it stands in the query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The domain name.
    pub name: String,
    /// The client's address.
    pub client: Option<String>,
    /// The group's id, instead of a client.
    pub group: Option<String>,
    /// The time by the school's clock, `2026-11-23T09:30`; now where absent.
    pub at: Option<String>,
    /// The record type; A where absent.
    pub r#type: Option<String>,
}

/// What the server does, for `khien status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// The addresses that answer DNS by UDP and TCP.
    pub dns: Vec<String>,
    /// The addresses that answer HTTP.
    pub http: Vec<String>,
    /// The configuration file; none for what is built in.
    pub config: Option<String>,
    /// Whether a verified index filters.
    pub ready: bool,
    /// What keeps it from being ready.
    pub unready: Option<String>,
    /// The serial of lists and configuration in force.
    pub snapshot: u64,
    /// Names in the index.
    pub index_names: u64,
    /// Octets of the index's images.
    pub index_bytes: u64,
    /// Each group.
    pub groups: Vec<GroupStatus>,
    /// Each list.
    pub lists: Vec<ListStatus>,
    /// The education office; none where the school follows none.
    #[serde(default)]
    pub office: Option<OfficeStatus>,
    /// Each upstream.
    pub upstreams: Vec<UpstreamStatus>,
    /// Queries so far, and what became of them.
    pub queries: u64,
    /// Responses that blocked.
    pub blocked: u64,
    /// Messages in the cache.
    pub cache_entries: u64,
    /// Journal entries written.
    pub journal_written: u64,
    /// Journal entries lost.
    pub journal_dropped: u64,
    /// What the last reload that failed said, where none has succeeded since.
    pub last_reload_failure: Option<String>,
    /// Warnings of the configuration in force, and of what the server sees.
    pub warnings: Vec<String>,
    /// The address that asked nearly everything of late, where there are several groups to tell apart.
    pub single_source: Option<String>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupStatus {
    /// Its id.
    pub id: String,
    /// What people read.
    pub name: String,
    /// The tier in force now.
    pub tier: String,
    /// Its subnets.
    pub subnets: Vec<String>,
}

/// One list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListStatus {
    /// Its id.
    pub id: String,
    /// Names and patterns taken from it.
    pub entries: u64,
    /// Lines that could not be used.
    pub issues: u64,
    /// Why the newest source could not be used; the last good copy serves where there is one.
    pub fault: Option<String>,
    /// Protected names that it would have taken.
    pub protected_names: Vec<String>,
    /// Public suffixes that it would have taken.
    pub public_suffixes: Vec<String>,
    /// How fetching it stands; none for files.
    #[serde(default)]
    pub fetched: Option<FetchStatus>,
}

/// How fetching a list stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchStatus {
    /// When the copy in use came, RFC 3339; none before there is one.
    pub copy_of: Option<String>,
    /// When the source last sent that copy, or said that it is still the newest.
    pub confirmed: Option<String>,
    /// When the source was last asked.
    pub asked: Option<String>,
    /// Why it has brought nothing since.
    pub failure: Option<String>,
    /// The kind of that failure, as the metric counts it.
    pub reason: Option<String>,
    /// How often in a row.
    pub failures: u32,
    /// How many entries there were before, where a person took the copy although that is too great a change.
    pub overridden: Option<u64>,
}

impl FetchStatus {
    /// What a record says.
    pub fn of(record: &Record) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        Self {
            copy_of: time(record.fetched),
            confirmed: time(record.confirmed),
            asked: time(record.asked),
            failure: record.failure.as_ref().map(|failure| failure.said.clone()),
            reason: record.failure.as_ref().map(|failure| failure.reason.text().to_owned()),
            failures: record.in_a_row,
            overridden: record.overridden,
        }
    }
}

/// One upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamStatus {
    /// As the file names it.
    pub address: String,
    /// Whether it is asked in its turn.
    pub up: bool,
    /// Questions put to it.
    pub requests: u64,
    /// Attempts that failed.
    pub failures: u64,
}

/// The API's routes.
pub(super) fn routes<D: Desk>(desk: &Arc<D>) -> Router {
    let (explaining, telling) = (Arc::clone(desk), Arc::clone(desk));
    Router::new()
        .route(
            "/api/v1/explain",
            get(async move |asked: Result<Query<Asked>, _>| -> Response {
                let asked: Query<Asked> = match asked {
                    Ok(asked) => asked,
                    Err(error) => {
                        let error: axum::extract::rejection::QueryRejection = error;
                        return refused(error.body_text());
                    }
                };
                match explaining.explain(asked.0).await {
                    Ok(explanation) => plain(Json(explanation)),
                    Err(why) => refused(why),
                }
            }),
        )
        .route("/api/v1/status", get(async move || plain(Json(telling.status()))))
        .route("/api/v1/openapi.json", get(async || plain(Json(description()))))
}

/// An answer that no cache keeps: the next reload may change it.
fn plain(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}

fn refused(why: String) -> Response {
    (StatusCode::BAD_REQUEST, plain(Json(json!({ "message": why })))).into_response()
}

/// The OpenAPI 3.1 document of what stands here.
fn description() -> serde_json::Value {
    let parameter = |name: &str, what: &str, required| json!({ "name": name, "in": "query", "required": required, "description": what, "schema": { "type": "string" } });
    let answer = |what: &str| json!({ "200": { "description": what, "content": { "application/json": {} } } });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Khiên", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT OR Apache-2.0" } },
        "paths": {
            "/api/v1/explain": { "get": {
                "summary": "Why a name is blocked or open",
                "parameters": [
                    parameter("name", "The domain name.", true),
                    parameter("client", "The client's address; without client and group, one explanation a group.", false),
                    parameter("group", "The group's id.", false),
                    parameter("at", "The time by the school's clock, as in 2026-11-23T09:30.", false),
                    parameter("type", "The record type; A where absent.", false),
                ],
                "responses": answer("The verdict, and each rule in order."),
            } },
            "/api/v1/status": { "get": { "summary": "What the server does", "responses": answer("The status.") } },
            "/healthz": { "get": { "summary": "200 while the process serves", "responses": { "200": { "description": "It serves." } } } },
            "/readyz": { "get": { "summary": "200 once a verified index filters", "responses": {
                "200": { "description": "It filters." }, "503": { "description": "It does not, and why." } } } },
            "/metrics": { "get": { "summary": "Metrics in Prometheus' text format", "responses": { "200": { "description": "The metrics." } } } },
        },
    })
}
