//! Settings that cannot change what passes, by block. Words separated by white space; reviewed with the lists of
//! [`super::inert`].

/// `system interface`: physical layer, statistics, discovery, authentication of the box itself, display.
pub const INTERFACE: &str = "
    description snmp-index devindex role color speed mediatype duplex mtu mtu-override macaddr
    lldp-reception lldp-transmission lldp-network-policy device-identification device-user-identification
    device-identification-active-scan device-access-list estimated-upstream-bandwidth
    estimated-downstream-bandwidth measured-upstream-bandwidth measured-downstream-bandwidth
    bandwidth-measure-time inbandwidth outbandwidth egress-shaping-profile ingress-shaping-profile
    monitor-bandwidth trust-ip-1 trust-ip-2 trust-ip-3 trust-ip6-1 trust-ip6-2 trust-ip6-3 lacp-mode
    lacp-speed lacp-ha-secondary lacp-ha-slave min-links min-links-down algorithm link-up-delay
    aggregate-type priority-override redundant-interface aggregate sflow-sampler sample-rate
    sample-direction polling-interval netflow-sampler netflow-sample-rate netflow-sampler-id bfd
    bfd-desired-min-tx bfd-detect-mult bfd-required-min-rx dns-server-override dns-server-protocol
    dhcp-client-identifier dhcp-renew-time dhcp-broadcast-flag username password auth-type idle-timeout
    lcp-echo-interval lcp-max-echo-fails disc-retry-timeout padt-retry-timeout service-name ac-name
    pppoe-unnumbered-negotiate detected-peer-mtu wins-ip stp stp-edge stp-ha-secondary stp-ha-slave
    spillover-threshold ingress-spillover-threshold weight external fail-detect fail-detect-option
    fail-alert-method fail-alert-interfaces fail-action-on-extender gwdetect detectserver detectprotocol
    ping-serv-status ha-priority icmp-accept-redirect icmp-send-redirect reachable-time ring-rx ring-tx
    substitute-dst-mac tcp-mss internal fortilink-split-interface fortilink-stacking
    fortilink-backup-link fortilink-neighbor-detect auto-auth-extension-device ap-discover
    switch-controller-source-ip security-mac-auth-bypass security-external-web security-external-logout
    security-redirect-url security-exempt-list security-groups replacemsg-override-group auth-cert
    auth-portal-addr phy-mode forward-error-correction np-qos-profile egress-cos ingress-cos
    interconnect-profile cli-conn-status managed-subnetwork-size ip-managed-by-fortiipam swc-first-create
    swc-vlan drop-overlapped-fragment drop-fragment preserve-session-route bandwidth-limit poe
    eap-supplicant eap-method eap-identity eap-password eap-ca-cert eap-user-cert default-purdue-level
    alias6 telemetry-discover dedicated-to wifi-ap-band
    vindex ips-sniffer-mode scan-botnet-connections broadcast-forticlient-discovery
    listen-forticlient-connection endpoint-compliance radius-acct remote-mtu exclude-signatures profiles
    dhcp-relay-agent-option captive-portal dhcp-relay-link-selection dhcp-relay-circuit-id
    dhcp-relay-allow-no-end-option dhcp-relay-vrf-select dhcp-relay-request-all-server
    dhcp-relay-interface-select-method dhcp-relay-interface dhcp-relay-type dhcp-relay-source-ip
    dhcp-smart-relay dhcp-snooping-server-list dhcp-classless-route-addition eip wccp-cache-engine
    sw-algorithm type-index vlan-op-mode security-8021x-mode security-8021x-master
    security-8021x-dynamic-vlan-id security-8021x-member-mode security-ip-auth-bypass pppoe-egress-cos
    virtual-mac stpforward-mode disconnect-threshold system-id system-id-type ike-saml-server
    device-netscan fortiheartbeat
";

