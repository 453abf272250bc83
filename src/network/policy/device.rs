//! Rows as the filter of a device.

use std::collections::BTreeSet;

use super::cells::Said;
use super::objects::Objects;
use super::{TablePlan, Town};
use crate::model::{
    AddressSet, Cause, CauseId, CauseKind, Chain, ChainId, DenyKind, Device, DeviceRelay, Established, Expr,
    Family, Field, Logging, Nat, NatId, NatKind, Radius, Ranges, RelayKind, Rewrite, Rule, RuleFact, RuleId,
    RuleSet, RuleSetKind, Stage, Taint, Then,
};
use crate::msg;
use crate::network::site::{Relay, SegmentId, SiteDevice};
use crate::network::table::grammar::{Special, makes_exceptions, out_of_force, special, struck_out};
use crate::network::table::{Row, Standing, Table, folded};
use crate::network::topology::TableIpv6;
use crate::source::{Code, Diagnostic, Msg, Span, Spanned, narrow};

/// How often names of objects are looked up for one device.
const LOOKUPS: u32 = 200_000;
/// Most cells that are told one by one.
const TROUBLES: usize = 1_000;

/// What came of reading a table as a device.
pub struct Made {
    /// What was resolved, each at its cell.
    pub notes: Vec<(Span, Msg)>,
    /// What was not understood.
    pub troubles: Vec<Diagnostic>,
}

/// A device in the making.
pub(super) struct Builder<'a> {
    pub device: &'a mut Device,
    pub attached: &'a [Option<SegmentId>],
    pub own: &'a TablePlan,
    pub town: &'a Town<'a>,
    pub objects: Objects,
    pub notes: Vec<(Span, Msg)>,
    troubles: Vec<Diagnostic>,
    lookups: u32,
}

/// One row as a rule.
struct RowRule {
    when: Expr,
    then: Then,
    span: Span,
    label: String,
    /// Translations by family; none leaves the packet alone.
    nat: Vec<(Family, Then)>,
}

/// Puts the rows of `policies` in the place of what a contract would let pass.
pub fn apply(
    made: &mut SiteDevice,
    own: &TablePlan,
    policies: &Table,
    all: &[Table],
    town: &Town<'_>,
) -> Made {
    let name = made.chassis.clone();
    let tables = all.iter().filter(|t| t.device.as_ref().is_some_and(|d| d.value == name));
    let SiteDevice { device, attached, .. } = made;
    (device.vendor, device.file) = ("table", policies.file);
    let mut b = Builder {
        device,
        attached,
        own,
        town,
        objects: Objects::of(tables),
        notes: Vec::new(),
        troubles: Vec::new(),
        lookups: LOOKUPS,
    };
    b.fill(policies);
    let out = Made { notes: b.notes, troubles: b.troubles };
    made.table = Some(policies.named);
    made.relay = match made.relay {
        Relay::Unknown => {
            let what = msg!(
                "whether `{name}` carries data between sessions of its own is not in its table",
                "「{name}」が自ら通信を中継するか否かはFWポリシー表から分からない"
            );
            made.device.relays.push(DeviceRelay {
                kind: RelayKind::Unread,
                what,
                span: own.span,
                certain: false,
                carried: None,
            });
            Relay::Unknown
        }
        said => said,
    };
    out
}

