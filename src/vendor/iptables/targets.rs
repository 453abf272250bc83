//! The targets of rules: what each does to a packet and which options it takes.
//!
//! Source: iptables-extensions(8), "TARGET EXTENSIONS", and the kernel's `net/netfilter/xt_*.c`, `net/ipv4/netfilter/*.c`.

/// What a target does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `ACCEPT`
    Accept,
    /// `DROP`
    Drop,
    /// `REJECT`
    Reject,
    /// `RETURN`
    Return,
    /// Cannot change what passes; the next rule follows (`LOG`, `TCPMSS`, `DSCP` …).
    Continue,
    /// Takes the packet out of connection tracking (`NOTRACK`, `CT --notrack`).
    Untrack,
    /// `CT` with other options: a helper or zone is attached.
    Tracking,
    /// Changes the packet mark.
    Mark,
    /// Changes the connection mark or restores it into the packet mark.
    ConnMark,
    /// `SNAT`
    Snat,
    /// `DNAT`
    Dnat,
    /// `MASQUERADE`
    Masquerade,
    /// `REDIRECT`
    Redirect,
    /// `NETMAP`
    Netmap,
    /// Somebody else decides, or the packet is copied or rebuilt: any outcome (`NFQUEUE`, `TPROXY`, `TEE` …).
    Anything,
}

/// One target extension.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Its effect.
    pub effect: Effect,
    /// Its options (without `--`) with the number of values each takes.
    pub options: &'static [(&'static str, usize)],
}

