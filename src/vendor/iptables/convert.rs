//! From the files of one box to one device: interfaces, facts, rule sets in the kernel's order.
//!
//! Order of hooks (Linux `include/uapi/linux/netfilter_ipv4.h`, `enum nf_ip_hook_priorities`): raw, connection
//! tracking, mangle, destination translation, filter, security, source translation.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Chain, ChainId, Device, DeviceRelay, Established, Expr, Helper, Opens, Pipeline, Radius, Ranges,
    RelayKind, Rule, RuleId, RuleSet, RuleSetId, RuleSetKind, Stage, State, Then,
};
use crate::msg;
use crate::source::{Code, Diagnostic, FileId, LineMap, LineState, Msg, Sources, Span, Spanned};

use super::config::{Dump, Family, Policy, Problem, RuleLine, Scope, Table, Term};
use super::facts::{Build, Own, Primary, index, of_family, perhaps};
use super::links::Links;
use super::options::Test;
use super::parse::hooks;
use super::routing::Given;
use super::sets::Keep;
use super::states;
use super::sysctl::Settings;
use super::targets::{Effect, target};
use super::values;

/// Everything that was read from the files of one box.
pub struct Read {
    /// The saves, at most one per family.
    pub dumps: Vec<Dump>,
    /// Their problems, with table indices into `dumps`.
    pub problems: Vec<Problem>,
    /// `ip addr`, if it was given.
    pub links: Option<Links>,
    /// Routing.
    pub given: Given,
    /// `sysctl -a`.
    pub settings: Settings,
    /// Conclusions drawn while reading.
    pub assumptions: Vec<Msg>,
    /// A list of IPv6's policy rules that was given before any of IPv4's.
    pub unplaced: Option<(Span, Scope)>,
}

impl Read {
    /// Whether `ip addr` was given and shows every interface.
    pub fn shows_interfaces(&self) -> bool {
        self.links.as_ref().is_some_and(Links::complete)
    }
}

/// Names of the interfaces that the rules speak of, and that the caller asks about.
pub struct Names<'a> {
    /// What the topology calls the device.
    pub device: String,
    /// Interface names that the caller knows.
    pub interfaces: &'a [String],
}

/// Builds the device.
pub fn convert(
    sources: &Sources,
    file: FileId,
    names: &Names<'_>,
    read: &Read,
    lines: LineMap,
) -> (Device, LineMap, Vec<Diagnostic>) {
    let whole = sources.whole(file);
    let mut build = Build::new(sources, empty(names.device.clone(), file), lines);
    build.device.assumptions.extend(read.assumptions.iter().cloned());
    if !read.dumps.is_empty() {
        build.device.assumptions.push(msg!(
            "nothing beside these tables passes, changes or marks packets (other tables of nftables, tc, ebtables, XDP, IPsec policies)",
            "これらのテーブル以外(nftables の他のテーブル、tc、ebtables、XDP、IPsecのポリシー)に、通信を通し、書き換え、\
             又はマークを付ける設定はないものとみなす"
        ));
    }
    build.interfaces(names, read, whole);
    build.facts(read);
    build.odd_settings(&read.settings);
    build.missing_exports(read, whole);
    let sets = build.tables(read);
    build.pipeline(read, &sets, whole);
    build.services(read, whole);
    build.state_rules(read);
    build.problems(read, &sets);
    build.unreachable(read);
    build.device.facts = super::about::facts(&build.device, read, whole);
    (build.device, build.lines, build.diagnostics)
}

fn empty(name: String, file: FileId) -> Device {
    let pipeline = Pipeline {
        arrival: Vec::new(),
        routing: RuleSetId(0),
        forward: Vec::new(),
        input: Vec::new(),
        output: Vec::new(),
    };
    Device {
        name,
        vendor: "iptables",
        file,
        interfaces: Vec::new(),
        rule_sets: Vec::new(),
        nats: Vec::new(),
        routes: Vec::new(),
        pipeline,
        states: Vec::new(),
        established: Established::None,
        sessionless: Vec::new(),
        helpers: Vec::new(),
        causes: Vec::new(),
        taints: Vec::new(),
        relays: Vec::new(),
        assumptions: Vec::new(),
        facts: crate::model::Facts::default(),
        names: crate::model::Names::default(),
    }
}

