//! Translations, and the zone firewall.

use crate::model::{Ranges, proto};
use crate::msg;
use crate::source::{Code, LineState};
use crate::syntax::indent::Node;

use super::config::{
    ClassMap, ClassMatch, Name, NatRule, NatTarget, PolicyClass, Scope, Translation, ZonePair,
};
use super::parse::{name, not_modelled, unread};
use super::read::Reader;
use super::value;

impl Reader<'_> {
    /// `ip nat …` at the top.
    pub fn nat(&mut self, node: &Node) {
        let texts = node.texts();
        match texts.as_slice() {
            ["ip", "nat", "pool", _, ..] => self.pool(node),
            ["ip", "nat", "inside", "source", ..] => match translation(node) {
                Some(what) => {
                    self.config.nat.rules.push(NatRule { span: node.span, what });
                    self.modelled(node);
                }
                None => self.unmodelled(node, Scope::Nat, not_modelled()),
            },
            [
                "ip",
                "nat",
                "translation" | "log" | "service" | "settings" | "switchover" | "sip-sbc"
                | "piggyback-support",
                ..,
            ] => {
                self.inert(node);
            }
            _ => self.unmodelled(node, Scope::Nat, not_modelled()),
        }
    }

    fn pool(&mut self, node: &Node) {
        let texts = node.texts();
        let Some(name) = name(node, 3) else { return };
        let range = match texts.get(4..) {
            Some([low, high, "netmask" | "prefix-length", _, ..]) => {
                let ends = value::v4(low)
                    .zip(value::v4(high))
                    .map(|(a, b)| (u128::from(u32::from(a)), u128::from(u32::from(b))));
                ends.filter(|(a, b)| a <= b).map(|(a, b)| Ranges::span(a, b))
            }
            _ => None,
        };
        self.ledger.claim_all(node, if range.is_some() { LineState::Modelled } else { LineState::Partial });
        self.config.nat.pools.insert(name.value.clone(), (range, node.span));
    }

    /// `zone security`, `zone-pair security`, class and policy maps of inspection.
    pub fn zone(&mut self, node: &Node) {
        let texts = node.texts();
        match texts.as_slice() {
            ["zone", "security", zone] => {
                self.config.zones.names.insert((*zone).to_owned(), node.span);
                self.modelled(node);
                for child in &node.children {
                    match child.texts().first() {
                        Some(&"description") => self.inert(child),
                        _ => self.unknown(child, Scope::Device),
                    }
                }
            }
            ["zone-pair", "security", _, "source", source, "destination", destination] => {
                let mut pair = ZonePair {
                    span: node.span,
                    source: (*source).to_owned(),
                    destination: (*destination).to_owned(),
                    policy: None,
                    unread: None,
                };
                self.modelled(node);
                for child in &node.children {
                    match child.texts().as_slice() {
                        ["service-policy", "type", "inspect", _] => {
                            pair.policy = super::parse::name(child, 3);
                            self.modelled(child);
                        }
                        ["description", ..] => self.inert(child),
                        _ => {
                            pair.unread = Some(child.span);
                            self.ledger.report(Code::UnknownStatement, child.span, unread());
                            self.ledger.claim_all(child, LineState::Unrecognized);
                        }
                    }
                }
                self.config.zones.pairs.push(pair);
            }
            ["class-map", "type", "inspect", rest @ ..] => self.class_map(node, rest),
            ["policy-map", "type", "inspect", policy] => self.inspect_policy(node, policy),
            _ => self.unmodelled(node, Scope::Forward, not_modelled()),
        }
    }

    fn class_map(&mut self, node: &Node, rest: &[&str]) {
        let (all, class) = match rest {
            [class] | ["match-all", class] => (true, *class),
            ["match-any", class] => (false, *class),
            _ => return self.unmodelled(node, Scope::Forward, not_modelled()),
        };
        let mut map = ClassMap { all, matches: Vec::new() };
        self.modelled(node);
        for child in &node.children {
            let texts = child.texts();
            let found = match texts.as_slice() {
                ["match", "access-group", "name", _] => name(child, 3).map(ClassMatch::List),
                ["match", "access-group", _] => name(child, 2).map(ClassMatch::List),
                ["match", "protocol", _] => name(child, 2).map(ClassMatch::Protocol),
                ["match", "class-map", _] => name(child, 2).map(ClassMatch::Class),
                ["description", ..] => {
                    self.inert(child);
                    continue;
                }
                _ => None,
            };
            let state = if found.is_some() { LineState::Modelled } else { LineState::Unrecognized };
            self.ledger.claim_all(child, state);
            if found.is_none() {
                self.ledger.report(Code::UnknownStatement, child.span, unread());
            }
            map.matches.push(found.unwrap_or(ClassMatch::Unread(child.span)));
        }
        if self.config.zones.classes.insert(class.to_owned(), map).is_some() {
            self.twice(node);
        }
    }

    fn inspect_policy(&mut self, node: &Node, policy: &str) {
        let mut classes = Vec::new();
        self.modelled(node);
        for child in &node.children {
            let texts = child.texts();
            let class: Option<Name> = match texts.as_slice() {
                ["class", "type", "inspect", _] => name(child, 3),
                ["class", "class-default"] => None,
                ["description", ..] => {
                    self.inert(child);
                    continue;
                }
                _ => {
                    self.unknown(child, Scope::Forward);
                    continue;
                }
            };
            self.modelled(child);
            let mut action = None;
            for line in &child.children {
                match line.texts().as_slice() {
                    ["inspect"] | ["inspect", _] | ["pass"] | ["pass", "log"] => action = Some(true),
                    ["drop"] | ["drop", "log"] => action = Some(false),
                    ["police", ..] | ["service-policy", ..] => {}
                    _ => {
                        self.unknown(line, Scope::Forward);
                        continue;
                    }
                }
                self.modelled(line);
            }
            classes.push(PolicyClass { class, span: child.span, action });
        }
        if self.config.zones.policies.insert(policy.to_owned(), classes).is_some() {
            self.twice(node);
        }
    }

    /// A second block of a name adds to the first one, in an order that is not modelled.
    fn twice(&mut self, node: &Node) {
        let what = msg!("it is defined twice", "2回定義されている");
        self.ledger.report(Code::Contradiction, node.span, what.clone());
        self.doubt(Scope::Forward, node.span, what);
    }
}

