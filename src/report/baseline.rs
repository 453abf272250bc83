//! What an earlier answer of `bunri check` did not say: only that is judged with `--fail-on new`.
//!
//! An item goes on unchanged only if nothing about it can be new: the same verdict, every confirmed way and every
//! deciding line known by its id, and everything that gets through inside what got through before. Where lists were
//! cut so that this cannot be told, the item counts as new.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Assertion, Check, SCHEMA_VERSION};
use super::row_sets::{RowForm, within};
use crate::msg;
use crate::source::Msg;

/// An earlier answer, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub struct Baseline {
    schema_version: u32,
    site: String,
    assertions: Vec<Item>,
}

#[derive(Debug, Clone, Deserialize)]
struct Item {
    finding: String,
    id: String,
    scope: String,
    decides: bool,
    verdict: Verdict,
    counterexamples: Vec<Named>,
    counterexamples_truncated: bool,
    possible_paths: Vec<Named>,
    culprits: Vec<Named>,
    culprits_truncated: bool,
    rows: Vec<RowForm>,
    rows_truncated: bool,
    surplus: Vec<RowForm>,
    surplus_truncated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Holds,
    Violated,
    Undetermined,
    NotApplicable,
}

#[derive(Debug, Clone, Deserialize)]
struct Named {
    finding: String,
}

/// What differs from an earlier answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Changes {
    /// Items that are worse than before, or of which that cannot be ruled out.
    pub new: Vec<Change>,
    /// Items that are settled and were not.
    pub resolved: Vec<Change>,
    /// Items that were not settled before and go on so, with nothing new about them.
    pub continuing: Vec<Change>,
}

/// One item that differs, or goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The item's own id.
    pub finding: String,
    /// `M-1`, `L-1` …
    pub id: String,
    /// What it is about.
    pub scope: String,
    /// The verdict before; null if it was not asked.
    pub before: Option<String>,
    /// The verdict now; null if it is not asked any more.
    pub now: Option<String>,
    /// What is new about it: `verdict`, `path`, `line`, `flow`, `cut` (the lists were cut, so that nobody can tell).
    pub why: Vec<&'static str>,
}

impl Baseline {
    /// Reads the JSON answer of an earlier `bunri check`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Baseline, Msg> {
        let found: Baseline = serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|e| {
            msg!(
                "not an answer of `bunri check --format json` of this version: {e}",
                "この版の `bunri check --format json` の出力ではない: {e}"
            )
        })?;
        if found.schema_version != SCHEMA_VERSION {
            let version = found.schema_version;
            return Err(msg!(
                "`schema_version` is {version}, not {SCHEMA_VERSION}",
                "`schema_version` が{SCHEMA_VERSION}ではなく{version}である"
            ));
        }
        for item in &found.assertions {
            if let Some(row) = item.rows.iter().chain(&item.surplus).find(|r| !r.is_readable()) {
                let (id, from) = (&item.finding, &row.from);
                return Err(msg!(
                    "`{id}`: the row from `{from}` cannot be read",
                    "「{id}」: 「{from}」からの行を解釈できない"
                ));
            }
        }
        Ok(found)
    }

    /// What is new, settled and unchanged in an answer about the same site.
    ///
    /// # Errors
    /// The earlier answer is about another site.
    pub fn compare(&self, check: &Check) -> Result<Changes, Msg> {
        if self.site != check.site {
            let (was, is) = (&self.site, &check.site);
            return Err(msg!(
                "it is an answer about `{was}`, not about `{is}`",
                "「{is}」ではなく「{was}」の結果である"
            ));
        }
        let mut olds: Vec<&Item> = self.assertions.iter().filter(|i| i.decides).collect();
        let mut out = Changes::default();
        for a in check.assertions.iter().filter(|a| a.decides) {
            let old = take(&mut olds, a);
            let change = |why| Change {
                finding: a.finding.clone(),
                id: a.id.to_owned(),
                scope: a.scope.clone(),
                before: old.map(|o| o.verdict.word().to_owned()),
                now: Some(a.verdict.to_owned()),
                why,
            };
            let why =
                old.map_or_else(|| unsettled(a).then_some("verdict").into_iter().collect(), |o| news(a, o));
            let was_open = old.is_some_and(|o| o.verdict.open());
            match (why.is_empty(), unsettled(a), was_open) {
                (false, ..) => out.new.push(change(why)),
                (true, true, _) => out.continuing.push(change(why)),
                (true, false, true) => out.resolved.push(change(why)),
                (true, false, false) => {}
            }
        }
        out.resolved.extend(olds.into_iter().filter(|i| i.verdict.open()).map(|i| Change {
            finding: i.finding.clone(),
            id: i.id.clone(),
            scope: i.scope.clone(),
            before: Some(i.verdict.word().to_owned()),
            now: None,
            why: Vec::new(),
        }));
        Ok(out)
    }
}

