//! One device from its files.

use std::path::{Path, PathBuf};

use super::args::DeviceFiles;
use super::failure::Failure;
use super::files::{read_file, shown, site_path};
use super::options;
use super::output::{complain, complaint_colour};
use crate::msg;
use crate::report::diagnostics;
use crate::source::{AddError, Diagnostic, FileId, Lang, Limits, Msg, Sources};
use crate::vendor::{Companion, Reading, Vendor, VendorInput, detect};

/// What was read.
pub(super) struct OneDevice {
    pub(super) sources: Sources,
    pub(super) reading: Reading,
    /// Who read it.
    pub(super) vendor: &'static dyn Vendor,
    /// Every file that was read, as named.
    pub(super) inputs: Vec<PathBuf>,
}

/// Reads the device of `--config` and its companions. `interfaces` are names that questions will use.
pub(super) fn load(
    files: &DeviceFiles,
    interfaces: &[String],
    limits: &Limits,
) -> Result<OneDevice, Failure> {
    let chosen = options::vendor(files.vendor.as_deref())?;
    let Some(path) = files.config.as_deref() else {
        return Err(msg!("`--config` is missing", "`--config` を指定する必要がある").into());
    };
    let mut sources = Sources::new();
    let mut inputs = vec![path.to_owned()];
    let config = add(&mut sources, path, limits)?;
    let mut companions = Vec::new();
    for (kind, path) in options::companions(files) {
        inputs.push(path.to_owned());
        companions.push((kind, add(&mut sources, path, limits)?));
    }
    let vendor = kind_of(chosen, &sources, config, path)?;
    let mut reading = read(vendor, config, &companions, &[], &mut sources, limits);
    // Files that list interfaces (some has an address) are believed: another name in a question is a mistake, not a
    // fact. Otherwise the question's names are all that is known.
    let lists = reading.devices.iter().flat_map(|d| &d.interfaces).any(|i| !i.addresses.is_empty());
    let known = |name: &String| reading.devices.iter().any(|d| d.interface(name).is_some());
    if !lists && !interfaces.iter().all(known) {
        reading = read(vendor, config, &companions, interfaces, &mut sources, limits);
    }
    for device in &mut reading.devices {
        device.widen();
    }
    Ok(OneDevice { sources, reading, vendor, inputs })
}

fn read(
    vendor: &dyn Vendor,
    config: FileId,
    companions: &[(Companion, FileId)],
    interfaces: &[String],
    sources: &mut Sources,
    limits: &Limits,
) -> Reading {
    vendor.read(VendorInput { name: None, config, companions, interfaces, sources, limits })
}

fn kind_of(
    chosen: Option<&'static dyn Vendor>,
    sources: &Sources,
    config: FileId,
    path: &Path,
) -> Result<&'static dyn Vendor, Msg> {
    chosen.or_else(|| detect(sources, config)).ok_or_else(|| {
        let sheet = path.extension().is_some_and(|e| {
            ["csv", "xlsx", "xlsm", "xls"].iter().any(|known| e.eq_ignore_ascii_case(known))
        });
        let path = shown(path);
        if sheet {
            return options::part_of_a_site(&format!("`{path}`"), &format!("「{path}」"));
        }
        msg!(
            "`{path}`: the kind of configuration could not be told; name it with `--vendor`",
            "「{path}」の設定の種別を判別できない。`--vendor` で指定する"
        )
    })
}

/// Tells what was noticed while reading, in the terminal's own margin.
pub(super) fn remark(sources: &Sources, list: &[Diagnostic], lang: Lang) {
    const MOST: usize = 20;
    complain(&diagnostics(sources, list, MOST, lang, complaint_colour()));
}

/// Adds a file that the user named. Two files of one name are told apart by the folders they are in.
pub(super) fn add(sources: &mut Sources, path: &Path, limits: &Limits) -> Result<FileId, Msg> {
    let bytes = read_file(path, limits.file_bytes)?;
    let most = path.components().count();
    let mut parts = 1;
    loop {
        match sources.add(site_path(path, parts)?, &bytes, limits) {
            Ok(id) => return Ok(id),
            Err(AddError::Duplicate(_)) if parts < most => parts += 1,
            Err(e) => return Err(refused(&e)),
        }
    }
}

/// Why the store did not take a file.
pub(super) fn refused(error: &AddError) -> Msg {
    match error {
        AddError::TooLarge { path, bytes, limit } => msg!(
            "`{path}`: {bytes} bytes exceed the limit of {limit}",
            "「{path}」の大きさ{bytes}バイトが上限の{limit}バイトを超えている"
        ),
        AddError::Duplicate(path) => {
            msg!("`{path}` is given twice", "「{path}」が2回指定されている")
        }
    }
}
