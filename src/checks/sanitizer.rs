//! L-2: every declared sanitizer is one: its type is declared, it forwards nothing, and nothing else is open on it.
//!
//! # What it finds
//! Sanitizers without a type or a declaration; that forward packets, or may; that accept sessions beyond those
//! declared, on any side; whose management is reachable from more than one side. Where the sanitizer's configuration
//! was read, all of this is asked of the configuration, for every packet; else it rests on its declaration.
//!
//! # Why it matters
//! L-1 leaves the declared sessions of a sanitizer out. Were it also a router, or a way in from both sides, that
//! would hide a path. So an answer that was cut at a sanitizer which fails here is not given as `holds`: nobody has
//! shown a path across, so it is not violated either, but undetermined.
//!
//! # Example
//! A file sanitizer with `net.ipv4.ip_forward = 1` and a FORWARD chain that accepts.
//!
//! # Remedy
//! Turn forwarding off, close the port, or declare the session; declare `forwarding = "off"` with a document where
//! no configuration is to be had.
//!
//! # References
//! Basic security policy, clauses 2(12) and 6(3)②.

use std::collections::BTreeMap;

use super::explanation::Explanation;
use super::one_device::{self, Declared, Found, Question, Target};
use super::places::{self, Party};
use super::{CheckError, Options, assertion, basis, evidence, failure, management};
use crate::analysis::answer::{Assertion, Basis, Class, Culprit, Evidence, Level, Verdict};
use crate::model::IfId;
use crate::msg;
use crate::network::{DeviceId, Endpoint, Forwarding, HalfSession, Sanitizer, Site, SiteDevice};
use crate::source::{Msg, Span};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "L-2",
        title: msg!(
            "every declared sanitizer is one: it forwards nothing, and nothing else is open on it",
            "申告された無害化システムが、転送を行わず、申告外の通信を受け付けないこと"
        ),
        finds: msg!(
            "sanitizers without a type or a declaration; that forward packets, or may; that accept sessions beyond those declared, on any side; whose management is reachable from more than one side. Where the configuration was read, all of this is asked of it, for every packet; else it rests on the declaration",
            "種別又は申告のない無害化システム、パケットを転送し、又は転送し得る無害化システム、申告外の通信を受け付ける無害化システム、及び複数の系から管理できる無害化システム。設定がある場合は全てのパケットについて設定から確認し、ない場合は申告による"
        ),
        matters: msg!(
            "L-1 leaves the declared sessions of a sanitizer out. Were it also a router, or a way in from both sides, that would hide a path. So an answer that was cut at a sanitizer which fails here is not given as `holds`",
            "L-1では無害化システムの申告された通信を除外する。無害化システムがルータを兼ね、又は両系から侵入できる場合には、経路を見落とすこととなる。このため、この項目に適合しない無害化システムで経路を除いた項目は「適合」としない"
        ),
        example: msg!(
            "a file sanitizer with `net.ipv4.ip_forward = 1` and a FORWARD chain that accepts",
            "`net.ipv4.ip_forward = 1` が設定され、FORWARDチェーンが許可となっているファイル無害化サーバ"
        ),
        remedy: msg!(
            "turn forwarding off, close the port, or declare the session; declare `forwarding = \"off\"` with a document where no configuration is to be had",
            "転送を無効にし、ポートを閉じ、又は通信を申告する。設定を入手できない場合は、根拠資料を付して `forwarding = \"off\"` を申告する"
        ),
        references: msg!(
            "basic security policy, clauses 2(12) and 6(3)②",
            "情報セキュリティ基本方針 2(12)及び6(3)②"
        ),
    }
}

/// Most lines named per assertion.
const MOST: usize = 20;

