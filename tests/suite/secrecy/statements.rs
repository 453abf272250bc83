//! Every statement of a language that carries a secret, with `@` where the secret stands: each a line or a block of its
//! own. Sources: the command references named in each vendor's `NOTES.md`, and the filters that backup tools apply to
//! the same languages.

/// FortiOS: blocks that may stand anywhere between others.
pub const FORTIOS: &[&str] = &[
    "config system admin\n    edit \"a\"\n        set password ENC @\n        set ssh-public-key1 \"ssh-rsa AAAA\"\n    next\nend",
    "config system admin\n    edit \"b\"\n        set password \"@\"\n    next\nend",
    "config system ha\n    set group-id 7\n    set password ENC @\nend",
    "config system standalone-cluster\n    set psksecret ENC @\nend",
    "config system csf\n    set group-password ENC @\n    set fixed-key ENC @\nend",
    "config system snmp community\n    edit 1\n        set name \"@\"\n    next\nend",
    "config system snmp user\n    edit \"u\"\n        set auth-pwd ENC @\n        set priv-pwd @\n    next\nend",
    "config system ntp\n    set key ENC @\nend",
    "config system ntp\n    set authentication enable\n    set key-id 1\n    set key @\nend",
    "config system ddns\n    edit 1\n        set ddns-password ENC @\n        set ddns-key \"@\"\n    next\nend",
    "config system email-server\n    set server \"mail\"\n    set username \"u\"\n    set password @\nend",
    "config system autoupdate tunneling\n    set password ENC @\nend",
    "config system api-user\n    edit \"api\"\n        set api-key ENC @\n    next\nend",
    "config system interface\n    edit \"ppp1\"\n        set vdom \"root\"\n        set mode pppoe\n        set username \"x\"\n        set password ENC @\n        set pptp-password @\n    next\nend",
    "config system lte-modem\n    set passwd @\n    set pin @\nend",
    "config system modem\n    set passwd1 @\nend",
    "config system sdn-connector\n    edit \"aws\"\n        set access-key \"@\"\n        set secret-key ENC @\n        set client-secret @\n        set private-key \"@\"\n    next\nend",
    "config system automation-action\n    edit \"hook\"\n        set aws-api-key ENC @\n        set azure-api-key @\n        set alicloud-access-key-secret @\n        set uri \"hooks.example.jp/services/@\"\n        set http-body \"@\"\n        config http-headers\n            edit 1\n                set key \"Authorization\"\n                set value \"Bearer @\"\n            next\n        end\n    next\nend",
    "config system automation-action\n    edit \"old\"\n        set headers \"Authorization: Bearer @\"\n        set script \"config system admin\nedit x\nset password @\nend\"\n    next\nend",
    "config system external-resource\n    edit \"list\"\n        set resource \"https://u:@@example.jp/list\"\n        set password ENC @\n    next\nend",
    "config user local\n    edit \"u\"\n        set type password\n        set passwd ENC @\n    next\nend",
    "config user radius\n    edit \"r\"\n        set server \"10.9.9.9\"\n        set secret ENC @\n        set secondary-secret @\n        set tertiary-secret @\n        set rsso-secret @\n    next\nend",
    "config user tacacs+\n    edit \"t\"\n        set key ENC @\n        set secondary-key @\n        set tertiary-key @\n    next\nend",
    "config user ldap\n    edit \"l\"\n        set username \"cn=x\"\n        set password ENC @\n    next\nend",
    "config user fsso\n    edit \"f\"\n        set password ENC @\n        set password2 @\n    next\nend",
    "config user fortitoken\n    edit \"FTK1\"\n        set seed ENC @\n        set activation-code \"@\"\n    next\nend",
    "config user peer\n    edit \"p\"\n        set passwd ENC @\n    next\nend",
    "config vpn ipsec phase1-interface\n    edit \"vpn1\"\n        set interface \"port3\"\n        set psksecret ENC @\n        set psksecret-remote @\n        set ppk-secret @\n        set authpasswd @\n        set group-authentication-secret @\n    next\nend",
    "config vpn ipsec manualkey-interface\n    edit \"m\"\n        set auth-key @\n        set enc-key @\n    next\nend",
    "config vpn ipsec manualkey\n    edit \"n\"\n        set authkey @\n        set enckey @\n    next\nend",
    "config vpn certificate local\n    edit \"c\"\n        set password ENC @\n        set private-key \"-----BEGIN ENCRYPTED PRIVATE KEY-----\n@aaaaaaaaaaaaaaaaaaaaaaaaaaa\n@bbbb==\n-----END ENCRYPTED PRIVATE KEY-----\"\n        set scep-password \"@ two words\"\n        set acme-eab-key-hmac \"@\"\n    next\nend",
    "config vpn ssl web portal\n    edit \"w\"\n        config bookmark-group\n            edit \"g\"\n                config bookmarks\n                    edit \"k\"\n                        set logon-password ENC @\n                        set sso-password @\n                    next\n                end\n            next\n        end\n    next\nend",
    "config router bgp\n    config neighbor\n        edit \"10.9.9.1\"\n            set password ENC @\n        next\n    end\nend",
    "config router key-chain\n    edit \"k\"\n        config key\n            edit \"1\"\n                set key-string @\n            next\n        end\n    next\nend",
    "config router ospf\n    config ospf-interface\n        edit \"o\"\n            set authentication-key @\n            set md5-key 1 \"@\"\n        next\n    end\nend",
    "config router rip\n    config interface\n        edit \"port3\"\n            set auth-string \"@\"\n        next\n    end\nend",
    "config router isis\n    set auth-password-l1 @\n    set auth-password-l2 ENC @\nend",
    "config wireless-controller vap\n    edit \"ap\"\n        set passphrase ENC @\n        set sae-password @\n        set sae-private-key @\n        set key @\n        set radius-mac-auth-password @\n    next\nend",
    "config wireless-controller wtp-profile\n    edit \"wtp\"\n        set login-passwd ENC @\n    next\nend",
    "config web-proxy forward-server\n    edit \"f\"\n        set password @\n    next\nend",
    "config log fortianalyzer setting\n    set preshared-key @\nend",
    "config switch-controller snmp-community\n    edit 1\n        set name \"@\"\n    next\nend",
    "config firewall vip\n    edit \"v\"\n        set extip 10.9.9.9\n        set mappedip \"10.70.1.11\"\n        set monitor-password @\n    next\nend",
];

