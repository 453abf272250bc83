//! Spanned findings about the input itself.

use super::{Msg, Span};

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For the reader's information.
    Note,
    /// The model was widened or something looks wrong.
    Warning,
    /// The input cannot be used.
    Error,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $severity:ident;)*) => {
        /// The one enum of diagnostic codes: kebab-case patterns.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }
        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The kebab-case slug.
            pub fn slug(self) -> &'static str { match self { $(Code::$name => $slug,)* } }
            /// Its severity.
            pub fn severity(self) -> Severity { match self { $(Code::$name => Severity::$severity,)* } }
        }
    };
}

codes! {
    /// A token that the reader does not know.
    UnreadToken = "unread-token", Warning;
    /// A statement that the reader does not know.
    UnknownStatement = "unknown-statement", Warning;
    /// A block that the reader does not know.
    UnknownBlock = "unknown-block", Warning;
    /// Known syntax whose meaning is not modelled.
    UnmodelledFeature = "unmodelled-feature", Warning;
    /// A name that nothing defines.
    UndefinedReference = "undefined-reference", Warning;
    /// Groups or jumps that contain themselves.
    ReferenceCycle = "reference-cycle", Warning;
    /// The same name defined twice.
    DuplicateDefinition = "duplicate-definition", Warning;
    /// A value that does not parse.
    BadValue = "bad-value", Warning;
    /// A quoted value that never ends.
    UnterminatedQuote = "unterminated-quote", Warning;
    /// A block or file that ends early.
    TruncatedInput = "truncated-input", Warning;
    /// An end marker with nothing to end.
    UnbalancedEnd = "unbalanced-end", Warning;
    /// Nesting deeper than the cap.
    NestingTooDeep = "nesting-too-deep", Warning;
    /// Bytes that are no text in the chosen encoding.
    UndecodableBytes = "undecodable-bytes", Warning;
    /// A line that is longer, or a file that is larger, than the limits.
    LimitExceeded = "limit-exceeded", Warning;
    /// The version line is absent or outside the documented range.
    UnknownVersion = "unknown-version", Warning;
    /// The file's kind could not be told.
    UnknownVendor = "unknown-vendor", Warning;
    /// A file that the topology names is not there or unreadable.
    MissingFile = "missing-file", Warning;
    /// A file in the folder that belongs to nothing.
    UnassignedFile = "unassigned-file", Warning;
    /// A configured interface that the topology binds to nothing.
    UnboundInterface = "unbound-interface", Warning;
    /// Two facts that contradict each other.
    Contradiction = "contradiction", Warning;
    /// A row of a table that stands for a configuration, of which nobody says whether it counts.
    DoubtfulRow = "doubtful-row", Warning;
    /// A cell of such a table that cannot be read for sure.
    UnreadCell = "unread-cell", Warning;
    /// Something worth knowing.
    Remark = "remark", Note;
    /// An exception register that the topology names is not there or unreadable.
    UnreadableRegister = "unreadable-register", Error;
    /// A rule pack that the topology names is not there or unreadable.
    UnreadablePack = "unreadable-pack", Error;
    /// A table that the topology names is not there, or is no table.
    UnreadableTable = "unreadable-table", Error;
    /// A column that a table must have is not found, or found twice.
    MissingColumn = "missing-column", Error;
    /// A row of a table that is struck through, and nobody says whether it counts.
    StruckRow = "struck-row", Error;
    /// A row of a table that nobody sees, and nobody says whether it counts.
    HiddenRow = "hidden-row", Error;
    /// A cell of a table that cannot be read for sure.
    UnclearCell = "unclear-cell", Error;
    /// TOML that does not parse.
    BadToml = "bad-toml", Error;
    /// A key that the format does not have.
    UnknownKey = "unknown-key", Error;
    /// A key that must be there.
    MissingKey = "missing-key", Error;
    /// A value that the format does not allow.
    InvalidValue = "invalid-value", Error;
    /// An identifier that is defined twice.
    DuplicateId = "duplicate-id", Error;
    /// An identifier that nothing defines.
    UnknownId = "unknown-id", Error;
    /// A path that leaves the site folder.
    PathOutsideSite = "path-outside-site", Error;
}

/// One diagnostic: code, what it says, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code.
    pub code: Code,
    /// What is wrong, in both languages.
    pub message: Msg,
    /// The place it is about.
    pub primary: Span,
    /// Other places, each with a short label.
    pub labels: Vec<(Span, Msg)>,
    /// What the reader can do.
    pub help: Option<Msg>,
}

impl Diagnostic {
    /// A diagnostic with its primary place.
    pub fn new(code: Code, primary: Span, message: Msg) -> Self {
        Diagnostic { code, message, primary, labels: Vec::new(), help: None }
    }
    /// Adds advice.
    #[must_use]
    pub fn with_help(mut self, help: Msg) -> Self {
        self.help = Some(help);
        self
    }
    /// Adds a second place.
    #[must_use]
    pub fn with_label(mut self, span: Span, label: Msg) -> Self {
        self.labels.push((span, label));
        self
    }
}
