//! One file per question that a municipality's rules ask, and the order in which they are answered.

pub mod places;
pub mod closed;
pub mod crossing;
pub mod doctor;
pub mod explanation;
pub mod matrix;
pub mod pair;
pub mod mediated;
pub mod through;
mod administered;
mod administration;
mod age;
mod assumptions;
mod basis;
mod default_allow;
mod breakout;
mod dual_homed;
mod egress;
mod evidence;
mod host_level;
mod hygiene;
mod ipv6;
mod lines;
mod rerouted;
mod inventory;
mod layer2_limit;
mod management;
mod members;
mod one_device;
mod pairs;
mod policy;
mod sanitizer;
mod replies;
mod standing;
mod screen;
mod segmentation;
mod shared_domains;
mod shared_services;
pub mod register;
mod translated;
mod understanding;
mod waiting;
mod waypoint;
mod ways;

use std::collections::BTreeSet;

use crate::analysis::EngineError;
use crate::analysis::answer::{Assertion, Assessment, Basis, Bearing, Class, Level, Verdict};
use crate::analysis::reach::{Explorer, Fact};
use crate::analysis::shared::Shared;
use crate::intent;
use crate::msg;
use crate::network::Site;
use crate::source::{Diagnostic, Limits, Msg};

/// How to check.
#[derive(Debug, Clone, Default)]
pub struct Options<'s> {
    /// Bounds.
    pub limits: Limits,
    /// The day as of which to judge; without it, whatever depends on a date is undetermined.
    pub today: Option<jiff::civil::Date>,
    /// What the questions of one run share; `None`: nothing.
    pub shared: Option<&'s Shared<'s>>,
}

impl<'s> Options<'s> {
    /// An explorer for one question, without the facts in `resolved`.
    fn explorer(&self, site: &'s Site, resolved: BTreeSet<Fact>) -> Explorer<'s> {
        match self.shared {
            Some(shared) => Explorer::sharing(site, self.limits.diagram_edges, resolved, shared),
            None => Explorer::new(site, self.limits.diagram_edges, resolved),
        }
    }
}

/// Why there is no verdict at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The two engines contradict each other: an error in this program. No verdict may be given.
    #[error("the two engines disagree: {0}")]
    Disagreement(String),
    /// An exception register is malformed, or a rule pack unknown; at least one diagnostic.
    #[error("an exception register or the policy is malformed")]
    Register(Vec<Diagnostic>),
    /// Another error in this program.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Asks every question that is implemented.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn assess(site: &Site, options: &Options) -> Result<Assessment, CheckError> {
    let register = intent::register::read_or_wait(site).map_err(CheckError::Register)?;
    let pack = intent::pack::chosen(site).map_err(CheckError::Register)?;
    policy::known(site, pack.as_ref()).map_err(CheckError::Register)?;
    let mut assertions = Vec::new();
    let shared = Shared::over(site);
    let options = &Options { shared: Some(&shared), ..options.clone() };
    let mut sessions = mediated::Sessions::compute(site, options, &BTreeSet::new());
    let shown = register::screens::shown(site, register.as_ref(), options);
    if let Ok(sessions) = &mut sessions {
        sessions.shown.clone_from(&shown);
    }
    assertions.extend(segmentation::check(site, &sessions, options)?);
    assertions.extend(register::check(site, register.as_ref(), pack.as_ref(), &sessions, options)?);
    assertions.extend(waypoint::check(site, &sessions, options)?);
    assertions.extend(shared_domains::check(site));
    assertions.push(layer2_limit::check(site, register.as_ref()));
    assertions.push(breakout::check(site, options)?);
    assertions.push(screen::check(site, options)?);
    assertions.push(egress::check(site, options)?);
    assertions.extend(pairs::check(site, register.as_ref(), options)?);
    let sanitizers = sanitizer::check(site, &mut assertions, options)?;
    assertions.push(sanitizers);
    let ways = || ways::Ways::new(site, options);
    assertions.push(lines::check(site));
    assertions.extend(administration::check(site, options)?);
    let ipv6 = ipv6::check(site, &mut ways(), &assertions)?;
    assertions.push(ipv6);
    assertions.extend(translated::check(site, &mut ways())?);
    assertions.push(rerouted::check(site, &mut ways())?);
    assertions.extend(dual_homed::check(site, &shown));
    assertions.push(shared_services::check(site, &sessions)?);
    assertions.extend(members::check(site));
    assertions.push(default_allow::check(site, &mut ways())?);
    waiting::withdraw(site, options.today, &mut assertions);
    assertions.push(hygiene::check(site, options));
    let questionable = understanding::check(site, &assertions);
    assertions.push(questionable);
    assertions.push(basis::check(site, options.today));
    assertions.push(inventory::check(site));
    assertions.push(age::check(site, options));
    let rules = policy::apply(site, pack.as_ref(), &mut assertions);
    let assumptions = assumptions::used(site, &assertions);
    let coverage = site.config_files().map(|id| (id, site.lines.tally(&site.sources, id))).collect();
    let mut not_checked = not_checked(&assertions);
    not_checked.extend(pairs::unruled(site));
    Ok(Assessment { assertions, assumptions, rules, not_checked, coverage })
}

