//! Files of the site folder that no device is read from: which of them nobody accounts for, and which is the
//! configuration of a cluster member that nobody named.

use std::collections::BTreeSet;

use super::bind::Chassis;
use super::build::FileSource;
use super::plan::{Config, Plan};
use super::survey::{Glance, kept_aside, look};
use crate::model::AddressSet;
use crate::msg;
use crate::source::{Limits, SitePath, Sources};
use crate::vendor::{Difference, Vendor};

/// What a file must end in to be no configuration and no table, whatever stands in it.
const PAPERS: [&str; 7] = [".md", ".toml", ".json", ".html", ".svg", ".pdf", ".png"];

/// The files of a site folder, and who may read them.
pub(super) struct Folder<'a> {
    pub files: &'a dyn FileSource,
    pub vendors: &'a [&'a dyn Vendor],
    pub limits: &'a Limits,
}

impl Folder<'_> {
    /// Files that nothing names and no `[[unused_file]]` covers: all of those in the folders of named files, and
    /// configurations and policy tables elsewhere, unless their path says that they are old. With them those that are
    /// known to be unused.
    pub fn unnamed(&self, plan: &Plan) -> Vec<SitePath> {
        let folder = |p: &SitePath| p.as_str().rsplit_once('/').map(|(f, _)| format!("{f}/"));
        let folders: BTreeSet<String> = plan.paths.iter().filter_map(folder).collect();
        let Ok(mut listed) = self.files.list() else { return Vec::new() };
        listed.sort();
        listed.retain(|path| !plan.paths.contains(path));
        listed.retain(|path| {
            let text = path.as_str();
            let beside = folders.iter().any(|f| text.starts_with(f.as_str()));
            let elsewhere = || !kept_aside(text) && self.glance(path).is_some_and(|g| g.sure);
            beside || unused(plan, path).is_some() || elsewhere()
        });
        listed
    }

    fn glance(&self, path: &SitePath) -> Option<Glance> {
        let lower = path.as_str().to_lowercase();
        if PAPERS.iter().any(|ending| lower.ends_with(ending)) {
            return None;
        }
        let bytes = self.files.read(path).ok()?;
        look(path.clone(), &bytes, self.vendors, self.limits)
    }

    /// How the other member of a cluster, whose file is here and which nobody named, differs from this one.
    pub fn other_member(&self, plan: &Plan, chassis: &Chassis, sources: &Sources) -> Option<Difference> {
        let (file, kind) = chassis.read?;
        let at = chassis.cluster?;
        let vendor = self.vendors.iter().copied().find(|v| v.id() == kind)?;
        let own = sources.file(sources.origin(file))?.path().clone();
        let this = self.glance(&own)?;
        let analysed: BTreeSet<&SitePath> = plan.boxes.iter().filter_map(|b| read_from(&b.config)).collect();
        let mut listed = self.files.list().ok()?;
        listed.sort();
        for path in listed.iter().filter(|p| !analysed.contains(p)) {
            // An older file says what the member did before.
            let why = unused(plan, path).map(|(_, reason)| reason.as_str()).unwrap_or_default();
            if kept_aside(path.as_str())
                || ["旧世代", "前世代", "旧設定", "過去の設定"].iter().any(|w| why.contains(w))
            {
                continue;
            }
            let Some(other) = self.glance(path).filter(|other| other.joins(&this)) else { continue };
            let mut both = Sources::new();
            let mut add = |path: &SitePath| {
                let bytes = self.files.read(path).ok()?;
                both.add(path.clone(), &bytes, self.limits).ok()
            };
            let (Some(a), Some(b)) = (add(&own), add(path)) else { continue };
            let found = vendor.differences(&both, a, b, self.limits);
            let found = found.into_iter().flatten().find(|d| !d.meant);
            if let Some(Difference { what, .. }) = found {
                let name = other.name;
                let (en, ja) = (what.text(crate::source::Lang::En), what.text(crate::source::Lang::Ja));
                let what = msg!(
                    "`{path}` is the configuration of `{name}`, the other member of the HA cluster; it is not analysed, and it differs: {en}",
                    "「{path}」は冗長構成(HA)のもう一方の機器「{name}」の設定であるが、検査の対象とされておらず、この機器の設定と異なる({ja})"
                );
                return Some(Difference { what, span: at, meant: false });
            }
        }
        None
    }
}

fn read_from(config: &Config) -> Option<&SitePath> {
    if let Config::File(path) = config { Some(&path.value) } else { None }
}

/// The `[[unused_file]]` entry that covers a path: `configs/old/` covers all below it, `configs/a.conf` itself.
pub(super) fn unused<'a>(
    plan: &'a Plan,
    path: &SitePath,
) -> Option<&'a (crate::source::Spanned<String>, String)> {
    plan.unused_files.iter().find(|(listed, _)| {
        let listed = listed.value.replace('\\', "/");
        let listed = listed.trim_start_matches("./");
        if listed.ends_with('/') { path.as_str().starts_with(listed) } else { path.as_str() == listed }
    })
}

impl Glance {
    /// Whether it is another member of the cluster that `first` belongs to: they share addresses, and each has a
    /// name of its own.
    fn joins(&self, first: &Glance) -> bool {
        let shared = |a: &AddressSet, b: &AddressSet| !a.intersection(b).is_empty();
        self.clustered
            && first.clustered
            && self.vendor == first.vendor
            && self.name != first.name
            && shared(&self.addresses, &first.addresses)
    }
}