/// Checks L-2, and takes `holds` back from the answers that were cut at a sanitizer which fails.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(site: &Site, answers: &mut [Assertion], options: &Options) -> Result<Assertion, CheckError> {
    let labels: Vec<String> =
        site.sanitizers.iter().map(|s| places::label(site, Party::Host(s.host))).collect();
    let scope = if labels.is_empty() { "-".to_owned() } else { labels.join("・") };
    let title = msg!(
        "every sanitizer is declared with its type, forwards nothing, and is open only to its declared sessions",
        "無害化システムの方式が申告され、転送が停止され、申告された通信以外が許可されていないこと"
    );
    let mut out = assertion("L-2", "6(3)②", Level::Host, Class::Path, scope, title);
    if labels.is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no sanitizer is declared", "無害化システムの記載がない"));
        return Ok(out);
    }
    let mut evidenced: [Vec<String>; 2] = [Vec::new(), Vec::new()];
    let (mut verdicts, mut bases) = (Vec::new(), Vec::new());
    let mut failing = BTreeMap::new();
    for (sanitizer, label) in site.sanitizers.iter().zip(&labels) {
        let mut one = One::new(site, sanitizer, label, options);
        one.declared_as_what();
        one.forwarding()?;
        one.open_ports()?;
        let managed = management::examine(site, sanitizer, label, one.read, options)?;
        one.worse(managed.verdict);
        one.culprits.extend(managed.culprits);
        one.counterexamples.extend(managed.counterexamples);
        if one.verdict != Verdict::Holds {
            failing.insert(label.clone(), sanitizer.span);
        }
        if let Some(basis) = one.forwarding_by {
            let at = usize::from(basis != Basis::Config);
            evidenced.get_mut(at).into_iter().for_each(|list| list.push(label.clone()));
        }
        bases.push(one.basis());
        verdicts.push(one.verdict);
        out.counterexamples.append(&mut one.counterexamples);
        out.culprits.append(&mut one.culprits);
        out.assumptions.extend(sanitizer.declarations.iter().cloned());
    }
    out.basis = bases.into_iter().min().unwrap_or(Basis::Declared);
    out.verdict = basis::worst(&verdicts);
    out.reason = Some(forwarding_line(&evidenced));
    out.assumptions.sort();
    out.assumptions.dedup();
    out.culprits.sort();
    out.culprits.dedup();
    out.culprits_truncated = out.culprits.len() > MOST;
    out.culprits.truncate(MOST);
    cap(answers, &failing);
    Ok(out)
}

/// Which sanitizers were seen, or said, to forward nothing.
fn forwarding_line([read, said]: &[Vec<String>; 2]) -> Msg {
    let names = |list: &[String], none: &str, comma: &str| match list.is_empty() {
        true => none.to_owned(),
        false => list.join(comma),
    };
    let (read_en, said_en) = (names(read, "none", ", "), names(said, "none", ", "));
    let (read_ja, said_ja) = (names(read, "なし", "、"), names(said, "なし", "、"));
    msg!(
        "forwarding off: read from configurations: {read_en}; declared: {said_en}",
        "転送の停止: 設定により確認 {read_ja}/申告により確認 {said_ja}"
    )
}

/// What passes a sanitizer was left out of these answers; that is worth no more than the sanitizer.
fn cap(answers: &mut [Assertion], failing: &BTreeMap<String, Span>) {
    for answer in answers.iter_mut().filter(|a| a.verdict == Verdict::Holds) {
        let about_paths = matches!(answer.level, Level::Packet | Level::Host) && !answer.id.starts_with("X-");
        let relied: Vec<(&String, &Span)> =
            failing.iter().filter(|(label, _)| answer.cut_at.contains(*label)).collect();
        if !about_paths || relied.is_empty() {
            continue;
        }
        answer.verdict = Verdict::Undetermined;
        answer.reason = Some(msg!(
            "paths were cut at a sanitizer that does not meet L-2",
            "L-2を満たさない無害化システムにおいて経路を除いている"
        ));
        answer.culprits.extend(relied.into_iter().map(|(label, span)| Culprit {
            span: *span,
            what: msg!("`{label}` does not meet L-2", "「{label}」がL-2を満たさない"),
            device: None,
        }));
        answer.culprits.sort();
        answer.culprits.dedup();
    }
}

/// What a declared session with one of its peers looks like where it is delivered.
pub(super) fn declared(site: &Site, session: &HalfSession, peer: &Endpoint) -> Declared {
    let sources = places::endpoint_addresses(site, peer);
    Declared { sources, proto: session.proto, ports: session.ports.clone() }
}

/// One sanitizer under examination.
struct One<'a> {
    site: &'a Site,
    sanitizer: &'a Sanitizer,
    label: &'a str,
    options: &'a Options<'a>,
    /// The device that it is, if its configuration was read.
    read: Option<DeviceId>,
    verdict: Verdict,
    forwarding_by: Option<Basis>,
    counterexamples: Vec<Evidence>,
    culprits: Vec<Culprit>,
}

impl<'a> One<'a> {
    fn new(site: &'a Site, sanitizer: &'a Sanitizer, label: &'a str, options: &'a Options) -> Self {
        let device = site.host(sanitizer.host).and_then(|h| h.device);
        let read = device.filter(|d| site.device(*d).is_some_and(SiteDevice::is_read));
        One {
            site,
            sanitizer,
            label,
            options,
            read,
            verdict: Verdict::Holds,
            forwarding_by: None,
            counterexamples: Vec::new(),
            culprits: Vec::new(),
        }
    }

