//! The place of a name among others, as people put names in order.

/// One run of a name, as people compare names: 特-2 stands before 特-10.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    /// Digits without leading zeros; the longer number is the greater one.
    Number(usize, String),
    Text(String),
}

/// The place of a name among others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(Vec<Run>, String);

/// A name's place: numbers in it count as numbers. Two names never share one.
pub fn rank(name: &str) -> Rank {
    let mut runs: Vec<Run> = Vec::new();
    for letter in name.chars() {
        match runs.last_mut() {
            Some(Run::Number(length, digits)) if letter.is_ascii_digit() => {
                if digits == "0" {
                    digits.clear();
                }
                digits.push(letter);
                *length = digits.len();
            }
            Some(Run::Text(text)) if !letter.is_ascii_digit() => text.push(letter),
            _ if letter.is_ascii_digit() => runs.push(Run::Number(1, letter.to_string())),
            _ => runs.push(Run::Text(letter.to_string())),
        }
    }
    Rank(runs, name.to_owned())
}