const fn t(name: &'static str, effect: Effect, options: &'static [(&'static str, usize)]) -> Target {
    Target { name, effect, options }
}

const RANDOM: [(&str, usize); 3] = [("random", 0), ("random-fully", 0), ("persistent", 0)];

/// Every target we know.
pub const TARGETS: &[Target] = &[
    t("ACCEPT", Effect::Accept, &[]),
    t("DROP", Effect::Drop, &[]),
    t("REJECT", Effect::Reject, &[("reject-with", 1)]),
    t("RETURN", Effect::Return, &[]),
    t(
        "LOG",
        Effect::Continue,
        &[
            ("log-level", 1),
            ("log-prefix", 1),
            ("log-tcp-sequence", 0),
            ("log-tcp-options", 0),
            ("log-ip-options", 0),
            ("log-uid", 0),
            ("log-macdecode", 0),
        ],
    ),
    t(
        "NFLOG",
        Effect::Continue,
        &[
            ("nflog-group", 1),
            ("nflog-prefix", 1),
            ("nflog-range", 1),
            ("nflog-size", 1),
            ("nflog-threshold", 1),
        ],
    ),
    t(
        "ULOG",
        Effect::Continue,
        &[("ulog-nlgroup", 1), ("ulog-prefix", 1), ("ulog-cprange", 1), ("ulog-qthreshold", 1)],
    ),
    t("TRACE", Effect::Continue, &[]),
    t("AUDIT", Effect::Continue, &[("type", 1)]),
    t("TCPMSS", Effect::Continue, &[("set-mss", 1), ("clamp-mss-to-pmtu", 0)]),
    t("TCPOPTSTRIP", Effect::Continue, &[("strip-options", 1)]),
    t("CHECKSUM", Effect::Continue, &[("checksum-fill", 0)]),
    t("CLASSIFY", Effect::Continue, &[("set-class", 1)]),
    t("DSCP", Effect::Continue, &[("set-dscp", 1), ("set-dscp-class", 1)]),
    t("TOS", Effect::Continue, &[("set-tos", 1), ("and-tos", 1), ("or-tos", 1), ("xor-tos", 1)]),
    t("ECN", Effect::Continue, &[("ecn-tcp-remove", 0)]),
    t("TTL", Effect::Continue, &[("ttl-set", 1), ("ttl-dec", 1), ("ttl-inc", 1)]),
    t("HL", Effect::Continue, &[("hl-set", 1), ("hl-dec", 1), ("hl-inc", 1)]),
    t("SECMARK", Effect::Continue, &[("selctx", 1)]),
    t("CONNSECMARK", Effect::Continue, &[("save", 0), ("restore", 0)]),
    t("IDLETIMER", Effect::Continue, &[("timeout", 1), ("label", 1), ("alarm", 0)]),
    t("LED", Effect::Continue, &[("led-trigger-id", 1), ("led-delay", 1), ("led-always-blink", 0)]),
    t("RATEEST", Effect::Continue, &[("rateest-name", 1), ("rateest-interval", 1), ("rateest-ewmalog", 1)]),
    t("SET", Effect::Continue, &[("add-set", 2), ("del-set", 2), ("timeout", 1), ("exist", 0)]),
    t("NOTRACK", Effect::Untrack, &[]),
    t(
        "CT",
        Effect::Tracking,
        &[
            ("notrack", 0),
            ("helper", 1),
            ("zone", 1),
            ("zone-orig", 1),
            ("zone-reply", 1),
            ("ctevents", 1),
            ("expevents", 1),
            ("timeout", 1),
        ],
    ),
    t(
        "MARK",
        Effect::Mark,
        &[("set-xmark", 1), ("set-mark", 1), ("and-mark", 1), ("or-mark", 1), ("xor-mark", 1)],
    ),
    t(
        "CONNMARK",
        Effect::ConnMark,
        &[
            ("set-xmark", 1),
            ("set-mark", 1),
            ("and-mark", 1),
            ("or-mark", 1),
            ("xor-mark", 1),
            ("save-mark", 0),
            ("restore-mark", 0),
            ("nfmask", 1),
            ("ctmask", 1),
            ("mask", 1),
            ("left-shift-mark", 1),
            ("right-shift-mark", 1),
        ],
    ),
    t("SNAT", Effect::Snat, &[("to-source", 1), RANDOM[0], RANDOM[1], RANDOM[2]]),
    t("DNAT", Effect::Dnat, &[("to-destination", 1), RANDOM[0], RANDOM[1], RANDOM[2]]),
    t("MASQUERADE", Effect::Masquerade, &[("to-ports", 1), RANDOM[0], RANDOM[1]]),
    t("REDIRECT", Effect::Redirect, &[("to-ports", 1), RANDOM[0]]),
    t("NETMAP", Effect::Netmap, &[("to", 1)]),
    t("QUEUE", Effect::Anything, &[]),
    t(
        "NFQUEUE",
        Effect::Anything,
        &[("queue-num", 1), ("queue-balance", 1), ("queue-bypass", 0), ("queue-cpu-fanout", 0)],
    ),
    t("TPROXY", Effect::Anything, &[("on-port", 1), ("on-ip", 1), ("tproxy-mark", 1)]),
    t("TEE", Effect::Anything, &[("gateway", 1), ("oif", 1)]),
    t(
        "SYNPROXY",
        Effect::Anything,
        &[("mss", 1), ("wscale", 1), ("sack-perm", 0), ("timestamp", 0), ("ecn", 0)],
    ),
    t(
        "HMARK",
        Effect::Mark,
        &[
            ("hmark-tuple", 1),
            ("hmark-mod", 1),
            ("hmark-offset", 1),
            ("hmark-rnd", 1),
            ("hmark-src-prefix", 1),
            ("hmark-dst-prefix", 1),
            ("hmark-sport-mask", 1),
            ("hmark-dport-mask", 1),
            ("hmark-spi-mask", 1),
            ("hmark-proto-mask", 1),
            ("hmark-sport", 1),
            ("hmark-dport", 1),
            ("hmark-spi", 1),
        ],
    ),
    t("CLUSTERIP", Effect::Anything, &[]),
    t("DNPT", Effect::Anything, &[("src-pfx", 1), ("dst-pfx", 1)]),
    t("SNPT", Effect::Anything, &[("src-pfx", 1), ("dst-pfx", 1)]),
    t("MIRROR", Effect::Anything, &[]),
    t("SAME", Effect::Anything, &[]),
    t("ROUTE", Effect::Anything, &[]),
];

/// A target extension by name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}
