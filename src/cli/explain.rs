//! `bunri explain`: a check in words, one finding of a site, or what gets from one place to another.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::run::{Answer, Run};
use super::{check, device, options, site};
use crate::analysis::answer::{Assertion, Verdict};
use crate::analysis::finding;
use crate::analysis::query::headers_of;
use crate::checks::explanation::{explanation, explanations};
use crate::checks::pair::{self, Pair};
use crate::checks::{Options, closed};
use crate::model::AddressSet;
use crate::msg;
use crate::network::{SegmentId, Site};
use crate::report::explain::{ExplainReport, check_text, closed_text, pair_text};
use crate::report::{self, json};
use crate::source::Msg;

/// The arguments of the command.
pub(super) struct Ask<'a> {
    /// A code, the id of a finding, or a site folder.
    pub(super) what: &'a str,
    pub(super) site: Option<&'a Path>,
    pub(super) finding: Option<&'a str>,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) src: Option<&'a str>,
    pub(super) dst: Option<&'a str>,
    pub(super) proto: Option<&'a str>,
    pub(super) dport: Option<&'a str>,
}

/// Exit code where it is undetermined.
const UNDETERMINED: u8 = 3;

pub(super) fn explain(run: &mut Run, a: &Ask<'_>) -> Result<Answer, Failure> {
    let folder = a.site.map_or_else(|| PathBuf::from(a.what), Path::to_owned);
    if let (Some(from), Some(to)) = (a.from, a.to) {
        return of_pair(run, &folder, from, to, a);
    }
    if [a.src, a.dst, a.proto, a.dport].iter().any(Option::is_some) {
        return Err(msg!(
            "`--src`, `--dst`, `--proto` and `--dport` go with `--from` and `--to`",
            "`--src`、`--dst`、`--proto` 及び `--dport` は `--from` 及び `--to` とともに指定する"
        )
        .into());
    }
    if let Some(id) = a.finding {
        return of_finding(run, &folder, id);
    }
    if let Some(found) = explanation(a.what) {
        let report = ExplainReport::of_check(&found, run.common.lang);
        return Ok(Answer { text: run.render(&report, |style| check_text(&found, style)), code: 0 });
    }
    if a.site.is_some() {
        return of_finding(run, &folder, a.what);
    }
    let codes: Vec<&str> = explanations().iter().map(|e| e.code).collect();
    let (what, en, ja) = (a.what, codes.join(", "), codes.join("、"));
    Err(msg!(
        "`{what}` is no code of a check that is explained ({en}); for a finding name its site with `--site`",
        "「{what}」は説明のある検査項目の番号({ja})ではない。指摘の場合は `--site` でサイトを指定する"
    )
    .into())
}

fn of_finding(run: &mut Run, folder: &Path, id: &str) -> Result<Answer, Failure> {
    let (site, mut assessment) = check::assess(run, folder)?;
    let Some(found) = assessment.assertions.iter().find_map(|a| narrowed(a, id, &site)) else {
        return Err(msg!(
            "the result has no finding `{id}`: `bunri check` shows the ids",
            "「{id}」という指摘はない。番号は `bunri check` の結果に示される"
        )
        .into());
    };
    let described = explanation(found.id);
    let options = Options { limits: run.limits, today: Some(run.common.today), shared: None };
    let closed = closed::by(&site, &found, &options).map_err(|e| msg!("{e}", "{e}"))?;
    assessment.assertions = vec![found];
    let shown = json::check(&assessment, &site, run.common.lang).assertions;
    let Some(first) = shown.into_iter().next() else {
        return Err(msg!("internal error: the finding is gone", "内部エラー: 指摘が失われた").into());
    };
    let report = ExplainReport::of_finding(first, described.as_ref(), run.common.lang).closed_by(
        &closed,
        &site,
        run.common.lang,
    );
    let text = run.render(&report, |style| {
        let mut text = report::items(&assessment, &site, style);
        text.push_str(&closed_text(&closed, &site, style));
        text.extend(described.as_ref().map(|e| format!("\n{}", check_text(e, style))));
        text
    });
    Ok(Answer { text, code: 0 })
}

