//! Paths inside a site folder, checked lexically.

use std::fmt;

/// A relative path with `/` separators and no `.`/`..` components: the only path form that any output shows.
/// Compared by bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePath(String);

/// Why a text is not a [`SitePath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Empty text.
    #[error("the path is empty")]
    Empty,
    /// `/x`, `C:\x`, `\\server\x`.
    #[error("the path is absolute")]
    Absolute,
    /// Contains `..`.
    #[error("the path leaves the site folder")]
    Escapes,
    /// Contains a NUL or another control character.
    #[error("the path holds a control character")]
    Control,
}

impl SitePath {
    /// Accepts `\` as separator (Windows habit) and drops `.` components.
    ///
    /// # Errors
    /// Absolute paths, `..`, control characters and empty paths.
    pub fn new(text: &str) -> Result<Self, PathError> {
        if text.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        let text = text.replace('\\', "/");
        if text.starts_with('/') || text.chars().nth(1) == Some(':') {
            return Err(PathError::Absolute);
        }
        let parts: Vec<&str> = text.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
        if parts.contains(&"..") {
            return Err(PathError::Escapes);
        }
        if parts.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(SitePath(parts.join("/")))
    }

    /// A sheet inside the file at this path: `管理表.xlsx!VLAN一覧`.
    pub(super) fn sheet(&self, name: &str) -> Self {
        let clean = |c: char| if c.is_control() || matches!(c, '/' | '\\' | '!') { '_' } else { c };
        SitePath(format!("{}!{}", self.0, name.chars().map(clean).collect::<String>()))
    }

    /// Stands for a file that is not in the store.
    pub(super) fn unknown() -> Self {
        SitePath("-".to_owned())
    }

    /// The path with `/` separators.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
