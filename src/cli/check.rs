//! `bunri check`: a site against the rules of the three tiers.

use std::path::Path;

use super::device;
use super::failure::Failure;
use super::files::{read_file, shown};
use super::output::Sink;
use super::run::{Answer, Run};
use super::site;
use crate::analysis::answer::{Assessment, Verdict};
use crate::checks::{self, CheckError, Options};
use crate::msg;
use crate::network::Site;
use crate::report::baseline::Baseline;
use crate::report::{self, json};
use crate::source::{Lang, Msg, decode};

/// Reads a site and asks every question.
pub(super) fn assess(run: &mut Run, folder: &Path) -> Result<(Site, Assessment), Failure> {
    let site = site::load(run, folder)?;
    device::remark(&site.sources, &site.diagnostics, run.common.lang);
    run.progress.stage(&msg!("analysing", "解析中"));
    let options = Options { limits: run.limits, today: Some(run.common.today), shared: None };
    match checks::assess(&site, &options) {
        Ok(assessment) => Ok((site, assessment)),
        Err(CheckError::Register(list)) => Err(site::malformed(&site.sources, &list, run.common.lang)),
        Err(error) => Err(without_verdict(&error)),
    }
}

/// An error in this program: whoever sees it cannot mend it, and must not go on as if nothing had been said.
pub(super) fn without_verdict(error: &CheckError) -> Failure {
    let first = match error {
        CheckError::Disagreement(what) => {
            msg!("the two engines disagree: {what}", "2つの解析エンジンの結果が一致しない: {what}")
        }
        error => msg!("{error}", "内部エラー: {error}"),
    };
    let second = msg!(
        "this is an error in bunri, and no verdict is given: report it with the output above; until it is mended, rely on no earlier answer about this site",
        "本ツールの不具合であり、判定は行わない。上の出力を添えて開発元に報告する。修正されるまで、このサイトについての以前の判定にも依拠しない"
    );
    vec![first, second].into()
}

/// Largest earlier result, bytes.
const BASELINE: u64 = 256 << 20;

/// What the exit code judges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FailOn {
    Any,
    New,
}

pub(super) fn check(
    run: &mut Run,
    folder: &Path,
    (baseline, fail_on): (Option<&Path>, Option<&str>),
    draft: Option<&Path>,
) -> Result<Answer, Failure> {
    let draft = draft.map(|path| Ok::<_, Msg>((path, Sink::open(Some(path))?))).transpose()?;
    let fail_on = fail_on_of(fail_on, baseline)?;
    let baseline = baseline.map(|path| earlier(run, path)).transpose()?;
    let (site, assessment) = assess(run, folder)?;
    if let Some((path, draft)) = draft {
        draft.spare(&run.inputs)?;
        draft.write_bytes(&drafted(path, &assessment, &site)?)?;
    }
    let mut report = json::check(&assessment, &site, run.common.lang);
    if let Some((path, baseline)) = &baseline {
        report.changes = Some(baseline.compare(&report).map_err(|e| about(path, &e))?);
    }
    let code = match (&report.changes, fail_on) {
        (Some(changes), FailOn::New) => changes.exit_code(),
        _ => match assessment.verdict() {
            Verdict::Holds => 0,
            Verdict::Violated => 1,
            Verdict::Undetermined | Verdict::NotApplicable => 3,
        },
    };
    let text = run.render(&report, |style| {
        let mut text = report::check(&assessment, &site, style);
        text.extend(report.changes.iter().map(|c| report::changes(c, style)));
        text
    });
    Ok(Answer { text, code })
}

/// The draft in the form that the file's name asks for.
fn drafted(path: &Path, assessment: &Assessment, site: &Site) -> Result<Vec<u8>, Msg> {
    let rows = || report::draft_sheet::draft_rows(&assessment.assertions, site);
    let ends = |end: &str| shown(path).to_lowercase().ends_with(end);
    if ends(".xlsx") {
        let book = report::draft_sheet::workbook(&rows(), &site.name, report::draft_sheet::NOTE);
        return book.map_err(|e| msg!("the draft could not be made: {e}", "台帳の案を作成できない: {e}"));
    }
    if ends(".csv") {
        return Ok(report::draft_sheet::csv(&rows()));
    }
    Ok(report::draft(assessment, site).0.into_bytes())
}

fn fail_on_of(text: Option<&str>, baseline: Option<&Path>) -> Result<FailOn, Msg> {
    match (text, baseline) {
        (None | Some("any"), _) => Ok(FailOn::Any),
        (Some("new"), Some(_)) => Ok(FailOn::New),
        (Some("new"), None) => Err(msg!(
            "`--fail-on new` needs `--baseline FILE`",
            "`--fail-on new` には `--baseline FILE` の指定が必要である"
        )),
        (Some(other), _) => {
            Err(msg!("`--fail-on {other}`: write any or new", "`--fail-on {other}`: any 又は new を指定する"))
        }
    }
}

/// Reads an earlier result.
fn earlier(run: &mut Run, path: &Path) -> Result<(String, Baseline), Failure> {
    let bytes = read_file(path, BASELINE)?;
    run.inputs.push(path.to_owned());
    let name = shown(path);
    match Baseline::parse(&decode(&bytes).text) {
        Ok(baseline) => Ok((name, baseline)),
        Err(e) => Err(about(&name, &e).into()),
    }
}

fn about(path: &str, what: &Msg) -> Msg {
    let (en, ja) = (what.text(Lang::En), what.text(Lang::Ja));
    msg!("`{path}`: {en}", "「{path}」: {ja}")
}
