//! Switches and access points that the box manages: what of their configuration lets data pass where no policy of the
//! box is asked. Everything else about them is inert, and the segments behind them are the topology's matter.

use crate::msg;
use crate::source::{Msg, Span};

use super::config::{Doubt, Scope, Vdom};
use super::node::Node;
use super::parse::{off, switched_on};

/// Lines of one block by which a managed switch routes, is scripted, or sends copies elsewhere.
pub fn beside_the_policies(block: &Node, path: &str) -> Vec<(Span, Msg)> {
    match path {
        "switch-controller managed-switch" => block.entries.values().flat_map(switch).collect(),
        // A script may have been run by hand without being bound to a switch.
        "switch-controller custom-command" => scripts(block.entries.values()),
        "switch-controller global" => scripts(block.table("custom-command")),
        "switch-controller traffic-sniffer" => sniffer(block),
        _ => Vec::new(),
    }
}

fn routes() -> Msg {
    msg!("a managed switch routes by itself", "管理下のスイッチが自ら中継(ルーティング)する")
}

fn copies() -> Msg {
    msg!(
        "a managed switch sends copies of packets elsewhere (mirror)",
        "管理下のスイッチがパケットの複製を別の場所へ送る(ミラーリング)"
    )
}

fn switch(entry: &Node) -> Vec<(Span, Msg)> {
    let mut out: Vec<(Span, Msg)> = switched_on(entry, &["route-offload", "route-offload-mclag"])
        .into_iter()
        .map(|s| (s, routes()))
        .collect();
    let live = |n: &&Node| !says(n, "status", "disable");
    // With one interface it is a station, with two a router.
    let stations: Vec<&Node> = entry.table("system-interface").filter(live).collect();
    if let [_, second, ..] = stations.as_slice() {
        out.push((second.span(), routes()));
    }
    out.extend(entry.table("router-static").filter(live).map(|n| (n.span(), routes())));
    out.extend(scripts(entry.table("custom-command")));
    let mirrors = entry.table("mirror").filter(|n| says(n, "status", "active"));
    out.extend(mirrors.map(|n| (n.span(), copies())));
    out
}

/// Commands of the switch itself: they may make a router of it.
fn scripts<'n>(entries: impl Iterator<Item = &'n Node>) -> Vec<(Span, Msg)> {
    let what = || {
        msg!(
            "a script of commands for managed switches may do anything there",
            "管理下のスイッチに送るコマンド(custom-command)が、スイッチの動作を変えることがある"
        )
    };
    entries.filter(|n| !off(n)).map(|n| (n.span(), what())).collect()
}

/// Without a target nothing is copied, and without a collector nothing leaves the box.
fn sniffer(block: &Node) -> Vec<(Span, Msg)> {
    let targets = ["target-mac", "target-ip", "target-port"];
    let target = targets.iter().find_map(|table| block.table(table).next());
    let collector = block.settings.get("erspan-ip").and_then(|s| s.values.first());
    let outwards = collector.is_some_and(|w| w.text != "0.0.0.0") || says(block, "mode", "rspan");
    target
        .filter(|_| outwards && !says(block, "mode", "none"))
        .map(|n| (n.span(), copies()))
        .into_iter()
        .collect()
}

/// Radio networks whose clients are, or may be, on the wire of the access point beside the interface of their name. With
/// split tunnelling an access point sends what is not for the networks of its list to its own (AG 7.4 "Remote WLAN
/// FortiAPs").
pub fn bridged(block: &Node) -> Vec<(String, Span, Msg)> {
    let kinds = [
        (
            "local-bridging",
            msg!(
                "the access points bridge the clients of this radio network to their own wire, not to this interface",
                "この無線LAN(SSID)の端末は、このインターフェースではなく、アクセスポイントの有線側へブリッジされる"
            ),
        ),
        (
            "split-tunneling",
            msg!(
                "the access points send part of what the clients of this radio network send to their own wire (split tunnelling)",
                "この無線LAN(SSID)の端末の通信の一部は、アクセスポイントの有線側へ直接送られる(スプリットトンネリング)"
            ),
        ),
    ];
    let lines = |n: &Node| -> Vec<(String, Span, Msg)> {
        let on =
            kinds.iter().flat_map(|(key, what)| switched_on(n, &[*key]).into_iter().map(move |s| (s, what)));
        on.map(|(s, what)| (n.name.value.clone(), s, what.clone())).collect()
    };
    block.entries.values().flat_map(lines).collect()
}

/// Doubts where somebody says that those clients are on the interface, which has an address or a policy as if they were.
pub fn misplaced(vdom: &mut Vdom, asked: &[String]) {
    let attached =
        |name: &str| asked.iter().any(|a| a == name || a.rsplit_once('/').is_some_and(|(_, n)| n == name));
    let named = |name: &str| {
        let mut ends =
            vdom.policies.iter().filter(|p| p.enabled).flat_map(|p| p.srcintf.iter().chain(&p.dstintf));
        ends.any(|n| n.value == name)
    };
    let served =
        |name: &str| vdom.interfaces.get(name).is_some_and(|i| !i.addresses.is_empty()) || named(name);
    let doubt = |(name, span, what): &(String, Span, Msg)| Doubt {
        scope: Scope::Interface(name.clone()),
        span: *span,
        what: what.clone(),
    };
    let found = vdom.bridged.iter().filter(|(name, ..)| attached(name) && served(name));
    let doubts: Vec<Doubt> = found.map(doubt).collect();
    vdom.doubts.extend(doubts);
}

fn says(node: &Node, key: &str, word: &str) -> bool {
    node.settings.get(key).is_some_and(|s| s.values.iter().any(|w| w.text == word))
}
