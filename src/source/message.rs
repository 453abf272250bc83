//! A sentence for a person, in both languages by construction.

use std::borrow::Cow;

/// The language a reader chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

/// One message in English and Japanese. Build it with [`crate::msg!`], which cannot leave one language out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msg {
    en: Cow<'static, str>,
    ja: Cow<'static, str>,
}

impl Msg {
    /// A message from its two texts.
    pub fn new(en: impl Into<Cow<'static, str>>, ja: impl Into<Cow<'static, str>>) -> Self {
        Msg { en: en.into(), ja: ja.into() }
    }

    /// The text in `lang`.
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

/// `msg!("english {x}", "日本語 {x}")`: both texts are format strings with captured variables. Text taken from
/// a configuration may only be interpolated when it cannot be a secret (a keyword, an object name).
#[macro_export]
macro_rules! msg {
    ($en:literal, $ja:literal $(,)?) => {
        $crate::source::Msg::new(format!($en), format!($ja))
    };
}