/// Policies: names, logs, inspection profiles (they drop more, never less), shaping, offloading, timers.
pub const POLICY: &str = "
    uuid uuid-idx comments label global-label logtraffic logtraffic-start log-unmatched-traffic capture-packet
    custom-log-fields utm-status inspection-mode profile-type profile-group av-profile webfilter-profile
    dnsfilter-profile emailfilter-profile spamfilter-profile dlp-sensor dlp-profile file-filter-profile
    ips-sensor ips-voip-filter application-list voip-profile waf-profile cifs-profile
    ssh-filter-profile ssl-ssh-profile profile-protocol-options videofilter-profile virtual-patch-profile
    casb-profile sctp-filter-profile diameter-filter-profile gtp-profile telemetry-profile
    traffic-shaper traffic-shaper-reverse per-ip-shaper dynamic-shaping diffserv-forward diffserv-reverse
    diffserv-copy diffservcode-forward diffservcode-rev vlan-cos-fwd vlan-cos-rev tcp-mss-sender
    tcp-mss-receiver session-ttl auto-asic-offload np-acceleration delay-tcp-npu-session anti-replay
    firewall-session-dirty schedule-timeout timeout-send-rst replacemsg-override-group email-collect
    block-notification dsri fec passive-wan-health-measurement policy-behaviour-type port-preserve
    port-random fsso fsso-agent-for-ntlm ntlm-enabled-browsers ntlm-guest auth-cert auth-redirect-addr
    redirect-url captive-portal-exempt geoip-anycast geoip-match 
    ssl-mirror-intf tags scan-botnet-connections app-monitor cgn-log-server-grp policy-offload natip wsso
    radius-mac-auth-bypass webproxy-profile http-tunnel-auth device-detection-portal wanopt-detection
    wanopt-passive-opt wanopt-peer wanopt-profile webcache-https outbound pcp-poolname
    internet-service-fortiguard internet-service6-fortiguard internet-service-src-fortiguard
    internet-service6-src-fortiguard learning-mode rsso devices-negate client-reputation
    client-reputation-mode nat-inspection policyid log-http-transaction radius-ip-auth-bypass
    cgn-session-quota cgn-resource-quota cgn-eim eim tcp-timeout-pid udp-timeout-pid mms-profile dscp-value
";

/// `system global`: display, timers, sizes of the box itself.
pub const GLOBAL: &str = "
    alias timezone admintimeout language fabric-object management-vdom admin-concurrent
    admin-console-timeout admin-forticloud-sso-login admin-forticloud-sso-default-profile admin-host
    admin-hsts-max-age admin-https-pki-required admin-https-redirect admin-https-ssl-versions
    admin-https-ssl-ciphersuites admin-https-ssl-banned-ciphers admin-lockout-duration
    admin-lockout-threshold admin-login-max admin-maintainer admin-reset-button admin-restrict-local
    admin-scp admin-server-cert admin-ssh-grace-time admin-ssh-password admin-ssh-v1 admin-telnet
    ipv6-accept-dad ipv6-allow-anycast-probe ipv6-allow-multicast-probe ipv6-allow-local-in-silent-drop
    ipv6-allow-local-in-slient-drop ipv6-fragment-timeout anti-replay dst legacy-poe-device-support lcdpin
    lcdprotection refresh failtime interval remoteauthtimeout reset-sessionless-tcp honor-df optimize
    optimize-flow-mode optimize-ssl loglocaldeny tcp-option strict-dirty-session-check edit-vdom-prompt
    cpu-use-threshold cfg-save cfg-revert-timeout clt-cert-req cert-chain-max csr-ca-attribute
    daily-restart restart-time  dh-params per-user-bal per-user-bwl
    pre-login-banner post-login-banner registration-notification revision-backup-on-logout
    revision-image-auto-backup snat-route-change traffic-priority traffic-priority-level
    two-factor-email-expiry two-factor-fac-expiry two-factor-ftk-expiry two-factor-ftm-expiry
    two-factor-sms-expiry usb-device batch-cmdb block-session-timer br-fdb-max-entry check-protocol-header
    check-reset-range fec-port ip-fragment-mem-thresholds ip-fragment-timeout ipsec-soft-dec-async
    sflowd-max-children-num arp-max-entry bfd hyper-scale-vdom-num cli-audit-log cmdbsvr-affinity
    syslog-affinity bfd-affinity cloud-communication endpoint-control-portal-port
    endpoint-control-fds-access fortiipam-integration httpd-max-worker-count igmp-state-limit
    ip-conflict-detection ip-src-port-range irq-time-accounting ldapconntimeout long-vdom-name
    reboot-upon-config-restore speedtest-server speedtestd-server-port speedtestd-ctrl-port tftp
    vpn-ems-sn-check wimax-4g-usb multicast-forward auto-auth-extension-device
";

/// Beginnings of more such words. None may begin a word that is read: a misspelt one must not pass as inert.
pub const GLOBAL_FAMILIES: &str = "
    gui- log- sslvpn- sys- switch-controller wifi- fds- av- radius- ldap auth- user- url-filter webfilter
    wad- miglog memory-use cert- compliance- forticonverter fortiextender fortiservice fortitoken fortigslb
    ips ipsec- ike- lldp- ssh- ssl- strong- tcp- udp- sctp- ssd- quic- delay- early- extender-
    interface-subnet internet-service management- max- mc- multi-factor pmtu policy-auth private-data
    proxy- purdue qos- rest-api scanunit security-rating send- show- special- speedtest split-port
    standalone telemetry upgrade userspace virtual- wireless- device- fgd- http- npu- ndp- netflow faz-
    login- geoip gtpu ha- icmp- intelligent bypass- dnsproxy dhcp-lease autorun ztna- vip-arp forticarrier
    nat64- user-history port- ftm-
