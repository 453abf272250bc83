//! The kernel laboratory: boxes out of network namespaces, links out of veth pairs, packets put on the wire and seen
//! where they come out. The Linux kernel is then a third judge beside the two engines.
//!
//! Traffic stays between namespaces made here; nothing outside is read or changed. Sending on a veth runs the
//! receiver in the same call, so nothing waits; a tag in each payload tells packets apart, also late ones.
//!
//! `bunri lab SITE` makes each Linux router of a site anew from its exports and sends it what the site's matrix and
//! counterexamples are made of.
pub mod bench;
pub mod boxes;
pub mod craft;
pub mod judge;
pub mod probes;
pub mod said;
pub mod space;
pub mod wire;

mod examples;

use std::path::Path;

use super::check::assess;
use super::failure::Failure;
use super::run::{Answer, Run};
use crate::msg;
use crate::report;
use crate::report::lab::Lab;
use crate::vendor::iptables::replay;
use boxes::Made;
use space::Space;

/// Exit codes: a kernel did what cannot be; a box could not be made, or its packets cannot be judged.
const REFUTED: u8 = 2;
const OPEN: u8 = 3;

/// Asks the kernel about every Linux router of a site.
pub(super) fn lab(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let (site, assessment) = assess(run, folder)?;
    let routers: Vec<_> =
        site.devices().filter(|(_, d)| d.device.vendor == "iptables" && d.contract.is_none()).collect();
    if routers.is_empty() {
        return Err(msg!(
            "no device of this site is a Linux router (iptables): there is nothing that a kernel could confirm",
            "このサイトには Linux ルータ(iptables)がなく、カーネルで確認できるものがない"
        )
        .into());
    }
    Space::new().map_err(|e| {
        msg!(
            "the laboratory needs root, `unshare`, `ip`, `ss`, `sysctl` and `iptables-restore`: {e}",
            "実機検証には root 権限と `unshare`、`ip`、`ss`、`sysctl`、`iptables-restore` が必要である: {e}"
        )
    })?;
    run.progress.stage(&msg!("asking the kernel", "カーネルに照会中"));
    let mut out = Lab { kernel: boxes::kernel(), routers: Vec::new(), examples: Vec::new() };
    let mut made: Vec<Made<'_>> = Vec::new();
    for (_, router) in routers {
        let setup = replay::setup(&site.sources, router.device.file, &router.companions);
        match Made::new(&router.device, &setup) {
            Ok(mut one) => {
                out.routers.push(one.judge(setup.missing, run.limits.diagram_edges));
                made.push(one);
            }
            Err(why) => {
                out.routers.push(report::lab::Router::not_made(&router.device.name, setup.missing, why))
            }
        }
    }
    out.examples = examples::replay(&assessment, &mut made);
    let code = match () {
        () if out.refuted() => REFUTED,
        () if out.is_open() => OPEN,
        () => 0,
    };
    let text = run.render(&report::lab::json(&out, run.common.lang), |style| report::lab::text(&out, style));
    Ok(Answer { text, code })
}
