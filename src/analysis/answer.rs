//! What an analysis says: verdicts with their evidence. Data only; `report/` renders it.

use std::borrow::Cow;

use crate::model::{Family, Flow, Ranges};
use crate::network::Site;
use crate::source::{FileId, Msg, Span, Tally};

/// The answer to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// 適合: over every packet, every path, both families.
    Holds,
    /// 不適合: with evidence that the concrete evaluator reproduced.
    Violated,
    /// 判定保留: because of named lines or facts.
    Undetermined,
    /// 対象外.
    NotApplicable,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// 設定により確認.
    Config,
    /// 一部申告.
    PartlyDeclared,
    /// 申告により確認.
    Declared,
}

/// The level of path a question is about; never merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Packets that devices forward.
    Packet,
    /// Shared broadcast domains.
    L2,
    /// Hosts that hold sessions with both sides.
    Host,
    /// Not about paths.
    None,
}

/// Which kind of finding a violated assertion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 経路: a packet can cross.
    Path,
    /// 台帳: approved, but the paper is wrong.
    Register,
    /// 衛生: rule hygiene.
    Hygiene,
    /// 証跡: not evidenced.
    Evidence,
    /// 範囲: not analysed.
    Scope,
}

/// Whether an answer counts towards the overall verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bearing {
    /// It does, and the exit code follows it.
    Decides,
    /// It informs: what it finds is shown, and changes neither the overall verdict nor the exit code.
    Informs,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// `M-1`, `L-1`, `X-7`, `Q-1` …
    pub id: &'static str,
    /// The clause of the policy it comes from, e.g. `6(3)①`; empty if none.
    pub clause: Cow<'static, str>,
    /// What the clause says, as the chosen rule pack has it.
    pub clause_text: Option<Msg>,
    /// The municipality's own article; empty if none is given.
    pub local_ref: String,
    /// The level.
    pub level: Level,
    /// The finding class.
    pub class: Class,
    /// Whether it counts towards the overall verdict.
    pub bearing: Bearing,
    /// What it is about, in the site's own words: `マイナンバー利用事務系 → インターネット接続系`, or a host's name.
    pub scope: String,
    /// The answer.
    pub verdict: Verdict,
    /// What it rests on.
    pub basis: Basis,
    /// The question as a sentence.
    pub title: Msg,
    /// Why it is undetermined or not applicable, or what else a reader must know.
    pub reason: Option<Msg>,
    /// Replayed evidence of a violation.
    pub counterexamples: Vec<Evidence>,
    /// More than were kept.
    pub counterexamples_truncated: bool,
    /// Paths that exist unless something unknown turns out well.
    pub possible_paths: Vec<Evidence>,
    /// More than were kept.
    pub possible_paths_truncated: bool,
    /// The lines or facts that would have to be known.
    pub culprits: Vec<Culprit>,
    /// More than were kept.
    pub culprits_truncated: bool,
    /// For a packet-level answer that holds: whether it would under any routes. Filters still apply, checks of
    /// sources included. It never changes the verdict.
    pub routing_independent: Option<bool>,
    /// Everything that gets through, in few rows: what certainly does where a violation is shown, what may where
    /// the answer is open.
    pub rows: Vec<FlowRow>,
    /// More gets through than the rows say.
    pub rows_truncated: bool,
    /// Flows beyond the exception register.
    pub surplus: Vec<FlowRow>,
    /// More flows are beyond it than the rows say.
    pub surplus_truncated: bool,
    /// Ids of the assumptions it used.
    pub assumptions: Vec<String>,
    /// Sanitizers or declared non-relays at which paths were cut, by name.
    pub cut_at: Vec<String>,
}

/// One way across: a list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// One per session; more than one means that a host or device carries data between them.
    pub legs: Vec<Leg>,
    /// Family of the first leg.
    pub family: Family,
    /// Only delivery was shown, not that answers come back.
    pub one_way: bool,
    /// The sender must use a source address outside its segment.
    pub requires_forged_source: bool,
    /// Conditions that the path picks, e.g. "while schedule X is active".
    pub choices: Vec<Culprit>,
}

impl Evidence {
    /// The last filter rule that let it pass, with its device: the border stands before the receiver. A rule of a
    /// configuration is preferred to what is declared of a device.
    pub fn deciding_rule(&self, site: &Site) -> Option<(&str, &Place)> {
        let declared =
            |name: &str| site.devices.iter().any(|d| d.contract.is_some() && d.device.name == name);
        let hops = self.legs.iter().flat_map(|l| &l.hops);
        let mut rules = hops.filter_map(|h| h.rule.as_ref().map(|r| (h.device.as_str(), r))).rev();
        let last = rules.clone().next();
        rules.find(|(device, _)| !declared(device)).or(last)
    }
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Where it starts: a host, a segment's terminals, an external network, a device.
    pub from: String,
    /// Where it is delivered.
    pub to: String,
    /// The packet as its sender put it on the wire.
    pub packet: Flow,
    /// The packet as delivered.
    pub delivered: Flow,
    /// Device by device.
    pub hops: Vec<Hop>,
}

