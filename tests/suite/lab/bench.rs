//! One router between four links, all ends of which are ours.
use std::collections::BTreeMap;
use std::io;

use bunri::cli::lab::craft;
use bunri::cli::lab::space::Space;
use bunri::cli::lab::wire::{BATCH, Ears, Forget, PROTOCOLS, Port};
use bunri::model::{Flow, PORT_PROTOCOLS, proto};

use super::plan::{INTERFACES, Plan};

/// Which of the two implementations loads and saves the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Legacy,
    Nft,
}

impl Backend {
    fn tool(self, family: &str, what: &str) -> String {
        let variant = match self {
            Backend::Legacy => "legacy",
            Backend::Nft => "nft",
        };
        format!("{family}-{variant}-{what}")
    }
}

/// A packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// Index into [`INTERFACES`].
    pub ingress: usize,
    pub flow: Flow,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observed {
    /// It left by this interface.
    Out(usize, Flow),
    /// It was delivered to the router. The destination of IPv6 is not shown.
    Local(Flow),
    /// Nowhere.
    Gone,
}

/// What the router's own tools print of it.
pub struct Export {
    pub rules: String,
    pub rules6: String,
    pub addresses: String,
    pub routes: String,
    pub routes6: String,
    pub policy: String,
    pub policy6: String,
    pub sysctl: String,
}

pub struct Bench {
    router: Space,
    far: Space,
    ports: Vec<Port>,
    ears: Ears,
    forget: Forget,
    backend: Backend,
    tag: u64,
}

impl Bench {
    pub fn new(plan: &Plan, backend: Backend) -> io::Result<Bench> {
        let (router, far) = (Space::new()?, Space::new()?);
        far.run(
            "sysctl",
            &["-q", "-p", "-"],
            "net/ipv6/conf/all/disable_ipv6 = 1\nnet/ipv6/conf/default/disable_ipv6 = 1\n",
        )?;
        router.run(
            "sysctl",
            &["-q", "-p", "-"],
            "net/ipv6/conf/default/accept_dad = 0\nnet/ipv6/conf/default/accept_ra = 0\n",
        )?;
        let mut links = String::from("link set lo up\n");
        let mut ends = String::new();
        for (at, name) in INTERFACES.iter().enumerate() {
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
        router.run("ip", &["-batch", "-"], &plan.ip)?;
        router.run("ip", &["-6", "-batch", "-"], &plan.ip6)?;
        router.run("sysctl", &["-q", "-p", "-"], &plan.sysctl)?;
        let ports =
            (0..INTERFACES.len()).map(|at| Port::open(&far, &format!("f{at}"))).collect::<io::Result<_>>()?;
        let (ears, forget) = (Ears::open(&router)?, Forget::open(&router)?);
        Ok(Bench { router, far, ports, ears, forget, backend, tag: 0 })
    }

    /// Loads rules; the error is what the tool says.
    pub fn load(&self, v4: &str, v6: &str) -> io::Result<()> {
        load(&self.router, self.backend, v4, v6)
    }

    pub fn export(&self) -> io::Result<Export> {
        export(&self.router, self.backend)
    }

    /// Sends every packet and says what became of each. Sessions are forgotten between batches in which no packet can
    /// be taken for the answer to another, or want the same port after translation.
    pub fn send(&mut self, probes: &[Probe]) -> io::Result<Vec<Observed>> {
        let mut out = vec![Observed::Gone; probes.len()];
        let mut waiting: Vec<usize> = (0..probes.len()).collect();
        let first = self.tag;
        self.tag += probes.len() as u64;
        while !waiting.is_empty() {
            self.forget.all()?;
            let mut batch = Batch::default();
            let (now, later) =
                waiting.into_iter().partition::<Vec<_>, _>(|at| batch.admits(&probes[*at].flow));
            waiting = later;
            for at in now {
                let probe = probes[at];
                let frame = craft::frame(&probe.flow, first + at as u64)
                    .ok_or_else(|| io::Error::other("no such packet"))?;
                self.ports[probe.ingress].send(&frame)?;
            }
            self.collect(first, probes, &mut out)?;
        }
        Ok(out)
    }

    fn collect(&mut self, first: u64, probes: &[Probe], out: &mut [Observed]) -> io::Result<()> {
        let mut note = |tag: u64, what: Observed, protocol: u8, icmp: u16| -> io::Result<()> {
            let at = usize::try_from(tag.wrapping_sub(first)).unwrap();
            let Some(slot) = out.get_mut(at) else {
                return Err(io::Error::other("a packet of an earlier run came out late: the run is unsound"));
            };
            let sent = &probes[at].flow;
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
    pub fn lost(&self) -> io::Result<u64> {
        Ok(lost(&self.far)? + lost(&self.router)?)
    }
}

/// Loads the rules of both families; the error is what the tool says.
pub fn load(space: &Space, backend: Backend, v4: &str, v6: &str) -> io::Result<()> {
    space.run(&backend.tool("iptables", "restore"), &[], v4)?;
    space.run(&backend.tool("ip6tables", "restore"), &[], v6)?;
    Ok(())
}

/// What a box's own tools say of it.
pub fn export(space: &Space, backend: Backend) -> io::Result<Export> {
    let run = |program: &str, args: &[&str]| space.run(program, args, "");
    Ok(Export {
        rules: run(&backend.tool("iptables", "save"), &[])?,
        rules6: run(&backend.tool("ip6tables", "save"), &[])?,
        addresses: run("ip", &["addr", "show"])?,
        routes: run("ip", &["route", "show", "table", "all"])?,
        routes6: run("ip", &["-6", "route", "show", "table", "all"])?,
        policy: run("ip", &["rule", "show"])?,
        policy6: run("ip", &["-6", "rule", "show"])?,
        sysctl: run("sysctl", &["-a"])?,
    })
}

/// Frames that found no room at the sockets and interfaces of a namespace.
pub fn lost(space: &Space) -> io::Result<u64> {
    let mut lost = 0;
    for kind in ["--packet", "--raw"] {
        // skmem:(…,d<drops>)
        let text = space.run("ss", &[kind, "--all", "--memory", "--no-header"], "")?;
        let all = text.split("skmem:(").skip(1).filter_map(|t| t.split(')').next()?.rsplit(",d").next());
        lost += all.map(|d| d.parse::<u64>().expect("ss prints drops")).sum::<u64>();
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
    sources: BTreeMap<(u8, u16), ()>,
    targets: BTreeMap<(u8, u16), ()>,
    bare: BTreeMap<u8, ()>,
}

impl Batch {
    /// Whether it may come too; then it is counted in.
    pub fn admits(&mut self, flow: &Flow) -> bool {
        let tracked_by_port = [proto::TCP, proto::UDP, proto::SCTP].contains(&flow.proto);
        let free = if tracked_by_port {
            let (source, target) = ((flow.proto, flow.sport), (flow.proto, flow.dport));
            !self.sources.contains_key(&source)
                && !self.targets.contains_key(&source)
                && !self.sources.contains_key(&target)
        } else if flow.proto == proto::ICMP || flow.proto == proto::ICMPV6 {
            true
        } else {
            !self.bare.contains_key(&flow.proto)
        };
        if self.size >= BATCH || !free {
            return false;
        }
        self.size += 1;
        if PORT_PROTOCOLS.contains(&flow.proto) {
            self.sources.insert((flow.proto, flow.sport), ());
            self.targets.insert((flow.proto, flow.dport), ());
        }
        self.bare.insert(flow.proto, ());
        true
    }
}

/// Protocols of probes: those whose delivery can be seen.
pub fn protocols() -> &'static [u8] {
    &PROTOCOLS
}
