//! Everything a verdict takes for granted, by id.

use std::collections::BTreeSet;

use super::shared_domains::PORTS;
use crate::analysis::answer::{Assertion, Assumption, AssumptionKind};
use crate::msg;
use crate::network::{DeviceStatus, Site};
use crate::source::Msg;

/// What every answer about packets takes for granted.
pub const PACKET: [&str; 6] = [
    "ALL-LINKS-UP",
    "NO-SOURCE-ROUTING",
    "NO-UNDECLARED-ENCAPSULATION",
    "LATER-FRAGMENTS-HARMLESS",
    "NO-MULTICAST-ROUTING",
    "NO-INJECTION-INTO-SESSIONS",
];

/// What answers about chains of sessions take for granted besides.
pub const HOST: [&str; 2] = [SAME_SEGMENT_HONEST, ADMIN_DOES_NOT_RELAY];

/// Sessions for administration carry nothing on.
pub const ADMIN_DOES_NOT_RELAY: &str = "ADMIN-DOES-NOT-RELAY";

/// Whoever relays or opens a declared session uses its own addresses, at least among the machines of its segment.
pub const SAME_SEGMENT_HONEST: &str = "SAME-SEGMENT-HONEST";

/// A declared sanitizer without a configuration answers its neighbours only as declared.
pub const SANITIZER: &str = "SANITIZER-HOLDS-ONLY-DECLARED-SESSIONS";

/// Segments on which every device with an address is in the topology.
pub const COMPLETE: &str = "SEGMENTS-COMPLETE";
/// Interfaces with nothing plugged in.
pub const UNUSED: &str = "UNUSED-INTERFACES";
/// Boxes that are not part of the network.
pub const EXCLUDED: &str = "EXCLUDED-DEVICES";
/// Where the responsibility for external networks begins.
pub const DEMARCATION: &str = "DEMARCATION";

/// What the topology states by a word of its own, without a numbered declaration.
fn stated(site: &Site) -> Vec<Assumption> {
    let complete = site.segments().filter(|(_, s)| s.complete).map(|(_, s)| s.id.value.clone());
    let unused = site.devices().flat_map(|(_, d)| {
        let name = |i: &String| format!("{} {i}", d.chassis);
        d.unused.iter().map(name).collect::<Vec<_>>()
    });
    let excluded = site.boxes.iter().filter_map(|(name, status)| match status {
        DeviceStatus::Excluded(reason) => Some(format!("{}({reason})", name.value)),
        _ => None,
    });
    let demarcation = site.records.demarcation.iter().map(|(id, at)| match site.records.managed_by.get(id) {
        Some(by) => format!("{id}({by}): {at}"),
        None => format!("{id}: {at}"),
    });
    let mut out = Vec::new();
    let mut add = |id: &str, mut names: Vec<String>, text: &dyn Fn(&str, &str) -> Msg| {
        names.sort();
        names.dedup();
        if !names.is_empty() {
            let text = text(&names.join(", "), &names.join("、"));
            out.push(Assumption { id: id.to_owned(), kind: AssumptionKind::Declaration, text });
        }
    };
    add(COMPLETE, complete.collect(), &|en, ja| {
        msg!(
            "every device with an address on these segments is in the topology: {en}",
            "次のセグメントにアドレスを持つ全ての機器が構成情報に記載されていること: {ja}"
        )
    });
    add(UNUSED, unused.collect(), &|en, ja| {
        msg!(
            "nothing is plugged into these interfaces: {en}",
            "次のインターフェースに何も接続されていないこと: {ja}"
        )
    });
    add(EXCLUDED, excluded.collect(), &|en, ja| {
        msg!("these devices are not part of the network: {en}", "次の機器が網に接続されていないこと: {ja}")
    });
    add(DEMARCATION, demarcation.collect(), &|en, ja| {
        msg!("responsibility for external networks begins here: {en}", "外部ネットワークとの責任分界点: {ja}")
    });
    out
}