    /// What the device does is read; what it is for nobody can read.
    fn basis(&self) -> Basis {
        if self.read.is_some() { Basis::PartlyDeclared } else { Basis::Declared }
    }

    fn worse(&mut self, verdict: Verdict) {
        self.verdict = basis::worst(&[self.verdict, verdict]);
    }

    fn blame(&mut self, verdict: Verdict, span: Span, what: Msg) {
        self.worse(verdict);
        self.culprits.push(Culprit { span, what, device: None });
    }

    fn declared_as_what(&mut self) {
        let name = self.label;
        if self.sanitizer.types.is_empty() {
            let what = msg!(
                "what `{name}` does to make data harmless is not declared",
                "「{name}」の無害化の方式の申告がない"
            );
            self.blame(Verdict::Undetermined, self.sanitizer.span, what);
        }
        if let Some(culprit) = basis::unbacked_sanitizer(self.site, self.sanitizer) {
            self.blame(Verdict::Undetermined, culprit.span, culprit.what);
        }
    }

    fn forwarding(&mut self) -> Result<(), CheckError> {
        let name = self.label;
        if let Some(device) = self.read {
            let before = self.verdict;
            self.verdict = Verdict::Holds;
            for ingress in self.interfaces(device) {
                self.ask(device, ingress, Target::Through, &[])?;
            }
            self.forwarding_by = (self.verdict == Verdict::Holds).then_some(Basis::Config);
            self.verdict = basis::worst(&[before, self.verdict]);
            return Ok(());
        }
        let several = self.site.segments_of(self.sanitizer.host).len() > 1;
        if several && self.sanitizer.forwarding != Forwarding::Off {
            let what = msg!(
                "`{name}` stands on several segments, and that it forwards nothing is neither read nor declared",
                "「{name}」は複数のセグメントに接続しているが、転送の停止が設定からも申告からも確認できない"
            );
            self.blame(Verdict::Undetermined, self.sanitizer.span, what);
        } else {
            self.forwarding_by = Some(Basis::Declared);
        }
        Ok(())
    }

    /// Everything that the device accepts, beyond what is declared. Without a configuration the declaration is all
    /// there is (SANITIZER-HOLDS-ONLY-DECLARED-SESSIONS).
    fn open_ports(&mut self) -> Result<(), CheckError> {
        let Some(device) = self.read else { return Ok(()) };
        let opened = self.sanitizer.sessions.iter().filter(|s| s.peer_opens);
        let declared: Vec<Declared> =
            opened.flat_map(|s| s.peers.iter().map(|p| declared(self.site, s, p))).collect();
        for ingress in self.interfaces(device) {
            self.ask(device, ingress, Target::Itself, &declared)?;
        }
        Ok(())
    }

    /// Interfaces by which something may come in.
    fn interfaces(&self, device: DeviceId) -> Vec<IfId> {
        let Some(found) = self.site.device(device) else { return Vec::new() };
        let used = found.device.interfaces().map(|(id, _)| id).filter(|id| {
            found.elsewhere.contains(id) || found.attached.get(id.index()).is_some_and(Option::is_some)
        });
        used.collect()
    }

    fn ask(
        &mut self,
        device: DeviceId,
        ingress: IfId,
        target: Target,
        declared: &[Declared],
    ) -> Result<(), CheckError> {
        let question = Question { device, ingress, target, declared };
        match one_device::ask(self.site, question, self.options)? {
            Ok(Found::Nothing) => {}
            Ok(Found::Certain(found)) => {
                self.worse(Verdict::Violated);
                self.counterexamples.push(*found);
            }
            Ok(Found::Possible(facts)) => {
                self.worse(Verdict::Undetermined);
                let (culprits, _) = evidence::culprits(self.site, &facts, MOST);
                self.culprits.extend(culprits);
                if facts.is_empty() {
                    self.blame(Verdict::Undetermined, self.sanitizer.span, self.unclear(target));
                }
            }
            Err(error) => {
                let why = failure(error)?;
                self.blame(Verdict::Undetermined, self.sanitizer.span, why);
            }
        }
        Ok(())
    }

    fn unclear(&self, target: Target) -> Msg {
        let name = self.label;
        match target {
            Target::Through => msg!(
                "it is not certain that `{name}` forwards nothing",
                "「{name}」が転送しないことを確認できない"
            ),
            Target::Itself => msg!(
                "it is not certain that `{name}` accepts only declared sessions",
                "「{name}」が申告された通信のみを受け付けることを確認できない"
            ),
        }
    }
}
