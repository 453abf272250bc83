//! Which machines a port serves: port security, 802.1X, authentication by MAC address.
//!
//! Nothing here opens or closes a path. It is evidence (M-4), so a line that is not known here takes the evidence back,
//! and so does a line behind it that negates it.

use std::collections::BTreeMap;

use crate::model::{Limit, LimitKind};
use crate::source::Span;
use crate::syntax::indent::Node;

use super::config::{Config, Dialect, Interface, Mode};
use super::inert::Place;
use super::read::Reader;

/// What a port says about the machines that it serves.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// `switchport port-security`.
    secured: Option<Span>,
    /// Machines that lines name, by address.
    machines: BTreeMap<String, Span>,
    /// How many machines it serves; one if no line says so.
    most: Option<usize>,
    /// Every machine must be known to a server.
    asks: Option<(Method, Span)>,
    /// A line by which others may be served as well, or of which nobody here knows what it does.
    open: Option<Span>,
}

/// How a machine makes itself known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// 802.1X, and on IOS what stands in for it.
    Dot1x,
    /// By its MAC address.
    Mac,
}

/// What the box as a whole says about it.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    /// `dot1x system-auth-control`.
    control: bool,
    /// Lists for 802.1X by name, and whether each always asks a server.
    dot1x: BTreeMap<String, bool>,
    /// The same for MAC addresses.
    mac: BTreeMap<String, bool>,
    /// A line takes such things back.
    off: bool,
    /// Servers may send settings for the port with their answer: `aaa authorization network`.
    hands: Option<Span>,
}

/// Whether every machine is asked about. A port that names no list has the one called `default`; what another one lets
/// in without asking counts against it all the same, since what a port says of lists is not read.
fn all_ask(lists: &BTreeMap<String, bool>) -> bool {
    lists.contains_key("default") && lists.values().all(|asks| *asks)
}

/// A MAC address as the family writes it.
fn machine(word: &str) -> Option<String> {
    let groups: Vec<&str> = word.split('.').collect();
    let hex = |g: &&str| g.len() == 4 && g.bytes().all(|b| b.is_ascii_hexdigit());
    (groups.len() == 3 && groups.iter().all(hex)).then(|| word.to_ascii_lowercase())
}

impl Admission {
    /// `switchport port-security …` without its first two words; false if it does not read.
    pub fn security(&mut self, words: &[&str], at: Span) -> bool {
        match words {
            [] => self.secured = Some(at),
            ["mac-address", "sticky"] => {}
            ["mac-address", "sticky", mac, ..] | ["mac-address", mac, ..] => {
                if *mac == "forbidden" {
                    return words.get(2).is_some_and(|m| machine(m).is_some());
                }
                let Some(mac) = machine(mac) else { return false };
                self.machines.insert(mac, at);
            }
            ["maximum", most] => match most.parse() {
                Ok(most) => self.most = Some(most),
                Err(_) => return false,
            },
            ["violation", "protect" | "restrict" | "shutdown", ..] | ["aging", "time" | "type", ..] => {}
            // Limits per VLAN, ageing of named machines and whatever else there is: others may be served.
            _ => self.open = Some(at),
        }
        true
    }

    /// `no switchport port-security …` without its first three words.
    pub fn insecurity(&mut self, words: &[&str], at: Span) {
        match words {
            [] => self.secured = None,
            ["mac-address", "sticky"] => self.machines.clear(),
            ["mac-address", "sticky", mac, ..] | ["mac-address", mac, ..] => {
                let Some(mac) = machine(mac) else { return self.open = Some(at) };
                self.machines.remove(&mac);
            }
            ["maximum"] => self.most = None,
            ["violation" | "aging", ..] => {}
            _ => self.open = Some(at),
        }
    }

    /// A line about authentication.
    fn authentication(&mut self, words: &[&str], at: Span, dialect: Dialect) {
        let cisco = dialect == Dialect::Ios;
        match words {
            ["no", "authentication" | "dot1x", "port-control"] | ["no", "auth-mac", "enable"] => {
                self.asks = None;
            }
            ["authentication", "port-control", how] if cisco => self.control(how, at),
            ["dot1x", "port-control", how] => self.control(how, at),
            ["auth-mac", "enable"] if dialect == Dialect::Awplus => {
                self.asks.get_or_insert((Method::Mac, at));
            }
            _ if harmless(words, dialect) => {}
            _ => self.open = Some(at),
        }
    }

    fn control(&mut self, how: &str, at: Span) {
        self.asks = (how == "auto").then_some((Method::Dot1x, at));
    }
}

