//! `bunri trace`: single packets, on one device or over a site.

use std::path::Path;

use super::args::DeviceFiles;
use super::device;
use super::failure::Failure;
use super::files::{read_file, read_stdin};
use super::places::{Entry as Place, LOCAL, in_site, on_device};
use super::run::{Answer, Run};
use super::site;
use crate::analysis::concrete::{
    Arrival, Entry, EntryPoint, Options, Simulation, SiteBranch, device_branches, reaches, simulate,
};
use crate::model::State;
use crate::msg;
use crate::network::{NextHop, Site};
use crate::report;
use crate::report::json::{SCHEMA_VERSION, TraceAnswer, TraceReport, TraceVerdict, device_trace, site_trace};
use crate::report::packets::{PacketRequest, parse};
use crate::source::{Lang, Msg, decode};

/// Exit code where something is undetermined.
const UNDETERMINED: u8 = 3;

/// Largest packet file, bytes.
const PACKETS: u64 = 64 << 20;

/// Follows packets through one device.
pub(super) fn on_one_device(run: &mut Run, files: &DeviceFiles, packets: &Path) -> Result<Answer, Failure> {
    let packets = read_packets(run, packets)?;
    let names = packets.iter().flat_map(|p| [Some(&p.at), p.out.as_ref()]).flatten();
    let mut names: Vec<String> = names.filter(|n| *n != LOCAL).cloned().collect();
    names.sort();
    names.dedup();
    let read = device::load(files, &names, &run.limits)?;
    run.inputs.extend(read.inputs.iter().cloned());
    device::remark(&read.sources, &read.reading.diagnostics, run.common.lang);
    let mut verdicts = Vec::new();
    let mut errors = Vec::new();
    for packet in &packets {
        match trace_device(&read, packet, run.common.lang) {
            Ok(verdict) => verdicts.push(verdict),
            Err(e) => errors.push(named(packet, &e)),
        }
    }
    if errors.is_empty() { Ok(answer(run, verdicts)) } else { Err(some(errors).into()) }
}

/// Most errors printed for one packet file.
fn some(mut errors: Vec<Msg>) -> Vec<Msg> {
    errors.truncate(20);
    errors
}

fn read_packets(run: &mut Run, path: &Path) -> Result<Vec<PacketRequest>, Failure> {
    let bytes = if path.as_os_str() == "-" {
        read_stdin(PACKETS)?
    } else {
        run.inputs.push(path.to_owned());
        read_file(path, PACKETS)?
    };
    Ok(parse(&decode(&bytes).text)?)
}

fn named(packet: &PacketRequest, what: &Msg) -> Msg {
    let id = &packet.id;
    let (en, ja) = (what.text(Lang::En), what.text(Lang::Ja));
    msg!("packet {id}: {en}", "パケット {id}: {ja}")
}

fn answer(run: &Run, verdicts: Vec<TraceVerdict>) -> Answer {
    let open = verdicts.iter().any(|v| v.verdict == TraceAnswer::Undetermined);
    let report = TraceReport { schema_version: SCHEMA_VERSION, verdicts };
    let text = run.render(&report, |style| report::trace(&report, style));
    Answer { text, code: if open { UNDETERMINED } else { 0 } }
}

/// Later fragments have no ports, and the model of a packet has no fragments.
fn fragment(packet: &PacketRequest, lang: Lang) -> Option<TraceVerdict> {
    let reason = msg!("later fragments are not modelled", "後続の断片は解析の対象としていない");
    packet.later_fragment.then(|| TraceVerdict::unanswered(&packet.id, &reason, lang))
}

/// `None`: a packet without a session, whose state the device's own rules tell.
fn state(packet: &PacketRequest) -> Option<State> {
    (packet.state != State::New).then_some(packet.state)
}

fn trace_device(device: &device::OneDevice, packet: &PacketRequest, lang: Lang) -> Result<TraceVerdict, Msg> {
    let devices = &device.reading.devices;
    let (at, place) = on_device(devices, &packet.at)?;
    let Some(on) = devices.get(at) else {
        return Err(msg!("no device was read", "読み込めた機器がない"));
    };
    let egress = match packet.out.as_deref() {
        None => None,
        Some(name) => match on_device(devices, name)? {
            (same, Place::Interface(id)) if same == at => Some(id),
            _ => {
                return Err(msg!(
                    "`out` must be an interface of the same device",
                    "`out` には同じ機器のインターフェースを記載する"
                ));
            }
        },
    };
    if let Some(verdict) = fragment(packet, lang) {
        return Ok(verdict);
    }
    let from = match place {
        Place::Interface(id) => EntryPoint::Ingress(id),
        Place::Local => EntryPoint::Local,
    };
    let entry = Entry { forced_egress: egress, state: state(packet), mark: packet.mark, ..Entry::new(from) };
    let result = device_branches(on, &packet.flow, &entry);
    Ok(device_trace(&device.sources, on, &packet.id, &result, lang))
}

/// Follows packets through a site.
pub(super) fn over_site(run: &mut Run, folder: &Path, packets: &Path) -> Result<Answer, Failure> {
    let packets = read_packets(run, packets)?;
    let site = site::load(run, folder)?;
    device::remark(&site.sources, &site.diagnostics, run.common.lang);
    run.progress.stage(&msg!("following packets", "パケットを追跡中"));
    let mut verdicts = Vec::new();
    let mut errors = Vec::new();
    for packet in &packets {
        match trace_site(&site, packet, run.common.lang) {
            Ok(verdict) => verdicts.push(verdict),
            Err(e) => errors.push(named(packet, &e)),
        }
    }
    if errors.is_empty() { Ok(answer(run, verdicts)) } else { Err(some(errors).into()) }
}

fn trace_site(site: &Site, packet: &PacketRequest, lang: Lang) -> Result<TraceVerdict, Msg> {
    let start = in_site(site, &packet.at, &packet.flow)?;
    if packet.out.is_some() {
        return Err(msg!(
            "`out` is for one device: leave it out",
            "`out` は機器1台の場合にのみ使用できる。項目を削除する"
        ));
    }
    if let Some(verdict) = fragment(packet, lang) {
        return Ok(verdict);
    }
    let options = Options { state: state(packet), mark: packet.mark, ..Options::default() };
    let reach = reaches(site, start, &packet.flow, &options, &|arrival| delivered(site, arrival));
    let blocked = reach.branch.is_none().then(|| simulate(site, start, &packet.flow, &options));
    Ok(site_trace(site, &packet.id, &reach, blocked.as_ref().and_then(furthest), lang))
}

/// The way that passes most devices; the first of equals.
fn furthest(all: &Simulation) -> Option<&SiteBranch> {
    let most = all.branches.iter().map(|b| b.hops.len()).max()?;
    all.branches.iter().find(|b| b.hops.len() == most)
}

/// Whether a packet is where it wants to go: at a device itself, on the link of its destination, or handed to a
/// network that others run.
fn delivered(site: &Site, arrival: &Arrival) -> bool {
    match arrival {
        Arrival::Local { .. } => true,
        Arrival::Transmitted(t) => {
            let crate::network::Location::Segment(id) = t.to else { return false };
            let external = site.segment(id).is_some_and(|s| s.external.is_some());
            let near = site.space_of(id).contains(t.header.destination());
            external || (near && t.hop == NextHop::OnLink)
        }
    }
}