impl Builder<'_> {
    /// Ignorance.
    pub fn unknown(&mut self, span: Span, what: Msg) -> CauseId {
        self.device.add_cause(Cause { kind: CauseKind::Unknown, what, span })
    }

    /// Ignorance that the reader of the sheet can end.
    pub fn unclear(&mut self, span: Span, what: Msg) -> CauseId {
        if self.troubles.len() < TROUBLES && !self.troubles.iter().any(|t| t.primary == span) {
            let help = msg!(
                "until it is written out, it may mean anything",
                "明記されるまで、あらゆる意味になり得るものとして扱う"
            );
            self.troubles.push(Diagnostic::new(Code::UnreadCell, span, what.clone()).with_help(help));
        }
        self.unknown(span, what)
    }

    /// Whether names were looked up too often; counts one more time.
    pub fn spent(&mut self) -> bool {
        self.lookups = self.lookups.saturating_sub(1);
        self.lookups == 0
    }

    fn fill(&mut self, policies: &Table) {
        let columns: BTreeSet<&str> = policies.columns.iter().map(|c| c.key).collect();
        let constant = |key: &str| policies.constants.iter().any(|(k, _)| k == key);
        let has = |key: &str| columns.contains(key) || constant(key);
        for (key, en, ja) in [("from_zone", "source", "送信元"), ("to_zone", "destination", "宛先")] {
            if !has(key) {
                let note = msg!(
                    "no column tells the {en} interface: rows apply to every one",
                    "{ja}のインターフェース又はゾーンの列がない(全てのインターフェースに適用するものとして扱う)"
                );
                self.notes.push((policies.named, note.clone()));
                self.device.assumptions.push(note);
            }
        }
        self.device.assumptions.push(msg!(
            "the device does what its policy table says: no configuration was read",
            "この機器の動作はFWポリシー表のとおりであること(設定情報は解析していない)"
        ));
        self.device.assumptions.push(msg!(
            "replies return by the interface by which their session was opened, and nothing else passes without a row",
            "戻りの通信は、セッションの開始された側のインターフェースへ戻ること。それ以外にルールのない通信を通過させないこと"
        ));
        let (mut rules, stated) = self.rows(policies, &|key| has(key));
        if let Some(off) = self.own.ipv6.as_ref().filter(|v| v.value == TableIpv6::Off) {
            rules.insert(
                0,
                RowRule {
                    when: Expr::family(Family::V6),
                    then: Then::Deny(DenyKind::Drop),
                    span: off.span,
                    label: "ipv6 = \"off\"".to_owned(),
                    nat: Vec::new(),
                },
            );
        }
        let end = self.default(policies, stated, &mut rules);
        self.tables(policies, rules, end);
        self.order(policies);
    }

    /// Every row, and what becomes of packets of none, if a row says so.
    fn rows(
        &mut self,
        policies: &Table,
        has: &dyn Fn(&str) -> bool,
    ) -> (Vec<RowRule>, Option<Spanned<Then>>) {
        let mut rules = Vec::new();
        let mut stated: Option<Spanned<Then>> = None;
        let last = policies.rows.len().saturating_sub(1);
        for (at, row) in policies.rows.iter().enumerate() {
            if is_default(row) {
                let then = self.action(row);
                let open =
                    row.beside.is_empty() && doubts(row).next().is_none() && excepting(row, then).is_none();
                let certain = row.standing == Standing::Certain && open && !switched_off(row);
                match (at == last && certain, then) {
                    (true, Some(then)) => stated = Some(Spanned::new(then, row.span)),
                    _ => {
                        let what = msg!(
                            "the default row is not the last one, or not certain",
                            "デフォルトの行が最終行でないか、内容が確定しない"
                        );
                        let cause = self.unclear(row.span, what);
                        rules.push(wildcard(cause, row));
                    }
                }
                continue;
            }
            let (made, every) = self.row(row, has);
            // A last row for everything says what becomes of the rest.
            if let (true, true, Then::Permit | Then::Deny(_)) = (at == last, every, made.then) {
                stated = Some(Spanned::new(made.then, row.span));
            }
            rules.push(made);
        }
        (rules, stated)
    }

    /// A row as a rule, and whether it is for every packet and says so.
    fn row(&mut self, row: &Row, has: &dyn Fn(&str) -> bool) -> (RowRule, bool) {
        let label = label(row);
        if let Standing::Unread(span, what) = &row.standing {
            let cause = self.unknown(*span, what.clone());
            return (wildcard(cause, row), false);
        }
        if let Some(span) = row.beside.first() {
            let what = msg!(
                "a column that is not read says something about this row",
                "読み取らない列に記載があり、このルールの意味が確定しない"
            );
            let cause = self.unclear(*span, what);
            return (wildcard(cause, row), false);
        }
        let ingress = self.side(row, "from_zone", Field::Ingress, has);
        let egress = self.side(row, "to_zone", Field::Egress, has);
        let src = self.end(row, "from", Field::Src);
        let dst = self.end(row, "to", Field::Dst);
        let service = self.services(row);
        let parts = [&ingress, &egress, &src, &dst, &service];
        let every = parts.iter().all(|p| p.any) && row.unclear.is_empty();
        let any = [&src, &dst, &service].iter().all(|p| p.any);
        let mut when = Expr::all(parts.map(|p| p.expr.clone()));
        let mut sure = true;
        for key in ["schedule", "user", "application"].into_iter().filter(|k| has(k)) {
            sure &= self.narrow(row, key, &mut when);
        }
        if let Standing::Doubtful(span, what) = &row.standing {
            when = Expr::unknown(self.unknown(*span, what.clone()), when);
            sure = false;
        }
        for cell in doubts(row) {
            let text = &cell.value;
            let what = msg!(
                "\"{text}\" leaves open whether the row is in force",
                "「{text}」との記載により、ルールが有効か否かが確定しない"
            );
            when = Expr::unknown(self.unclear(cell.span, what), when);
            sure = false;
        }
        let mut action = self.action(row);
        if let Some(cell) = excepting(row, action) {
            let text = &cell.value;
            let what = msg!(
                "\"{text}\" stands beside a row that refuses",
                "遮断する行に「{text}」との記載があり、遮断の範囲が確定しない"
            );
            // Part of what the row says that it refuses may pass.
            action = Some(Then::Unknown(self.unclear(cell.span, what)));
        }
        let enabled = if has("enabled") { self.enabled(row, &mut when) } else { Some(true) };
        sure &= enabled == Some(true);
        let nat = if has("nat") { self.nat(row, &mut when) } else { Vec::new() };
        let then = match action {
            Some(then) => then,
            None => {
                let cell = row.unclear.get("action").copied().unwrap_or(row.span);
                let what = msg!("what the row does was not understood", "動作(許可・拒否)を解釈できない");
                Then::Unknown(self.unclear(cell, what))
            }
        };
        if then == Then::Permit {
            self.device.facts.rules.push(RuleFact {
                span: row.span,
                label: label.clone(),
                enabled: enabled != Some(false),
                any,
                logging: logging(row),
                commented: row.values.contains_key("note"),
                ends: None,
            });
        }
        if enabled == Some(false) {
            when = Expr::None;
        }
        (RowRule { when, then, span: row.span, label, nat }, every && sure)
    }

    /// The interfaces of one side. A column that is not there limits nothing.
    fn side(&mut self, row: &Row, key: &str, field: Field, has: &dyn Fn(&str) -> bool) -> Said {
        if !has(key) {
            return Said { expr: Expr::Any, any: true };
        }
        let Some(cell) = row.values.get(key).filter(|c| special(&c.value) != Some(Special::None)) else {
            let span =
                row.unclear.get(key).or(row.values.get(key).map(|c| &c.span)).copied().unwrap_or(row.span);
            let what = msg!("no interface is written", "インターフェース又はゾーンの記載がない");
            return Said::only(self.doubt(span, what, Expr::Any));
        };
        self.interfaces(&cell.clone(), field)
    }

    fn end(&mut self, row: &Row, key: &str, field: Field) -> Said {
        let cell = row.values.get(key).filter(|c| special(&c.value) != Some(Special::None));
        match cell {
            Some(cell) => self.ends(&cell.clone(), field),
            None => {
                let span = row.unclear.get(key).or(row.values.get(key).map(|c| &c.span)).copied();
                let what = msg!("no address is written", "アドレスの記載がない");
                Said::only(self.doubt(span.unwrap_or(row.span), what, Expr::Any))
            }
        }
    }

    /// A column that narrows what the row matches; whether it says that it does not.
    fn narrow(&mut self, row: &Row, key: &str, when: &mut Expr) -> bool {
        const FREE: &[&str] = &["常時", "always", "終日", "24時間", "24時間365日", "制限なし", "指定なし"];
        let cell = row.values.get(key);
        let free = cell.is_some_and(|c| {
            matches!(special(&c.value), Some(Special::Any | Special::None))
                || FREE.contains(&folded(&c.value).as_str())
        });
        if free {
            return true;
        }
        let span = cell.map(|c| c.span).or(row.unclear.get(key).copied()).unwrap_or(row.span);
        let cause = match (cell, key) {
            (Some(cell), "schedule" | "user") => {
                let text = &cell.value;
                let what = msg!("the condition `{text}`", "条件「{text}」");
                self.device.add_cause(Cause { kind: CauseKind::Condition, what, span })
            }
            (Some(_), _) => {
                let what = msg!("a condition that is not modelled", "未対応の条件がある");
                self.unknown(span, what)
            }
            (None, _) => {
                let what = msg!(
                    "a condition was left empty",
                    "条件の列が空欄である(条件がない場合は「-」と記入する)"
                );
                self.unclear(span, what)
            }
        };
        *when = Expr::unknown(cause, std::mem::replace(when, Expr::None));
        false
    }

    /// Whether the row is in force; `None` if nobody knows.
    fn enabled(&mut self, row: &Row, when: &mut Expr) -> Option<bool> {
        const ON: &[&str] =
            &["有効", "○", "〇", "◯", "on", "enable", "enabled", "yes", "使用", "使用中", "true"];
        let cell = row.values.get("enabled");
        let word = cell.map(|c| folded(&c.value)).unwrap_or_default();
        if ON.contains(&word.as_str()) {
            return Some(true);
        }
        if switched_off(row) {
            return Some(false);
        }
        let span = cell.map(|c| c.span).or(row.unclear.get("enabled").copied()).unwrap_or(row.span);
        let what = msg!("whether the row is in force", "ルールが有効であるか否かの記載を解釈できない");
        let cause = self.unclear(span, what);
        *when = Expr::unknown(cause, std::mem::replace(when, Expr::None));
        None
    }

    fn action(&self, row: &Row) -> Option<Then> {
        const PERMIT: &[&str] = &["許可", "permit", "accept", "allow", "○", "〇", "◯", "通過", "透過"];
        const DROP: &[&str] = &["破棄", "遮断", "deny", "drop", "禁止", "discard", "×", "✕"];
        const REJECT: &[&str] = &["拒否", "reject"];
        let word = folded(&row.values.get("action")?.value);
        // That it is logged changes nothing of what passes.
        const LOGGED: &[&str] =
            &["ログ", "ログあり", "ログ有", "ログ取得", "ログなし", "ログ無", "log", "logあり"];
        let logged = word.strip_suffix(')').and_then(|w| w.split_once('('));
        let word =
            logged.filter(|(_, about)| LOGGED.contains(about)).map_or(word.clone(), |(w, _)| w.to_owned());
        let is = |words: &[&str]| words.contains(&word.as_str());
        if is(PERMIT) {
            return Some(Then::Permit);
        }
        if is(DROP) {
            return Some(Then::Deny(DenyKind::Drop));
        }
        is(REJECT).then_some(Then::Deny(DenyKind::Reject))
    }

    /// The source translation of a row. Any other translation is not modelled: it may be any one.
    fn nat(&mut self, row: &Row, when: &mut Expr) -> Vec<(Family, Then)> {
        const NONE: &[&str] =
            &["無効", "しない", "×", "✕", "off", "disable", "変換なし", "nat無", "natなし", "対象外"];
        const SOURCE: &[&str] = &["送信元nat", "送信元変換", "ソースnat", "snat"];
        const EGRESS: &[&str] = &["napt", "ipマスカレード", "マスカレード", "出力インターフェース"];
        let cell = row.values.get("nat");
        let word = cell.map(|c| folded(&c.value)).unwrap_or_default();
        if cell.is_some_and(|c| special(&c.value) == Some(Special::None)) || NONE.contains(&word.as_str()) {
            return Vec::new();
        }
        let span = cell.map(|c| c.span).or(row.unclear.get("nat").copied()).unwrap_or(row.span);
        let label = label(row);
        if let Some(rest) = SOURCE.iter().find_map(|p| word.strip_prefix(p)) {
            let text = rest.trim_start_matches([':', '/', '(', '→']).trim_end_matches(')');
            let known = self.addresses(text, span, 0);
            if known.doubt.is_none() && !known.set.is_empty() {
                return self.source_nat(&known.set, None, span, &label);
            }
        } else if EGRESS.iter().any(|w| word == *w) {
            // The address of the interface by which it leaves: whichever of them that is.
            let device = &*self.device;
            let addresses = device.interfaces.iter().flat_map(|i| &i.addresses).map(|a| a.network.ip());
            let set = addresses.fold(AddressSet::empty(), |all, a| all.union(&AddressSet::host(a)));
            let complete = device.interfaces.iter().all(|i| !i.addresses.is_empty());
            let what = msg!("which address it gets", "変換後のアドレスが特定できない");
            let cause = self.unknown(span, what);
            let set = if complete {
                set
            } else {
                AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6))
            };
            return self.source_nat(&set, Some(cause), span, &label);
        }
        let what = msg!("a translation that is not modelled", "未対応のアドレス変換である");
        let cause = self.unclear(span, what);
        self.device.taints.push(Taint { radius: Radius::Nat, cause });
        // The row may be written for addresses before or after it.
        *when = Expr::unknown(cause, Expr::Any);
        Vec::new()
    }

    fn source_nat(
        &mut self,
        set: &AddressSet,
        unknown: Option<CauseId>,
        span: Span,
        label: &str,
    ) -> Vec<(Family, Then)> {
        let mut out = Vec::new();
        for family in Family::ALL.into_iter().filter(|f| !set.of(*f).is_empty()) {
            let rewrites = vec![
                Rewrite::To(Field::Src, set.of(family).clone()),
                Rewrite::To(Field::Sport, Ranges::full(0xFFFF)),
            ];
            let id = NatId(u32::try_from(self.device.nats.len()).unwrap_or(u32::MAX));
            let label = label.to_owned();
            self.device.nats.push(Nat { kind: NatKind::Source, rewrites, unknown, span, label });
            out.push((family, Then::Nat(id)));
        }
        out
    }

    /// What becomes of packets of no row: as the sheet or the topology says, or nobody knows.
    fn default(
        &mut self,
        policies: &Table,
        row: Option<Spanned<Then>>,
        rules: &mut Vec<RowRule>,
    ) -> Spanned<Then> {
        let place = policies.rows.last().map_or(policies.named, |r| r.span);
        let deny = Spanned::new(Then::Deny(DenyKind::Drop), place);
        let refuses = |t: &Spanned<Then>| t.value != Then::Permit;
        let (span, what) = match (row, self.own.default) {
            (Some(row), Some(own)) if refuses(&row) != refuses(&own) => (
                row.span,
                msg!(
                    "the last row and `default` of the topology contradict each other",
                    "最終行と構成情報の `default` が矛盾している"
                ),
            ),
            (Some(said), _) | (None, Some(said)) => {
                if said.value == Then::Permit {
                    self.device.facts.defaults.push(said.span);
                }
                return said;
            }
            (None, None) => (
                place,
                msg!(
                    "no row says what becomes of packets that no row names",
                    "いずれのルールにも該当しない通信の扱い(デフォルト)の記載がない"
                ),
            ),
        };
        let cause = self.unclear(span, what);
        rules.push(RowRule {
            when: Expr::Any,
            then: Then::Unknown(cause),
            span,
            label: "default".to_owned(),
            nat: Vec::new(),
        });
        deny
    }

    /// The filter, and the translations of its rows: the same first match.
    fn tables(&mut self, policies: &Table, rules: Vec<RowRule>, end: Spanned<Then>) {
        let title = |name: &str| Spanned::new(name.to_owned(), policies.named);
        let set = |name: &str, kind, rules, end| RuleSet {
            name: name.to_owned(),
            kind,
            chains: vec![Chain { name: title(name), rules, end }],
            entry: ChainId(0),
        };
        let add = |list: &mut Vec<Rule>, made: &RowRule, when: Expr, then: Then| {
            let id = RuleId(u32::try_from(list.len()).unwrap_or(u32::MAX));
            list.push(Rule { id, when, then, span: made.span, label: made.label.clone() });
        };
        let mut filter = Vec::new();
        let mut translate = Vec::new();
        let translates = rules.iter().any(|r| !r.nat.is_empty());
        for made in &rules {
            add(&mut filter, made, made.when.clone(), made.then);
            for (family, nat) in &made.nat {
                let when = Expr::all([Expr::family(*family), made.when.clone()]);
                add(&mut translate, made, when, *nat);
            }
            add(&mut translate, made, made.when.clone(), Then::Permit);
        }
        let filter = self.device.add_rule_set(set("policy table", RuleSetKind::Filter, filter, end));
        self.device.pipeline.forward = vec![Stage::Filter(filter)];
        if translates {
            let end = Spanned::new(Then::Fall, policies.named);
            let nat = self.device.add_rule_set(set("source nat", RuleSetKind::Translate, translate, end));
            self.device.pipeline.forward.push(Stage::Translate(nat));
        }
        self.device.established = Established::ToOpener(BTreeSet::new());
    }

    /// Rows that do not stand in the order of their numbers were sorted by something else: the order of the rules is
    /// not known.
    fn order(&mut self, policies: &Table) {
        let numbered = policies.rows.iter().filter(|r| !is_default(r));
        let numbers = numbered
            .filter_map(|r| r.values.get("number"))
            .filter_map(|n| Some((n.span, position(&n.value)?)))
            .collect::<Vec<_>>();
        let fallen = numbers.windows(2).find_map(|pair| match pair {
            [(_, before), (span, after)] if after < before => Some(*span),
            _ => None,
        });
        let Some(span) = fallen else { return };
        let what = msg!(
            "the rows do not stand in the order of their numbers",
            "行が番号の順に並んでおらず、ルールの順序が特定できない"
        );
        let cause = self.unclear(span, what);
        for stage in self.device.pipeline.forward.clone() {
            if let Stage::Filter(set) | Stage::Translate(set) = stage {
                self.device.taints.push(Taint { radius: Radius::RuleSet(set), cause });
            }
        }
    }
}

