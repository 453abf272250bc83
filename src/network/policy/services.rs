//! Protocols, ports and ICMP types of a cell, or of the cells of several columns.

use std::collections::BTreeSet;

use super::cells::Said;
use super::device::Builder;
use crate::model::{Expr, Field, PORT_PROTOCOLS, Ranges, proto};
use crate::msg;
use crate::network::session::{port_ranges, protocol_number};
use crate::network::table::grammar::{Special, service, special};
use crate::network::table::{Row, folded};
use crate::source::{Msg, Span, Spanned, narrow};

/// Deepest nesting of objects.
pub(super) const DEPTH: usize = 16;

impl Builder<'_> {
    /// What the columns of a row say about the protocol.
    pub fn services(&mut self, row: &Row) -> Said {
        let unclear = ["service", "protocol", "ports", "source_ports", "icmp_type"];
        if let Some((key, span)) = unclear.iter().find_map(|k| Some((*k, *row.unclear.get(k)?))) {
            let what =
                msg!("the cell `{key}` was not understood", "プロトコル又はポートのセルを解釈できない");
            return Said::only(self.doubt(span, what, Expr::Any));
        }
        let said = |key: &str| row.values.get(key).filter(|v| special(&v.value) != Some(Special::None));
        match (said("service"), said("protocol")) {
            (Some(cell), None) if said("ports").is_none() => self.service_cell(&cell.clone(), row),
            (None, Some(_)) => self.columns(row),
            (None, None) => {
                let what = msg!("no service is written", "サービスの記載がない");
                Said::only(self.doubt(row.span, what, Expr::Any))
            }
            (Some(cell), _) => {
                let what = msg!(
                    "the service stands in two columns",
                    "サービスが複数の列に記載されており、特定できない"
                );
                Said::only(self.doubt(cell.span, what, Expr::Any))
            }
        }
    }

    fn service_cell(&mut self, cell: &Spanned<String>, row: &Row) -> Said {
        if special(&cell.value) == Some(Special::Any) {
            return self.with_sources(Said { expr: Expr::Any, any: true }, row);
        }
        let expr = self.service_text(&cell.value, cell.span, 0);
        self.with_sources(Said::only(expr), row)
    }

    /// Source ports and ICMP types of columns beside a service.
    pub fn with_sources(&mut self, found: Said, row: &Row) -> Said {
        let mut parts = vec![found.expr];
        let mut any = found.any;
        for key in ["source_ports", "icmp_type"] {
            let Some(cell) = row.values.get(key) else { continue };
            let free = matches!(special(&cell.value), Some(Special::Any | Special::None));
            if free {
                continue;
            }
            any = false;
            let limit = match key {
                "source_ports" => ports(&cell.value).map(|p| Expr::ports(&PORT_PROTOCOLS, Field::Sport, p)),
                _ => number(&cell.value).map(|t| icmp(t, None)),
            };
            parts.push(match limit {
                Some(limit) => limit,
                None => self.doubt(cell.span, no_service(&cell.value), Expr::Any),
            });
        }
        Said { expr: Expr::all(parts), any }
    }

    /// `プロトコル` with `ポート` beside.
    fn columns(&mut self, row: &Row) -> Said {
        let Some(cell) = row.values.get("protocol").cloned() else { return Said::only(Expr::Any) };
        if special(&cell.value) == Some(Special::Any) || folded(&cell.value) == "ip" {
            let free = row.values.get("ports").is_none_or(|p| special(&p.value).is_some());
            return match free {
                true => self.with_sources(Said { expr: Expr::Any, any: true }, row),
                // Ports of every protocol: which of them has some is not for a table to say.
                false => Said::only(self.doubt(cell.span, no_service(&cell.value), Expr::Any)),
            };
        }
        let words: Vec<String> = narrow(&cell.value)
            .split(['/', ',', '、', '・', ' ', '+'])
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect();
        let numbers: Option<BTreeSet<u8>> = words.iter().map(|w| protocol_number(w)).collect();
        let Some(numbers) = numbers.filter(|n| !n.is_empty()) else {
            return Said::only(self.doubt(cell.span, no_service(&cell.value), Expr::Any));
        };
        let expr = Expr::any_of(numbers.iter().map(|n| Expr::proto(*n)));
        let has_ports = numbers.iter().all(|n| PORT_PROTOCOLS.contains(n));
        let expr = match row.values.get("ports") {
            Some(p) if special(&p.value) == Some(Special::Any) => expr,
            Some(p) if special(&p.value) == Some(Special::None) && !has_ports => expr,
            Some(p) if has_ports => match ports(&p.value) {
                Some(set) => {
                    let all: Vec<u8> = numbers.into_iter().collect();
                    Expr::ports(&all, Field::Dport, set)
                }
                None => self.doubt(p.span, no_service(&p.value), expr),
            },
            None if !has_ports => expr,
            // Ports are not written: all of them, or those that somebody forgot.
            other => {
                let span = other.map_or(row.span, |p| p.span);
                self.doubt(span, msg!("no ports are written", "ポートの記載がない"), expr)
            }
        };
        self.with_sources(Said::only(expr), row)
    }

    /// A text of services: written, by the names of objects, or several of either.
    pub fn service_text(&mut self, text: &str, span: Span, depth: usize) -> Expr {
        if let Some(found) = self.service_item(text, span, depth) {
            return found;
        }
        for signs in [&['、', ';', '\n'][..], &['、', ';', '\n', ','], &['、', ';', '\n', ',', ' ']] {
            let parts: Vec<&str> = text.split(signs).map(str::trim).filter(|p| !p.is_empty()).collect();
            if parts.len() < 2 {
                continue;
            }
            let each: Vec<Option<Expr>> = parts.iter().map(|p| self.service_item(p, span, depth)).collect();
            if each.iter().all(Option::is_some) {
                return Expr::any_of(each.into_iter().flatten());
            }
        }
        self.doubt(span, no_service(text), Expr::Any)
    }

    fn service_item(&mut self, text: &str, span: Span, depth: usize) -> Option<Expr> {
        let word = folded(text);
        if self.objects.services.contains_key(&word) {
            return Some(self.service_object(&word, span, depth));
        }
        if let Some(found) = icmp_text(&word) {
            return Some(found);
        }
        if word == "dns" {
            self.notes.push((span, msg!("`DNS` is TCP and UDP 53", "「DNS」をTCP及びUDPの53と読み取った")));
            return Some(Expr::ports(&[proto::TCP, proto::UDP], Field::Dport, Ranges::one(53)));
        }
        let found = service(text).ok()?;
        if found.protocol == "any" {
            return Some(Expr::Any);
        }
        let number = protocol_number(&found.protocol)?;
        if !found.named.is_empty() {
            let shown = found.shown();
            self.notes.push((span, msg!("`{text}` is {shown}", "「{text}」を {shown} と読み取った")));
        }
        if let Some(kind) = found.icmp_type.and_then(|t| u16::try_from(t).ok()).filter(|t| *t < 256) {
            return Some(icmp(kind, None));
        }
        match found.ports.as_deref() {
            None | Some("any") => Some(Expr::proto(number)),
            Some(_) if !PORT_PROTOCOLS.contains(&number) => None,
            Some(ports) => Some(Expr::ports(&[number], Field::Dport, port_ranges(ports)?)),
        }
    }
}

