//! Access lists and object groups.

use crate::model::{AddressSet, Family, Ranges, TCP_FLAGS, proto};
use crate::msg;
use crate::source::{Code, LineState, Span, Spanned};
use crate::syntax::Word;
use crate::syntax::indent::Node;

use super::config::{Acl, Dialect, End, End3, Entry, Group, Name, NetworkItem, Scope, Service};
use super::read::Reader;
use super::value;

/// What the entries of a list look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Sources only.
    Standard,
    /// Everything.
    Extended(Family),
}

impl Reader<'_> {
    /// Every statement that starts with `access-list`, `ip access-list` or `ipv6 access-list`.
    pub fn access_list(&mut self, node: &Node) {
        let texts = node.texts();
        let awplus = self.dialect == Dialect::Awplus;
        match texts.as_slice() {
            [
                "ip",
                "access-list",
                "log-update" | "logging" | "persistent" | "match-local-traffic" | "helper",
                ..,
            ] => self.inert(node),
            ["ip", "access-list", kind @ ("standard" | "extended"), _] => {
                let form = if *kind == "standard" { Form::Standard } else { Form::Extended(Family::V4) };
                self.block(node, 3, form, End::Deny);
            }
            ["ipv6", "access-list", "standard" | "log-update", ..] => {
                self.unmodelled(node, Scope::Forward, super::parse::not_modelled())
            }
            ["ipv6", "access-list", "extended", _] => {
                self.block(node, 3, Form::Extended(Family::V6), End::Deny)
            }
            ["ipv6", "access-list", _] => {
                let end = if awplus { End::Permit } else { End::Deny };
                self.block(node, 2, Form::Extended(Family::V6), end);
            }
            ["access-list", "hardware", _] if awplus => {
                self.block(node, 2, Form::Extended(Family::V4), End::Permit)
            }
            ["access-list", kind @ ("standard" | "extended"), _] if awplus => {
                let form = if *kind == "standard" { Form::Standard } else { Form::Extended(Family::V4) };
                self.block(node, 2, form, End::Deny);
            }
            ["access-list", number] if awplus && self.numbered(number).is_some() => {
                if let Some((form, end)) = self.numbered(number) {
                    self.block(node, 1, form, end);
                }
            }
            ["access-list", number, _, ..] if self.numbered(number).is_some() => {
                if let Some((form, end)) = self.numbered(number) {
                    self.one_line(node, form, end);
                }
            }
            ["access-list", number, ..] if number.parse::<u32>().is_ok() => {
                // Lists of other protocols (MAC, IPX …) may still be applied to ports.
                self.config.port_filters.push(node.span);
                self.sends_elsewhere(node);
                self.ledger.claim_all(node, LineState::Partial);
            }
            _ => self.unknown(node, Scope::Device),
        }
    }

    /// What a number says of its list.
    fn numbered(&self, number: &str) -> Option<(Form, End)> {
        match number.parse::<u32>().ok()? {
            1..=99 | 1300..=1999 => Some((Form::Standard, End::Deny)),
            100..=199 | 2000..=2699 => Some((Form::Extended(Family::V4), End::Deny)),
            3000..=3699 if self.dialect == Dialect::Awplus => Some((Form::Extended(Family::V4), End::Permit)),
            _ => None,
        }
    }

    fn list(&mut self, name: &Name, family: Family, end: End) -> &mut Acl {
        let fresh = || Acl { name: name.clone(), entries: Vec::new(), unread: Vec::new(), end };
        self.config.acls.entry((family, name.value.clone())).or_insert_with(fresh)
    }

    fn block(&mut self, node: &Node, at: usize, form: Form, end: End) {
        let Some(name) = super::parse::name(node, at).filter(|n| value::decoded(&[&n.value])) else {
            return self.unknown(node, Scope::Device);
        };
        let family = family(form);
        self.modelled(node);
        self.list(&name, family, end);
        let mut commented = false;
        for child in &node.children {
            commented = self.entry(child, &child.words, &name, form, commented, end);
        }
    }

    fn one_line(&mut self, node: &Node, form: Form, end: End) {
        let Some(name) = super::parse::name(node, 1) else { return };
        let words = node.words.get(2..).unwrap_or_default();
        self.list(&name, family(form), end);
        let remark = words.first().is_some_and(|w| w.text == "remark");
        self.entry(node, words, &name, form, false, end);
        if !remark {
            for child in &node.children {
                self.unknown(child, Scope::Device);
            }
        }
    }

    /// One line of a list; whether it is a remark.
    fn entry(
        &mut self,
        node: &Node,
        words: &[Word],
        list: &Name,
        form: Form,
        commented: bool,
        end: End,
    ) -> bool {
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        let numbered = texts.first().is_some_and(|w| w.parse::<u32>().is_ok());
        let body = if numbered { texts.get(1..).unwrap_or_default() } else { texts.as_slice() };
        match body {
            ["remark", ..] => {
                self.inert(node);
                return true;
            }
            // It takes an entry out, or all that are alike: which of them stay is not known here.
            ["no" | "default", ..] => {
                let what = msg!("an entry is taken back", "エントリーを取り消す行がある");
                self.ledger.report(Code::UnreadToken, node.span, what);
                self.ledger.claim_all(node, LineState::Unrecognized);
                self.list(list, family(form), end).unread.push(node.span);
                return commented;
            }
            ["exit"] | ["statistics", ..] | ["hardware", "statistics"] => {
                self.inert(node);
                return commented;
            }
            _ => {}
        }
        let mut entry = read_entry(words, node.span, form, self.dialect);
        entry.commented = commented;
        self.sends_elsewhere(node);
        let state = match entry.unread.first() {
            Some(span) => {
                let what =
                    msg!("part of this entry was not understood", "このエントリーの一部を解釈できない");
                self.ledger.report(Code::UnreadToken, *span, what);
                LineState::Unrecognized
            }
            None if entry.ignorance.is_empty() => LineState::Modelled,
            None => LineState::Partial,
        };
        self.ledger.claim_all(node, state);
        for child in &node.children {
            entry.unread.push(child.span);
            self.ledger.claim_all(child, LineState::Unrecognized);
        }
        let list = self.list(list, family(form), end);
        // A number that is there already: the device refuses it or replaces the entry.
        if entry.sequence.is_some() && list.entries.iter().any(|e| e.sequence == entry.sequence) {
            list.unread.push(node.span);
        }
        list.entries.push(entry);
        false
    }

    /// Entries that do more than pass and drop: another next hop, or (AlliedWare Plus) another port or VLAN, for the
    /// packet or a copy of it.
    fn sends_elsewhere(&mut self, node: &Node) {
        let any = |sends: fn(&str) -> bool| node.words.iter().any(|w| sends(&w.text));
        let elsewhere = any(|w| w.starts_with("send-to-") || w.starts_with("copy-to-"));
        let routed = any(|w| matches!(w, "policy-list" | "policy-list-default" | "action"));
        if elsewhere || routed {
            let what = msg!(
                "an entry of an access list sends packets elsewhere",
                "アクセスリストのエントリーがパケットの転送先を変更する"
            );
            self.doubt(if elsewhere { Scope::Device } else { Scope::AllRouting }, node.span, what);
        }
    }

    /// `object-group network NAME`, `object-group service NAME`.
    pub fn object_group(&mut self, node: &Node) {
        let texts = node.texts();
        let Some(name) = super::parse::name(node, 2).filter(|n| value::decoded(&[&n.value])) else {
            return self.unknown(node, Scope::Device);
        };
        match texts.as_slice() {
            [_, "network", _] | [_, "v6-network", _] | [_, "ip", _] => self.network_group(node, name),
            [_, "service", _] => self.service_group(node, name),
            [_, "security" | "fqdn" | "v6-service", _] => {
                self.unmodelled(node, Scope::Forward, super::parse::not_modelled())
            }
            _ => self.unknown(node, Scope::Device),
        }
    }

    fn network_group(&mut self, node: &Node, name: Name) {
        // A second block of the name adds to the first one.
        let fresh =
            || Group { name: name.clone(), items: Vec::new(), groups: Vec::new(), unread: Vec::new() };
        let mut group = self.config.networks.shift_remove(&name.value).unwrap_or_else(fresh);
        self.modelled(node);
        for child in &node.children {
            let texts = child.texts();
            if texts.first() == Some(&"no") {
                group.items.clear();
            }
            let set = match texts.as_slice() {
                ["description", ..] => {
                    self.inert(child);
                    continue;
                }
                ["group-object", _] => {
                    group.groups.extend(super::parse::name(child, 1));
                    self.modelled(child);
                    continue;
                }
                ["any"] => Some(AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6))),
                ["host", address] => address.parse().ok().map(AddressSet::host),
                ["range", low, high] => {
                    low.parse().ok().zip(high.parse().ok()).and_then(|(a, b)| AddressSet::range(a, b))
                }
                [address, mask] => value::masked(address, mask).map(value::set),
                [prefix] => value::prefix(prefix).map(value::set),
                _ => None,
            };
            match set.filter(|_| child.children.is_empty()) {
                Some(set) => {
                    group.items.push(NetworkItem::Set(set));
                    self.modelled(child);
                }
                None => {
                    group.unread.push(child.span);
                    self.ledger.claim_all(child, LineState::Unrecognized);
                    let what =
                        msg!("part of this group was not understood", "このグループの一部を解釈できない");
                    self.ledger.report(Code::UnreadToken, child.span, what);
                }
            }
        }
        self.config.networks.insert(name.value.clone(), group);
    }

    fn service_group(&mut self, node: &Node, name: Name) {
        let fresh =
            || Group { name: name.clone(), items: Vec::new(), groups: Vec::new(), unread: Vec::new() };
        let mut group = self.config.services.shift_remove(&name.value).unwrap_or_else(fresh);
        self.modelled(node);
        for child in &node.children {
            let texts = child.texts();
            if texts.first() == Some(&"no") {
                group.items.clear();
            }
            match texts.as_slice() {
                ["description", ..] => {
                    self.inert(child);
                    continue;
                }
                ["group-object", _] => {
                    group.groups.extend(super::parse::name(child, 1));
                    self.modelled(child);
                    continue;
                }
                _ => {}
            }
            let mut cursor = Cursor { words: &child.words, at: 0, family: Family::V4, dialect: self.dialect };
            let service =
                cursor.group_service().filter(|_| cursor.peek().is_none() && child.children.is_empty());
            match service {
                Some(service) => {
                    group.items.push(service);
                    self.modelled(child);
                }
                None => {
                    group.unread.push(child.span);
                    self.ledger.claim_all(child, LineState::Unrecognized);
                    let what =
                        msg!("part of this group was not understood", "このグループの一部を解釈できない");
                    self.ledger.report(Code::UnreadToken, child.span, what);
                }
            }
        }
        self.config.services.insert(name.value.clone(), group);
    }
}

