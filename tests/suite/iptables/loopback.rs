//! A translation to `::1`: the kernel looks it up on the link that the packet came by, and `lo` does not get it.

use std::collections::BTreeSet;

use bunri::analysis::concrete::{Entry, Outcome, device_branches};
use bunri::model::{Family, Flow, proto};
use bunri::vendor::Companion;

use super::read;

const OPEN: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const RULES6: &str = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
    -A PREROUTING -p tcp -j DNAT --to-destination ::1\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const ADDRESSES: &str = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    inet6 ::1/128 scope host\n\
    2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP\n    inet6 2001:db8:1::1/64 scope global\n\
    3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP\n    inet6 2001:db8:2::1/64 scope global\n";
const ROUTES: &str = "2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium\n\
    2001:db8:2::/64 dev eth1 proto kernel metric 256 pref medium\ndefault via 2001:db8:1::2 dev eth0 metric 1024 pref medium\n";
const SYSCTL: &str = "net.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.eth0.disable_ipv6 = 0\nnet.ipv6.conf.eth1.disable_ipv6 = 0\n";

#[test]
fn it_may_go_back_and_is_never_delivered() {
    let (_, reading) = read(
        OPEN,
        &[
            (Companion::Ipv6, RULES6),
            (Companion::Addresses, ADDRESSES),
            (Companion::Routes6, ROUTES),
            (Companion::Sysctl, SYSCTL),
        ],
    );
    let device = &reading.devices[0];
    let address = |text: &str| u128::from(text.parse::<std::net::Ipv6Addr>().unwrap());
    let flow = Flow {
        family: Family::V6,
        src: address("2001:db8:9::9"),
        dst: address("2001:db8:2::55"),
        proto: proto::TCP,
        sport: 40_000,
        dport: 443,
        icmp: 0,
        flags: 2,
    };
    for name in ["eth0", "eth1"] {
        let ingress = device.interface(name).unwrap();
        let found = device_branches(device, &flow, &Entry::ingress(ingress)).unwrap();
        let outcomes: BTreeSet<Option<_>> = found
            .branches
            .iter()
            .map(|b| match b.outcome {
                Outcome::Forward { egress, .. } => Some(egress),
                Outcome::Local => panic!("{name}: delivered"),
                _ => None,
            })
            .collect();
        // Back over the link if a route leads there (which is not decided here), nowhere else.
        assert_eq!(outcomes, BTreeSet::from([None, Some(ingress)]), "{name}");
    }
}
