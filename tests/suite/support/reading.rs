//! One device, read from its text.

use bunri::source::{FileId, Limits, SitePath, Sources};
use bunri::vendor::{Companion, Reading, VendorInput, by_id};

/// What a vendor made of some files.
pub struct Read {
    pub sources: Sources,
    /// The configuration.
    pub file: FileId,
    pub reading: Reading,
}

/// A configuration alone.
pub fn read(vendor: &str, path: &str, config: impl AsRef<[u8]>) -> Read {
    read_with(vendor, path, config, &[])
}

/// A configuration with its companions, each with its path and text.
pub fn read_with(
    vendor: &str,
    path: &str,
    config: impl AsRef<[u8]>,
    companions: &[(Companion, &str, &str)],
) -> Read {
    let (mut sources, limits) = (Sources::new(), Limits::default());
    let mut add = |path: &str, text: &[u8]| sources.add(SitePath::new(path).unwrap(), text, &limits).unwrap();
    let file = add(path, config.as_ref());
    let companions: Vec<(Companion, FileId)> =
        companions.iter().map(|(kind, path, text)| (*kind, add(path, text.as_bytes()))).collect();
    let reading = by_id(vendor).unwrap().read(VendorInput {
        name: None,
        config: file,
        companions: &companions,
        interfaces: &[],
        sources: &mut sources,
        limits: &limits,
    });
    Read { sources, file, reading }
}
