//! A router of a site made anew from its exports, and its packets judged.
use std::io;

use super::bench::{Bench, Observed, Probe};
use super::judge::{Contradiction, Judge};
use super::probes::probes;
use super::said::{self, Said, Way, said};
use crate::model::{Device, Flow, IfId};
use crate::msg;
use crate::report::lab::{End, Refuted, Router};
use crate::source::Msg;
use crate::vendor::iptables::replay::Setup;

/// Refuted packets kept for the answer.
const REFUTED: usize = 20;

/// The release of the kernel that judges.
pub(super) fn kernel() -> String {
    let name = rustix::system::uname();
    format!("{} {}", name.sysname().to_string_lossy(), name.release().to_string_lossy())
}

/// A router on the bench.
pub struct Made<'d> {
    /// The model of it.
    pub device: &'d Device,
    bench: Bench,
    /// The interface of each end of the bench.
    interfaces: Vec<IfId>,
}

impl<'d> Made<'d> {
    /// Makes the router.
    ///
    /// # Errors
    /// What is missing, or what a tool says.
    pub fn new(device: &'d Device, setup: &Setup) -> Result<Made<'d>, Msg> {
        let known = |name: &&String| device.interface(name).is_some();
        let names: Vec<&str> = setup.interfaces.iter().filter(known).map(String::as_str).collect();
        let interfaces: Vec<IfId> = names.iter().filter_map(|name| device.interface(name)).collect();
        if names.is_empty() {
            return Err(msg!(
                "its interfaces are not shown (`ip addr`)",
                "インターフェース(`ip addr`)が不明である"
            ));
        }
        let [Some(four), Some(six)] = &setup.rules else {
            return Err(msg!(
                "the rules of one family are not shown (`iptables-save`, `ip6tables-save`)",
                "IPv4 又は IPv6 のルール(`iptables-save`、`ip6tables-save`)が不明である"
            ));
        };
        let bench = make(&names, setup, [four, six]).map_err(|e| msg!("{e}", "{e}"))?;
        Ok(Made { device, bench, interfaces })
    }

    /// Sends what tells most about it.
    pub fn judge(&mut self, missing: Vec<Msg>, edges: usize) -> Router {
        let mut out = Router { missing, ..Router::made(&self.device.name) };
        let numbered: Vec<(usize, IfId)> = self.interfaces.iter().copied().enumerate().collect();
        let ready = probes(self.device, &numbered, edges)
            .and_then(|found| Ok((found, Judge::new(self.device, self.interfaces.clone(), edges)?)));
        let Ok(((probes, more), mut judge)) = ready else {
            out.reason = Some(msg!("the analysis exceeded its limits", "解析が上限を超えた"));
            return out;
        };
        out.truncated = more;
        if let Err(e) = self.send(&mut judge, &probes, &mut out) {
            out.reason = Some(msg!("{e}", "{e}"));
        }
        out
    }

    fn send(&mut self, judge: &mut Judge<'_>, probes: &[Probe], out: &mut Router) -> io::Result<()> {
        let seen = self.bench.send(probes)?;
        for (probe, observed) in probes.iter().zip(seen) {
            out.packets += 1;
            let decided = match judge.judge(probe, observed) {
                Ok(decided) => decided,
                Err(_) => {
                    // Once more, alone: translations of one batch may have wanted the same port.
                    let observed = self.alone(probe)?;
                    match judge.judge(probe, observed) {
                        Ok(decided) => decided,
                        Err(why) => {
                            out.refuted += 1;
                            if out.examples.len() < REFUTED {
                                out.examples.push(self.refuted(probe, observed, why)?);
                            }
                            false
                        }
                    }
                }
            };
            out.confirmed += usize::from(decided);
        }
        match self.bench.lost()? {
            0 => Ok(()),
            n => Err(io::Error::other(format!("{n} frames were lost: the run proves nothing"))),
        }
    }

    /// Where one packet ends; `None` if that is no end that the analysis holds possible.
    pub(super) fn sent(&mut self, probe: &Probe) -> io::Result<Option<End>> {
        let observed = self.alone(probe)?;
        let ((way, header), said) = self.compare(probe, observed)?;
        Ok((!said.refuted()).then(|| self.end(way, header)))
    }

    /// What became of one packet.
    fn alone(&mut self, probe: &Probe) -> io::Result<Observed> {
        let seen = self.bench.send(&[*probe])?;
        seen.first().copied().ok_or_else(|| io::Error::other("nothing was sent"))
    }

    fn compare(&self, probe: &Probe, observed: Observed) -> io::Result<((Way, Option<Flow>), Said)> {
        let odd = || io::Error::other("no such interface");
        let real = said::seen(observed, |at| self.interfaces.get(at).copied()).ok_or_else(odd)?;
        let ingress = self.interfaces.get(probe.ingress).copied().ok_or_else(odd)?;
        let said =
            said(self.device, ingress, &probe.flow, real).map_err(|e| io::Error::other(e.to_string()))?;
        Ok((real, said))
    }

    fn refuted(&self, probe: &Probe, observed: Observed, why: Contradiction) -> io::Result<Refuted> {
        let odd = || io::Error::other("no such interface");
        let (way, header) = said::seen(observed, |at| self.interfaces.get(at).copied()).ok_or_else(odd)?;
        Ok(Refuted {
            ingress: self.interfaces.get(probe.ingress).map(|id| self.name(*id)).unwrap_or_default(),
            packet: probe.flow,
            kernel: self.end(way, header),
            why: why.what,
            expected: why.possible.iter().map(|(way, header)| self.end(*way, Some(*header))).collect(),
        })
    }

    fn end(&self, way: Way, header: Option<Flow>) -> End {
        match (way, header) {
            (Way::Out(id), Some(header)) => End::Out(self.name(id), header),
            (Way::Local, _) => End::Local,
            (Way::Gone | Way::Out(_), _) => End::Gone,
        }
    }

    /// The end of the bench that stands for an interface.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        let id = self.device.interface(name)?;
        self.interfaces.iter().position(|i| *i == id)
    }

    fn name(&self, id: IfId) -> String {
        self.device.interfaces.get(id.index()).map(|i| i.name.value.clone()).unwrap_or_default()
    }
}

fn make(names: &[&str], setup: &Setup, [four, six]: [&String; 2]) -> io::Result<Bench> {
    let bench = Bench::new(names)?;
    let [ip4, ip6] = &setup.ip;
    bench.set_up([ip4, ip6], &setup.sysctl)?;
    for (family, rules) in [("iptables", four), ("ip6tables", six)] {
        load(&bench, family, rules)?;
    }
    Ok(bench)
}

/// Loads rules with the first variant of the tool that takes them; else what the usual one says.
fn load(bench: &Bench, family: &str, rules: &str) -> io::Result<()> {
    let run = |tool: String| bench.router().run(&tool, &[], rules).map(|_| ());
    let usual = run(format!("{family}-restore"));
    let others = ["legacy", "nft"].map(|variant| format!("{family}-{variant}-restore"));
    usual.or_else(|said| if others.into_iter().any(|tool| run(tool).is_ok()) { Ok(()) } else { Err(said) })
}