fn no_service(text: &str) -> Msg {
    msg!(
        "`{text}` is no service and no name of one",
        "「{text}」はプロトコル及びポート又は定義された名称として解釈できない"
    )
}

/// Ports like `443、8000-8080`.
fn ports(text: &str) -> Option<Ranges> {
    port_ranges(service(&format!("TCP/{text}")).ok()?.ports.as_deref()?)
}

fn number(text: &str) -> Option<u16> {
    narrow(text).parse::<u8>().ok().map(u16::from)
}

/// ICMP of IPv4 of a type, and perhaps a code.
fn icmp(kind: u16, code: Option<u8>) -> Expr {
    let base = u128::from(kind) << 8;
    let range = match code {
        Some(code) => Ranges::one(base | u128::from(code)),
        None => Ranges::span(base, base | 0xFF),
    };
    Expr::all([Expr::proto(proto::ICMP), Expr::In(Field::Icmp, range)])
}

/// `ICMPタイプ8`, `icmp type 3 code 1`, `icmpv6 type 128`.
fn icmp_text(word: &str) -> Option<Expr> {
    let (six, rest) = match word.strip_prefix("icmpv6").or_else(|| word.strip_prefix("icmp6")) {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix("icmp")?),
    };
    let rest = rest.trim_start_matches(['/', '(', ':']).trim_end_matches(')');
    let rest = rest.strip_prefix("type").or_else(|| rest.strip_prefix("タイプ"))?;
    let (kind, code) = match rest.split_once("code").or_else(|| rest.split_once("コード")) {
        Some((kind, code)) => (kind.trim_end_matches(['/', ',', '、']), Some(code.parse::<u8>().ok()?)),
        None => (rest, None),
    };
    let kind = u16::from(kind.parse::<u8>().ok()?);
    match (icmp(kind, code), six) {
        (Expr::All(mut parts), true) => {
            if let Some(first) = parts.first_mut() {
                *first = Expr::proto(proto::ICMPV6);
            }
            Some(Expr::All(parts))
        }
        (found, _) => Some(found),
    }
}