/// One device on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The device.
    pub device: String,
    /// Where the packet came in; `None` if the device sent it.
    pub ingress: Option<String>,
    /// Where it went out; `None` if it was delivered to the device.
    pub egress: Option<String>,
    /// The rule that let it pass; `None` if no filter was asked.
    pub rule: Option<Place>,
    /// The route it took.
    pub route: Option<Place>,
    /// Translations, in order.
    pub nat: Vec<NatStep>,
    /// The packet as it left.
    pub packet: Flow,
}

/// Some packets that get through: every combination of the sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// Whether they certainly do, or only may.
    pub certain: bool,
    /// Their family.
    pub family: Family,
    /// Where they are sent: a segment, an external network, an open end.
    pub from: String,
    /// Where they arrive.
    pub to: String,
    /// Source addresses as the sender writes them. Where nothing is said of forging, addresses of `from` only.
    pub source: Side,
    /// Destination addresses as the sender writes them.
    pub destination: Side,
    /// Protocols and ports as the sender writes them.
    pub service: Service,
    /// Destination as delivered, where a translation changes it.
    pub delivered: Option<Delivered>,
    /// The sender must use an address outside its segment.
    pub requires_forged_source: bool,
    /// The last filter rule that let the row's packet pass, with its device.
    pub rule: Option<(String, Place)>,
    /// A packet of the row. The concrete evaluator reproduced it if the row is certain.
    pub packet: Option<Flow>,
}

/// Addresses of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The addresses, as numbers.
    pub ranges: Ranges,
    /// Names that stand for them.
    pub names: Vec<String>,
    /// What belongs to the names (without names: to the family), but not to the set.
    pub except: Ranges,
    /// What the names do not cover.
    pub unnamed: Ranges,
}

/// Protocols with the values of their fields. `None`: any value, or no such field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Protocol numbers.
    pub protocols: Ranges,
    /// Destination ports.
    pub ports: Option<Ranges>,
    /// Source ports.
    pub source_ports: Option<Ranges>,
    /// ICMP `type << 8 | code`.
    pub icmp: Option<Ranges>,
    /// The configuration's own names for it.
    pub names: Vec<String>,
}

/// Where translated packets end up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Destination addresses.
    pub destination: Side,
    /// Destination ports, if they are not any.
    pub ports: Option<Ranges>,
}

/// A statement to show, and what a person calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where it stands.
    pub span: Span,
    /// What a person calls it.
    pub label: String,
}

/// One translation on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatStep {
    /// The statement.
    pub place: Place,
    /// Header before.
    pub before: Flow,
    /// Header after.
    pub after: Flow,
}

/// A line or fact that decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Culprit {
    /// Where it stands.
    pub span: Span,
    /// What is not known there.
    pub what: Msg,
    /// The device it belongs to, if any.
    pub device: Option<String>,
}

/// Something taken for granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// `ALL-LINKS-UP`, `申-01` …
    pub id: String,
    /// What kind it is.
    pub kind: AssumptionKind,
    /// What is assumed.
    pub text: Msg,
}

/// Kinds of assumptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssumptionKind {
    /// Of the method.
    Model,
    /// Declared by the municipality.
    Declaration,
    /// About a vendor's defaults or version.
    Vendor,
}

/// The rules that a site chose to be held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The rule pack; empty if only a model was chosen.
    pub pack: String,
    /// Title and edition of its document.
    pub title: String,
    /// The model, as papers write it: `α`; empty if none was chosen.
    pub variant: String,
    /// What must be said of the clauses, if nobody compared them with their source.
    pub caveat: Option<Msg>,
}

/// Everything `bunri check` has to say, apart from the site itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Every assertion, in catalogue order.
    pub assertions: Vec<Assertion>,
    /// Everything taken for granted by at least one of them.
    pub assumptions: Vec<Assumption>,
    /// The rules chosen, if any.
    pub rules: Option<Rules>,
    /// Catalogue entries that were not checked, with the reason.
    pub not_checked: Vec<(&'static str, Msg)>,
    /// Line tallies per configuration file.
    pub coverage: Vec<(FileId, Tally)>,
}

impl Assessment {
    /// The verdict over everything that decides: violated, else undetermined, else holds if anything holds, else
    /// undetermined.
    pub fn verdict(&self) -> Verdict {
        let deciding = || self.assertions.iter().filter(|a| a.bearing == Bearing::Decides);
        let any = |v: Verdict| deciding().any(|a| a.verdict == v);
        if any(Verdict::Violated) {
            Verdict::Violated
        } else if any(Verdict::Undetermined) || !any(Verdict::Holds) {
            Verdict::Undetermined
        } else {
            Verdict::Holds
        }
    }
}