/// Cells of a row in which it is said that it is not in force, or not always.
fn doubts(row: &Row) -> impl Iterator<Item = &Spanned<String>> {
    let note = row.values.get("note").filter(|c| out_of_force(&c.value));
    note.into_iter().chain(row.values.get("name").filter(|c| struck_out(&c.value)))
}

/// The remark of a row that refuses, where it speaks of exceptions.
fn excepting(row: &Row, then: Option<Then>) -> Option<&Spanned<String>> {
    let refuses = matches!(then, Some(Then::Deny(_)));
    row.values.get("note").filter(|c| refuses && makes_exceptions(&c.value))
}

/// The numbers in a row's number, by which it is ordered: `No.9`, `9.`, `4-1`.
fn position(text: &str) -> Option<Vec<u64>> {
    let plain = narrow(text).to_lowercase();
    let parts = plain.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let numbers: Option<Vec<u64>> = parts.map(|part| part.parse().ok()).collect();
    numbers.filter(|found| !found.is_empty())
}

/// Whether a row says that it is not in force.
fn switched_off(row: &Row) -> bool {
    const OFF: &[&str] = &["無効", "×", "✕", "off", "disable", "disabled", "no", "不使用", "false"];
    row.values.get("enabled").is_some_and(|c| OFF.contains(&folded(&c.value).as_str()))
}

