#!/bin/bash
# Captures an ordinary quarter of an hour of a commune office, played faster: names, pages, pings, ssh, time.
#
#   background.sh     (`net.sh up` first) -> deploy/demo/background-network.pcap
#
# Four computers (hd-xa), the resolver (hd-res), web sites and a time server outside (hd-isp). Needs tcpdump, dig, unbound, nginx, curl,
# openssh, chrony.
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./net.sh
. ./sites.sh
tmp=$(mktemp -d)
trap 'stop_all; rm -rf "$tmp"' EXIT

agents=('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0'
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0')
name_server res 10.60.31.2
web_server isp
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
chmod 755 "$tmp"
start isp /usr/sbin/sshd -D -e -h "$tmp/host" -o AuthorizedKeysFile="$tmp/key.pub" -o StrictModes=no -o UsePAM=no -o PermitRootLogin=yes 2>/dev/null
start isp chronyd -x -d -L 3 'local stratum 3' 'allow all' 'cmdport 0' "pidfile $tmp/chronyd.pid" >/dev/null 2>&1
sleep 1

ask() { on xa dig +tries=1 +time=1 @10.60.31.2 -b "$@" >/dev/null; }
get() { on xa curl -s -k -o /dev/null --interface "$1" -A "${agents[$2]}" --resolve "$3:80:198.51.100.80" --resolve "$3:443:198.51.100.80" "${@:4}"; }

visit() { # HOST ROUND: what one person does in a while
    local from=$1 round=$2 name type
    for name in $names; do
        ask "$from" "$name.example.vn" A
        [ $((round % 2)) = 0 ] || ask "$from" "$name.example.vn" AAAA
    done
    name=$(echo "$names" | tr ' ' '\n' | sed -n "$((round % 12 + 1))p")
    ask "$from" "www.$name.example.com" A
    type=$(echo 'MX TXT NS MX' | cut -d ' ' -f $((round % 4 + 1)))
    ask "$from" example.vn "$type"
    [ $((round % 3)) != 0 ] || ask "$from" "wpad$round.example.vn" A
    get "$from" $((round % 3)) "$name.example.vn" "http://$name.example.vn/trang-$((round % 8 + 1)).html" "http://$name.example.vn/trang-$(((round + 3) % 8 + 1)).html"
    get "$from" $((round % 3)) "$name.example.vn" -e "http://$name.example.vn/" "http://$name.example.vn/tim?q=tr%C6%B0%E1%BB%9Dng+h%E1%BB%8Dc&trang=$round"
    get "$from" $((round % 3)) "$name.example.com" "https://$name.example.com/trang-$((round % 4 + 1)).html"
    on xa ping -q -c 2 -i 0.2 -I "$from" 198.51.100.80 >/dev/null
}

capture "$(realpath ..)/background-network.pcap" xa
for round in $(seq 7); do
    for host in 21 22 23 24; do visit "10.60.31.$host" "$((round + host))"; done
    on xa chronyd -Q -t 3 -L 3 'server 198.51.100.123 iburst maxsamples 2' "pidfile $tmp/client.pid" >/dev/null 2>&1 || true
done
for n in 1 2 3; do
    on xa ssh -i "$tmp/key" -b 10.60.31.22 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@198.51.100.80 'uname -r; uptime' >/dev/null
done
captured