/// Lines of FortiOS that are damaged, or stand where none can.
pub const FORTIOS_BAD: &[&str] = &[
    "sett password @",
    "password @",
    "set password @",
    "set \"password @",
    "FGT-01 (admin) # set password @",
    "sset psksecret ENC @",
    "set psksecret ENC @",
    "<<<< set passwd @ >>>>",
    "-----BEGIN RSA PRIVATE KEY-----\n@AAAA\n-----END RSA PRIVATE KEY-----",
    "https://admin:@@192.0.2.1/",
    "# password: @",
];

/// Cisco IOS, at the top level; lines of a block are indented.
pub const IOS: &[&str] = &[
    "enable secret 5 @",
    "enable password @",
    "enable password level 12 7 @",
    "username a privilege 15 secret 9 @",
    "username b password 0 @",
    "username c view v password 7 @",
    "snmp-server community @ RO 10",
    "snmp-server host 10.9.9.9 version 2c @",
    "snmp-server host 10.9.9.9 @",
    "snmp-server user u g v3 auth sha @ priv aes 128 @",
    "tacacs-server key 7 @",
    "tacacs-server host 10.9.9.9 key @",
    "radius-server key @",
    "radius-server host 10.9.9.9 auth-port 1812 key 7 @",
    "tacacs server T\n address ipv4 10.9.9.9\n key 6 @",
    "radius server R\n address ipv4 10.9.9.9\n key @\n pac key 7 @",
    "aaa group server radius G\n server-private 10.9.9.9 key @",
    "crypto isakmp key @ address 10.9.9.9",
    "crypto isakmp key 6 @ hostname x.example.jp",
    "crypto keyring K\n pre-shared-key address 10.9.9.9 key @",
    "crypto ikev2 keyring I\n peer p\n  address 10.9.9.9\n  pre-shared-key local @\n  pre-shared-key remote 6 @",
    "crypto isakmp client configuration group C\n key @",
    "crypto map M 10 ipsec-manual\n set session-key inbound esp 256 cipher @ authenticator @",
    "crypto pki trustpoint T\n enrollment url http://u:@@10.9.9.9/\n password 7 @",
    "key chain K\n key 1\n  key-string 7 @",
    "ntp authentication-key 1 md5 @ 7",
    "ip ftp password 7 @",
    "ip http client password 0 @",
    "vtp password @",
    "interface GigabitEthernet0/7\n ip ospf authentication-key @\n ip ospf message-digest-key 1 md5 7 @\n isis password @\n standby 1 authentication @\n standby 2 authentication md5 key-string @\n vrrp 1 authentication @\n glbp 1 authentication text @\n ip nhrp authentication @\n ppp chap password 7 @\n ppp pap sent-username u password 0 @\n ip rsvp authentication key @",
    "router bgp 65000\n neighbor 10.9.9.9 password 7 @",
    "router ospf 1\n area 0 virtual-link 10.9.9.9 authentication-key @\n area 0 virtual-link 10.9.9.9 message-digest-key 1 md5 @",
    "router isis\n area-password @\n domain-password @",
    "mpls ldp neighbor 10.9.9.9 password @",
    "ip msdp password peer 10.9.9.9 0 @",
    "l2tp-class L\n password 7 @",
    "dot1x credentials D\n username u\n password 7 @",
    "dot11 ssid S\n wpa-psk ascii 7 @",
    "cts credentials id U password 7 @",
    "archive\n path scp://u:@@10.9.9.9/cfg",
    "kron policy-list K\n cli copy run ftp://u:@@10.9.9.9/cfg",
    "parser view V\n secret 5 @",
    "line vty 5 9\n password 7 @",
    "radius-server attribute 6 on-for-login-auth\nradius-server vsa send\nradius-encrypt-key @",
];

