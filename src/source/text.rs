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