/// Lines that serve nobody else: timers, repetitions, modes in which every machine is asked.
fn harmless(words: &[&str], dialect: Dialect) -> bool {
    match dialect {
        Dialect::Ios => matches!(
            words,
            ["authentication", "periodic"]
                | ["authentication", "timer" | "order" | "priority", ..]
                | ["authentication", "violation", "restrict" | "protect" | "shutdown" | "replace"]
                | ["authentication" | "dot1x", "host-mode", "single-host" | "multi-auth" | "multi-domain"]
                | ["authentication", "event", "server", "alive", ..]
                | ["authentication", "event", "fail", "action", "next-method"]
                | ["authentication", "event", "fail", "retry", _, "action", "next-method"]
                | ["dot1x", "pae", "authenticator"]
                | ["dot1x", "timeout" | "max-req" | "max-reauth-req", ..]
                | ["dot1x", "reauthentication"]
                | ["dot1x", "mac-auth-bypass"]
                | ["mab"]
                | ["mab", "eap"]
        ),
        Dialect::Axs => matches!(
            words,
            ["dot1x", "multiple-authentication" | "reauthentication" | "ignore-eapol-start"]
                | ["dot1x", "timeout" | "max-req" | "max-supplicant" | "supplicant-detection", ..]
        ),
        Dialect::Awplus => matches!(
            words,
            ["auth", "host-mode", "single-host" | "multi-supplicant" | "host-plus-voice"]
                | ["auth", "reauthentication"]
                | ["auth", "timeout" | "max-supplicant", ..]
                | ["auth-mac", "method" | "reauth-relearning", ..]
                | ["dot1x", "max-reauth-req" | "timeout", ..]
        ),
    }
}

impl Reader<'_> {
    /// A line of an interface about authentication. What it does to frames is to drop them: it is inert otherwise.
    pub fn admission(&mut self, node: &Node, own: &mut Interface) {
        own.switching.admission.authentication(&node.texts(), node.span, self.dialect);
        let here = super::config::Scope::Interface(own.name.value.clone());
        self.rest(Place::Interface, node, here);
    }

    /// A line of the whole box about authentication; it is claimed elsewhere.
    pub fn servers(&mut self, words: &[&str], at: Span) {
        let servers = &mut self.config.servers;
        let asked = |methods: &[&str]| methods.contains(&"group") && !methods.contains(&"none");
        match words {
            ["dot1x", "system-auth-control"] => servers.control = true,
            ["no" | "default", "dot1x", "system-auth-control"] => servers.control = false,
            ["aaa", "authentication", "dot1x", list, methods @ ..] => {
                servers.dot1x.insert((*list).to_owned(), asked(methods));
            }
            ["aaa", "authentication", "auth-mac", list, methods @ ..] => {
                servers.mac.insert((*list).to_owned(), asked(methods));
            }
            ["no" | "default", "aaa", "authentication", "dot1x", ..] => servers.dot1x.clear(),
            ["no" | "default", "aaa", "authentication", "auth-mac", ..] => servers.mac.clear(),
            ["aaa", "authorization", "network", ..] => {
                servers.hands.get_or_insert(at);
            }
            ["no" | "default", "aaa", "new-model"] => servers.off = true,
            ["aaa", "new-model"] => servers.off = false,
            _ => {}
        }
    }
}

/// The line by which a server may send a list for a port together with its answer about a machine.
pub fn sends_lists(config: &Config, own: &Interface, dialect: Dialect) -> Option<Span> {
    let admission = &own.switching.admission;
    let asks = admission.asks.is_some() || admission.open.is_some();
    config.servers.hands.filter(|_| asks && dialect == Dialect::Ios)
}

/// How a port is limited to known machines; nothing unless every line that could speak against it was read.
pub fn limit(config: &Config, own: &Interface, dialect: Dialect) -> Option<Limit> {
    let says = &own.switching;
    let admission = &says.admission;
    let settled = match says.mode.as_ref().map(|m| m.value) {
        Some(Mode::Access | Mode::Trunk) => true,
        Some(Mode::Dynamic | Mode::Private | Mode::Stack) => false,
        // Ports of the others do not negotiate.
        None => dialect != Dialect::Ios,
    };
    if !settled || says.bundle.is_some() || admission.open.is_some() || !says.unread.is_empty() {
        return None;
    }
    let enough = admission.machines.len() >= admission.most.unwrap_or(1).max(1);
    if let (Dialect::Ios, Some(_), true) = (dialect, admission.secured, enough) {
        let span = *admission.machines.values().next()?;
        return Some(Limit { kind: LimitKind::Named, span });
    }
    let servers = &config.servers;
    let (method, span) = admission.asks?;
    let runs = match (method, dialect) {
        (_, Dialect::Awplus) => true,
        (Method::Dot1x, Dialect::Ios | Dialect::Axs) => servers.control,
        (Method::Mac, Dialect::Ios | Dialect::Axs) => false,
    };
    let asked = match method {
        Method::Dot1x => all_ask(&servers.dot1x),
        Method::Mac => all_ask(&servers.mac),
    };
    // A trunk authenticates nobody on IOS.
    let fits = dialect != Dialect::Ios || says.mode.as_ref().is_some_and(|m| m.value == Mode::Access);
    (runs && asked && fits && !servers.off).then_some(Limit { kind: LimitKind::Asked, span })
}
