//! The chosen rule pack on the answers: clauses of its document, articles of the municipality's own.

use crate::analysis::answer::{Assertion, Rules};
use crate::intent::pack::Pack;
use crate::msg;
use crate::network::Site;

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
        if let Some(own) = policy.local_refs.get(answer.id).or(rule.map(|r| &r.local_ref))
            && answer.local_ref.is_empty()
        {
            answer.local_ref = own.clone();
        }
    }
    Some(Rules {
        pack: pack.map_or_else(String::new, |p| p.id.clone()),
        title: pack.map_or_else(String::new, |p| format!("{}({})", p.title, p.edition)),
        variant: policy.variant.map_or_else(String::new, |v| v.label().to_owned()),
        caveat: pack.and_then(Pack::caveat),
    })
}
