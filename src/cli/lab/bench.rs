//! One box between links, all ends of which are ours.
use std::collections::BTreeSet;
use std::io;

use super::craft;
use super::space::Space;
use super::wire::{BATCH, Ears, Forget, Port};
use crate::model::{Flow, PORT_PROTOCOLS, proto};

/// A packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// Number of the interface where it comes in.
    pub ingress: usize,
    /// The packet.
    pub flow: Flow,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observed {
    /// It left by this interface.
    Out(usize, Flow),
    /// It was delivered to the box. The destination of IPv6 is not shown.
    Local(Flow),
    /// Nowhere.
    Gone,
}

/// The box and what listens at its ends.
pub struct Bench {
    router: Space,
    far: Space,
    ports: Vec<Port>,
    ears: Ears,
    forget: Forget,
    tag: u64,
}

impl Bench {
    /// A box with these interfaces, up and without addresses. Each is a veth, whatever its name.
    ///
    /// # Errors
    /// No permission; a name that the kernel refuses.
    pub fn new(interfaces: &[&str]) -> io::Result<Bench> {
        let (router, far) = (Space::new()?, Space::new()?);
        far.run(
            "sysctl",
            &["-q", "-p", "-"],
            "net/ipv6/conf/all/disable_ipv6 = 1\nnet/ipv6/conf/default/disable_ipv6 = 1\n",
        )?;
        // Nothing of a real box's own traffic, and no answer held back.
        router.run(
            "sysctl",
            &["-q", "-p", "-"],
            "net/ipv6/conf/default/accept_dad = 0\nnet/ipv6/conf/default/accept_ra = 0\n\
             net/ipv4/icmp_ratelimit = 0\nnet/ipv6/icmp/ratelimit = 0\n",
        )?;
        let mut links = String::from("link set lo up\n");
        let mut ends = String::new();
        for (at, name) in interfaces.iter().enumerate() {
            links += &format!(
                "link add {name} address {mac} arp off type veth peer name f{at} address {mac} arp off netns {pid}\n",
                mac = craft::MAC,
                pid = far.pid()
            );
            links += &format!("link set {name} up\n");
            ends += &format!("link set f{at} arp off\nlink set f{at} up\n");
        }
        router.run("ip", &["-batch", "-"], &links)?;
        far.run("ip", &["-batch", "-"], &ends)?;
        let ports =
            (0..interfaces.len()).map(|at| Port::open(&far, &format!("f{at}"))).collect::<io::Result<_>>()?;
        let (ears, forget) = (Ears::open(&router)?, Forget::open(&router)?);
        Ok(Bench { router, far, ports, ears, forget, tag: 0 })
    }

    /// Addresses, routes and policy rules as lines for `ip -batch` (IPv4, then IPv6), settings as lines for `sysctl`.
    ///
    /// # Errors
    /// What the tools say.
    pub fn set_up(&self, ip: [&str; 2], sysctl: &str) -> io::Result<()> {
        let [four, six] = ip;
        self.router.run("ip", &["-batch", "-"], four)?;
        self.router.run("ip", &["-6", "-batch", "-"], six)?;
        // -e: what this kernel does not know is passed over.
        self.router.run("sysctl", &["-e", "-q", "-p", "-"], sysctl)?;
        Ok(())
    }

    /// Where the box runs.
    pub fn router(&self) -> &Space {
        &self.router
    }

    /// Sends every packet and says what became of each. Sessions are forgotten between batches in which no packet can
    /// be taken for the answer to another, or want the same port after translation.
    ///
    /// # Errors
    /// The kernel's; a packet that cannot be made (see [`craft::frame`]); one that came out twice or late.
    pub fn send(&mut self, probes: &[Probe]) -> io::Result<Vec<Observed>> {
        let mut out = vec![Observed::Gone; probes.len()];
        let first = self.tag;
        self.tag += probes.len() as u64;
        let mut waiting: Vec<(u64, &Probe)> = (first..).zip(probes).collect();
        while !waiting.is_empty() {
            self.forget.all()?;
            let mut batch = Batch::default();
            let (now, later) =
                waiting.into_iter().partition::<Vec<_>, _>(|(_, probe)| batch.admits(&probe.flow));
            waiting = later;
            for (tag, probe) in now {
                let frame = craft::frame(&probe.flow, tag);
                let frame = frame.ok_or_else(|| io::Error::other("no such packet"))?;
                let port = self.ports.get_mut(probe.ingress);
                port.ok_or_else(|| io::Error::other("no such interface"))?.send(&frame)?;
            }
            self.collect(first, probes, &mut out)?;
        }
        Ok(out)
    }

