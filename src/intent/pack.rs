//! Rule packs: what one edition of a policy or guideline asks, as data.
//!
//! A pack names the clause behind each item. Clauses of a source that nobody compared with the original are left
//! empty: a wrong clause number on a signed paper is worse than none. `verified_by` stays empty until a person did
//! compare, and reports say so. A municipality may bring a pack of its own: see [`super::own_pack`].

use schemars::JsonSchema;
use serde::Deserialize;

use super::own_pack;
use crate::msg;
use crate::network::{Site, Variant};
use crate::source::{Code, Diagnostic, Msg, Span, Spanned};

/// One edition's rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The word in `[policy] pack`.
    pub id: String,
    /// Which edition.
    pub edition: String,
    /// The document's title.
    pub title: String,
    /// Where it is published.
    pub source: String,
    /// Whether the rules were taken from the document itself.
    pub source_kind: SourceKind,
    /// Who compared the pack with the document; empty until somebody did.
    pub verified_by: String,
    /// When.
    pub verified_on: String,
    /// Whether it permits screen transfer into the individual-number zone; nothing where it does not say.
    pub screen_transfer: Option<bool>,
    /// Where a file of the site names the items it has rules for; empty for the program's own packs.
    #[serde(skip)]
    pub places: Vec<Spanned<String>>,
    /// Its rules.
    pub rule: Vec<Rule>,
}

/// From what a pack was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "source_kind")]
pub enum SourceKind {
    /// The document itself, which is public.
    Primary,
    /// Others' accounts of it.
    Secondary,
}

/// What one item of the catalogue answers to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `M-1`, `L-1` …
    pub rule_id: String,
    /// The clause; empty where nobody may vouch for its number.
    pub clause_ref: String,
    /// What it says, quoted only from a primary source.
    pub text_ja: String,
    /// The same in English, in our words.
    pub text_en: String,
    /// Where that was found.
    pub source: String,
    /// Who compared it; empty until somebody did.
    pub verified_by: String,
    /// When.
    pub verified_on: String,
    /// The municipality's own article; empty: `[[policy.rule]]` gives it.
    pub local_ref: String,
    /// Models it belongs to.
    pub variant: Vec<Variant>,
    /// Which zones it is about.
    pub zone_pair: String,
    /// What is decided.
    pub invariant: String,
    /// How much it weighs.
    pub severity: String,
    /// What shows that it is kept.
    pub evidence_required: String,
}

impl Pack {
    /// The rule behind an item.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rule.iter().find(|r| r.rule_id == id)
    }

    /// What a report must say of the clauses it prints; `None` once a person compared the pack with its source.
    pub fn caveat(&self) -> Option<Msg> {
        let id = &self.id;
        let unverified = self.verified_by.trim().is_empty();
        unverified.then(|| match self.source_kind {
            SourceKind::Primary => msg!(
                "clause numbers are those of the published document; no person has compared the rule pack with it \
                 (rule pack {id}, `verified_by` empty)",
                "条項番号は公開された文書のものであるが、規則集と原典との照合は行っていない(規則集 {id}、確認者欄が空欄)。"
            ),
            SourceKind::Secondary => msg!(
                "the items' correspondence to the guideline is for orientation; it was not compared with the original \
                 (rule pack {id}, `verified_by` empty)",
                "ガイドラインの条項との対応は参考であり、原典との照合を行っていない(規則集 {id}、確認者欄が空欄)。"
            ),
        })
    }
}

/// Every pack there is, by the text of its file.
const PACKS: [(&str, &str); 2] = [
    ("kitaakita-2026", include_str!("packs/kitaakita-2026.toml")),
    ("guideline-r7.3", include_str!("packs/guideline-r7.3.toml")),
];

/// Ids of all packs.
pub fn ids() -> Vec<&'static str> {
    PACKS.iter().map(|(id, _)| *id).collect()
}

/// A pack by its id; `None` if there is none.
pub fn find(id: &str) -> Option<Pack> {
    let (_, text) = PACKS.iter().find(|(known, _)| *known == id)?;
    toml::from_str(text).ok()
}

/// The pack that a site chose: its own file, or one of [`ids`].
///
/// # Errors
/// If there is no such pack, or every mistake in the file, in file order.
pub fn chosen(site: &Site) -> Result<Option<Pack>, Vec<Diagnostic>> {
    if let Some(file) = site.pack {
        return own_pack::read(site, file).map(Some);
    }
    let Some(id) = site.records.policy.as_ref().and_then(|p| p.pack.as_ref()) else { return Ok(None) };
    if let Some(pack) = find(&id.value) {
        return Ok(Some(pack));
    }
    Err(vec![unknown(&id.value, id.span)])
}

/// Nobody ships a pack of this name.
pub(super) fn unknown(name: &str, span: Span) -> Diagnostic {
    let known = ids().join(", ");
    let message = msg!("there is no rule pack `{name}`", "「{name}」という規則集はない");
    let help = msg!("write one of: {known}", "次のいずれかを記載する: {known}");
    Diagnostic::new(Code::UnknownId, span, message).with_help(help)
}
