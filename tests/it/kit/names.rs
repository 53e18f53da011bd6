//! An upstream where every name has an address, and aliases are as a test says.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::upstream::{Asked, ScriptedUpstream, Seen, Step};

/// The address that every name has.
pub const ADDRESS: &str = "192.0.2.7";

/// How long answers live, in seconds.
pub const TTL: u32 = 3600;

/// The running upstream.
pub struct Names {
    /// None once it is gone.
    upstream: Mutex<Option<ScriptedUpstream>>,
    address: SocketAddr,
    /// Holds the port of one that is gone, so that nobody else answers there.
    gone: Mutex<Option<Arc<tokio::net::UdpSocket>>>,
    seen: Seen,
    told: Arc<Mutex<Told>>,
}

/// What a test said.
#[derive(Default)]
struct Told {
    aliases: HashMap<Name, Name>,
    rcodes: HashMap<Name, ResponseCode>,
    silent: bool,
    ignored: Vec<Name>,
    script: Option<Script>,
    /// Names with another IPv4 address than [`ADDRESS`].
    placed: HashMap<Name, Ipv4Addr>,
    /// Whether every other type is answered too, with data in which the name's address stands.
    talkative: bool,
}

/// What a test does with a question itself; `None` leaves it to the rest.
type Script = Box<dyn Fn(&Asked) -> Option<Vec<Step>> + Send>;

impl Names {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let told = Arc::<Mutex<Told>>::default();
        let script = Arc::clone(&told);
        let answer = move |asked: &Asked| {
            let told = script.lock().unwrap_or_else(PoisonError::into_inner);
            let own = told.script.as_ref().and_then(|script| script(asked));
            own.unwrap_or_else(|| told.answer(&asked.bytes).map(Step::Send).into_iter().collect())
        };
        let upstream = ScriptedUpstream::start(answer).await;
        let (address, seen) = (upstream.address, upstream.seen_from_now());
        Self { upstream: Mutex::new(Some(upstream)), address, gone: Mutex::default(), seen, told }
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Goes away for good: its port is closed, which whoever asks is told at once.
    pub async fn go_away(&self) {
        let upstream = self.upstream.lock().unwrap_or_else(PoisonError::into_inner).take();
        let held = upstream.expect("it is there").leave().await;
        *self.gone.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }

    /// Makes `name` an alias of `target`.
    pub fn alias(&self, name: &str, target: &str) {
        self.tell().aliases.insert(fqdn(name), fqdn(target));
    }

    /// Makes `name` answer with `rcode`.
    pub fn fail(&self, name: &str, rcode: ResponseCode) {
        self.tell().rcodes.insert(fqdn(name), rcode);
    }

    /// Gives `name` an address of its own.
    pub fn place(&self, name: &str, address: &str) {
        self.tell().placed.insert(fqdn(name), address.parse().expect("an address"));
    }

    /// Has data for every type from now on, and the name's address in it, as HTTPS records have.
    pub fn talk(&self) {
        self.tell().talkative = true;
    }

    /// Answers nothing from now on.
    pub fn fall_silent(&self) {
        self.tell().silent = true;
    }

    /// Asks `script` first, from now on, what is done with a question.
    pub fn script(&self, script: impl Fn(&Asked) -> Option<Vec<Step>> + Send + 'static) {
        self.tell().script = Some(Box::new(script));
    }

    /// All questions so far, in order.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.all()
    }

    /// Answers nothing below `zone` from now on.
    pub fn ignore(&self, zone: &str) {
        self.tell().ignored.push(fqdn(zone));
    }

    /// How many questions came in.
    pub fn asked(&self) -> usize {
        self.seen.all().len()
    }

    /// The questions as they came.
    pub fn questions(&self) -> Vec<Vec<u8>> {
        self.seen().into_iter().map(|asked| asked.bytes).collect()
    }

    fn tell(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fqdn(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a name").to_lowercase();
    name.set_fqdn(true);
    name
}

impl Told {
    fn answer(&self, packet: &[u8]) -> Option<Vec<u8>> {
        if self.silent {
            return None;
        }
        let query = Message::from_vec(packet).ok()?;
        let question = query.queries.first()?.clone();
        if self.ignored.iter().any(|zone| zone.zone_of(question.name())) {
            return None;
        }
        let mut reply = query.clone();
        reply.metadata.message_type = MessageType::Response;
        reply.metadata.recursion_available = true;
        reply.additionals.clear();
        let mut name = question.name().clone();
        for _ in 0..8 {
            let Some(target) = self.aliases.get(&name.to_lowercase()) else { break };
            reply.answers.push(Record::from_rdata(name, TTL, RData::CNAME(CNAME(target.clone()))));
            name = target.clone();
        }
        if let Some(rcode) = self.rcodes.get(&question.name().to_lowercase()) {
            reply.metadata.response_code = *rcode;
            return reply.to_vec().ok();
        }
        let ours = ADDRESS.parse::<Ipv4Addr>().expect("an address");
        let address = self.placed.get(&name.to_lowercase()).copied().unwrap_or(ours);
        match question.query_type() {
            RecordType::A => {
                reply.answers.push(Record::from_rdata(name, TTL, RData::A(A(address))));
            }
            RecordType::AAAA => {
                let placed = address.to_ipv6_mapped().segments();
                let place = if address == ours { [0, 7] } else { [placed[6], placed[7]] };
                let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, place[0], place[1]);
                reply.answers.push(Record::from_rdata(name, TTL, RData::AAAA(AAAA(address))));
            }
            other if self.talkative => {
                // Priority 1, the owner as target, and an `ipv4hint` (RFC 9460 section 7.3): for other types it is just octets.
                let mut octets = vec![0, 1, 0, 0, 4, 0, 4];
                octets.extend(address.octets());
                let rdata = hickory_proto::rr::rdata::NULL::with(octets);
                reply.answers.push(Record::from_rdata(name, TTL, RData::Unknown { code: other, rdata }));
            }
            _ => {}
        }
        reply.to_vec().ok()
    }
}
