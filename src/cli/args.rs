//! The command line as clap reads it. Values stay text; `options.rs` checks them, in both languages.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

/// Check that a municipality's network keeps its three tiers apart
#[derive(Debug, Parser)]
#[command(
    name = "bunri",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true
)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Global {
    /// Language of messages and reports: ja or en [default: from the locale]
    #[arg(long, global = true, value_name = "LANG")]
    pub(super) lang: Option<String>,
    /// Output format: text or json; for graph svg, dot or mermaid [default: text; svg]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(super) format: Option<String>,
    /// Write the result to FILE instead of the terminal; for init and mask, the new folder
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Judge as of DATE (YYYY-MM-DD) [default: today]
    #[arg(long, global = true, value_name = "DATE")]
    pub(super) today: Option<String>,
    /// Show no progress
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    /// Show help
    #[arg(short, long, global = true, action = ArgAction::Help)]
    pub(super) help: Option<bool>,
    /// Show the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    pub(super) version: Option<bool>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a site against the rules of the three tiers
    Check {
        /// Folder with topology.toml
        site: PathBuf,
        /// Compare with FILE, the JSON result of an earlier check
        #[arg(long, value_name = "FILE")]
        baseline: Option<PathBuf>,
        /// What the exit code judges: any (everything), or new (what is new or worse than in --baseline)
        #[arg(long, value_name = "WHAT")]
        fail_on: Option<String>,
        /// Write a draft of the exception register (what passes beyond the register handed in) to FILE (.toml, .xlsx or .csv)
        #[arg(long, value_name = "FILE")]
        draft_register: Option<PathBuf>,
    },
    /// Follow single packets through a device or a site
    Trace {
        /// Folder with topology.toml
        #[arg(conflicts_with = "config", required_unless_present = "config")]
        site: Option<PathBuf>,
        #[command(flatten)]
        device: DeviceFiles,
        /// Packets to follow: a JSON list (form: `bunri schema packets`); - reads standard input
        #[arg(long, value_name = "FILE")]
        packets: PathBuf,
    },
    /// Show everything that can pass a device between two interfaces
    #[command(group(clap::ArgGroup::new("one_device").args(["config"]).required(true)))]
    Reach {
        #[command(flatten)]
        device: DeviceFiles,
        /// Interface where packets come in
        #[arg(long = "in", value_name = "IF")]
        ingress: String,
        /// Interface where they leave, or local [default: any]
        #[arg(long = "out", value_name = "IF")]
        egress: Option<String>,
        /// Source addresses [default: any]
        #[arg(long, value_name = "CIDR")]
        src: Option<String>,
        /// Destination addresses [default: any]
        #[arg(long, value_name = "CIDR")]
        dst: Option<String>,
        /// Protocol: name or number [default: any]
        #[arg(long, value_name = "PROTO")]
        proto: Option<String>,
        /// Destination port or range, for example 443 or 8000-8100 [default: any]
        #[arg(long, value_name = "PORTS")]
        dport: Option<String>,
    },
    /// Show what two versions of a device's configuration let pass differently
    Diff {
        /// Configuration file before the change
        before: PathBuf,
        /// Configuration file after it
        after: PathBuf,
        /// Kind of the files [default: detected]
        #[arg(long, value_name = "ID")]
        vendor: Option<String>,
    },
    /// Show which lines of configurations were understood
    Coverage {
        /// Site folder, or configuration files
        #[arg(required = true, value_name = "SITE|FILE")]
        paths: Vec<PathBuf>,
        /// Kind of the files [default: detected]
        #[arg(long, value_name = "ID")]
        vendor: Option<String>,
        /// Most lines listed per file [default: 200]
        #[arg(long, value_name = "N", default_value_t = 200, hide_default_value = true)]
        lines: usize,
    },
    /// Show which zone can open sessions to which
    Matrix {
        /// Folder with topology.toml
        site: PathBuf,
    },
    /// Draw the zones, the devices and what crosses
    Graph {
        /// Folder with topology.toml
        site: PathBuf,
    },
    /// Name the next few facts that would settle open verdicts
    Doctor {
        /// Folder with topology.toml
        site: PathBuf,
    },
    /// Explain a check, a finding, or what gets from one place to another
    Explain {
        /// Code of a check (M-1), id of a finding, or site folder
        what: String,
        /// Id of a finding, where WHAT is a site folder
        #[arg(value_name = "ID", conflicts_with_all = ["from", "to", "site", "finding"])]
        id: Option<String>,
        /// Site folder, where WHAT is the id of a finding
        #[arg(long, value_name = "SITE")]
        site: Option<PathBuf>,
        /// Id of a finding, as `bunri check` shows it
        #[arg(long, value_name = "ID", conflicts_with_all = ["from", "to", "site"])]
        finding: Option<String>,
        /// Senders: host:ID, segment:ID or zone:ID
        #[arg(long, value_name = "PLACE", requires = "to")]
        from: Option<String>,
        /// Receivers: host:ID, segment:ID or zone:ID
        #[arg(long, value_name = "PLACE", requires = "from")]
        to: Option<String>,
        /// Source addresses [default: any]
        #[arg(long, value_name = "CIDR")]
        src: Option<String>,
        /// Destination addresses as sent [default: any]
        #[arg(long, value_name = "CIDR")]
        dst: Option<String>,
        /// Protocol: name or number [default: any]
        #[arg(long, value_name = "PROTO")]
        proto: Option<String>,
        /// Destination port or range, for example 443 or 8000-8100 [default: any]
        #[arg(long, value_name = "PORTS")]
        dport: Option<String>,
    },
    /// Make a first site from a folder of exports and tables, as the new folder that -o names
    Init {
        /// Folder with configurations, terminal logs and tables, in any order
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Write a copy of a folder without passwords and keys to the new folder that -o names
    Mask {
        /// Site folder, or any folder with configuration files
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Let a Linux kernel confirm what is said of a site's Linux routers (Linux only, as root)
    Lab {
        /// Folder with topology.toml
        site: PathBuf,
    },
    /// Print the JSON Schema of a form
    Schema {
        /// Which form [default: check]
        #[arg(value_name = "FORM")]
        form: Option<String>,
    },
}

/// The files of one device.
#[derive(Debug, Args)]
pub(super) struct DeviceFiles {
    /// Configuration file of one device
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Kind of the file [default: detected]
    #[arg(long, value_name = "ID", requires = "config")]
    pub(super) vendor: Option<String>,
    /// IPv6 rules, where they are a file of their own (ip6tables-save)
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(super) ipv6: Option<PathBuf>,
    /// Addresses (ip addr)
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(super) addresses: Option<PathBuf>,
    /// Routes (ip route, show ip route)
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(super) routes: Option<PathBuf>,
    /// IPv6 routes (ip -6 route)
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(super) routes6: Option<PathBuf>,
    /// Policy routing rules (ip rule)
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(super) rules: Option<PathBuf>,
    /// Kernel settings (sysctl -a)
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(super) sysctl: Option<PathBuf>,
}
