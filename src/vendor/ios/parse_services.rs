//! Services of the box itself: lines to log in by, its web server, time, names.

use std::net::IpAddr;

use crate::model::{AddressSet, Carried, Family};
use crate::msg;
use crate::source::LineState;
use crate::syntax::indent::Node;

use super::config::{Clock, Dialect, Listener, Relay, Scope, Vty, asking};
use super::inert::Place;
use super::parse::{name, not_modelled};
use super::read::Reader;

impl Reader<'_> {
    /// `line vty 0 4`: by what and from where people log in.
    pub fn line(&mut self, node: &Node) {
        let texts = node.texts();
        self.modelled(node);
        let vty = texts.get(1) == Some(&"vty");
        let mut block = Vty { input: None, lists: Vec::new() };
        for child in &node.children {
            let texts = child.texts();
            match texts.as_slice() {
                ["transport", "input", protocols @ ..] if !protocols.is_empty() => {
                    block.input = Some(protocols.iter().map(|w| (*w).to_owned()).collect());
                    self.modelled(child);
                }
                ["access-class", _, "in", ..] => {
                    block.lists.extend(name(child, 1).map(|n| (Family::V4, n)));
                    self.modelled(child);
                }
                // AX calls it by the name of the filters of interfaces.
                ["ip", "access-group", _, "in"] if self.dialect == Dialect::Axs => {
                    block.lists.extend(name(child, 2).map(|n| (Family::V4, n)));
                    self.modelled(child);
                }
                ["ipv6", "access-class", _, "in", ..] => {
                    block.lists.extend(name(child, 2).map(|n| (Family::V6, n)));
                    self.modelled(child);
                }
                ["ip", "access-group", ..] | ["ipv6", "access-class", ..] => {
                    self.unmodelled(child, Scope::LocalIn, not_modelled())
                }
                _ => self.rest(Place::Line, child, Scope::LocalIn),
            }
        }
        if vty {
            self.config.vty.push(block);
        }
    }

    /// A service of the box, or who may ask for it.
    pub fn service(&mut self, node: &Node) {
        use crate::model::proto::{TCP, UDP};
        let texts = node.texts();
        match texts.as_slice() {
            // Files of the box, its configuration among them.
            ["ftp-server", ..] => self.listen(node, "FTP", TCP, 21, true),
            ["ip", "http", "server"] => self.listen(node, "HTTP", TCP, 80, true),
            ["ip", "http", "secure-server"] => self.listen(node, "HTTPS", TCP, 443, true),
            ["restconf", ..] => self.listen(node, "HTTPS", TCP, 443, true),
            ["netconf-yang" | "netconf", ..] => self.listen(node, "NETCONF", TCP, 830, true),
            ["service", "telnet"] => self.listen(node, "Telnet", TCP, 23, true),
            ["service", "ssh"] => self.listen(node, "SSH", TCP, 22, true),
            ["service", "http"] => self.listen(node, "HTTP", TCP, 80, true),
            ["ip", "http", "port" | "secure-port", port] => {
                let label = if texts.get(2) == Some(&"port") { "HTTP" } else { "HTTPS" };
                let port = port.parse().ok();
                match port {
                    Some(port) => self.listen(node, label, TCP, port, true),
                    None => self.bad(node, Scope::LocalIn),
                }
            }
            ["ip", "http", "access-class", list @ ..] if self.dialect == Dialect::Ios => match list {
                [_] | ["ipv4", _] => self.web_list(node, Family::V4, list.len()),
                ["ipv6", _] => self.web_list(node, Family::V6, list.len()),
                _ => self.inert(node),
            },
            ["ip", "http" | "ssh", ..]
            | ["no", ..]
            | ["ntp", "client", "interval", ..]
            | [
                "ntp",
                "authenticate" | "authentication-key" | "trusted-key" | "source" | "clock-period"
                | "update-calendar" | "logging" | "max-associations" | "allow" | "passive" | "disable"
                | "orphan",
                ..,
            ] => {
                self.inert(node);
            }
            [
                "ntp",
                "server" | "peer" | "master" | "client" | "access-group" | "broadcast" | "multicast"
                | "refclock" | "restrict" | "discard",
                ..,
            ] => {
                self.listen(node, "NTP", UDP, 123, false);
                // Who asks for the time answers for it as well, on every interface (SEMANTICS 20).
                if !matches!(texts.get(1), Some(&"access-group" | &"refclock" | &"restrict" | &"discard")) {
                    let vrf = texts.iter().position(|w| *w == "vrf").and_then(|at| texts.get(at + 1));
                    let vrf = vrf.map(|v| (*v).to_owned());
                    self.config.clocks.push(Clock { vrf, server: time_server(&texts), span: node.span });
                }
                self.inert(node);
            }
            _ => self.rest(Place::Top, node, Scope::LocalIn),
        }
    }

    /// Who may ask the web server.
    fn web_list(&mut self, node: &Node, family: Family, words: usize) {
        self.config.web_lists.extend(name(node, 2 + words).map(|n| (family, n)));
        self.modelled(node);
    }

    /// The box asks every source of a table for the time, and tells what it hears to whoever asks: one function.
    pub fn clocks(&mut self) {
        let leased = self.config.interfaces.values().any(|i| !i.leased.is_empty());
        let mut rest = std::mem::take(&mut self.config.clocks);
        while let Some(first) = rest.first().cloned() {
            let (own, others): (Vec<Clock>, Vec<Clock>) = rest.into_iter().partition(|c| c.vrf == first.vrf);
            rest = others;
            // A lease may name further servers.
            let open = own.iter().find(|c| c.server.is_none()).or(own.first().filter(|_| leased));
            let known = own.iter().filter_map(|c| c.server).map(AddressSet::host);
            let servers = known.fold(AddressSet::empty(), |all, one| all.union(&one));
            let what = msg!("NTP client, which serves as well", "NTPクライアント(サーバとしても応答する)");
            self.config.relays.push(Relay {
                what,
                span: open.map_or(first.span, |c| c.span),
                vrf: first.vrf,
                certain: false,
                carried: Carried {
                    servers: open.is_none().then_some(servers),
                    ..asking(&[(crate::model::proto::UDP, 123, 123)], None)
                },
            });
        }
    }

    /// `router vrrp 1 vlan10` of AlliedWare Plus: an address that this box may answer for.
    pub fn virtual_router(&mut self, node: &Node, interface: &str) {
        self.modelled(node);
        for child in &node.children {
            match child.texts().as_slice() {
                ["virtual-ip", address, ..] => match (address.parse(), name(node, 3)) {
                    (Ok(address), Some(own)) if own.value == interface => {
                        self.config.virtual_routers.push((own, address, child.span));
                        self.modelled(child);
                    }
                    _ => self.bad(child, Scope::Device),
                },
                [
                    "enable"
                    | "disable"
                    | "priority"
                    | "advertisement-interval"
                    | "preempt-mode"
                    | "circuit-failover",
                    ..,
                ] => self.inert(child),
                _ => self.unknown(child, Scope::Device),
            }
        }
    }

    /// Gives the shared addresses to their interfaces, wherever those stand in the file.
    pub fn virtual_routers(&mut self) {
        for (own, address, span) in std::mem::take(&mut self.config.virtual_routers) {
            match self.config.interfaces.get_mut(&own.value) {
                Some(interface) => interface.shared.push((address, span)),
                None => {
                    let what =
                        msg!("the configuration has no such interface", "このインターフェースが設定にない");
                    self.doubt(Scope::Device, own.span, what);
                }
            }
        }
    }

    /// A server that hands out addresses; where a pool names another one, it sends on what hosts ask, into another VRF
    /// perhaps.
    pub fn dhcp_pool(&mut self, node: &Node) {
        self.config.dhcp = Some(node.span);
        self.inert(node);
        let mut open: Vec<&Node> = node.children.iter().collect();
        while let Some(next) = open.pop() {
            if matches!(next.texts().as_slice(), ["relay", "destination" | "target", ..]) {
                self.unmodelled(next, Scope::Device, not_modelled());
            }
            open.extend(&next.children);
        }
    }

    /// Something listens.
    pub fn listen(&mut self, node: &Node, label: &'static str, proto: u8, port: u16, admin: bool) {
        let web = matches!(node.texts().as_slice(), ["ip", "http", ..]);
        self.config.listeners.push(Listener { label, proto, port, admin, web, span: node.span });
        self.ledger.claim_all(node, LineState::Modelled);
    }
}

/// Whom `ntp server [vrf V] [ip] A …` asks; nothing if it is called by a name, or if others tell the time of their own.
fn time_server(words: &[&str]) -> Option<IpAddr> {
    // AX calls a box that only asks `client`.
    let (["ntp", "server", rest @ ..] | ["ntp", "client", "server", rest @ ..]) = words else { return None };
    let rest = match rest {
        ["vrf", _, rest @ ..] => rest,
        _ => rest,
    };
    let address = match rest {
        ["ip" | "ipv6", address, ..] | [address, ..] => address,
        [] => return None,
    };
    address.parse().ok()
}