fn family(form: Form) -> Family {
    match form {
        Form::Standard => Family::V4,
        Form::Extended(family) => family,
    }
}

fn read_entry(words: &[Word], span: Span, form: Form, dialect: Dialect) -> Entry {
    let mut entry = Entry {
        span,
        sequence: None,
        permit: false,
        services: Vec::new(),
        group: None,
        src: End3::Any,
        dst: End3::Any,
        choices: Vec::new(),
        ignorance: Vec::new(),
        fragments: false,
        evaluates: false,
        time: None,
        log: false,
        commented: false,
        unread: Vec::new(),
    };
    let mut cursor = Cursor { words, at: 0, family: family(form), dialect };
    if cursor.head(&mut entry).is_none() {
        entry.unread.push(cursor.place(span));
        return entry;
    }
    if entry.evaluates {
        return entry;
    }
    let read = match form {
        Form::Standard => cursor.standard(&mut entry),
        Form::Extended(_) => cursor.extended(&mut entry),
    };
    if read.is_none() || cursor.options(&mut entry).is_none() {
        entry.unread.push(cursor.place(span));
    }
    if words.iter().any(|w| w.text.contains('\u{FFFD}')) {
        entry.unread.push(span);
    }
    entry
}

struct Cursor<'a> {
    words: &'a [Word],
    at: usize,
    family: Family,
    dialect: Dialect,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|w| w.text.as_str())
    }
    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.at += 1;
        word
    }
    fn name(&mut self) -> Option<Name> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(Spanned::new(word.text.clone(), word.span))
    }
    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.at += usize::from(found);
        found
    }
    fn place(&self, otherwise: Span) -> Span {
        self.words.get(self.at.saturating_sub(1)).map_or(otherwise, |w| w.span)
    }
    fn span(&self) -> Option<Span> {
        self.words.get(self.at.checked_sub(1)?).map(|w| w.span)
    }

    /// Sequence number and action.
    fn head(&mut self, entry: &mut Entry) -> Option<()> {
        if self.take("sequence") {
            entry.sequence = Some(self.next()?.parse().ok()?);
        } else if let Some(number) = self.peek().and_then(|w| w.parse().ok()) {
            entry.sequence = Some(number);
            self.at += 1;
        }
        if self.dialect == Dialect::Ios && self.take("dynamic") {
            let _ = self.name()?;
            if self.take("timeout") {
                self.next()?;
            }
            let what = msg!(
                "a dynamic entry counts after a log-in only",
                "動的エントリーはログイン後にのみ有効となる"
            );
            entry.choices.push((self.span()?, what));
        }
        match self.next()? {
            "permit" => entry.permit = true,
            "deny" => entry.permit = false,
            // Sessions and hours are of IOS: the others have lists of fixed conditions only.
            "evaluate" if self.dialect == Dialect::Ios => {
                self.name()?;
                entry.evaluates = true;
                entry.permit = true;
                if self.take("sequence") {
                    entry.sequence = Some(self.next()?.parse().ok()?);
                }
                return self.peek().is_none().then_some(());
            }
            _ => return None,
        }
        Some(())
    }

    fn standard(&mut self, entry: &mut Entry) -> Option<()> {
        entry.services.push(Service::any());
        let alone = self.words.get(self.at + 1).is_none_or(|w| value::v4(&w.text).is_none());
        let bare = self.peek().and_then(value::v4).filter(|_| alone);
        match bare {
            Some(address) => {
                self.at += 1;
                entry.src = End3::Set(AddressSet::host(address.into()));
            }
            None => entry.src = self.end()?,
        }
        Some(())
    }

    fn extended(&mut self, entry: &mut Entry) -> Option<()> {
        if self.take("object-group") {
            entry.group = Some(self.name()?);
            entry.src = self.end()?;
            entry.dst = self.end()?;
            return Some(());
        }
        // AlliedWare Plus: `proto 47`.
        let numbered = self.dialect == Dialect::Awplus && self.take("proto");
        let word = self.next()?;
        let whole = match self.family {
            _ if numbered => false,
            Family::V4 => matches!(word, "ip" | "any"),
            Family::V6 => matches!(word, "ipv6" | "ip" | "any"),
        };
        let protocol = if whole { None } else { Some(value::protocol(word, self.family)?) };
        let mut service = Service { protocol, ..Service::any() };
        entry.src = self.end()?;
        service.sport = self.ports(protocol)?;
        entry.dst = self.end()?;
        service.dport = self.ports(protocol)?;
        if matches!(protocol, Some(proto::ICMP | proto::ICMPV6)) {
            service.icmp = self.message();
        }
        entry.services.push(service);
        Some(())
    }

    /// One end.
    fn end(&mut self) -> Option<End3> {
        let word = self.next()?;
        match word {
            "any" | "any4" | "any6" => return Some(End3::Any),
            "host" => {
                let address = self.next()?.parse().ok()?;
                return (Family::of(address) == self.family).then(|| End3::Set(AddressSet::host(address)));
            }
            "object-group" | "addrgroup" => return Some(End3::Group(self.name()?)),
            _ => {}
        }
        if let Some(network) = value::prefix(word) {
            return (Family::of(network.ip()) == self.family).then(|| End3::Set(value::set(network)));
        }
        let wild = self.next()?;
        (self.family == Family::V4).then_some(())?;
        Some(match value::wildcard(word, wild)? {
            Ok(exact) => End3::Set(AddressSet::in_family(Family::V4, exact)),
            Err(around) => End3::Within(AddressSet::in_family(Family::V4, around), self.span()?),
        })
    }

    /// Ports, if any stand here: `Some(None)` if none do.
    fn ports(&mut self, protocol: Option<u8>) -> Option<Option<Ranges>> {
        let with_ports = matches!(protocol, Some(proto::TCP | proto::UDP | proto::SCTP));
        let Some(word) = self.peek().filter(|w| matches!(*w, "eq" | "neq" | "ne" | "gt" | "lt" | "range"))
        else {
            return Some(None);
        };
        self.at += 1;
        let protocol = protocol.filter(|_| with_ports)?;
        self.port_set(word, protocol).map(Some)
    }

    fn port_set(&mut self, word: &str, protocol: u8) -> Option<Ranges> {
        let one = |w: &str| value::port(w, protocol).map(u128::from);
        let first = one(self.next()?)?;
        Some(match word {
            "eq" | "neq" | "ne" => {
                let mut set = Ranges::one(first);
                while let Some(more) = self.peek().and_then(one) {
                    // A number that is a sequence keyword's comes behind a word, never bare.
                    set = set.union(&Ranges::one(more));
                    self.at += 1;
                }
                if word == "eq" { set } else { set.complement(0xFFFF) }
            }
            "gt" => Ranges::span(first + 1, 0xFFFF),
            "lt" => Ranges::span(0, first.checked_sub(1)?),
            "range" => {
                let last = one(self.next()?)?;
                Ranges::span(first.min(last), first.max(last))
            }
            _ => return None,
        })
    }

    /// An ICMP message, if one stands here.
    fn message(&mut self) -> Option<Ranges> {
        self.take("icmp-type");
        let word = self.peek()?;
        let code = self.words.get(self.at + 1).map(|w| w.text.as_str());
        if let Some(code) = code.filter(|c| c.parse::<u8>().is_ok() && word.parse::<u8>().is_ok()) {
            let set = value::icmp(&[word, code], self.family)?;
            self.at += 2;
            return Some(set);
        }
        let set = value::icmp(&[word], self.family)?;
        self.at += 1;
        Some(set)
    }

    fn options(&mut self, entry: &mut Entry) -> Option<()> {
        while let Some(word) = self.next() {
            let span = self.span()?;
            match word {
                "log" | "log-input" => {
                    entry.log = true;
                }
                "fragments" => entry.fragments = true,
                "sequence" => entry.sequence = Some(self.next()?.parse().ok()?),
                "time-range" if self.dialect == Dialect::Ios => entry.time = Some(self.name()?),
                "established" => self.flags(entry, established())?,
                "match-any" | "match-all" => {
                    let set = self.flag_list(word == "match-all")?;
                    self.flags(entry, set)?;
                }
                "syn" | "ack" | "fin" | "rst" | "psh" | "urg" => {
                    let bit = u128::from(flag(word)?);
                    let set = Ranges::from_mask(bit, bit, 63, 64)?;
                    self.flags(entry, set)?;
                }
                "dscp" | "precedence" | "tos" | "ttl" | "option" | "user-priority" | "flow-label" => {
                    let operator = matches!(self.peek(), Some("eq" | "neq" | "gt" | "lt"));
                    self.at += usize::from(operator);
                    if self.take("range") {
                        self.next()?;
                    }
                    self.next()?;
                    let what = msg!("a mark that the sender sets", "送信側が設定できる値による条件");
                    entry.choices.push((span, what));
                }
                "routing" | "routing-type" | "mobility" | "dest-option" | "hbh" | "auth" => {
                    let what = msg!(
                        "an extension header that the sender sets",
                        "送信側が設定できる拡張ヘッダによる条件"
                    );
                    entry.choices.push((span, what));
                }
                "reflect" if self.dialect == Dialect::Ios => {
                    self.name()?;
                    if self.take("timeout") {
                        self.next()?;
                    }
                }
                "vlan" | "undetermined-transport" | "mac" => {
                    if word == "vlan" {
                        self.next()?;
                    }
                    if word == "mac" {
                        return None;
                    }
                    let what =
                        msg!("a condition on the frame that is not modelled", "フレームに関する未対応の条件");
                    entry.ignorance.push((span, what));
                }
                _ if self.is_cookie() => {}
                _ => return None,
            }
        }
        Some(())
    }

    /// Whether the word just taken, which is no option, is one of the administrator's own behind `log`: only IOS takes
    /// one, only in lists for IPv4, and nothing follows it.
    fn is_cookie(&self) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.words.get(at));
        self.dialect == Dialect::Ios
            && self.family == Family::V4
            && self.peek().is_none()
            && before.is_some_and(|w| matches!(w.text.as_str(), "log" | "log-input"))
    }

    /// Narrows a TCP entry to some flags.
    fn flags(&self, entry: &mut Entry, set: Ranges) -> Option<()> {
        for service in &mut entry.services {
            (service.protocol == Some(proto::TCP)).then_some(())?;
            service.flags =
                Some(service.flags.as_ref().map_or_else(|| set.clone(), |old| old.intersection(&set)));
        }
        Some(())
    }

    fn flag_list(&mut self, all: bool) -> Option<Ranges> {
        let mut found: Option<Ranges> = None;
        while let Some(word) = self.peek() {
            let Some((on, name)) =
                word.strip_prefix('+').map(|w| (true, w)).or(word.strip_prefix('-').map(|w| (false, w)))
            else {
                break;
            };
            let bit = u128::from(flag(name)?);
            let one = Ranges::from_mask(if on { bit } else { 0 }, bit, 63, 64)?;
            found = Some(match found {
                None => one,
                Some(old) if all => old.intersection(&one),
                Some(old) => old.union(&one),
            });
            self.at += 1;
        }
        found
    }

    /// A line of a service group: protocol, ports, message.
    fn group_service(&mut self) -> Option<Service> {
        let word = self.next()?;
        if word == "ip" {
            return Some(Service::any());
        }
        let both = word == "tcp-udp";
        let protocol = if both { proto::TCP } else { value::protocol(word, Family::V4)? };
        let mut service = Service { protocol: Some(protocol), both, ..Service::any() };
        if protocol == proto::ICMP {
            if self.peek().is_some() {
                service.icmp = Some(self.message()?);
            }
            return Some(service);
        }
        if self.take("source") {
            service.sport = Some(self.group_ports(protocol)?);
            self.take("destination");
        }
        if self.peek().is_some() {
            service.dport = Some(self.group_ports(protocol)?);
        }
        Some(service)
    }

    fn group_ports(&mut self, protocol: u8) -> Option<Ranges> {
        let word = self.peek()?;
        if matches!(word, "eq" | "gt" | "lt" | "neq" | "range") {
            self.at += 1;
            return self.port_set(word, protocol);
        }
        let port = value::port(self.next()?, protocol)?;
        Some(Ranges::one(u128::from(port)))
    }
}

fn flag(name: &str) -> Option<u8> {
    let upper = name.to_ascii_uppercase();
    TCP_FLAGS.iter().find(|(n, _)| *n == upper).map(|(_, bit)| *bit)
}

/// ACK or RST.
fn established() -> Ranges {
    Ranges::from_pairs((0u128..64).filter(|f| f & 20 != 0).map(|f| (f, f)))
}