    fn collect(&mut self, first: u64, probes: &[Probe], out: &mut [Observed]) -> io::Result<()> {
        let mut note = |tag: u64, what: Observed, protocol: u8, icmp: u16| -> io::Result<()> {
            let at = usize::try_from(tag.wrapping_sub(first)).unwrap_or(usize::MAX);
            let (Some(slot), Some(probe)) = (out.get_mut(at), probes.get(at)) else {
                return Err(io::Error::other("a packet of an earlier run came out late: the run is unsound"));
            };
            let sent = &probe.flow;
            if protocol != sent.proto || icmp != sent.icmp {
                // The answer of somebody's own stack.
                return Ok(());
            }
            if *slot != Observed::Gone && *slot != what {
                return Err(io::Error::other(format!("{sent} came out twice: {slot:?}, {what:?}")));
            }
            *slot = what;
            Ok(())
        };
        for (port, end) in self.ports.iter_mut().enumerate() {
            for seen in end.take()? {
                note(seen.tag, Observed::Out(port, seen.flow), seen.flow.proto, seen.flow.icmp)?;
            }
        }
        for seen in self.ears.take()? {
            note(seen.tag, Observed::Local(seen.flow), seen.flow.proto, seen.flow.icmp)?;
        }
        Ok(())
    }

    /// Everything that was lost on the way for want of room; anything but 0 makes the run unsound.
    ///
    /// # Errors
    /// See [`lost`].
    pub fn lost(&self) -> io::Result<u64> {
        Ok(lost(&self.far)? + lost(&self.router)?)
    }
}

/// Frames that found no room at the sockets and interfaces of a namespace.
///
/// # Errors
/// A tool is missing, or prints something else.
pub fn lost(space: &Space) -> io::Result<u64> {
    let mut lost = 0;
    let odd = || io::Error::other("`ss` prints no drops");
    for kind in ["--packet", "--raw"] {
        // skmem:(…,d<drops>)
        let text = space.run("ss", &[kind, "--all", "--memory", "--no-header"], "")?;
        let all = text.split("skmem:(").skip(1).filter_map(|t| t.split(')').next()?.rsplit(",d").next());
        for drops in all {
            lost += drops.parse::<u64>().map_err(|_| odd())?;
        }
    }
    for line in space.run("cat", &["/proc/net/dev"], "")?.lines().skip(2) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // Errors and overruns, receiving and sending.
        lost += [3, 5, 11, 13].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum::<u64>();
    }
    Ok(lost)
}

/// Packets that do not disturb each other.
#[derive(Default)]
pub struct Batch {
    size: usize,
    sources: BTreeSet<(u8, u16)>,
    targets: BTreeSet<(u8, u16)>,
    bare: BTreeSet<u8>,
}

impl Batch {
    /// Whether it may come too; then it is counted in.
    pub fn admits(&mut self, flow: &Flow) -> bool {
        let tracked_by_port = [proto::TCP, proto::UDP, proto::SCTP].contains(&flow.proto);
        let free = if tracked_by_port {
            let (source, target) = ((flow.proto, flow.sport), (flow.proto, flow.dport));
            !self.sources.contains(&source)
                && !self.targets.contains(&source)
                && !self.sources.contains(&target)
        } else if flow.proto == proto::ICMP || flow.proto == proto::ICMPV6 {
            true
        } else {
            !self.bare.contains(&flow.proto)
        };
        if self.size >= BATCH || !free {
            return false;
        }
        self.size += 1;
        if PORT_PROTOCOLS.contains(&flow.proto) {
            self.sources.insert((flow.proto, flow.sport));
            self.targets.insert((flow.proto, flow.dport));
        }
        self.bare.insert(flow.proto);
        true
    }
}