fn text(id: &str) -> Option<Msg> {
    Some(match id {
        "ALL-LINKS-UP" => msg!(
            "every interface and link that is configured is up",
            "設定された全てのインターフェース及び回線が稼働していること"
        ),
        "NO-SOURCE-ROUTING" => {
            msg!("no device obeys source routing options", "送信元経路制御オプションに従う機器がないこと")
        }
        "NO-UNDECLARED-ENCAPSULATION" => msg!(
            "no machine carries other zones' packets inside its own",
            "他の系の通信を内包する通信(申告のないトンネル)がないこと"
        ),
        "LATER-FRAGMENTS-HARMLESS" => msg!(
            "fragments without their first fragment carry nothing across",
            "先頭以外の断片だけでは通信が成立しないこと"
        ),
        "NO-MULTICAST-ROUTING" => {
            msg!("no device routes or proxies multicast", "マルチキャストを中継する機器がないこと")
        }
        "NO-INJECTION-INTO-SESSIONS" => msg!(
            "nobody slips packets, or errors about it, into a session of other machines by guessing its addresses and \
             ports",
            "第三者が、他の機器間の通信のアドレス及びポートを推測し、その一方を装った通信又はその通信に関するエラー通知を\
             差し込まないこと"
        ),
        SAME_SEGMENT_HONEST => msg!(
            "machines that carry data use their own addresses",
            "中継し得る機器が自らのアドレスを用いて通信すること"
        ),
        ADMIN_DOES_NOT_RELAY => msg!(
            "interactive administration of devices and sanitizers carries no data across",
            "機器及び無害化システムの管理操作により系間でデータが中継されないこと"
        ),
        "SANITIZER-HOLDS-ONLY-DECLARED-SESSIONS" => msg!(
            "a sanitizer whose configuration was not read answers its neighbours only as declared",
            "設定が提供されていない無害化システムが、同一セグメントの機器と申告された通信のみを行うこと"
        ),
        PORTS => msg!(
            "ports of switches that no link names serve only machines of their own VLAN, and no cable joins two of them; no machine asks a port that negotiates to become a trunk",
            "結線の記載のないスイッチポートには、そのVLANの機器のみが接続され、ポート同士を結ぶ結線がないこと。また、対向側の要求によりトランクとなり得るポートに対し、接続された端末等がトランクを要求しないこと"
        ),
        _ => return None,
    })
}

/// Everything that at least one assertion used, in a fixed order: of the method first, then declarations.
pub fn used(site: &Site, assertions: &[Assertion]) -> Vec<Assumption> {
    let ids: BTreeSet<&str> = assertions.iter().flat_map(|a| &a.assumptions).map(String::as_str).collect();
    let mut out = Vec::new();
    for id in PACKET.iter().chain(&HOST).chain([&SANITIZER, &PORTS]) {
        if let (true, Some(text)) = (ids.contains(id), text(id)) {
            out.push(Assumption { id: (*id).to_owned(), kind: AssumptionKind::Model, text });
        }
    }
    for device in &site.devices {
        for (assumption, n) in device.device.assumptions.iter().zip(1u32..) {
            let id = format!("{}#{n}", device.device.name);
            out.push(Assumption { id, kind: AssumptionKind::Vendor, text: assumption.clone() });
        }
    }
    out.extend(stated(site).into_iter().filter(|a| ids.contains(a.id.as_str())));
    for declaration in site.declarations.iter().filter(|d| ids.contains(d.id.value.as_str())) {
        let (text, document) = (&declaration.text, &declaration.document);
        let (by, date) = (&declaration.by, &declaration.date);
        out.push(Assumption {
            id: declaration.id.value.clone(),
            kind: AssumptionKind::Declaration,
            text: msg!("{text} ({document}; {by}; {date})", "{text}({document}、{by}、{date})"),
        });
    }
    out
}
