//! Datagram sockets that receive and send in batches and answer from the very address that was asked; by `libc`.
//!
//! # Cost
//! Two system calls a batch. Buffers are made once per worker.

use std::ffi::CString;
use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::NonZeroU32;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use socket2::Socket;

use super::super::outbox::Posted;
use super::{Arrival, BATCH, GLANCE, PACKET, Packet, Refused, Replies, System, Unbound, Wait, Ways, open};

/// Room for one packet-information message of either family.
const CONTROL: usize = 64;

/// A bound datagram socket.
#[derive(Debug, Clone)]
pub(in crate::listen) struct Datagrams {
    socket: Arc<Socket>,
}

impl Datagrams {
    /// Binds `count` sockets to one address; the kernel spreads the clients over them.
    pub(super) fn bind(address: SocketAddr, count: usize, ways: Ways, system: System) -> Result<Vec<Self>, Unbound> {
        if address.port() != 0 {
            // Sockets that share a port would let a second server take half of the clients unnoticed; one that does not
            // share finds out whether somebody is there.
            open(address)?.bind(&address.into())?;
        }
        let first = Self::bind_shared(address, ways, system)?;
        let bound = first.local_address()?;
        let mut sockets = vec![first];
        for _ in 1..count {
            sockets.push(Self::bind_shared(bound, ways, system)?);
        }
        Ok(sockets)
    }

    fn bind_shared(address: SocketAddr, ways: Ways, system: System) -> Result<Self, Unbound> {
        let socket = open(address)?;
        granted("sockets that share a port", (system.share_port)(&socket))?;
        // A burst of a whole school waits here; the system may grant less.
        socket.set_recv_buffer_size(4 << 20).ok();
        // The stop flag is looked at this often when nothing comes in.
        socket.set_read_timeout(Some(GLANCE))?;
        if ways == Ways::Told || address.ip().is_unspecified() {
            granted("word of where packets come in", (system.tell_arrivals)(&socket, address))?;
        }
        granted("packets in batches", (system.try_batches)(&socket))?;
        socket.bind(&address.into())?;
        Ok(Self { socket: Arc::new(socket) })
    }

    /// Has the system tell by which interface each packet came in, from now on.
    pub(super) fn tell_arrivals(&self) -> io::Result<()> {
        tell_arrivals(&self.socket, self.local_address()?)
    }

    /// The bound address.
    pub(super) fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("not an Internet address"))
    }

    /// Sends up to [`BATCH`] replies, each from where it is to leave, without waiting.
    pub(super) fn send_all(&self, replies: &[Posted]) {
        let mut addresses = [const { MaybeUninit::<libc::sockaddr_storage>::uninit() }; BATCH];
        let mut outgoing = [const { MaybeUninit::<Outgoing>::uninit() }; BATCH];
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
        let count = replies.len().min(BATCH);
        for (at, Posted { octets, to, from }) in replies[..count].iter().enumerate() {
            let outgoing = outgoing[at].write(Outgoing::new());
            if let Some(from) = from {
                outgoing.leave_from(*from, if let SocketAddr::V6(to) = to { to.scope_id() } else { 0 });
            }
            // SAFETY: an address of all zeros is a valid, empty one.
            let address = addresses[at].write(unsafe { mem::zeroed() });
            let length = write_address(address, *to);
            let part = parts[at].write(libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() });
            headers[at].write(libc::mmsghdr { msg_hdr: outgoing.header(part, address, length), msg_len: 0 });
        }
        // SAFETY: so many headers are written above; what they point into stands there too, and outlives the call.
        unsafe { self.send_headers(&mut headers[..count], libc::MSG_DONTWAIT) };
    }

    /// Sends what the headers say, one after the other; what the system refuses is passed over.
    ///
    /// # Safety
    /// All headers must be written, and what they point to must outlive the call.
    unsafe fn send_headers(&self, headers: &mut [MaybeUninit<libc::mmsghdr>], flags: libc::c_int) {
        let mut done = 0;
        while done < headers.len() {
            let left = headers.len() - done;
            // SAFETY: the caller vouches for the headers; the kernel only reads what they point to.
            let sent = unsafe {
                libc::sendmmsg(self.socket.as_raw_fd(), headers[done..].as_mut_ptr().cast(), left as libc::c_uint, flags as _)
            };
            done += match usize::try_from(sent) {
                Ok(sent) if sent > 0 => sent,
                _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => 0,
                _ => 1,
            };
        }
    }
}