/// `ip nat inside source …`; `None` if it is not modelled.
fn translation(node: &Node) -> Option<Translation> {
    let texts = node.texts();
    let rest = texts.get(4..)?;
    let one = |w: &str| value::v4(w).map(|a| Ranges::one(u128::from(u32::from(a))));
    let plain = |rest: &[&str]| {
        rest.iter().all(|w| matches!(*w, "extendable" | "no-alias" | "no-payload" | "forced"))
    };
    match rest {
        ["static", "network", local, global, mask, rest @ ..] if plain(rest) => {
            let network = |a: &str| match mask.strip_prefix('/') {
                Some(_) => value::prefix(&format!("{a}{mask}")),
                None => value::masked(a, mask),
            };
            let set = |a: &str| network(a).map(|n| value::set(n).v4);
            Some(Translation::Static { local: set(local)?, global: set(global)?, ports: None })
        }
        ["static", protocol @ ("tcp" | "udp"), local, port, "interface", _, outer, rest @ ..]
            if plain(rest) =>
        {
            let number = if *protocol == "tcp" { proto::TCP } else { proto::UDP };
            let ports = Some((number, value::port(port, number)?, value::port(outer, number)?));
            Some(Translation::StaticInterface { local: one(local)?, interface: name(node, 9)?, ports })
        }
        ["static", protocol @ ("tcp" | "udp"), local, port, global, outer, rest @ ..] if plain(rest) => {
            let number = if *protocol == "tcp" { proto::TCP } else { proto::UDP };
            let ports = Some((number, value::port(port, number)?, value::port(outer, number)?));
            Some(Translation::Static { local: one(local)?, global: one(global)?, ports })
        }
        ["static", local, "interface", _, rest @ ..] if plain(rest) => {
            Some(Translation::StaticInterface { local: one(local)?, interface: name(node, 7)?, ports: None })
        }
        ["static", local, global, rest @ ..] if plain(rest) => {
            Some(Translation::Static { local: one(local)?, global: one(global)?, ports: None })
        }
        [kind @ ("list" | "route-map"), _, to @ ("pool" | "interface"), _, rest @ ..] => {
            let overload = match rest {
                [] => false,
                ["overload"] => true,
                _ => return None,
            };
            let list = name(node, 5)?;
            let target = name(node, 7)?;
            let list = if *kind == "list" { Ok(list) } else { Err(list) };
            let to = if *to == "pool" { NatTarget::Pool(target) } else { NatTarget::Interface(target) };
            // A translation to an interface's address translates ports, whether the word stands there or not.
            let overload = overload || matches!(to, NatTarget::Interface(_));
            Some(Translation::Dynamic { list, to, overload })
        }
        _ => None,
    }
}

/// What a protocol name of an inspection matches: certain, or at most; `None` if nobody knows.
pub fn inspected(word: &str) -> Option<u8> {
    match word {
        "tcp" => Some(proto::TCP),
        "udp" => Some(proto::UDP),
        "icmp" => Some(proto::ICMP),
        _ => None,
    }
}

/// Says that VRFs and translations meet.
pub fn with_vrf() -> crate::source::Msg {
    msg!("translations between VRFs are not modelled", "VRFをまたぐアドレス変換は未対応である")
}