/// The item, if the id means it or something of it; with the one way that the id means.
fn narrowed(a: &Assertion, id: &str, site: &Site) -> Option<Assertion> {
    if finding::of_assertion(a) == id {
        return Some(a.clone());
    }
    let mut out = a.clone();
    out.counterexamples.retain(|e| finding::of_evidence(a, e, &site.sources) == id);
    out.possible_paths.retain(|e| finding::of_evidence(a, e, &site.sources) == id);
    let line = a.culprits.iter().any(|c| finding::of_culprit(a, c, &site.sources) == id);
    let way = !out.counterexamples.is_empty() || !out.possible_paths.is_empty();
    out.counterexamples_truncated &= !way;
    out.possible_paths_truncated &= !way;
    match (way, line) {
        (true, _) => Some(out),
        (false, true) => Some(a.clone()),
        (false, false) => None,
    }
}

fn of_pair(run: &mut Run, folder: &Path, from: &str, to: &str, a: &Ask<'_>) -> Result<Answer, Failure> {
    let address = |option: &str, text: Option<&str>| {
        text.map(|t| options::prefix(option, t)).transpose().map(|n| n.map(AddressSet::network))
    };
    let (src, dst) = (address("--src", a.src)?, address("--dst", a.dst)?);
    let proto = a.proto.map(options::protocol).transpose()?;
    let dport = a.dport.map(|p| options::ports(p, proto)).transpose()?;
    let headers = headers_of(src.as_ref(), dst.as_ref(), proto, dport.as_ref());
    if headers.is_empty() {
        return Err(msg!(
            "`--src` and `--dst` are of different families",
            "`--src` と `--dst` のアドレス体系が異なる"
        )
        .into());
    }
    let site = site::load(run, folder)?;
    device::remark(&site.sources, &site.diagnostics, run.common.lang);
    let (sender, receiver) = (place(&site, from)?, place(&site, to)?);
    let asked = Pair { from: sender.0, sources: sender.1, to: receiver.0, destinations: receiver.1, headers };
    run.progress.stage(&msg!("analysing", "解析中"));
    let options = Options { limits: run.limits, today: Some(run.common.today), shared: None };
    let told = pair::tell(&site, &asked, &options).map_err(|e| super::check::without_verdict(&e))?;
    let report = ExplainReport::of_pair(&told, &site, run.common.lang);
    let code = if told.verdict == Verdict::Undetermined { UNDETERMINED } else { 0 };
    Ok(Answer { text: run.render(&report, |style| pair_text(&told, &site, style)), code })
}

/// The segments and, for a host, the addresses that `host:ID`, `segment:ID`, `zone:ID` or an id alone mean.
fn place(site: &Site, text: &str) -> Result<(BTreeSet<SegmentId>, Option<AddressSet>), Msg> {
    let named = |kind: &str| match text.split_once(':') {
        Some((k, id)) if k == kind => Some(id.to_owned()),
        _ => (!["host:", "segment:", "zone:"].iter().any(|k| text.starts_with(k))).then(|| text.to_owned()),
    };
    let host = named("host").and_then(|id| site.named_hosts().find(|(_, h)| h.id.value == id));
    if let Some((id, _)) = host {
        let own = site.own_addresses(id);
        return Ok((site.segments_of(id), Some(own).filter(|o| !o.is_empty())));
    }
    let is = |value: &str, name: Option<&str>, id: &str| value == id || name == Some(id);
    let segment = named("segment")
        .and_then(|id| site.segments().find(|(_, s)| is(&s.id.value, s.name.as_deref(), &id)));
    if let Some((id, _)) = segment {
        return Ok((BTreeSet::from([id]), None));
    }
    let zone = named("zone").and_then(|id| site.zones().find(|(_, z)| is(&z.id.value, Some(&z.name), &id)));
    if let Some((id, _)) = zone {
        let all: BTreeSet<SegmentId> = site.places_of_zone(id).all().collect();
        if !all.is_empty() {
            return Ok((all, None));
        }
    }
    Err(msg!(
        "nothing is called `{text}`: write host:ID, segment:ID or zone:ID with the ids of the topology",
        "「{text}」という場所はない。host:ID、segment:ID 又は zone:ID の形式で、構成情報のIDを指定する"
    ))
}