/// Tells what a system does not grant at all from what failed this time.
fn granted(what: &'static str, said: io::Result<()>) -> Result<(), Unbound> {
    const NEVER: [libc::c_int; 5] = [libc::ENOPROTOOPT, libc::EINVAL, libc::EPERM, libc::ENOSYS, libc::EOPNOTSUPP];
    said.map_err(|error| match error.raw_os_error() {
        Some(code) if NEVER.contains(&code) => Unbound::Refused(Refused { what, error }),
        _ => Unbound::Failed(error),
    })
}

/// Whether the system has the calls that take batches, by asking them for nothing.
pub(super) fn try_batches(socket: &Socket) -> io::Result<()> {
    let nothing = std::ptr::null_mut();
    // SAFETY: no header is read or written, for there are none.
    let received = unsafe { libc::recvmmsg(socket.as_raw_fd(), nothing, 0, libc::MSG_DONTWAIT as _, std::ptr::null_mut()) };
    // SAFETY: as above.
    if received < 0 || unsafe { libc::sendmmsg(socket.as_raw_fd(), nothing, 0, libc::MSG_DONTWAIT as _) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn switch_on(socket: &Socket, level: libc::c_int, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(mem::size_of_val(&on)).expect("an int is small");
    // SAFETY: `on` lives through the call and `size` is its size.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), size) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A control buffer, aligned as the kernel wants it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL]);

/// Which address a packet leaves from.
struct Outgoing {
    control: Control,
    control_len: usize,
}

impl Outgoing {
    const fn new() -> Self {
        Self { control: Control([0; CONTROL]), control_len: 0 }
    }

    /// It leaves from `local`, to somewhere in the scope of this number.
    fn leave_from(&mut self, local: IpAddr, scope: u32) {
        self.control_len = match local {
            IpAddr::V4(from) => {
                // SAFETY: packet information of all zeros is valid: no interface, any address.
                let mut packet: libc::in_pktinfo = unsafe { mem::zeroed() };
                packet.ipi_spec_dst.s_addr = u32::from_ne_bytes(from.octets());
                self.control_message(libc::IPPROTO_IP, libc::IP_PKTINFO, packet)
            }
            IpAddr::V6(from) => {
                // Only a link-local address needs its interface, and the destination's scope names it.
                let packet = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr { s6_addr: from.octets() },
                    ipi6_ifindex: if from.is_unicast_link_local() { scope } else { 0 },
                };
                self.control_message(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, packet)
            }
        };
    }

    /// Writes one control message and gives its length.
    fn control_message<T>(&mut self, level: libc::c_int, kind: libc::c_int, body: T) -> usize {
        let size = libc::c_uint::try_from(mem::size_of::<T>()).expect("packet information is small");
        // SAFETY: only arithmetic on a length.
        let (space, length) = unsafe { (libc::CMSG_SPACE(size), libc::CMSG_LEN(size)) };
        assert!(space as usize <= CONTROL, "the buffer has room for packet information of both families");
        let message = self.control.0.as_mut_ptr().cast::<libc::cmsghdr>();
        // SAFETY: the buffer is aligned for a control header and has room for header and body, as asserted.
        unsafe {
            (*message).cmsg_level = level;
            (*message).cmsg_type = kind;
            (*message).cmsg_len = length as _;
            libc::CMSG_DATA(message).cast::<T>().write_unaligned(body);
        }
        space as usize
    }

    fn header(&mut self, part: &mut libc::iovec, to: &mut libc::sockaddr_storage, to_len: libc::socklen_t) -> libc::msghdr {
        // SAFETY: a header of all zeros is valid; each field that matters is set below.
        let mut header: libc::msghdr = unsafe { mem::zeroed() };
        header.msg_name = (&raw mut *to).cast();
        header.msg_namelen = to_len;
        header.msg_iov = part;
        header.msg_iovlen = 1;
        if self.control_len > 0 {
            header.msg_control = self.control.0.as_mut_ptr().cast();
            header.msg_controllen = self.control_len as _;
        }
        header
    }
}

/// The buffers of one worker: what came in with one call, and the replies to go out with one.
pub(in crate::listen) struct Batch {
    socket: Datagrams,
    packets: Box<[[u8; PACKET]]>,
    clients: Box<[libc::sockaddr_storage]>,
    controls: Box<[Control]>,
    lengths: [usize; BATCH],
    arrivals: Box<[Arrival]>,
    pub(super) replies: Replies,
    outgoing: Vec<Outgoing>,
}

impl Batch {
    pub(super) fn new(socket: Datagrams) -> Self {
        // SAFETY: addresses of all zeros are valid, empty ones.
        let empty = unsafe { mem::zeroed::<libc::sockaddr_storage>() };
        Self {
            socket,
            packets: vec![[0; PACKET]; BATCH].into_boxed_slice(),
            clients: vec![empty; BATCH].into_boxed_slice(),
            controls: vec![Control([0; CONTROL]); BATCH].into_boxed_slice(),
            lengths: [0; BATCH],
            arrivals: vec![Arrival::default(); BATCH].into_boxed_slice(),
            replies: Replies::with_room(),
            outgoing: (0..BATCH).map(|_| Outgoing::new()).collect(),
        }
    }

    /// Takes in what is there by one call.
    pub(super) fn receive(&mut self, wait: Wait) -> io::Result<usize> {
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
        for at in 0..BATCH {
            parts[at].write(libc::iovec { iov_base: self.packets[at].as_mut_ptr().cast(), iov_len: PACKET });
            // SAFETY: a header of all zeros is valid; each field that matters is set below.
            let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
            header.msg_hdr.msg_name = (&raw mut self.clients[at]).cast();
            header.msg_hdr.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_hdr.msg_iov = parts[at].as_mut_ptr();
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = self.controls[at].0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = CONTROL as _;
            headers[at].write(header);
        }
        let flags = match wait {
            Wait::First => libc::MSG_WAITFORONE,
            Wait::Never => libc::MSG_DONTWAIT,
        };
        // SAFETY: all BATCH headers are written above and point into buffers of this batch that nobody else touches.
        let count = unsafe {
            libc::recvmmsg(
                self.socket.socket.as_raw_fd(),
                headers.as_mut_ptr().cast(),
                BATCH as libc::c_uint,
                flags as _,
                std::ptr::null_mut(),
            )
        };
        self.replies.staged = 0;
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (at, header) in headers.iter().enumerate().take(count) {
            // SAFETY: written above, and filled in by the kernel.
            let header = unsafe { header.assume_init_ref() };
            self.lengths[at] = (header.msg_len as usize).min(PACKET);
            // SAFETY: the header's control pointer and length are those that the kernel left for this packet.
            self.arrivals[at] = unsafe { arrival_of(&header.msg_hdr) };
        }
        Ok(count)
    }

    /// The packet at `at` of those that came in last.
    pub(super) fn packet(&self, at: usize) -> Packet<'_> {
        // Only these two families come in; nobody is at the unspecified address.
        let client = read_address(&self.clients[at]).unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
        Packet { octets: &self.packets[at][..self.lengths[at]], client, arrival: self.arrivals[at] }
    }

    /// Sends what is staged by one call, as long as the system refuses no packet.
    pub(super) fn send(&mut self) {
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
        for (place, (at, reply)) in self.replies.staged().enumerate() {
            let outgoing = &mut self.outgoing[place];
            outgoing.control_len = 0;
            if let Some(local) = self.arrivals[at].local {
                outgoing.leave_from(local, scope_of(&self.clients[at]));
            }
            let part = parts[place].write(libc::iovec { iov_base: reply.as_ptr().cast_mut().cast(), iov_len: reply.len() });
            let client = &mut self.clients[at];
            let length = address_length(client);
            headers[place].write(libc::mmsghdr { msg_hdr: outgoing.header(part, client, length), msg_len: 0 });
        }
        // SAFETY: the first `staged` headers are written above and point into this batch, which outlives the call.
        unsafe { self.socket.send_headers(&mut headers[..self.replies.staged], 0) };
        self.replies.staged = 0;
    }
}

/// Where a packet came in.
///
/// # Safety
/// `header` must be one that the kernel filled in, its control buffer still in place.
unsafe fn arrival_of(header: &libc::msghdr) -> Arrival {
    // SAFETY: the caller vouches for the control buffer; the macros stay within its length.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while !message.is_null() {
            let body = libc::CMSG_DATA(message);
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let packet = body.cast::<libc::in_pktinfo>().read_unaligned();
                    let local = IpAddr::V4(Ipv4Addr::from(packet.ipi_spec_dst.s_addr.to_ne_bytes()));
                    return Arrival { local: Some(local), interface: u32::try_from(packet.ipi_ifindex).unwrap_or(0) };
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let packet = body.cast::<libc::in6_pktinfo>().read_unaligned();
                    let local = IpAddr::V6(Ipv6Addr::from(packet.ipi6_addr.s6_addr));
                    return Arrival { local: Some(local), interface: packet.ipi6_ifindex };
                }
                _ => message = libc::CMSG_NXTHDR(header, message),
            }
        }
    }
    Arrival::default()
}