";

/// `system settings`: display, timers, ALG ports, offloading.
pub const VDOM: &str = "
    comments status manageip manageip6 gateway gateway6 ip ip6 device location-id utf8-spam-tagging
    allow-subnet-overlap allow-linkdown-path deny-tcp-with-icmp ecmp-max-paths v4-ecmp-mode
    discovered-device-timeout email-portal-check-dns multicast-forward
    multicast-ttl-notchange ses-denied-traffic ses-denied-multicast-traffic
    link-down-access mac-ttl fw-session-hairpin block-land-attack
    application-bandwidth-tracking default-app-port-as-service default-policy-expiry-days
    detect-unknown-esp dyn-addr-session-check ext-resource-session-check fqdn-session-check
    firewall-session-dirty internet-service-database-cache internet-service-app-ctrl-size
    policy-offload-level prp-trailer-action snat-hairpin-traffic sctp-session-without-init strict-pim
    hyperscale-default-policy-action nat-inspection http-external-dest consolidated-firewall-mode
    ssl-ssh-profile policy-implicit-deny default-gtp motion dp-load-distribution-group
    intree-ses-best-route implicit-allow-dns
";

/// `vpn ssl settings`: nothing there changes that an active gateway relays.
pub const SSL_VPN: &str = "
    servercert tunnel- dns- wins- idle auth- login- dtls http https ssl algorithm cipher banned req
    user-peer source-address default-portal unsafe url- web- x- encode force transform hsts tlsv browser
    header ipv6 saml client check deflate route-source ztna zcsp dual server tunnel login auto min max
    allow
";

/// `web-proxy explicit`, `ftp-proxy explicit`: nothing there changes that an active proxy relays.
pub const PROXY: &str = "
    http https ftp socks ssl pac ipv6 incoming outgoing sec- strict realm unknown message trace pref secure
    server dns- client-cert user-agent empty-cert vrf interface
";

/// `config ipv6` of an interface: advertisements and timers.
pub const IPV6: &str = "
    ip6-default-life ip6-delegated-prefix-iaid ip6-dns-server-override ip6-hop-limit ip6-link-mtu
    ip6-manage-flag ip6-max-interval ip6-min-interval ip6-other-flag ip6-prefix-mode ip6-reachable-time
    ip6-retrans-time ip6-send-adv ip6-upstream-interface ip6-subnet ip6-adv-rio ip6-route-pref ip6-rdnss
    ip6-link-local nd-cert nd-cga-modifier nd-mode nd-security-level nd-timestamp-delta nd-timestamp-fuzz
    ra-send-mtu dhcp6-client-options dhcp6-information-request dhcp6-relay-interface-id
    dhcp6-relay-source-interface dhcp6-relay-source-ip dhcp6-relay-type dhcp6-prefix-hint
    dhcp6-prefix-hint-plt dhcp6-prefix-hint-vlt icmp6-send-redirect vrrp-virtual-mac6 vrip6_link_local
    interface-identifier cli-conn6-status
";

/// Settings of address objects that only the running device can resolve.
pub const RUN_TIME: &str = "
    fqdn wildcard-fqdn country macaddr start-mac end-mac sub-type sdn sdn-tag filter obj-id obj-tag
    obj-type tag-type tag-detection-level dirty fsso-group sdn-addr-type epg-name tenant organization
    policy-group subnet-name clearpass-spt hw-vendor hw-model os sw-version node-ip-only
    passive-fqdn-learning route-tag agent-id custom-tags interface subnet start-ip end-ip
";

/// How addresses and ports of a pool are handed out: a choice among the same values.
pub const POOL: &str = "
    type arp-reply arp-intf associated-interface block-size num-blocks-per-user pba-timeout
    port-per-user startport endport source-startip source-endip pba-interim-log exclude-ip
    subnet-broadcast-in-ippool client-prefix-length tcp-session-quota udp-session-quota icmp-session-quota
    privileged-port-use-pba add-nat64-route source-prefix6 utilization-alarm-raise utilization-alarm-clear
    add-nat46-route cgn-block-size cgn-client-startip cgn-client-endip cgn-client-ipv6shift cgn-fixedalloc
    cgn-overload cgn-port-start cgn-port-end cgn-spa
";

/// How a link monitor probes.
pub const LINK_MONITOR: &str = "
    server protocol port gateway-ip source-ip source-ip6 gateway-ip6 addr-mode interval timeout failtime
    recoverytime probe-count probe-timeout ha-priority http-get http-agent http-match packet-size
    security-mode password diffservcode class-id service-detection update-cascade-interface
    update-policy-route fail-weight server-config server-type route fail-action
";
