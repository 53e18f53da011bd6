//! One request for a page, its redirects followed, and the octets of the answer, handed on as they come.
//!
//! The rule: everything that a server can stretch is bounded: connections, heads, redirects, octets, the whole time, and how slowly.

use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::connect::{Stream, Trust, open};
use super::unpack::Encoding;
use super::{Bootstrap, Failure, Marks, Page, PageError, Reason};

/// The most redirects that one request follows.
const REDIRECTS: usize = 5;

/// Room for a head, in octets: what servers send has one or two thousand.
const HEAD: usize = 64 * 1024;

/// The bounds of one fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, and for TLS on it.
    pub connect: Duration,
    /// For the head of an answer.
    pub head: Duration,
    /// For everything, redirects included.
    pub total: Duration,
    /// How long an answer may come more slowly than [`Limits::least`].
    pub window: Duration,
    /// The octets that must come in each window.
    pub least: u64,
    /// The most octets of a list, as it comes and unpacked.
    pub largest: u64,
}

impl Limits {
    /// Ten minutes in all, and one kilobyte a second over half a minute, for a list of at most `largest` octets.
    pub const fn for_largest(largest: u64) -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_secs(30),
            total: Duration::from_secs(600),
            window: Duration::from_secs(30),
            least: 30 * 1024,
            largest,
        }
    }
}

/// What a server answered.
pub(super) enum Answer {
    /// What is there is still the newest.
    Unchanged,
    /// There is no such page; the failure says it as to a person who expects one.
    Absent(Failure),
    /// The list.
    List(Box<Arriving>),
}

/// How the octets of an answer may be packed for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// In any way that can be unpacked.
    Any,
    /// Not at all: they are the octets of a file, whose digest is known.
    None,
}

impl Packing {
    /// What stands in a request's `Accept-Encoding` field.
    const fn accepted(self) -> &'static str {
        match self {
            Self::Any => "zstd, gzip",
            Self::None => "identity",
        }
    }
}

/// A list on its way.
pub(super) struct Arriving {
    body: Incoming,
    /// How it is packed for the way.
    pub(super) encoding: Encoding,
    /// What it can be asked for by later.
    pub(super) marks: Marks,
    /// Its size on the way, where the server says it.
    pub(super) expected: Option<u64>,
}

/// A piece of a list, for the thread that unpacks it.
#[derive(Debug)]
pub(super) enum Piece {
    Octets(Bytes),
    /// All of it came. A way that ends without this word broke off.
    End,
}

/// Asks for `page`, and for nothing where `marks` still hold.
pub(super) async fn ask(
    page: &Page,
    marks: &Marks,
    packing: Packing,
    (bootstrap, trust): (&Bootstrap, &Trust),
    limits: &Limits,
) -> Result<Answer, Failure> {
    let mut page = page.clone();
    for _ in 0..=REDIRECTS {
        let stream = open(&page, bootstrap, trust, limits).await?;
        let response = match timeout(limits.head, request(stream, &page, marks, packing)).await {
            Ok(response) => response?,
            Err(_) => return Err(Failure::new(Reason::Timeout, format!("{page}: no answer within {:?}", limits.head))),
        };
        match response.status() {
            StatusCode::OK => return arriving(&page, response, limits).map(|list| Answer::List(Box::new(list))),
            StatusCode::NOT_MODIFIED if *marks != Marks::default() => return Ok(Answer::Unchanged),
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => page = redirected(&page, response.headers())?,
            other => {
                let failure = Failure::new(Reason::Status, format!("{page}: the server answered {other}"));
                return match other {
                    // Object stores answer 403 where nobody may know what is there.
                    StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => Ok(Answer::Absent(failure)),
                    _ => Err(failure),
                };
            }
        }
    }
    Err(Failure::new(Reason::Redirect, format!("{page}: more than {REDIRECTS} redirects")))
}

fn redirected(page: &Page, headers: &HeaderMap) -> Result<Page, Failure> {
    let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
    let Some(to) = to else {
        return Err(Failure::new(Reason::Redirect, format!("{page}: a redirect to nowhere")));
    };
    page.redirected(to).map_err(|error| {
        let reason = match error {
            PageError::Unreadable(_) => Reason::Redirect,
            PageError::Scheme(_)
            | PageError::Plain
            | PageError::Credentials
            | PageError::Port(_)
            | PageError::Private(_)
            | PageError::Elsewhere
            | PageError::OtherHost
            | PageError::Nowhere(_) => Reason::Forbidden,
        };
        let to: String = to.escape_debug().take(200).collect();
        Failure::new(reason, format!("{page}: its redirect to {to} {error}\nhint: {}", error.hint()))
    })
}

