//! A primary that does what a test says with each question for its zone, by TCP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::Message;
use hickory_proto::rr::{Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::transfer::message;

/// The zone of all tests.
pub const ZONE: &str = "rpz.example";

/// What is done with a question.
#[derive(Debug, Clone)]
pub enum Give {
    /// A message with these records, in answer to the question.
    Records(Vec<Record>),
    /// These octets, with their length before them.
    Message(Vec<u8>),
    /// These octets as they are.
    Octets(Vec<u8>),
    /// The same message again and again, each time after the pause.
    Again(Vec<Record>, Duration),
    /// Nothing more until the other side goes.
    Hold,
}

type Script = Box<dyn Fn(&Asked) -> Vec<Give> + Send + Sync>;

/// A question as the primary saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// AXFR or IXFR.
    pub record_type: RecordType,
    /// The version that the other side has.
    pub serial: Option<u32>,
    /// Whether it is signed.
    pub signed: bool,
}

/// The running primary.
pub struct Primary {
    pub address: SocketAddr,
    told: Arc<Told>,
    listening: tokio::task::JoinHandle<()>,
}

struct Told {
    script: Mutex<Arc<Script>>,
    asked: Mutex<Vec<Asked>>,
}

impl Primary {
    /// Starts one on a free port.
    pub async fn start(script: impl Fn(&Asked) -> Vec<Give> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let script: Script = Box::new(script);
        let told = Arc::new(Told { script: Mutex::new(Arc::new(script)), asked: Mutex::default() });
        let shared = Arc::clone(&told);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, told, listening }
    }

    /// Does something else from now on.
    pub fn change(&self, script: impl Fn(&Asked) -> Vec<Give> + Send + Sync + 'static) {
        *self.told.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Box::new(script));
    }

    /// The questions until now.
    pub fn asked(&self) -> Vec<Asked> {
        self.told.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a list's `source` says of it.
    pub fn source(&self) -> String {
        format!("axfr://{}/{ZONE}", self.address)
    }
}

impl Drop for Primary {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, told: Arc<Told>) {
    let Ok(length) = stream.read_u16().await else { return };
    let mut question = vec![0; usize::from(length)];
    if stream.read_exact(&mut question).await.is_err() {
        return;
    }
    let read = Message::from_vec(&question).expect("the program asks well-formed questions");
    let record_type = read.queries[0].query_type();
    let serial = read.authorities.first().map(|record| match &record.data {
        hickory_proto::rr::RData::SOA(soa) => soa.serial,
        other => panic!("{other:?}"),
    });
    let signed = question[11] > 0;
    let asked = Asked { record_type, serial, signed };
    told.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    let script = Arc::clone(&told.script.lock().unwrap_or_else(PoisonError::into_inner));
    let framed = |octets: &[u8]| [&u16::try_from(octets.len()).expect("it fits").to_be_bytes()[..], octets].concat();
    let of = |records: &[Record]| framed(&message(read.metadata.id, ZONE, record_type, records));
    for give in script(&asked) {
        let done = match give {
            Give::Records(records) => stream.write_all(&of(&records)).await,
            Give::Message(octets) => stream.write_all(&framed(&octets)).await,
            Give::Octets(octets) => stream.write_all(&octets).await,
            Give::Again(records, pause) => loop {
                if let Err(gone) = stream.write_all(&of(&records)).await {
                    break Err(gone);
                }
                tokio::time::sleep(pause).await;
            },
            Give::Hold => stream.read_u8().await.map(|_| ()),
        };
        if done.is_err() {
            return;
        }
    }
    stream.shutdown().await.ok();
}