/// Has the system tell where each packet, or a listening socket's connection, came in.
pub(in crate::listen) fn tell_arrivals(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    match address {
        SocketAddr::V4(_) => switch_on(socket, libc::IPPROTO_IP, libc::IP_PKTINFO),
        SocketAddr::V6(_) => switch_on(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
    }
}

/// By which interface a connection came in; 0 where the system does not say.
pub(in crate::listen) fn interface_of(connection: &impl AsRawFd, local: SocketAddr) -> u32 {
    // The kernel keeps what it knew when the connection was opened, and gives it as control messages (linux/in.h, linux/in6.h).
    const IP_PKTOPTIONS: libc::c_int = 9;
    const IPV6_2292PKTOPTIONS: libc::c_int = 6;
    let (level, option) = match local {
        SocketAddr::V4(_) => (libc::IPPROTO_IP, IP_PKTOPTIONS),
        SocketAddr::V6(_) => (libc::IPPROTO_IPV6, IPV6_2292PKTOPTIONS),
    };
    // Room for the other things that it may tell beside packet information.
    let mut room = [Control([0; CONTROL]); 4];
    let mut length = libc::socklen_t::try_from(mem::size_of_val(&room)).expect("a few hundred octets");
    // SAFETY: `room` and `length` live through the call, and `length` is the size of `room`.
    let result = unsafe { libc::getsockopt(connection.as_raw_fd(), level, option, room.as_mut_ptr().cast(), &raw mut length) };
    if result < 0 {
        return 0;
    }
    // SAFETY: a header of all zeros is valid; its control buffer is what the kernel wrote, of the length that it says.
    unsafe {
        let mut header: libc::msghdr = mem::zeroed();
        header.msg_control = room.as_mut_ptr().cast();
        header.msg_controllen = length as _;
        arrival_of(&header).interface
    }
}

/// The number of the interface of this name.
pub fn interface_number(name: &str) -> Option<NonZeroU32> {
    let name = CString::new(name).ok()?;
    // SAFETY: `name` ends in a zero octet and lives through the call.
    NonZeroU32::new(unsafe { libc::if_nametoindex(name.as_ptr()) })
}

/// How much of the storage an address takes.
fn address_length(storage: &libc::sockaddr_storage) -> libc::socklen_t {
    let size = match libc::c_int::from(storage.ss_family) {
        libc::AF_INET6 => mem::size_of::<libc::sockaddr_in6>(),
        _ => mem::size_of::<libc::sockaddr_in>(),
    };
    size as libc::socklen_t
}

/// The scope of an address, which IPv6 has for link-local ones.
fn scope_of(storage: &libc::sockaddr_storage) -> u32 {
    match read_address(storage) {
        Some(SocketAddr::V6(address)) => address.scope_id(),
        Some(SocketAddr::V4(_)) | None => 0,
    }
}

fn read_address(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let at = (&raw const *storage).cast::<libc::c_void>();
    match libc::c_int::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says which address lies in the storage, which is large and aligned enough for both.
            let address = unsafe { &*at.cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddrV4::new(ip, u16::from_be(address.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let address = unsafe { &*at.cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(address.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(address.sin6_port), address.sin6_flowinfo, address.sin6_scope_id).into())
        }
        _ => None,
    }
}

fn write_address(storage: &mut libc::sockaddr_storage, address: SocketAddr) -> libc::socklen_t {
    let at = (&raw mut *storage).cast::<libc::c_void>();
    let size = match address {
        SocketAddr::V4(address) => {
            // SAFETY: an address of all zeros is valid.
            let mut raw: libc::sockaddr_in = unsafe { mem::zeroed() };
            raw.sin_family = libc::AF_INET as libc::sa_family_t;
            raw.sin_port = address.port().to_be();
            raw.sin_addr.s_addr = u32::from_ne_bytes(address.ip().octets());
            // SAFETY: the storage is large and aligned enough for either family.
            unsafe { at.cast::<libc::sockaddr_in>().write(raw) };
            mem::size_of::<libc::sockaddr_in>()
        }
        SocketAddr::V6(address) => {
            // SAFETY: an address of all zeros is valid.
            let mut raw: libc::sockaddr_in6 = unsafe { mem::zeroed() };
            raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            raw.sin6_port = address.port().to_be();
            raw.sin6_addr.s6_addr = address.ip().octets();
            raw.sin6_flowinfo = address.flowinfo();
            raw.sin6_scope_id = address.scope_id();
            // SAFETY: as above.
            unsafe { at.cast::<libc::sockaddr_in6>().write(raw) };
            mem::size_of::<libc::sockaddr_in6>()
        }
    };
    libc::socklen_t::try_from(size).expect("an address is small")
}
