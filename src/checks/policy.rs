//! The chosen rule pack on the answers: clauses of its document, articles of the municipality's own.

use super::explanation;
use crate::analysis::answer::{Assertion, Rules};
use crate::intent::pack::Pack;
use crate::msg;
use crate::network::Site;
use crate::source::{Code, Diagnostic};

/// Rules for items that the catalogue does not have: a slip of the pen would leave an article out of the paper.
///
/// # Errors
/// Each of them.
pub fn known(site: &Site, pack: Option<&Pack>) -> Result<(), Vec<Diagnostic>> {
    let own = site.records.policy.iter().flat_map(|p| &p.local_refs).map(|(id, at)| (id, at.span));
    let packed = pack.into_iter().flat_map(|p| &p.places).map(|r| (&r.value, r.span));
    let codes: Vec<&str> = explanation::explanations().iter().map(|e| e.code).collect();
    let unknown = own.chain(packed).filter(|(id, _)| !codes.contains(&id.as_str()));
    let mut errors: Vec<Diagnostic> = unknown
        .map(|(id, span)| {
            let all = codes.join(", ");
            let message = msg!("there is no item `{id}`", "「{id}」という項目はない");
            let help = msg!("write one of: {all}", "次のいずれかを記載する: {all}");
            Diagnostic::new(Code::UnknownId, span, message).with_help(help)
        })
        .collect();
    errors.sort_by_key(|d| (d.primary.file, d.primary.start));
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Title and edition.
fn titled(pack: &Pack) -> String {
    match pack.edition.trim() {
        "" => pack.title.clone(),
        edition => format!("{}({edition})", pack.title),
    }
}

/// Writes the chosen rules' references onto the answers. Without a chosen pack the clauses stay as the items name them.
pub fn apply(site: &Site, pack: Option<&Pack>, answers: &mut [Assertion]) -> Option<Rules> {
    let policy = site.records.policy.as_ref()?;
    for answer in answers.iter_mut() {
        let rule = pack.and_then(|p| p.rule(answer.id));
        if pack.is_some() {
            answer.clause = rule.map_or_else(String::new, |r| r.clause_ref.clone()).into();
            answer.clause_text = rule.map(|r| {
                let (en, ja) = (&r.text_en, &r.text_ja);
                msg!("{en}", "{ja}")
            });
        }
        if let Some(own) =
            policy.local_refs.get(answer.id).map(|own| &own.value).or(rule.map(|r| &r.local_ref))
            && answer.local_ref.is_empty()
        {
            answer.local_ref = own.clone();
        }
    }
    Some(Rules {
        pack: pack.map_or_else(String::new, |p| p.id.clone()),
        title: pack.map_or_else(String::new, titled),
        variant: policy.variant.map_or_else(String::new, |v| v.label().to_owned()),
        caveat: pack.and_then(Pack::caveat),
    })
}
