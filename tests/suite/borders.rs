//! The borders other than the first: sanitizers, breakouts, lines, devices, declarations.
mod declarations;
mod papers;
mod sanitizers;