/// A row that may match anything and do anything.
fn wildcard(cause: CauseId, row: &Row) -> RowRule {
    RowRule {
        when: Expr::unknown(cause, Expr::Any),
        then: Then::Unknown(cause),
        span: row.span,
        label: label(row),
        nat: Vec::new(),
    }
}

fn label(row: &Row) -> String {
    let number = row.values.get("number").map(|n| format!("No.{}", n.value));
    let number = number.unwrap_or_else(|| format!("row {}", row.number));
    match row.values.get("name") {
        Some(name) => format!("{number} ({})", name.value),
        None => number,
    }
}

/// Whether a row is the last one of the paper, for whatever no row names.
fn is_default(row: &Row) -> bool {
    const WORDS: &[&str] = &[
        "デフォルト",
        "default",
        "既定",
        "暗黙",
        "暗黙の拒否",
        "暗黙ルール",
        "暗黙のルール",
        "暗黙の許可",
        "上記以外",
        "上記以外全て",
        "上記以外の全て",
        "implicit",
        "implicitdeny",
    ];
    let says = |key: &str| row.values.get(key).is_some_and(|v| WORDS.contains(&folded(&v.value).as_str()));
    let free = |key: &str| {
        let value = row.values.get(key);
        value.is_none_or(|v| matches!(special(&v.value), Some(Special::Any | Special::None))) || says(key)
    };
    let rest = [
        "from_zone",
        "to_zone",
        "from",
        "to",
        "service",
        "protocol",
        "ports",
        "source_ports",
        "icmp_type",
        "schedule",
        "user",
        "application",
        "nat",
    ];
    (says("number") || says("name") || says("from")) && rest.iter().all(|k| free(k))
}

fn logging(row: &Row) -> Logging {
    let word = row.values.get("log").map(|v| folded(&v.value)).unwrap_or_default();
    match word.as_str() {
        "○" | "〇" | "◯" | "有" | "有効" | "取得" | "on" | "する" | "enable" | "all" => {
            Logging::On
        }
        "×" | "✕" | "無" | "無効" | "off" | "しない" | "disable" | "-" | "なし" => Logging::Off,
        _ => Logging::Unsaid,
    }
}
