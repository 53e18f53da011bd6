//! A web server that does what a test says: answers, stalls, lies, breaks off, with TLS or without.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What is done with a connection once its request is there.
#[derive(Debug, Clone)]
pub enum Act {
    /// These octets are sent.
    Send(Vec<u8>),
    /// Time passes.
    Pause(Duration),
    /// The octets are sent again and again, each time after the pause, until the other side has enough.
    Repeat(Vec<u8>, Duration),
    /// Nothing more happens until the other side goes.
    Hold,
}

type Script = Box<dyn Fn(&str) -> Vec<Act> + Send + Sync>;

/// The running server.
pub struct Pages {
    /// Where it listens.
    pub address: SocketAddr,
    told: Arc<Told>,
    listening: tokio::task::JoinHandle<()>,
}

struct Told {
    script: Mutex<Arc<Script>>,
    connections: Mutex<usize>,
    requests: Mutex<Vec<String>>,
}

/// A certificate authority of a test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    /// Makes one.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signed = params.self_signed(&key).expect("signed");
        Self { certificate: signed.der().clone(), pem: signed.pem(), issuer: Issuer::new(params, key) }
    }

    /// Who trusts it.
    pub fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("it is a certificate");
        Arc::new(roots)
    }

    /// Its certificate, as a file has it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let settings = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("they belong together");
        TlsAcceptor::from(Arc::new(settings))
    }
}

/// A whole answer with a list in it, and what else stands in its head.
pub fn list(text: impl AsRef<[u8]>, head: &str) -> Vec<Act> {
    let text = text.as_ref();
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{head}\r\n", text.len()).into_bytes();
    answer.extend_from_slice(text);
    vec![Act::Send(answer)]
}

/// An answer without a body.
pub fn status(line: &str, head: &str) -> Vec<Act> {
    vec![Act::Send(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n{head}\r\n").into_bytes())]
}

impl Pages {
    /// Starts one without TLS on a free port.
    pub async fn start(script: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::listen(Box::new(script), None).await
    }

    /// Starts one that proves to be `name`.
    pub async fn start_as(name: &str, authority: &Authority, script: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::listen(Box::new(script), Some(authority.acceptor(name))).await
    }

    /// Starts one that gives `text` to all who ask.
    pub async fn with(text: &str) -> Self {
        let text = text.to_owned();
        Self::start(move |_| list(&text, "")).await
    }

    async fn listen(script: Script, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let told =
            Arc::new(Told { script: Mutex::new(Arc::new(script)), connections: Mutex::default(), requests: Mutex::default() });
        let listening = tokio::spawn(serve(listener, acceptor, Arc::clone(&told)));
        Self { address, told, listening }
    }

    /// Does something else from now on.
    pub fn change(&self, script: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) {
        *self.told.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Box::new(script));
    }

    /// Gives `text` from now on.
    pub fn give(&self, text: &str) {
        let text = text.to_owned();
        self.change(move |_| list(&text, ""));
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.told.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The heads of all requests, in order.
    pub fn requests(&self) -> Vec<String> {
        self.told.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, told: Arc<Told>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        *told.connections.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let (acceptor, told) = (acceptor.clone(), Arc::clone(&told));
        tokio::spawn(async move {
            match acceptor {
                None => act(stream, &told).await,
                // A client that does not believe the certificate goes.
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        act(stream, &told).await;
                    }
                }
            }
        });
    }
}

async fn act(mut stream: impl AsyncRead + AsyncWrite + Unpin, told: &Told) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(octet) => request.push(octet),
            Err(_) => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    told.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let script = Arc::clone(&told.script.lock().unwrap_or_else(PoisonError::into_inner));
    for act in script(&request) {
        let done = match act {
            Act::Send(octets) => stream.write_all(&octets).await,
            Act::Pause(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Act::Repeat(octets, pause) => loop {
                if let Err(gone) = stream.write_all(&octets).await {
                    break Err(gone);
                }
                stream.flush().await.ok();
                tokio::time::sleep(pause).await;
            },
            Act::Hold => stream.read_u8().await.map(|_| ()),
        };
        if done.is_err() {
            return;
        }
    }
    stream.shutdown().await.ok();
}