/// What passes the border of the individual-number zone beyond the register that was handed in: M-2 on the level of
/// packets, and nothing else.
///
/// # Errors
/// [`CheckError`]: no answer then.
pub fn border(site: &Site, options: &Options) -> Result<Assertion, CheckError> {
    let register = intent::register::read_or_wait(site).map_err(CheckError::Register)?;
    register::flows::packets(site, register.as_ref(), options)
}

/// An assertion with nothing to show yet.
fn assertion(
    id: &'static str,
    clause: &'static str,
    level: Level,
    class: Class,
    scope: String,
    title: Msg,
) -> Assertion {
    Assertion {
        id,
        clause: clause.into(),
        clause_text: None,
        local_ref: String::new(),
        level,
        class,
        bearing: Bearing::Decides,
        scope,
        verdict: Verdict::Undetermined,
        basis: Basis::Config,
        title,
        reason: None,
        counterexamples: Vec::new(),
        counterexamples_truncated: false,
        possible_paths: Vec::new(),
        possible_paths_truncated: false,
        culprits: Vec::new(),
        culprits_truncated: false,
        routing_independent: None,
        rows: Vec::new(),
        rows_truncated: false,
        surplus: Vec::new(),
        surplus_truncated: false,
        assumptions: Vec::new(),
        cut_at: Vec::new(),
    }
}

/// Turns an engine's failure into an undetermined answer; errors of this program stay errors.
fn failure(error: EngineError) -> Result<Msg, CheckError> {
    match error {
        EngineError::Budget(_) => {
            Ok(msg!("the analysis exceeded its memory budget", "解析に用いるメモリの上限を超えた"))
        }
        EngineError::Endless => Ok(msg!("address translations form a loop", "アドレス変換が循環している")),
        EngineError::Malformed => Err(CheckError::Internal("a device model is malformed".to_owned())),
    }
}

/// Catalogue entries that were not asked, with the reason.
fn not_checked(asked: &[Assertion]) -> Vec<(&'static str, Msg)> {
    let layer2 = asked.iter().any(|a| a.id == "M-2" && a.level == Level::L2);
    let told = |id: &str| asked.iter().any(|a| a.id == id) || (layer2 && id == "M-2 (L2)");
    catalogue().into_iter().filter(|(id, _)| !told(id)).collect()
}

/// Every entry of the catalogue that some version does not check, with the reason why not.
fn catalogue() -> Vec<(&'static str, Msg)> {
    let register = || msg!("no exception register was handed in", "特定通信台帳が提出されていない");
    let vendor = || {
        msg!("needs the configuration of a switch, and none was read", "スイッチの設定が読み込まれていない")
    };
    let later = || msg!("not implemented yet", "未対応である");
    vec![
        ("M-2 (L2)", vendor()),
        ("M-3", register()),
        ("M-5", register()),
        ("M-6", register()),
        ("L-2", later()),
        ("L-3", later()),
        ("L-4", later()),
        ("N-1", later()),
        ("B-1", register()),
        ("X-1", later()),
        ("X-2", later()),
        ("X-3", vendor()),
        ("X-4", later()),
        ("X-5", later()),
        ("X-6", later()),
        ("X-8", later()),
        ("X-9", later()),
        ("X-10", later()),
        ("X-11", register()),
        ("Q-3", later()),
        ("Q-4", later()),
        ("D-1", later()),
        ("D-2", later()),
        ("D-3", later()),
        ("D-4", later()),
    ]
}
