//! What a number in a cell shows: itself, a date, or something that only its format knows.

use jiff::civil::Date;

use super::CellKind;

/// What a number format makes of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Display {
    /// Shown as they are.
    Plain,
    /// Shown with at least so many digits.
    Padded(usize),
    /// Shown with thousands separators.
    Grouped,
    /// Shown as a date.
    Date,
    /// Anything else.
    Other,
}

impl Display {
    /// The built-in formats (18.8.30; those of the Japanese locale among them).
    pub fn built_in(id: u32) -> Display {
        match id {
            0..=2 | 11 | 48 | 49 => Display::Plain,
            3 | 4 | 37..=44 => Display::Grouped,
            14..=17 | 22 | 27..=31 | 34..=36 | 50..=54 | 57 | 58 => Display::Date,
            _ => Display::Other,
        }
    }

    /// A format of the workbook's own.
    pub fn custom(code: &str) -> Display {
        let first = code.split(';').next().unwrap_or("");
        let Some(bare) = bare(first) else { return Display::Other };
        let lower = bare.to_ascii_lowercase();
        if lower.trim() == "general" || lower.trim() == "標準" || lower.trim() == "@" {
            return Display::Plain;
        }
        let letters = |set: &str| lower.chars().any(|c| set.contains(c));
        if letters("yeg") || (letters("d") && letters("m")) {
            return if letters("hs") && !letters("d") { Display::Other } else { Display::Date };
        }
        if lower.chars().any(|c| !"0#?.,-+() ".contains(c)) {
            return Display::Other;
        }
        if lower.contains(',') {
            return Display::Grouped;
        }
        match lower.split('.').next().unwrap_or("").matches('0').count() {
            0 | 1 => Display::Plain,
            digits => Display::Padded(digits),
        }
    }
}

/// A format without colours, locales, fill and width marks; `None` if it puts words of its own beside the number.
fn bare(code: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = code.chars();
    let mut dated = false;
    let mut words = false;
    while let Some(c) = chars.next() {
        match c {
            '[' => {
                for inner in chars.by_ref() {
                    if inner == ']' {
                        break;
                    }
                }
            }
            '"' => {
                for inner in chars.by_ref() {
                    if inner == '"' {
                        break;
                    }
                    words |= !inner.is_whitespace();
                }
            }
            // A width or a fill says nothing, but an escaped letter does.
            '_' | '*' => drop(chars.next()),
            '\\' => words |= chars.next().is_some_and(|c| !" -()./".contains(c)),
            _ => {
                dated |= "yegYEG".contains(c);
                out.push(c);
            }
        }
    }
    // 年, 月 and 日 beside the parts of a date are no words of their own.
    (dated || !words).then_some(out)
}

/// Text and kind of a number under a format.
pub(super) fn shown(text: &str, display: Display, since_1904: bool) -> (String, CellKind) {
    let Some(value) = text.trim().parse::<f64>().ok().filter(|v| v.is_finite()) else {
        return (text.to_owned(), CellKind::Formatted);
    };
    let plain =
        if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() };
    match display {
        Display::Plain => (plain, CellKind::Number),
        Display::Padded(digits) if value.fract() == 0.0 && value >= 0.0 => {
            (format!("{plain:0>digits$}"), CellKind::Number)
        }
        Display::Grouped => (plain, CellKind::Grouped),
        Display::Date => match date(value, since_1904) {
            Some(day) => (day.to_string(), CellKind::Date),
            None => (plain, CellKind::Formatted),
        },
        Display::Padded(_) | Display::Other => (plain, CellKind::Formatted),
    }
}

/// The day of a serial number. In the 1900 system, day 60 is a 29 February that never was.
fn date(value: f64, since_1904: bool) -> Option<Date> {
    if !(0.0..2_958_466.0).contains(&value) {
        return None;
    }
    // In range, so the conversion cannot wrap.
    let days = format!("{:.0}", value.floor()).parse::<i64>().ok()?;
    let epoch = match (since_1904, days) {
        (true, _) => Date::new(1904, 1, 1),
        (false, 0 | 60) => return None,
        (false, 1..60) => Date::new(1899, 12, 31),
        (false, _) => Date::new(1899, 12, 30),
    };
    epoch.ok()?.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
