//! What the cells of a row say: interfaces, addresses, words.

use std::collections::BTreeSet;

use super::device::Builder;
use crate::model::{AddressSet, Expr, Family, Field, IfId, Ranges};
use crate::msg;
use crate::network::session::address_set;
use crate::network::table::folded;
use crate::network::table::grammar::{Special, addresses, special};
use crate::source::{Msg, Span, Spanned};

/// What a cell says about a packet.
pub(super) struct Said {
    /// The condition.
    pub expr: Expr,
    /// It is no condition at all, and the cell says so.
    pub any: bool,
}

impl Said {
    /// A condition.
    pub fn only(expr: Expr) -> Said {
        Said { expr, any: false }
    }
}

/// Signs between items of a cell. Spaces part words as well, where that makes all of them known.
const SIGNS: &[char] = &['、', ',', ';', '\n'];

/// A set of addresses that may not be known in full.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Those that are certain.
    pub set: AddressSet,
    /// Why there may be others.
    pub doubt: Option<(Span, Msg)>,
}

impl Builder<'_> {
    /// Interfaces by their names, the names of their zones, or of the zones and segments behind them.
    pub fn interfaces(&mut self, cell: &Spanned<String>, field: Field) -> Said {
        let text = &cell.value;
        if special(text) == Some(Special::Any) {
            return Said { expr: Expr::Any, any: true };
        }
        let whole = self.named_interfaces(text);
        let found = if whole.is_empty() {
            let parts: Vec<&str> = text.split(SIGNS).map(str::trim).filter(|p| !p.is_empty()).collect();
            let each: Vec<BTreeSet<IfId>> = parts.iter().map(|p| self.named_interfaces(p)).collect();
            if each.iter().any(BTreeSet::is_empty) {
                BTreeSet::new()
            } else {
                each.into_iter().flatten().collect()
            }
        } else {
            whole
        };
        if found.is_empty() {
            let what = msg!(
                "`{text}` is neither an interface nor a zone of the device",
                "「{text}」はこの機器のインターフェース又はゾーンとして解釈できない"
            );
            return Said::only(self.doubt(cell.span, what, Expr::Any));
        }
        let names: Vec<String> = found
            .iter()
            .filter_map(|id| self.device.interfaces.get(id.index()))
            .map(|i| i.name.value.clone())
            .collect();
        if names.len() != 1 || names.first() != Some(text) {
            let names = names.join("、");
            self.notes.push((cell.span, msg!("`{text}` is {names}", "「{text}」を {names} と読み取った")));
        }
        let values = found.iter().map(|id| (u128::from(id.0), u128::from(id.0)));
        Said::only(Expr::In(field, Ranges::from_pairs(values)))
    }

    fn named_interfaces(&self, word: &str) -> BTreeSet<IfId> {
        let word = folded(word);
        let by_name =
            |(id, i): (IfId, &crate::model::Interface)| (folded(&i.name.value) == word).then_some(id);
        let own: BTreeSet<IfId> = self.device.interfaces().filter_map(by_name).collect();
        let zones = self.own.zones.iter().filter(|(_, zone)| folded(&zone.value) == word);
        let zoned: BTreeSet<IfId> = zones.filter_map(|(name, _)| self.device.interface(name)).collect();
        let behind = |(id, _): (IfId, &crate::model::Interface)| {
            let segment =
                self.town.segments.get(self.attached.get(id.index()).copied().flatten()?.index())?;
            let zone = segment.zone.and_then(|z| self.town.zones.get(z.index()));
            let names = [
                Some(&segment.id.value),
                segment.name.as_ref(),
                zone.map(|z| &z.id.value),
                zone.map(|z| &z.name),
            ];
            names.into_iter().flatten().any(|n| folded(n) == word).then_some(id)
        };
        let beyond: BTreeSet<IfId> = self.device.interfaces().filter_map(behind).collect();
        // The device's own words come first; a name that means one thing there and another in the town is the device's.
        [own, zoned, beyond].into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Addresses of one end. `any` is every IPv4 address; whether it means IPv6 as well, somebody must say.
    pub fn ends(&mut self, cell: &Spanned<String>, field: Field) -> Said {
        if special(&cell.value) == Some(Special::Any) {
            let every = self.every(cell.span, Expr::Any, Expr::Any);
            return Said { expr: every, any: true };
        }
        let text = cell.value.trim();
        match negated(text) {
            None => {
                let known = self.addresses(text, cell.span, 0);
                let certain = known.set.expr(field);
                match known.doubt {
                    None => Said::only(certain),
                    Some((span, what)) => {
                        let perhaps = self.doubt(span, what, Expr::Any);
                        Said::only(Expr::any_of([certain, perhaps]))
                    }
                }
            }
            Some(inner) => {
                let known = self.addresses(inner, cell.span, 0);
                if let Some((span, what)) = known.doubt {
                    return Said::only(self.doubt(span, what, Expr::Any));
                }
                let outside = |family: Family| {
                    let rest = known.set.of(family).complement(family.max_address());
                    if rest.is_empty() { Expr::None } else { Expr::In(field, rest) }
                };
                self.notes.push((cell.span, msg!("all but `{inner}`", "「{inner}」を除く全てと読み取った")));
                let expr = self.every(cell.span, outside(Family::V4), outside(Family::V6));
                Said::only(expr)
            }
        }
    }

    /// One condition for each family, where the cell names none.
    fn every(&mut self, span: Span, v4: Expr, v6: Expr) -> Expr {
        let (four, six) = (Expr::family(Family::V4), Expr::family(Family::V6));
        if self.own.ipv6.is_some() {
            return if v4 == Expr::Any && v6 == Expr::Any {
                Expr::Any
            } else {
                Expr::any_of([Expr::all([four, v4]), Expr::all([six, v6])])
            };
        }
        let what = msg!("whether this means IPv6 as well", "IPv6も対象とするか否か");
        let cause = self.unknown(span, what);
        Expr::any_of([Expr::all([four, v4]), Expr::unknown(cause, Expr::all([six, v6]))])
    }

    /// Addresses of a text: written out, by the names of objects, hosts and segments, or a mixture.
    pub fn addresses(&mut self, text: &str, span: Span, depth: usize) -> Known {
        if let Some(found) = self.address_item(text, span, depth) {
            return found;
        }
        for signs in [SIGNS, &['、', ',', ';', '\n', ' ', '・'][..]] {
            let parts: Vec<&str> = text.split(signs).map(str::trim).filter(|p| !p.is_empty()).collect();
            if parts.len() < 2 {
                continue;
            }
            let each: Vec<Option<Known>> = parts.iter().map(|p| self.address_item(p, span, depth)).collect();
            if each.iter().all(Option::is_some) {
                return each.into_iter().flatten().fold(Known::default(), |all, one| Known {
                    set: all.set.union(&one.set),
                    doubt: all.doubt.or(one.doubt),
                });
            }
        }
        let what = msg!(
            "`{text}` is no address and no name of one",
            "「{text}」はアドレス又は定義された名称として解釈できない"
        );
        Known { set: AddressSet::empty(), doubt: Some((span, what)) }
    }

    /// One item, or a whole cell of written addresses; `None` if it is neither an address nor a known name.
    fn address_item(&mut self, text: &str, span: Span, depth: usize) -> Option<Known> {
        let word = folded(text);
        if self.objects.addresses.contains_key(&word) {
            return Some(self.object(&word, span, depth));
        }
        if let Some((set, doubt)) = self.place(&word) {
            let doubt = (doubt || self.objects.missing.is_some()).then(|| {
                (
                    span,
                    msg!(
                        "the addresses of `{text}` are not all known",
                        "「{text}」のアドレスの全ては分からない"
                    ),
                )
            });
            self.notes.push((span, msg!("`{text}` by the topology", "「{text}」を構成情報により読み取った")));
            return Some(Known { set, doubt });
        }
        let written = addresses(text).ok()?;
        let mut known = Known::default();
        for item in &written {
            match exact(item) {
                Some(set) => known.set = known.set.union(&set),
                None => {
                    let what = msg!(
                        "`{item}` may mean one address or the whole prefix",
                        "「{item}」は1つのアドレスか、プレフィックス全体か特定できない"
                    );
                    known.doubt.get_or_insert((span, what));
                }
            }
        }
        Some(known)
    }

    /// The addresses of a host or segment, and whether there may be others.
    fn place(&self, word: &str) -> Option<(AddressSet, bool)> {
        let hosts = self.town.hosts.iter().filter(|h| folded(&h.id.value) == word);
        let of_hosts = hosts.map(|h| {
            let cards = h.interfaces.iter().flat_map(|i| &i.addresses);
            let set = cards.fold(AddressSet::empty(), |all, a| all.union(&AddressSet::host(a.value)));
            let open = h.interfaces.iter().any(|i| i.addresses.is_empty());
            (set, open)
        });
        let named = |s: &&crate::network::site::Segment| {
            !s.internal && (folded(&s.id.value) == word || s.name.as_ref().is_some_and(|n| folded(n) == word))
        };
        let of_segments = self.town.segments.iter().filter(named).map(|s| {
            let set = s
                .prefixes
                .iter()
                .fold(AddressSet::empty(), |all, p| all.union(&AddressSet::network(p.value)));
            (set, s.prefixes.is_empty())
        });
        let all: Vec<(AddressSet, bool)> = of_hosts.chain(of_segments).collect();
        match all.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            // Two things of one name: either may be meant.
            _ => Some((AddressSet::empty(), true)),
        }
    }

    /// A cell that was not understood: it may match anything inside `bound`.
    pub fn doubt(&mut self, span: Span, what: Msg, bound: Expr) -> Expr {
        let cause = self.unclear(span, what);
        Expr::unknown(cause, bound)
    }
}

/// What stands before 以外, if it is one thing or in brackets.
fn negated(text: &str) -> Option<&str> {
    let inner = text.strip_suffix("以外").or_else(|| text.strip_suffix("を除く")).map(str::trim)?;
    let bracketed = inner.strip_prefix(['(', '[']).and_then(|i| i.strip_suffix([')', ']']));
    match bracketed {
        Some(inner) => Some(inner.trim()),
        // `A、B以外` may mean A, and all but B.
        None if inner.contains(SIGNS) || inner.contains(char::is_whitespace) => None,
        None => Some(inner),
    }
}

/// A written item, unless it has bits set beyond its length.
pub(super) fn exact(item: &str) -> Option<AddressSet> {
    if let Ok(network) = item.parse::<ipnetwork::IpNetwork>()
        && network.network() != network.ip()
    {
        return None;
    }
    address_set(item)
}