/// ALAXALA AX.
pub const AXS: &[&str] = &[
    "enable password 5 \"@\"",
    "username \"u\" password 5 \"@\"",
    "snmp-server community \"@\" ro",
    "snmp-server host 10.9.9.9 traps \"@\" version 2c",
    "snmp-server user \"u\" \"g\" v3 auth md5 \"@\" priv des \"@\"",
    "radius-server host 10.9.9.9 key \"@\"",
    "radius-server key \"@\"",
    "tacacs-server host 10.9.9.9 key \"@\"",
    "ntp authentication-key 1 md5 \"@\"",
    "mac-authentication password \"@\"",
    "web-authentication user \"u\" password \"@\"",
    "key chain K\n key 1\n  key-string \"@\"",
    "interface vlan 4000\n ip ospf authentication-key \"@\"\n ip ospf message-digest-key 1 md5 \"@\"\n ip rip authentication key-chain K\n vrrp 1 authentication \"@\"",
    "router bgp 65000\n neighbor 10.9.9.9 password \"@\"",
    "ftp-server\nradius 10.9.9.9 key \"@\"",
];

/// AlliedWare Plus.
pub const AWPLUS: &[&str] = &[
    "enable password 8 @",
    "enable secret 8 @",
    "username u privilege 15 password 8 @",
    "snmp-server community @ ro",
    "snmp-server host 10.9.9.9 version 2c @",
    "snmp-server user u g auth sha @ priv aes @",
    "radius-server host 10.9.9.9 key @",
    "radius-server key @",
    "radius-server local\n server enable\n nas 10.9.9.9 key @\n user u encrypted password @",
    "tacacs-server key 8 @",
    "tacacs-server host 10.9.9.9 key @",
    "crypto isakmp key @ address 10.9.9.9",
    "crypto isakmp key 8 @ hostname x.example.jp",
    "ntp authentication-key 1 md5 @",
    "key chain K\n key 1\n  key-string @",
    "interface vlan4000\n ip rip authentication string @\n ip ospf authentication-key @\n ip ospf message-digest-key 1 md5 @",
    "interface ppp0\n ppp username u\n ppp password @",
    "router bgp 65000\n neighbor 10.9.9.9 password @",
    "router ospf\n area 0 virtual-link 10.9.9.9 authentication-key @",
    "mail smtpserver authentication login username u password @",
    "ddns-update-method d\n update-url http://u:@@example.jp/\n password 8 @",
    "l2tp peer p\n authentication shared-secret @",
    "wireless\n security 1 mode wpa-personal\n  key @",
    "trigger 1\n script 1 scp://u:@@10.9.9.9/x.scp",
];

/// Lines of the IOS family that are damaged, or stand where none can.
pub const IOS_BAD: &[&str] = &[
    "usernam x secret 5 @",
    "no such thing password @",
    "^password 7 @",
    "ip access-list extended x password @",
    "-----BEGIN RSA PRIVATE KEY-----\n@AAAA\n-----END RSA PRIVATE KEY-----",
    "copy scp://admin:@@192.0.2.1/x flash:",
    "! password: @",
    "banner motd ^C password: @ ^C",
    "description \"password @",
];

/// What a Linux box prints beside its rules.
pub const SYSCTL: &[&str] = &[
    "net.ipv4.tcp_fastopen_key = @",
    "net.ipv6.conf.eth0.stable_secret = @",
    "net.ipv6.conf.default.stable_secret = @",
    "kernel.password = @",
];

/// Lines of `iptables-save` that carry no secret by themselves, until somebody puts one there.
pub const IPTABLES: &[&str] = &[
    "# password: @",
    "export PSK=@",
    "curl -u admin:x https://admin:@@192.0.2.1/",
    "wg set wg0 private-key @",
];

/// Where a topology expects something else.
pub const TOML: &[&str] =
    &["password = \"@\"", "secret = \"@\"", "psk = '@'", "# パスワード: @", "api_key = \"@\""];
