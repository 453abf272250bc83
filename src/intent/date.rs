//! Dates as municipal papers write them: 和暦 in every spelling, ISO, slashes, full-width digits.

use jiff::civil::{Date, Weekday, date};

pub use crate::source::narrow;

/// An era: the ways to write it, its first day, its last day.
struct Era {
    names: [&'static str; 4],
    first: Date,
    last: Date,
}

/// Eras that papers still in force may name.
const ERAS: [Era; 3] = [
    Era { names: ["令和", "㋿", "令", "R"], first: date(2019, 5, 1), last: date(9999, 12, 31) },
    Era { names: ["平成", "㍻", "平", "H"], first: date(1989, 1, 8), last: date(2019, 4, 30) },
    Era { names: ["昭和", "㍼", "昭", "S"], first: date(1926, 12, 25), last: date(1989, 1, 7) },
];

/// A date like `令和8年3月31日`, `R8.3.31`, `2026/3/31`, `2026-03-31`, `令和7年度末`, `R8.3月末`, with its day
/// of the week in brackets behind it or without; `None` for anything else, for days that do not exist, for days outside
/// their era, and for those of another day of the week.
pub fn parse(text: &str) -> Option<Date> {
    let text: String = narrow(text).chars().filter(|c| !c.is_whitespace()).collect();
    match text.strip_suffix(')').and_then(|t| t.rsplit_once('(')) {
        Some((day, name)) => {
            let weekday = weekday(name)?;
            plain(day).filter(|found| found.weekday() == weekday)
        }
        None => plain(&text),
    }
}

/// `月`, `月曜`, `月曜日`; a holiday may be said as well: `月・祝`.
fn weekday(name: &str) -> Option<Weekday> {
    let name = ["曜日", "曜", "・祝", "祝"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    Some(match name {
        "月" => Weekday::Monday,
        "火" => Weekday::Tuesday,
        "水" => Weekday::Wednesday,
        "木" => Weekday::Thursday,
        "金" => Weekday::Friday,
        "土" => Weekday::Saturday,
        "日" => Weekday::Sunday,
        _ => return None,
    })
}

/// The same without a day of the week.
fn plain(text: &str) -> Option<Date> {
    if let Some(month) = text.strip_suffix("月末日").or(text.strip_suffix("月末")) {
        // `R8.3月末` and `令和8年3月末`.
        let sign = if month.contains('/') { '/' } else { '.' };
        let first = match month.split_once('年') {
            Some((year, month)) => format!("{year}年{month}月1日"),
            None => format!("{month}{sign}1"),
        };
        return plain(&first).map(Date::last_of_month);
    }
    let named = ERAS.iter().find_map(|era| Some((era, after_name(era, text)?)));
    let (era, rest) = match named {
        Some((era, rest)) => (Some(era), rest),
        None => (None, text),
    };
    let rest = match rest.strip_prefix('元') {
        Some(tail) if era.is_some() => format!("1{tail}"),
        _ => rest.to_owned(),
    };
    let found = match rest.strip_suffix("年度末") {
        Some(year) => Date::new(western(era, year)?.checked_add(1)?, 3, 31).ok()?,
        None => {
            let [year, month, day] = parts(&rest)?;
            Date::new(western(era, year)?, number(month)?, number(day)?).ok()?
        }
    };
    era.is_none_or(|e| e.first <= found && found <= e.last).then_some(found)
}

/// The first day of what a text names: a day as in [`parse`], a month (`令和8年3月`, `R8.3`), or a fiscal year
/// (`令和7年度`).
pub fn since(text: &str) -> Option<Date> {
    let whole: String = narrow(text).chars().filter(|c| !c.is_whitespace()).collect();
    let year = whole.strip_suffix("年度").map(|year| format!("{year}年4月1日"));
    let month = whole.strip_suffix('月').map(|month| format!("{month}月1日"));
    let sign = ['.', '/', '-'].into_iter().find(|s| whole.contains(*s));
    let bare = sign.map(|s| format!("{whole}{s}1"));
    parse(&whole).or_else(|| [year, month, bare].into_iter().flatten().find_map(|t| parse(&t)))
}

fn after_name<'t>(era: &Era, text: &'t str) -> Option<&'t str> {
    let capital =
        |name: &str| name.is_ascii().then(|| text.strip_prefix(&name.to_ascii_lowercase())).flatten();
    era.names.iter().find_map(|name| text.strip_prefix(name).or_else(|| capital(name)))
}

fn western(era: Option<&Era>, year: &str) -> Option<i16> {
    match era {
        Some(era) => {
            let counted = number(year).filter(|y| *y > 0)?;
            era.first.year().checked_add(i16::from(counted) - 1)
        }
        // Two digits could be either calendar.
        None => year.parse().ok().filter(|y| year.len() == 4 && *y >= 1900),
    }
}

fn number(text: &str) -> Option<i8> {
    (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `Y年M月D日`, or three numbers between one kind of sign.
fn parts(text: &str) -> Option<[&str; 3]> {
    if let Some((year, rest)) = text.split_once('年') {
        let (month, rest) = rest.split_once('月')?;
        return Some([year, month, rest.strip_suffix('日')?]);
    }
    let sign = ['.', '/', '-'].into_iter().find(|s| text.contains(*s))?;
    let found: Vec<&str> = text.split(sign).collect();
    <[&str; 3]>::try_from(found).ok()
}

/// The day as papers write it: `令和8年3月31日`.
pub fn japanese(day: Date) -> String {
    let (month, date) = (day.month(), day.day());
    let era = ERAS.iter().find(|e| e.first <= day && day <= e.last);
    match era {
        Some(era) => {
            let [name, ..] = era.names;
            match day.year() - era.first.year() + 1 {
                1 => format!("{name}元年{month}月{date}日"),
                year => format!("{name}{year}年{month}月{date}日"),
            }
        }
        None => format!("{}年{month}月{date}日", day.year()),
    }
}
