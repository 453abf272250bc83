//! A municipality's own rule pack: its policy's clauses and article numbers, in a file that `[policy] pack` names.
//!
//! ```toml
//! schema_version = 1
//! id = "hoshimi-2026"
//! title = "星見町情報セキュリティポリシー"
//! edition = "令和8年4月1日"              # optional
//! extends = "guideline-r7.3"             # optional: rules not given here are taken from there, without numbers
//! source = "星見町例規集"                # optional
//! screen_transfer = false                # optional: whether it permits screen transfer into the individual-number zone
//! verified_by = ""                       # who compared this file with the document; empty until somebody did
//! verified_on = ""
//!
//! [[rule]]
//! rule_id = "M-1"                        # an item of the catalogue (`bunri explain`)
//! clause_ref = "第12条第1項"             # optional, as are the rest
//! local_ref = "対策基準 2.1.3"
//! text_ja = "…"
//! text_en = "…"
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::pack::{self, Pack, Rule, SourceKind};
use crate::msg;
use crate::network::form::{self, At};
use crate::network::{Site, Variant};
use crate::source::{Code, Diagnostic, FileId, Span, Spanned};

/// The JSON Schema of a rule pack's file.
pub fn rule_pack_schema() -> serde_json::Value {
    form::schema::<PackForm>()
}

/// A municipality's rule pack.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "rule_pack")]
struct PackForm {
    /// Version of this form: 1.
    schema_version: At<u32>,
    /// Its id, as reports show it.
    id: At<String>,
    /// The document's title.
    title: String,
    /// Which edition.
    #[serde(default)]
    edition: String,
    /// One of the program's packs, for rules that are not given here. Its clause numbers are left out: they are those of
    /// another document.
    extends: Option<At<String>>,
    /// Where the document is published.
    #[serde(default)]
    source: String,
    /// Whether the rules were taken from the document itself (`primary`, if left out) or from others' accounts.
    source_kind: Option<SourceKind>,
    /// Who compared the pack with the document.
    #[serde(default)]
    verified_by: String,
    /// When.
    #[serde(default)]
    verified_on: String,
    /// Whether it permits screen transfer into the individual-number zone.
    screen_transfer: Option<bool>,
    /// Its rules.
    #[serde(default)]
    rule: Vec<RuleForm>,
}

/// What one item of the catalogue answers to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "pack_rule")]
struct RuleForm {
    /// `M-1`, `L-1` …
    rule_id: At<String>,
    /// The clause.
    #[serde(default)]
    clause_ref: String,
    /// The municipality's own article (of the standards, say).
    #[serde(default)]
    local_ref: String,
    /// What the clause says.
    #[serde(default)]
    text_ja: String,
    /// The same in English.
    #[serde(default)]
    text_en: String,
    /// Where that was found; left out: the pack's source.
    source: Option<String>,
    /// Who compared it; left out: as the pack.
    verified_by: Option<String>,
    /// When.
    verified_on: Option<String>,
    /// Models it belongs to; left out: all.
    #[serde(default)]
    variant: Vec<Variant>,
    /// Which zones it is about.
    #[serde(default)]
    zone_pair: String,
    /// What is decided.
    #[serde(default)]
    invariant: String,
    /// How much it weighs.
    #[serde(default)]
    severity: String,
    /// What shows that it is kept.
    #[serde(default)]
    evidence_required: String,
}

