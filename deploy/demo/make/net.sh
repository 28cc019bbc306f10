#!/bin/bash
# The small network that the captures are made in, out of network namespaces; nothing leaves the machine.
#
#   net.sh up | down
#
#   hd-out  203.0.113.9, .77                 outside: the attacker, and somebody harmless
#   hd-isp  198.51.100.53 .80 .123           outside: name server, web sites, time server
#   hd-dc   10.60.20.10                      the data centre's portal          (site so-tttt)
#   hd-xa   10.60.31.21 .22 .23 .24          computers of the commune office   (site xa-binh-minh)
#   hd-res  10.60.31.2                       the commune's resolver, on the same switch as hd-xa
#   hd-rtr  .1 everywhere                    the router between them, where tcpdump listens (interfaces out isp dc xa)
#
# Checksum offload is off, so that what is captured is what a wire would carry. Needs root, iproute2, ethtool.
# Other scripts here source this file for `on`, `start`, `stop`, `capture` and `captured`.
set -euo pipefail

on() { local ns=$1; shift; ip netns exec "hd-$ns" "$@"; }

# start NS COMMAND...: in the background; its process id is in $started, and `stop_all` ends all that were started
started_all=()
start() { local ns=$1; shift; ip netns exec "hd-$ns" "$@" </dev/null & started=$!; started_all+=("$started"); }
stop() { kill "$1" 2>/dev/null || true; wait "$1" 2>/dev/null || true; }
stop_all() { for started in "${started_all[@]}"; do stop "$started"; done; }

# capture FILE INTERFACE FILTER: start tcpdump in the router and wait until it listens; `captured` ends it.
capture() {
    local log; log=$(mktemp)
    start "${CAPTURE_NS:-rtr}" tcpdump -Z root -n -s 0 -U --immediate-mode -i "$2" -w "$1" "${@:3}" 2>"$log"
    capture_pid=$started
    until grep -q 'listening on' "$log"; do sleep 0.1; done
    rm "$log"
}
captured() { sleep 1; stop "$capture_pid"; }

# plug NS ROUTER_INTERFACE: a cable from eth0 of NS to the router
plug() {
    ip link add "hd$2" type veth peer name "hdp$2"
    ip link set "hd$2" netns hd-rtr
    ip -n hd-rtr link set "hd$2" name "$2"
    ip link set "hdp$2" netns "hd-$1"
    ip -n "hd-$1" link set "hdp$2" name eth0
    ip -n hd-rtr link set "$2" up
    ip -n "hd-$1" link set eth0 up
    on rtr ethtool -K "$2" tx off tso off gso off gro off >/dev/null
    on "$1" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
}

up() {
    local ns
    for ns in out isp dc xa res rtr; do
        ip netns add "hd-$ns"
        on "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
        ip -n "hd-$ns" link set lo up
    done
    on rtr sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
    for ns in out isp dc xa res; do plug "$ns" "$ns"; done
    ip -n hd-rtr link add lan type bridge
    ip -n hd-rtr link set xa master lan
    ip -n hd-rtr link set res master lan
    ip -n hd-rtr link set lan up
    address out 203.0.113.9 203.0.113.77
    address isp 198.51.100.53 198.51.100.80 198.51.100.123
    address dc 10.60.20.10
    address xa 10.60.31.21 10.60.31.22 10.60.31.23 10.60.31.24
    address res 10.60.31.2
    ip -n hd-rtr addr add 203.0.113.1/24 dev out
    ip -n hd-rtr addr add 198.51.100.1/24 dev isp
    ip -n hd-rtr addr add 10.60.20.1/24 dev dc
    ip -n hd-rtr addr add 10.60.31.1/24 dev lan
    for ns in out isp dc xa res; do
        ip -n "hd-$ns" route add default via "$(ip -n "hd-$ns" -4 -o addr show eth0 | awk 'NR==1{sub(/\.[0-9]+\/.*/,".1",$4);print $4}')"
    done
}

address() { local ns=$1 a; shift; for a; do ip -n "hd-$ns" addr add "$a/24" dev eth0; done; }

down() {
    local ns pids
    for ns in out isp dc xa res rtr; do
        pids=$(ip netns pids "hd-$ns" 2>/dev/null || true)
        [ -z "$pids" ] || kill $pids 2>/dev/null || true
        ip netns del "hd-$ns" 2>/dev/null || true
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    case "${1:-}" in up) up ;; down) down ;; *) sed -n '2,/^set/p' "$0" | sed '$d'; exit 3 ;; esac
fi