/// Rule sets by dump, table and hook.
type Sets = BTreeMap<(usize, usize, &'static str), super::sets::HookSets>;

impl Build<'_> {
    /// Says which further export would settle what is open.
    fn missing_exports(&mut self, read: &Read, whole: Span) {
        let mut say = |given: bool, message: Msg, help: Msg| {
            if !given {
                self.diagnostics.push(Diagnostic::new(Code::Remark, whole, message).with_help(help));
            }
        };
        say(
            read.settings.given,
            msg!(
                "whether and how the kernel forwards is not known",
                "カーネルの転送の有無及び方法が不明である"
            ),
            msg!("add the output of `sysctl -a`", "`sysctl -a` の出力をファイルで追加する"),
        );
        say(
            read.shows_interfaces(),
            msg!("the device's own addresses are not known", "機器自身のアドレスが不明である"),
            msg!("add the output of `ip addr`", "`ip addr` の出力をファイルで追加する"),
        );
        say(
            read.given.tables.iter().any(Option::is_some),
            msg!(
                "the routes are not known: any egress is possible",
                "経路が不明であり、全ての出力インターフェースがあり得る"
            ),
            msg!(
                "add the output of `ip route show table all`",
                "`ip route show table all` の出力をファイルで追加する"
            ),
        );
    }

    fn facts(&mut self, read: &Read) {
        // One unreadable line, and any address may be an own one.
        if let Some(links) = read.links.as_ref().filter(|l| l.problems.is_empty() && l.complete()) {
            let own = [Family::V4, Family::V6].map(|f| self.own(f, links, &read.given));
            self.facts.own = Some(own);
        }
        let asks = |t: &Term| {
            let value = t.values.first().map_or("", |w| w.text.as_str());
            matches!(t.test, Test::State | Test::ConnStatus) && value.split(',').any(|v| v == "DNAT")
        };
        self.facts.asks_dnat = rules(read).any(|(_, _, r)| r.terms.iter().any(asks));
        for dump in &read.dumps {
            self.number_dnat(dump);
            let bound = self.dnat_bound(dump);
            if let Some(slot) = self.facts.dnat.get_mut(index(dump.family)) {
                *slot = bound;
            }
        }
        self.facts.marks = [Family::V4, Family::V6].map(|f| marks(read, f));
        self.facts.reverse = [Family::V4, Family::V6].map(|f| self.reverse(f, &read.given));
    }

    fn own(&self, family: Family, links: &Links, given: &Given) -> Own {
        let mut out = Own::default();
        let (mut local, mut broadcast, mut perhaps) = (Vec::new(), Vec::new(), Vec::new());
        match family {
            Family::V4 => local.push((0x7F00_0000, 0x7FFF_FFFF)),
            Family::V6 => local.push((1, 1)),
        }
        for link in links.links.iter().filter(|l| l.up) {
            let Some(id) = self.interface(&link.name.value) else { continue };
            let mine = link.addresses.iter().filter(|a| a.network.is_ipv4() == (family == Family::V4));
            for address in mine {
                let number = crate::model::Family::number(address.network.ip());
                // A duplicate address is none of the box's own, one that is still looked at will be.
                if address.doubtful { &mut perhaps } else { &mut local }.push((number, number));
                let covered = crate::model::AddressSet::network(address.peer.unwrap_or(address.network));
                let covered = if family == Family::V4 { covered.v4 } else { covered.v6 };
                let Some((low, high)) = covered.pairs().first().copied() else { continue };
                let brd = address.broadcast.map(crate::model::Family::number);
                match family {
                    // Subnets of more than two addresses have a broadcast and, for older kernels, a network address.
                    Family::V4 if high - low > 1 => {
                        broadcast.push((brd.unwrap_or(high), brd.unwrap_or(high)));
                        if high - low > 0 {
                            perhaps.push((low, low));
                        }
                    }
                    Family::V6 if high > low && address.global => perhaps.push((low, low)),
                    _ => {}
                }
                if address.global && !address.secondary {
                    let primary: &mut Primary = out.primary.entry(id).or_default();
                    primary.addresses = primary.addresses.union(&Ranges::one(number));
                    primary.dynamic |= address.dynamic;
                }
            }
        }
        out.local = Ranges::from_pairs(local);
        out.broadcast = Ranges::from_pairs(broadcast).minus(&out.local);
        out.perhaps = Ranges::from_pairs(perhaps).minus(&out.local).minus(&out.broadcast);
        let table = given.tables.get(index(family)).and_then(Option::as_ref).and_then(super::routing::local);
        if let Some(routes) = table {
            let pairs = routes.iter().flat_map(|r| r.destination.pairs().iter().copied());
            out.routed = Ranges::from_pairs(pairs);
            // The table says which of the doubtful addresses this kernel delivers.
            let other = out.perhaps.minus(&out.routed);
            out.perhaps = out.perhaps.minus(&other);
        }
        out
    }

    fn tables(&mut self, read: &Read) -> Sets {
        let mut sets = Sets::new();
        for (at, dump) in read.dumps.iter().enumerate() {
            for (number, table) in dump.tables.iter().enumerate() {
                let here = Scope::Table { dump: at, table: number };
                let unread = read.problems.iter().any(|p| p.scope == here);
                let keep = if unread { Keep::Always } else { Keep::IfNeeded };
                let kind = match table.name.value.as_str() {
                    "nat" => RuleSetKind::Translate,
                    _ => RuleSetKind::Filter,
                };
                for hook in hooks(&table.name.value).unwrap_or_default() {
                    let converted = self.hook_sets(dump.family, table, hook, kind, keep);
                    sets.insert((at, number, hook), converted);
                }
            }
            let has = |name: &str| dump.tables.iter().any(|t| t.name.value == name);
            if !has("filter") || !has("nat") {
                let version = if dump.family == Family::V4 { 4 } else { 6 };
                self.device.assumptions.push(msg!(
                    "IPv{version}: tables that the export does not show are empty",
                    "IPv{version}: 設定の出力にないテーブルは空とみなす"
                ));
            }
        }
        sets
    }

    fn pipeline(&mut self, read: &Read, sets: &Sets, whole: Span) {
        let mut p = Pipeline {
            arrival: Vec::new(),
            routing: RuleSetId(0),
            forward: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
        };
        p.forward.extend(self.forwarding(&read.settings, counted(read), whole).map(Stage::Filter));
        let place = |stages: &mut Vec<Stage>, hook: &str, tables: &[&str]| {
            for table in tables {
                for ((dump, number, at), set) in sets {
                    let named = read.dumps.get(*dump).and_then(|d| d.tables.get(*number));
                    if *at != hook || named.is_none_or(|t| t.name.value != *table) {
                        continue;
                    }
                    stages.extend(set.before.map(Stage::Filter));
                    stages.extend(
                        set.main
                            .map(|s| if *table == "nat" { Stage::Translate(s) } else { Stage::Filter(s) }),
                    );
                    stages.extend(set.after.map(Stage::Translate));
                }
            }
        };
        place(&mut p.arrival, "PREROUTING", &["raw", "mangle", "nat"]);
        place(&mut p.input, "INPUT", &["mangle", "filter", "security", "nat"]);
        place(&mut p.forward, "FORWARD", &["mangle", "filter", "security"]);
        place(&mut p.forward, "POSTROUTING", &["mangle", "nat"]);
        place(&mut p.output, "OUTPUT", &["raw", "mangle", "nat", "filter", "security"]);
        place(&mut p.output, "POSTROUTING", &["mangle", "nat"]);
        for family in [Family::V4, Family::V6] {
            if !read.dumps.iter().any(|d| d.family == family) {
                self.missing(family, &mut p, whole);
            }
        }
        if let Some(early) = self.early_checks(whole) {
            p.arrival.insert(0, Stage::Filter(early));
        }
        let reverse = self.facts.reverse(Family::V4).cloned();
        p.arrival.extend(self.arrival_checks(&read.settings, reverse.as_ref(), whole).map(Stage::Filter));
        self.device.pipeline = p;
        let routing = self.routing(&read.given, &read.settings, whole);
        self.device.pipeline.routing = routing;
        self.own_translations(read, sets);
        self.helpers(read, sets);
    }

    /// The rules of a family were not exported: they may say anything.
    fn missing(&mut self, family: Family, p: &mut Pipeline, span: Span) {
        let version = if family == Family::V4 { 4 } else { 6 };
        let message =
            msg!("the IPv{version} rules were not exported", "IPv{version}のルールが出力されていない");
        let cause = self.ignorance_named(message.clone(), span);
        self.report(Code::MissingFile, span, message);
        let rule =
            |when: Expr, then| Rule { id: RuleId(0), when, then, span, label: format!("IPv{version} rules") };
        let set = |name: &str, kind, rule: Rule| RuleSet {
            name: name.to_owned(),
            kind,
            chains: vec![Chain {
                name: Spanned::new(name.to_owned(), span),
                rules: vec![rule],
                end: Spanned::new(Then::Fall, span),
            }],
            entry: ChainId(0),
        };
        let filter = rule(of_family(family), Then::Unknown(cause));
        let filter = set(&format!("IPv{version} rules"), RuleSetKind::Filter, filter);
        let filter = Stage::Filter(self.device.add_rule_set(filter));
        let nat = self.any_rewrite(family, span);
        let rewrite = rule(perhaps(cause, of_family(family)), Then::Nat(nat));
        let rewrite = set(&format!("IPv{version} translation"), RuleSetKind::Translate, rewrite);
        let rewrite = Stage::Translate(self.device.add_rule_set(rewrite));
        p.arrival.push(rewrite);
        p.forward.extend([filter, rewrite]);
        p.input.push(filter);
        p.output.extend([rewrite, filter]);
    }

    /// Destination translation of the device's own packets changes their route, which comes before it here.
    fn own_translations(&mut self, read: &Read, sets: &Sets) {
        for ((dump, number, hook), set) in sets {
            let named = read.dumps.get(*dump).and_then(|d| d.tables.get(*number));
            if *hook != "OUTPUT" || named.is_none_or(|t| t.name.value != "nat") {
                continue;
            }
            let Some(main) = set.main.and_then(|s| self.device.rule_set(s)) else { continue };
            let translates =
                main.chains.iter().flat_map(|c| &c.rules).find(|r| matches!(r.then, Then::Nat(_)));
            if let Some(span) = translates.map(|r| r.span) {
                let message = msg!(
                    "destination translation of the device's own packets is routed anew",
                    "機器自身の通信が、宛先の変換後に再びルーティングされる"
                );
                self.taint(Code::UnmodelledFeature, span, message, Radius::Routing);
            }
        }
    }

    /// A connection helper lets the packets of other sessions be RELATED.
    fn helpers(&mut self, read: &Read, sets: &Sets) {
        let assigns = |r: &RuleLine| r.jump.iter().flat_map(|j| &j.options).any(|o| o.name == "--helper");
        let helper = rules(read).find(|(_, _, r)| assigns(r));
        // What takes RELATED as it takes NEW is known from packets that open a session.
        let related = rules(read).find(|(_, _, r)| r.terms.iter().any(tells_related));
        let Some((_, _, related)) = related else { return };
        let settled = self.automatic_helpers(&read.settings);
        let Some((_, _, helper)) = helper else {
            if !settled {
                self.device.assumptions.push(msg!(
                    "no connection helper (FTP, SIP …) is active",
                    "コネクションヘルパー(FTP、SIP等)は動作していないものとみなす"
                ));
            }
            return;
        };
        let message =
            msg!("a connection helper opens further connections", "コネクションヘルパーが別の接続を許可する");
        self.report_once(Code::UnmodelledFeature, helper.span, message.clone());
        let cause = self.ignorance(message, helper.span);
        let both = [crate::model::proto::TCP, crate::model::proto::UDP].map(Expr::proto);
        let when = perhaps(cause, Expr::any_of(both));
        for ((dump, number, _), set) in sets {
            let named = read.dumps.get(*dump).and_then(|d| d.tables.get(*number));
            let mut family =
                read.dumps.get(*dump).into_iter().flat_map(|d| &d.tables).flat_map(|t| &t.chains);
            let assigned = family.any(|c| c.rules.iter().any(assigns));
            let filter = assigned && named.is_some_and(|t| t.name.value == "filter");
            let Some(found) = set.main.filter(|_| filter) else { continue };
            let Some(found) = self.device.rule_sets.get_mut(found.index()) else { continue };
            let next = found.chains.iter().flat_map(|c| &c.rules).map(|r| r.id.0 + 1).max().unwrap_or(0);
            let label = "RELATED connections of a helper".to_owned();
            let span = related.span;
            let rule = Rule { id: RuleId(next), when: when.clone(), then: Then::Permit, span, label };
            if let Some(first) = found.chains.first_mut() {
                first.rules.insert(first.rules.len().min(1), rule);
            }
        }
    }

    /// Helpers that the kernel attaches by port, if it is told to; whether that is settled. It was the default before
    /// Linux 4.7 and is gone since 6.0, so a dump without the switch settles nothing.
    fn automatic_helpers(&mut self, settings: &Settings) -> bool {
        let key = "net.netfilter.nf_conntrack_helper";
        let Some(span) = settings.span(key) else { return false };
        if settings.get(key) == Some(0) {
            return true;
        }
        let message = msg!(
            "connection helpers (FTP, SIP …) open further connections: `{key}` is on",
            "`{key}` が有効なため、コネクションヘルパー(FTP、SIP等)が別の接続を許可する"
        );
        self.report_once(Code::UnmodelledFeature, span, message.clone());
        let cause = self.ignorance(message, span);
        for opens in [Opens::SameEnds, Opens::AnyEnds] {
            let those = states::HELPERS.iter().filter(|(_, _, o)| *o == opens);
            let reads = those.map(|(proto, port, _)| (*proto, Ranges::one(u128::from(*port)))).collect();
            self.device.helpers.push(Helper { cause, reads, opens });
        }
        true
    }

    /// Programs of the box that may carry data between sessions of their own.
    fn services(&mut self, read: &Read, whole: Span) {
        let names = self.device.interfaces.iter().map(|i| i.name.value.as_str());
        let Some(span) = super::services::let_in(read, names, whole) else { return };
        let what = msg!(
            "whether a service of the device that is let in here carries data on is not stated",
            "ここで許可される機器自身のサービスがデータを中継するか否かの申告がない"
        );
        self.device.relays.push(DeviceRelay {
            kind: RelayKind::Data,
            what,
            span,
            certain: false,
            carried: None,
        });
    }

    fn state_rules(&mut self, read: &Read) {
        let mut out = Vec::new();
        for (at, dump) in read.dumps.iter().enumerate() {
            for (number, table) in dump.tables.iter().enumerate().filter(|(_, t)| t.name.value == "raw") {
                let here = Scope::Table { dump: at, table: number };
                if read.problems.iter().any(|p| p.scope == here) {
                    // The unread line may take anything out of connection tracking.
                    out.push(states::any_state(dump.family));
                }
                for entry in ["PREROUTING", "OUTPUT"] {
                    out.extend(self.untracked(dump.family, table, entry));
                }
            }
        }
        let key = "net.netfilter.nf_conntrack_tcp_loose";
        // The default is 1; a dump without the key says nothing else.
        let loose = read.settings.get(key).map(|v| v != 0).or(Some(true));
        out.extend(states::kernel(loose));
        self.device.states = out;
        let tracked = |t: &Table| t.name.value == "nat" && t.chains.iter().any(|c| !c.rules.is_empty());
        let translates = read.dumps.iter().flat_map(|d| &d.tables).any(tracked);
        let asks = rules(read)
            .any(|(_, _, r)| r.terms.iter().any(|t| matches!(t.test, Test::State | Test::ConnStatus)));
        if translates || asks {
            self.device.established = Established::ByRules;
        }
    }

    fn problems(&mut self, read: &Read, sets: &Sets) {
        for problem in &read.problems {
            let message = problem.message.clone();
            match problem.scope {
                Scope::Device => self.taint(problem.code, problem.span, message, Radius::Device),
                Scope::Nothing => self.report(problem.code, problem.span, message),
                Scope::Table { dump, table } => {
                    let named = read.dumps.get(dump).and_then(|d| d.tables.get(table));
                    let name = named.map_or("", |t| t.name.value.as_str());
                    self.table_problem(problem, dump, table, name, sets);
                }
            }
        }
        for problem in read.links.iter().flat_map(|l| &l.problems) {
            let message = problem.message.clone();
            match problem.scope {
                Scope::Device => self.taint(problem.code, problem.span, message, Radius::Device),
                _ => self.report(problem.code, problem.span, message),
            }
        }
    }

    /// A line of one table could not be read: it may be any rule of that table.
    fn table_problem(&mut self, problem: &Problem, dump: usize, table: usize, name: &str, sets: &Sets) {
        let message = problem.message.clone();
        if matches!(name, "nat" | "mangle" | "raw") {
            self.taint(problem.code, problem.span, message.clone(), Radius::Nat);
        } else {
            self.report(problem.code, problem.span, message.clone());
        }
        let mains: Vec<RuleSetId> = sets
            .iter()
            .filter(|((d, t, _), _)| (*d, *t) == (dump, table))
            .filter_map(|(_, s)| s.main)
            .collect();
        let all = hooks(name).unwrap_or_default().len();
        for set in &mains {
            let cause = self.ignorance(message.clone(), problem.span);
            self.device.taints.push(crate::model::Taint { radius: Radius::RuleSet(*set), cause });
        }
        // A hook without a rule set has no place for the unread rule.
        if mains.len() < all && name != "nat" {
            self.taint(problem.code, problem.span, message, Radius::Device);
        }
    }

    /// Rules of chains that nothing calls cannot matter.
    fn unreachable(&mut self, read: &Read) {
        let reported: BTreeSet<(FileId, u32)> =
            self.reported.iter().map(|(_, s)| (s.file, self.sources.position(*s).line)).collect();
        for (table, _, rule) in rules(read) {
            let line = self.sources.position(rule.span).line;
            let file = self.sources.origin(rule.span.file);
            if hooks(&table.name.value).is_some()
                && self.lines.state(file, line) == LineState::Unrecognized
                && !reported.contains(&(rule.span.file, line))
            {
                self.claim(rule.span, LineState::Inert);
            }
        }
    }
}

