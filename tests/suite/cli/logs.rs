//! Terminal logs: a configuration among other commands reads as it does alone, and a log that ends early proves nothing.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::mask::copied;
use super::pictures::shipped;
use super::{code, folder, run, stdout};
use crate::log_cuts::teraterm;

const CONFIG: &str = "configs/FW-WAKABA01_20260310.conf";

fn town(root: &Path) -> PathBuf {
    let site = root.join("site");
    copied(&shipped("wakaba"), &site);
    site
}

/// Id, level and verdict of every assertion, and the exit code.
fn judged(root: &Path) -> (i32, Vec<String>, Value) {
    let out = run(root, &["check", "site", "--format", "json", "--today", "2026-03-17"]);
    let check: Value = serde_json::from_str(&stdout(&out)).unwrap();
    let all = check["assertions"].as_array().unwrap().iter();
    let told = all.map(|a| format!("{} {} {}", a["id"], a["level"], a["verdict"])).collect();
    (code(&out), told, check)
}

fn forti(config: &str) -> String {
    let p = "FW-WAKABA01 # ";
    format!(
        "{p}get system status\nVersion: FortiGate-100F v7.2.5\nHostname: FW-WAKABA01\n\n{p}shwo\nUnknown action 0\n\n\
         {p}show full-configuration\n{config}\n{p}get router info routing-table all\n"
    )
}

#[test]
fn a_log_of_a_firewall_reads_like_its_backup() {
    let dir = folder();
    let site = town(dir.path());
    let config = fs::read_to_string(site.join(CONFIG)).unwrap();
    let alone = judged(dir.path());
    let shown =
        forti(&config).replace("FW-WAKABA01 # get router info routing-table all\n", "FW-WAKABA01 # exit\n");
    fs::write(site.join(CONFIG), teraterm(&shown)).unwrap();
    let logged = judged(dir.path());
    assert_eq!((alone.0, &alone.1), (logged.0, &logged.1));
    // Lines are those of the log: eight more than in the backup.
    let out = run(dir.path(), &["coverage", "site", "--format", "json"]);
    assert_eq!(code(&out), 0, "{}", stdout(&out));
    let reach = [
        "reach",
        "--config",
        "site/configs/FW-WAKABA01_20260310.conf",
        "--in",
        "v11_kikan_sv",
        "--format",
        "json",
    ];
    let text = stdout(&run(dir.path(), &reach));
    assert!(text.contains("reachable"), "{text}");
}

#[test]
fn a_log_that_ends_early_or_goes_on_with_changes_proves_nothing() {
    let dir = folder();
    let site = town(dir.path());
    let config = fs::read_to_string(site.join(CONFIG)).unwrap();
    let whole = forti(&config);
    // Cut after sixty per cent; between the configuration and the next prompt; a change after it; only a part shown.
    let cut: String = whole.chars().take(whole.chars().count() * 6 / 10).collect();
    let end = whole.find("FW-WAKABA01 # get router").unwrap();
    let changed =
        format!("{whole}\nFW-WAKABA01 # config firewall policy\nFW-WAKABA01 (policy) # delete 99\n");
    let part = whole.replace("show full-configuration", "show firewall policy");
    let logs = [("cut", cut), ("no prompt", whole[..end].to_owned()), ("changed", changed), ("part", part)];
    for (name, log) in logs {
        fs::write(site.join(CONFIG), teraterm(&log)).unwrap();
        let text = reached(dir.path(), &format!("site/{CONFIG}"), ("v11_kikan_sv", "wan1"));
        assert_eq!(text["verdict"], "undetermined", "{name} {text}");
        assert!(text["culprits"].to_string().contains("FW-WAKABA01_20260310.conf"), "{name} {text}");
    }
}

/// Everything that may pass one device from an interface to one port.
fn reached(root: &Path, config: &str, (from, to): (&str, &str)) -> Value {
    let args = [
        "reach", "--config", config, "--in", from, "--out", to, "--dport", "443", "--proto", "tcp",
        "--format", "json",
    ];
    let out = run(root, &args);
    serde_json::from_str(&stdout(&out)).unwrap_or_else(|_| panic!("{out:?}"))
}

fn shell(site: &Path) -> String {
    let read = |name: &str| fs::read_to_string(site.join(format!("configs/SV-MUGAI01/{name}.txt"))).unwrap();
    let p = "[root@SV-MUGAI01 ~]# ";
    format!(
        "Last login: Tue Mar 10 21:00:00 2026\n{p}date\nTue Mar 10 21:01:00 JST 2026\n{p}iptables-save\n{}\n{p}ip6tables-save\n{}\n\
         {p}ip addr\n{}\n{p}ip route\n{}\n{p}sysctl -a\n{}\n{p}exit\n",
        read("iptables-save"),
        read("ip6tables-save"),
        read("ip_addr"),
        read("ip_route"),
        read("sysctl"),
    )
}

#[test]
fn one_log_of_a_linux_box_is_all_its_files() {
    let dir = folder();
    let site = town(dir.path());
    let alone = judged(dir.path());
    let log = shell(&site);
    fs::remove_dir_all(site.join("configs/SV-MUGAI01")).unwrap();
    fs::write(site.join("configs/SV-MUGAI01.log"), teraterm(&log)).unwrap();
    let topology = fs::read_to_string(site.join("topology.toml")).unwrap();
    let from = topology.find("config = \"configs/SV-MUGAI01/").unwrap();
    let to = topology[from..].find("[device.attach]").unwrap() + from;
    let one = "config = \"configs/SV-MUGAI01.log\"\nvendor = \"iptables\"\n";
    fs::write(site.join("topology.toml"), format!("{}{one}{}", &topology[..from], &topology[to..])).unwrap();
    let logged = judged(dir.path());
    assert_eq!((alone.0, alone.1), (logged.0, logged.1));
    // Cut in the middle of the rules, and of the IPv6 rules: nothing is proved by what is left.
    for mark in ["-A INPUT", "ip6tables-save\n"] {
        let at = log.find(mark).unwrap() + mark.len();
        fs::write(site.join("configs/SV-MUGAI01.log"), teraterm(&log[..at])).unwrap();
        let text = reached(dir.path(), "site/configs/SV-MUGAI01.log", ("eth0", "eth1"));
        assert_eq!(text["verdict"], "undetermined", "{mark} {text}");
    }
}
