//! The ends of the laboratory's links: frames in and out, deliveries to a box itself, sessions forgotten.
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use pnet::datalink::{self, Channel, Config, DataLinkReceiver, DataLinkSender};
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, recvfrom, send,
    socket_with, sockopt,
};

use super::craft::{self, Seen};
use super::space::Space;
use crate::model::{Family, proto};

/// Frames that may be waiting at one end before somebody looks: the kernel's usual buffer holds about 270.
pub const BATCH: usize = 64;

/// One end of a link.
pub struct Port {
    tx: Box<dyn DataLinkSender>,
    rx: Box<dyn DataLinkReceiver>,
}

impl Port {
    /// The end with this name in a namespace.
    ///
    /// # Errors
    /// No such interface, no permission.
    pub fn open(space: &Space, name: &str) -> io::Result<Port> {
        space.within(|| {
            let all = datalink::interfaces();
            let interface = all.into_iter().find(|i| i.name == name);
            let interface = interface.ok_or_else(|| io::Error::other(format!("no interface `{name}`")))?;
            let config = Config { read_timeout: Some(Duration::ZERO), ..Config::default() };
            match datalink::channel(&interface, config)? {
                Channel::Ethernet(tx, rx) => Ok(Port { tx, rx }),
                _ => Err(io::Error::other("no Ethernet channel")),
            }
        })
    }

    /// Puts a frame on the wire. Whoever is at the other end has dealt with it when this returns, unless the machine
    /// is busy: see [`Port::take`].
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.tx.send_to(frame, None).unwrap_or_else(|| Err(io::Error::other("nothing was sent")))
    }

    /// Our packets that came in since the last time, also late ones: the tag tells which.
    ///
    /// # Errors
    /// The kernel's.
    pub fn take(&mut self) -> io::Result<Vec<Seen>> {
        let mut out = Vec::new();
        loop {
            match self.rx.next() {
                Ok(frame) => out.extend(craft::read(frame)),
                Err(e) if e.kind() == io::ErrorKind::TimedOut => return Ok(out),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// Protocols whose delivery to a box can be seen.
pub const PROTOCOLS: [u8; 13] = [
    proto::ICMP,
    2,
    proto::TCP,
    proto::UDP,
    proto::DCCP,
    47,
    50,
    proto::ICMPV6,
    89,
    103,
    proto::SCTP,
    proto::UDPLITE,
    253,
];

/// Sees what is delivered to a box itself: raw sockets get a copy of everything that passed INPUT.
pub struct Ears {
    sockets: Vec<(Family, u8, OwnedFd)>,
}

impl Ears {
    /// Listens in a namespace.
    ///
    /// # Errors
    /// No permission.
    pub fn open(space: &Space) -> io::Result<Ears> {
        space.within(|| {
            let mut sockets = Vec::new();
            for family in Family::ALL {
                let domain = match family {
                    Family::V4 => AddressFamily::INET,
                    Family::V6 => AddressFamily::INET6,
                };
                for number in PROTOCOLS {
                    let protocol = std::num::NonZeroU32::new(u32::from(number)).map(Protocol::from_raw);
                    let socket = socket_with(domain, SocketType::RAW, SocketFlags::NONBLOCK, protocol)?;
                    sockopt::set_socket_recv_buffer_size(&socket, 1 << 20)?;
                    sockets.push((family, number, socket));
                }
            }
            Ok(Ears { sockets })
        })
    }

    /// What was delivered since the last time. The destination of an IPv6 packet is not shown: it is 0.
    ///
    /// # Errors
    /// The kernel's.
    pub fn take(&self) -> io::Result<Vec<Seen>> {
        let mut out = Vec::new();
        let mut buffer = [0; 2048];
        for (family, protocol, socket) in &self.sockets {
            loop {
                let (length, from) = match recvfrom(socket, &mut buffer, RecvFlags::DONTWAIT) {
                    Ok((length, _, from)) => (length, from),
                    Err(rustix::io::Errno::AGAIN) => break,
                    Err(rustix::io::Errno::INTR) => continue,
                    Err(e) => return Err(e.into()),
                };
                let Some(bytes) = buffer.get(..length) else { continue };
                let from = from.and_then(|a| std::net::SocketAddr::try_from(a).ok());
                let src = from.map_or(0, |a| Family::number(a.ip()));
                out.extend(match family {
                    Family::V4 => craft::read_ip4(bytes),
                    Family::V6 => craft::read_transport(Family::V6, src, 0, *protocol, bytes),
                });
            }
        }
        Ok(out)
    }
}

/// Makes a box forget its sessions.
pub struct Forget {
    socket: OwnedFd,
}

impl Forget {
    /// For the box in a namespace.
    ///
    /// # Errors
    /// No permission, no connection tracking over netlink.
    pub fn open(space: &Space) -> io::Result<Forget> {
        space.within(|| {
            let socket = socket_with(
                AddressFamily::NETLINK,
                SocketType::RAW,
                SocketFlags::empty(),
                Some(netlink::NETFILTER),
            )?;
            bind(&socket, &SocketAddrNetlink::new(0, 0))?;
            Ok(Forget { socket })
        })
    }

    /// Every session, of both families.
    ///
    /// # Errors
    /// The kernel's answer.
    pub fn all(&self) -> io::Result<()> {
        // include/uapi/linux/netfilter/nfnetlink{,_conntrack}.h: subsystem 1, message 2 (delete); no filter: everything.
        const DELETE: u16 = (1 << 8) | 2;
        // NLM_F_REQUEST, NLM_F_ACK
        const FLAGS: u16 = 1 | 4;
        let mut message = Vec::with_capacity(20);
        message.extend(20u32.to_ne_bytes());
        message.extend(DELETE.to_ne_bytes());
        message.extend(FLAGS.to_ne_bytes());
        // Sequence and port, then family, version and resource: none.
        message.extend([0; 12]);
        send(&self.socket, &message, SendFlags::empty())?;
        let mut answer = [0; 512];
        let (length, _) = recv(&self.socket, &mut answer, RecvFlags::empty())?;
        let error = answer.get(16..20.min(length)).and_then(|b| <[u8; 4]>::try_from(b).ok());
        match error.map(i32::from_ne_bytes) {
            Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(-code)),
            None => Err(io::Error::other("no answer from connection tracking")),
        }
    }
}