/// Whether a condition may tell a RELATED packet from a NEW one.
fn tells_related(term: &Term) -> bool {
    let value = term.values.first().map_or("", |w| w.text.as_str());
    match term.test {
        Test::State => values::states(value).is_none_or(|s| {
            let [new, related] = [State::New, State::Related].map(|w| s.states.contains(w.value()));
            new != related
        }),
        Test::ConnStatus | Test::Unknown => true,
        _ => false,
    }
}

/// Every rule with its table and chain.
pub fn rules(read: &Read) -> impl Iterator<Item = (&Table, &super::config::Chain, &RuleLine)> {
    let tables = read.dumps.iter().flat_map(|d| &d.tables);
    tables.flat_map(|t| t.chains.iter().flat_map(move |c| c.rules.iter().map(move |r| (t, c, r))))
}

/// Whether a rule sets marks on packets of a family that something else reads.
fn marks(read: &Read, family: Family) -> bool {
    let Some(at) = read.dumps.iter().position(|d| d.family == family) else { return true };
    let own = || read.dumps.iter().filter(move |d| d.family == family).flat_map(|d| &d.tables);
    let rules = || own().flat_map(|t| t.chains.iter().flat_map(move |c| c.rules.iter().map(move |r| (t, r))));
    let chains: BTreeSet<(&str, &str)> =
        own().flat_map(|t| t.chains.iter().map(|c| (t.name.value.as_str(), c.name.value.as_str()))).collect();
    let sets = |(table, rule): (&Table, &RuleLine)| {
        let Some(jump) = &rule.jump else { return !rule.stray.is_empty() };
        let chain = chains.contains(&(table.name.value.as_str(), jump.target.value.as_str()));
        let effect = target(&jump.target.value).map(|t| t.effect);
        !rule.stray.is_empty()
            || !chain && matches!(effect, None | Some(Effect::Mark | Effect::ConnMark | Effect::Anything))
    };
    let reads = rules().any(|(_, r)| r.terms.iter().any(|t| t.test == Test::Mark))
        || read.given.rules.iter().flatten().flatten().any(|r| r.mark.is_some());
    let unread = read.problems.iter().any(|p| match p.scope {
        Scope::Device => true,
        Scope::Table { dump, .. } => dump == at,
        Scope::Nothing => false,
    });
    reads && (unread || rules().any(sets))
}

/// Where each family's counters show forwarded packets.
fn counted(read: &Read) -> [Option<Span>; 2] {
    let seen = |family: Family| {
        let dumps = read.dumps.iter().filter(|d| d.family == family);
        let tables =
            dumps.flat_map(|d| &d.tables).filter(|t| matches!(t.name.value.as_str(), "filter" | "mangle"));
        let chains = tables.flat_map(|t| &t.chains).filter(|c| c.name.value == "FORWARD");
        chains.filter(|c| c.packets > 0 && c.policy != Policy::User).map(|c| c.name.span).next()
    };
    [seen(Family::V4), seen(Family::V6)]
}

/// Whether a text is an address of the family.
pub fn is_address(family: Family, text: &str) -> bool {
    values::number(family, text.split('/').next().unwrap_or(text)).is_some()
}