/// Reads a site's own pack.
///
/// # Errors
/// Every mistake, in file order.
pub(super) fn read(site: &Site, file: FileId) -> Result<Pack, Vec<Diagnostic>> {
    let found: PackForm = form::read(&site.sources, file)?;
    let mut errors = Vec::new();
    version(&found.schema_version, file, &mut errors);
    named(&found.id, file, &mut errors);
    let base = found.extends.as_ref().and_then(|id| base(id, file, &mut errors));
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let mut places: BTreeMap<String, Span> = BTreeMap::new();
    for rule in &found.rule {
        let span = rule.rule_id.span(file);
        if let Some(first) = places.insert(rule.rule_id.value.clone(), span) {
            errors.push(twice(&rule.rule_id.value, span, first));
        }
        rules.insert(rule.rule_id.value.clone(), rule.rule(&found));
    }
    if !errors.is_empty() {
        errors.sort_by_key(|d| (d.primary.start, d.primary.end));
        return Err(errors);
    }
    let permitted = base.as_ref().and_then(|b| b.screen_transfer);
    for rule in base.into_iter().flat_map(|b| b.rule) {
        // The numbers are another document's: on this municipality's paper they would be wrong.
        let rule = Rule { clause_ref: String::new(), ..rule };
        rules.entry(rule.rule_id.clone()).or_insert(rule);
    }
    Ok(Pack {
        id: found.id.value.clone(),
        edition: found.edition.clone(),
        title: found.title.clone(),
        source: found.source.clone(),
        source_kind: found.source_kind.unwrap_or(SourceKind::Primary),
        verified_by: found.verified_by.clone(),
        verified_on: found.verified_on.clone(),
        screen_transfer: found.screen_transfer.or(permitted),
        places: places.into_iter().map(|(id, span)| Spanned::new(id, span)).collect(),
        rule: rules.into_values().collect(),
    })
}

impl RuleForm {
    fn rule(&self, pack: &PackForm) -> Rule {
        // A clause quoted in one language only is quoted in that one.
        let or = |own: &String, other: &String| if own.is_empty() { other.clone() } else { own.clone() };
        let all = [Variant::Alpha, Variant::AlphaPrime, Variant::Beta, Variant::BetaPrime];
        Rule {
            rule_id: self.rule_id.value.clone(),
            clause_ref: self.clause_ref.clone(),
            text_ja: or(&self.text_ja, &self.text_en),
            text_en: or(&self.text_en, &self.text_ja),
            source: self.source.clone().unwrap_or_else(|| pack.source.clone()),
            verified_by: self.verified_by.clone().unwrap_or_else(|| pack.verified_by.clone()),
            verified_on: self.verified_on.clone().unwrap_or_else(|| pack.verified_on.clone()),
            local_ref: self.local_ref.clone(),
            variant: if self.variant.is_empty() { all.to_vec() } else { self.variant.clone() },
            zone_pair: self.zone_pair.clone(),
            invariant: self.invariant.clone(),
            severity: self.severity.clone(),
            evidence_required: self.evidence_required.clone(),
        }
    }
}

fn version(version: &At<u32>, file: FileId, errors: &mut Vec<Diagnostic>) {
    let value = version.value;
    if value != 1 {
        let message =
            msg!("version {value} of this form is not known", "この形式の版 {value} は未対応である");
        let help = msg!("write `schema_version = 1`", "`schema_version = 1` と記載する");
        errors.push(Diagnostic::new(Code::InvalidValue, version.span(file), message).with_help(help));
    }
}

fn named(id: &At<String>, file: FileId, errors: &mut Vec<Diagnostic>) {
    if id.value.trim().is_empty() {
        let message = msg!("the rule pack has no `id`", "規則集の `id` が空である");
        let help = msg!("give it a name of its own", "規則集の名称を記載する");
        errors.push(Diagnostic::new(Code::InvalidValue, id.span(file), message).with_help(help));
    }
}

fn base(id: &At<String>, file: FileId, errors: &mut Vec<Diagnostic>) -> Option<Pack> {
    let found = pack::find(&id.value);
    if found.is_none() {
        errors.push(pack::unknown(&id.value, id.span(file)));
    }
    found
}

fn twice(id: &str, span: Span, first: Span) -> Diagnostic {
    let message = msg!("`{id}` is defined twice", "「{id}」が2回定義されている");
    let label = msg!("first defined here", "最初の定義");
    let help = msg!("join the two rules", "2つの規則を1つにまとめる");
    Diagnostic::new(Code::DuplicateId, span, message).with_label(first, label).with_help(help)
}