impl Changes {
    /// The exit code that judges only what is new or worse: 1 if something is violated, 3 if something is open.
    pub fn exit_code(&self) -> u8 {
        match self.new.as_slice() {
            [] => 0,
            new if new.iter().any(|c| c.now.as_deref() == Some(Verdict::Violated.word())) => 1,
            _ => 3,
        }
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Violated => "violated",
            Verdict::Undetermined => "undetermined",
            Verdict::NotApplicable => "not-applicable",
        }
    }
    fn open(self) -> bool {
        matches!(self, Verdict::Violated | Verdict::Undetermined)
    }
}

/// The earlier item about the same thing, each at most once: should two have one id, the one that is most alike.
fn take<'a>(olds: &mut Vec<&'a Item>, a: &Assertion) -> Option<&'a Item> {
    let same = olds.iter().enumerate().filter(|(_, o)| o.finding == a.finding);
    let unlike = |o: &Item| (!news(a, o).is_empty(), a.verdict != o.verdict.word());
    let (at, _) = same.min_by_key(|(_, o)| unlike(o))?;
    Some(olds.remove(at))
}

fn unsettled(a: &Assertion) -> bool {
    a.verdict == Verdict::Violated.word() || a.verdict == Verdict::Undetermined.word()
}

/// What about an item is new since an earlier answer to the same question.
fn news(a: &Assertion, old: &Item) -> Vec<&'static str> {
    let settled = !unsettled(a);
    if a.verdict != old.verdict.word() {
        // What held and is now not asked has lost its proof; everything else that is settled now is no worse.
        let lost = old.verdict == Verdict::Holds;
        return if settled && !lost { Vec::new() } else { vec!["verdict"] };
    }
    if settled {
        return Vec::new();
    }
    let mut why = Vec::new();
    let known = |list: &[Named]| list.iter().map(|n| n.finding.clone()).collect::<BTreeSet<_>>();
    let (ways, possible, lines) =
        (known(&old.counterexamples), known(&old.possible_paths), known(&old.culprits));
    if !a.counterexamples.iter().all(|e| ways.contains(&e.finding))
        || !a.possible_paths.iter().all(|e| possible.contains(&e.finding))
    {
        why.push("path");
    }
    if !a.culprits.iter().all(|c| lines.contains(&c.finding)) {
        why.push("line");
    }
    if !within(&a.rows, &old.rows) || !within(&a.surplus, &old.surplus) {
        why.push("flow");
    }
    if cut(a, old) {
        why.push("cut");
    }
    why
}

/// Whether lists were cut so that something new could hide behind the cut.
fn cut(a: &Assertion, old: &Item) -> bool {
    let whole_rows = !a.rows.is_empty() && !a.rows_truncated;
    let ways = a.counterexamples_truncated && !whole_rows;
    // Deciding lines are cut only in an answer that stays open: the same lines as before, cut as before, go on.
    let as_before = old.culprits_truncated && a.culprits.len() == old.culprits.len();
    let lines = a.culprits_truncated && !as_before;
    let before = old.counterexamples_truncated && a.counterexamples.len() > old.counterexamples.len();
    let rows = a.rows_truncated || a.surplus_truncated || (old.rows_truncated && a.rows.is_empty());
    ways || lines
        || rows
        || before
        || (old.surplus_truncated && a.surplus.is_empty() && !old.surplus.is_empty())
}