async fn request(stream: Stream, page: &Page, marks: &Marks, packing: Packing) -> Result<Response<Incoming>, Failure> {
    let broken = |error: hyper::Error| Failure::new(Reason::Connect, format!("{page}: {}", sentence(&error)));
    let mut client = hyper::client::conn::http1::Builder::new();
    client.max_buf_size(HEAD);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends when the answer was read, or when the answer is dropped.
    tokio::spawn(connection);
    let mut request = Request::builder()
        .uri(page.target())
        .header(header::HOST, page.authority())
        .header(header::USER_AGENT, concat!("khien/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "*/*")
        .header(header::ACCEPT_ENCODING, packing.accepted())
        .header(header::CONNECTION, "close");
    if let Some(etag) = &marks.etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(time) = &marks.last_modified {
        request = request.header(header::IF_MODIFIED_SINCE, time);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| Failure::new(Reason::Local, format!("{page}: {error}")))?;
    sender.send_request(request).await.map_err(broken)
}

fn arriving(page: &Page, response: Response<Incoming>, limits: &Limits) -> Result<Arriving, Failure> {
    let headers = response.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let coded = text(header::CONTENT_ENCODING).unwrap_or_default();
    let encoding = Encoding::parse(&coded).ok_or_else(|| {
        let coded: String = coded.escape_debug().take(40).collect();
        Failure::new(Reason::Unpack, format!("{page}: it comes packed as `{coded}`, which was not asked for"))
    })?;
    let expected = response.body().size_hint().exact();
    if let Some(octets) = expected.filter(|octets| *octets > limits.largest) {
        return Err(too_large(page, &format!("has {octets} octets"), limits));
    }
    // Without TLS nothing else tells the end of the list from the end of the connection.
    if expected.is_none() && !page.is_secure() && text(header::TRANSFER_ENCODING).is_none() {
        return Err(Failure::new(Reason::Truncated, format!("{page}: the server does not say where the list ends")));
    }
    let marks = Marks { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED), zone: None };
    Ok(Arriving { encoding, marks, expected, body: response.into_body() })
}

fn too_large(page: &Page, what: &str, limits: &Limits) -> Failure {
    let said = format!("{page}: the list {what}, and may have {}\nhint: `max_size` of the list raises that", limits.largest);
    Failure::new(Reason::TooLarge, said)
}

impl Arriving {
    /// Hands the octets to `to` as they come, and tells `received` how many there were so far.
    pub(super) async fn receive(
        mut self,
        page: &Page,
        limits: &Limits,
        to: mpsc::Sender<Piece>,
        received: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Failure> {
        let (mut octets, mut in_window) = (0_u64, 0_u64);
        let mut window_ends = Instant::now() + limits.window;
        loop {
            let frame = match timeout_at(window_ends, self.body.frame()).await {
                Err(_) if in_window < limits.least => {
                    let said = format!("{page}: {in_window} octets came within {:?}, which is too slow", limits.window);
                    return Err(Failure::new(Reason::Timeout, said));
                }
                Err(_) => {
                    (window_ends, in_window) = (Instant::now() + limits.window, 0);
                    continue;
                }
                Ok(frame) => frame,
            };
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| {
                let said = format!("{page}: the list broke off after {octets} octets: {}", sentence(&error));
                Failure::new(Reason::Truncated, said)
            })?;
            // Trailers say nothing that is of use here.
            let Ok(data) = frame.into_data() else { continue };
            octets += data.len() as u64;
            in_window += data.len() as u64;
            if octets > limits.largest {
                return Err(too_large(page, "is longer than it may be", limits));
            }
            received(octets);
            let handed = Instant::now();
            if to.send(Piece::Octets(data)).await.is_err() {
                // Who unpacks it has had enough, and says why.
                return Ok(());
            }
            // A slow disk here is not the server's slowness.
            window_ends += handed.elapsed();
        }
        to.send(Piece::End).await.ok();
        Ok(())
    }
}

/// Pieces as they come, for a thread that reads.
pub(super) struct Pieces {
    from: mpsc::Receiver<Piece>,
    current: Bytes,
    ended: bool,
}

impl Pieces {
    pub(super) const fn new(from: mpsc::Receiver<Piece>) -> Self {
        Self { from, current: Bytes::new(), ended: false }
    }
}

impl io::Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.from.blocking_recv() {
                Some(Piece::Octets(octets)) => self.current = octets,
                Some(Piece::End) => self.ended = true,
                None => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        let taken = self.current.len().min(to.len());
        to[..taken].copy_from_slice(&self.current.split_to(taken));
        Ok(taken)
    }
}

/// An error of hyper with what lies behind it: its own words say little.
fn sentence(error: &hyper::Error) -> String {
    let behind = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{behind}")
}
