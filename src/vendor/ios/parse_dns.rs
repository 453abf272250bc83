//! The device's own DNS server, and whom it asks.
//!
//! A view answers questions from the VRF that it belongs to, and may ask servers of another one (Cisco, "Split DNS":
//! "View Use Is Restricted to Queries from the Associated VRF"; `dns forwarder`, `domain name-server`).

use crate::model::proto::{TCP, UDP};
use crate::msg;
use crate::source::Span;
use crate::syntax::indent::Node;

use super::config::{Asked, Relay, Scope, Table, asking};
use super::inert::Place;
use super::read::Reader;

impl Reader<'_> {
    /// `ip dns …`
    pub fn dns(&mut self, node: &Node) {
        let texts = node.texts();
        match texts.as_slice() {
            ["ip" | "ipv6", "dns", "server" | "forwarding" | "relay" | "spoofing", ..] => {
                self.listen(node, "DNS", UDP, 53, false);
                self.config.dns.server.get_or_insert(node.span);
                self.forwards_names(None, node.span, true);
            }
            ["ip", "dns", "view", "vrf", vrf, _] => {
                let home = (*vrf != "global").then(|| (*vrf).to_owned());
                self.view(node, home.as_deref());
            }
            ["ip", "dns", "view", _] => self.view(node, None),
            ["ip", "dns", "view", ..] => self.unknown(node, Scope::Device),
            _ => self.inert(node),
        }
    }

    fn forwards_names(&mut self, vrf: Option<String>, span: Span, certain: bool) {
        let what = msg!("DNS server or forwarder", "DNSサーバ又はフォワーダ");
        let carried = asking(&[(UDP, 53, 53), (TCP, 53, 53)], None);
        self.config.relays.push(Relay { what, span, vrf, certain, carried });
    }

    fn view(&mut self, node: &Node, home: Option<&str>) {
        self.modelled(node);
        for child in &node.children {
            let texts = child.texts();
            let (to, server) = match texts.as_slice() {
                ["dns", "forwarder", "vrf", vrf, server]
                | ["domain", "name-server", "vrf", vrf, server, ..] => {
                    (Table::Vrf((*vrf != "global").then(|| (*vrf).to_owned())), server.parse().ok())
                }
                ["dns", "forwarding", "source-interface", name @ ..]
                | ["domain", "name-server", "interface", name @ ..]
                    if !name.is_empty() =>
                {
                    (Table::Of(name.concat()), None)
                }
                ["dns", "forwarder", _]
                | ["dns", "forwarding"]
                | ["logging"]
                | ["no" | "default", ..]
                | ["domain", "list" | "lookup" | "multicast" | "name" | "name-server", ..]
                | ["domain", "retry" | "round-robin" | "timeout", ..] => {
                    self.inert(child);
                    continue;
                }
                _ => {
                    self.unknown(child, Scope::Device);
                    continue;
                }
            };
            let home = home.map(str::to_owned);
            self.config.dns.asked.push(Asked { home, to, server, span: child.span });
            self.modelled(child);
        }
    }

    /// `ip domain lookup source-interface NAME`: servers are asked from there.
    pub fn domain_lookup(&mut self, node: &Node) {
        let texts = node.texts();
        let name = match texts.as_slice() {
            ["ip", "domain", "lookup", "source-interface", name @ ..] => Some(name.concat()),
            _ => None,
        };
        if let Some(name) = name.filter(|n| !n.is_empty()) {
            let to = Table::Of(name);
            self.config.dns.asked.push(Asked { home: None, to, server: None, span: node.span });
        }
        self.rest(Place::Top, node, Scope::Device);
    }

    /// Without a server nobody is asked for others. With one, each VRF may have a view of its own.
    pub fn names_asked_elsewhere(&mut self) {
        let Some(server) = self.config.dns.server else {
            self.config.dns.asked.clear();
            return;
        };
        let used = self.config.interfaces.values().filter_map(|i| i.vrf.as_ref()).map(|v| v.value.clone());
        let mut vrfs: Vec<String> = self.config.vrfs.keys().cloned().chain(used).collect();
        vrfs.sort_unstable();
        vrfs.dedup();
        for vrf in vrfs {
            self.forwards_names(Some(vrf), server, false);
        }
    }
}
