//! Text as Japanese papers write it, brought to one form.

/// Full-width letters, digits and signs as their ordinary forms; spaces at both ends dropped.
pub fn narrow(text: &str) -> String {
    let narrowed = text.chars().map(|c| match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    });
    narrowed.collect::<String>().trim().to_owned()
}

/// A name as people see it: two names that come out alike differ in nothing but letter case, width, the kind of dash,
/// spaces, characters without a shape, or letters of other alphabets that look the same.
pub fn alike(name: &str) -> String {
    let mut out = String::new();
    for c in narrow(name).to_lowercase().chars() {
        match c {
            '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FF70}' | '\u{FE63}' => {
                out.push('-')
            }
            _ if c.is_whitespace() => out.push('-'),
            '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}' => {}
            _ => out.push(LOOK_ALIKE.iter().find(|(other, _)| *other == c).map_or(c, |(_, latin)| *latin)),
        }
    }
    out
}

/// Cyrillic and Greek small letters whose capitals or themselves look like a Latin one.
const LOOK_ALIKE: &[(char, char)] = &[
    ('а', 'a'),
    ('в', 'b'),
    ('с', 'c'),
    ('е', 'e'),
    ('н', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('к', 'k'),
    ('м', 'm'),
    ('о', 'o'),
    ('р', 'p'),
    ('ѕ', 's'),
    ('т', 't'),
    ('у', 'y'),
    ('х', 'x'),
    ('α', 'a'),
    ('β', 'b'),
    ('ε', 'e'),
    ('ζ', 'z'),
    ('η', 'h'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('μ', 'm'),
    ('ν', 'n'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'y'),
    ('χ', 'x'),
];
