//! Changes that open nothing.

use super::{Change, Ground, Maker, Permit, entry, objects, schedule};

/// Changes that open nothing.
pub(super) fn harmless(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let off = Permit { more: "set status disable".to_owned(), ..make.permit() };
    let deny = make.permit().text(9002).replace("set action accept", "set action deny");
    let (near, host) = (g.from.interface, g.to.host);
    let never = Permit { more: "set schedule \"none\"".to_owned(), ..make.permit() };
    vec![
        make.harmless("objects that nothing uses", String::new()),
        make.harmless("an unused object renamed in the text", objects(g).replace("NOWHERE", "旧_NOWHERE")),
        make.harmless("a group that nothing uses", entry("firewall addrgrp", "\"G\"", "set member \"O_T\" \"all\"")),
        make.harmless("a rule that is off", off.text(9001)),
        make.harmless("a rule whose schedule is never", never.text(9001)),
        make.closing("a denial", deny.clone()),
        make.harmless("a rule behind the denial of the same", deny.clone() + &make.permit().text(9001)),
        make.harmless("a rule and its denial in another order, then moved", make.permit().text(9001) + &deny + "config firewall policy\n    move 9002 before 9001\nend\n"),
        make.harmless("a rule made and deleted", make.permit().text(9001) + "config firewall policy\n    delete 9001\nend\n"),
        make.harmless("a rule of the interface to itself", Permit { to: format!("\"{near}\""), ..make.permit() }.text(9001)),
        make.harmless("a group emptied of the machine again", entry("firewall addrgrp", "\"G\"", "set member \"NOWHERE\" \"O_T\"") + &entry("firewall addrgrp", "\"G\"", "unselect member \"O_T\"")),
        make.harmless("a route of a table that is off", entry("router static", "900", &format!("set dst 10.99.0.0 255.255.0.0\nset gateway {host}\nset device \"{}\"\nset status disable", g.to.interface))),
        make.harmless("a route without a permit", entry("router static", "900", &format!("set dst 10.99.0.0 255.255.0.0\nset gateway {host}\nset device \"{}\"", g.to.interface))),
        make.harmless("a pool that nothing uses", entry("firewall ippool", "\"P\"", "set startip 203.0.113.66\nset endip 203.0.113.66")),
        make.closing("a blocklist", entry("firewall acl", "1", &format!("set interface \"{near}\"\nset srcaddr \"all\"\nset dstaddr \"NOWHERE\"\nset service \"ALL\""))),
        make.closing("limits of the time to live", entry("firewall ttl-policy", "1", &format!("set srcintf \"{near}\"\nset srcaddr \"all\"\nset service \"ALL\"\nset schedule \"always\"\nset ttl \"1-10\""))),
        make.closing("a denial in force at night only", schedule() + &deny.replace("\"always\"", "\"ONCE\"")),
        make.harmless("shaping", entry("firewall shaper traffic-shaper", "\"S\"", "set maximum-bandwidth 1000")),
    ]
}
