#!/bin/bash
# Captures the small inputs of the parser tests into tests/golden/samples.
#
#   samples.sh        (`net.sh up` first; the namespaces hd-xa and hd-res are used, and three of its own)
#
# Needs tcpdump, dig, unbound, nginx, curl, nc, openssl, python3.
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./net.sh
. ./sites.sh
samples=$(realpath ../../..)/tests/golden/samples
demo=$(realpath ..)
mkdir -p "$samples"
tmp=$(mktemp -d)
trap 'stop_all; for ns in bad left right; do ip netns del "hd-$ns" 2>/dev/null; done; rm -rf "$tmp"' EXIT

for ns in xa res; do
    on "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.accept_ra=0 net.ipv6.conf.eth0.router_solicitations=0
done
ip -n hd-xa addr replace 2001:db8:31::21/64 dev eth0 nodad
ip -n hd-res addr replace 2001:db8:31::2/64 dev eth0 nodad
sleep 3
name_server res 10.60.31.2 2001:db8:31::2
web_server res
fetch() { on xa curl -s -o /dev/null "$@"; }
ask() { on xa dig +tries=1 "$@" >/dev/null; }

capture "$samples/ipv6.pcap" xa 'ip6 and (port 53 or port 80)'
ask -6 @2001:db8:31::2 cong.example.vn AAAA
ask -6 @2001:db8:31::2 khong-co.example.vn A
fetch -g --resolve 'cong.example.vn:80:[2001:db8:31::2]' http://cong.example.vn/trang-2.html
captured

capture "$samples/dns-tcp.pcap" xa 'tcp port 53'
for name in cong.example.vn www.baochi.example.com khong-co.example.vn; do ask +tcp @10.60.31.2 "$name" A; done
captured

capture "$samples/http-pipelined.pcap" xa 'tcp port 80 and ip'
{ for n in 1 2 3; do printf 'GET /trang-%s.html HTTP/1.1\r\nHost: cong.example.vn\r\nUser-Agent: nc\r\n\r\n' $n; done; printf 'GET /khong-co HTTP/1.1\r\nHost: cong.example.vn\r\nUser-Agent: nc\r\nConnection: close\r\n\r\n'; } |
    on xa nc -N 10.60.31.2 80 >/dev/null
captured

capture "$samples/http-chunked.pcap" xa 'tcp port 80 and ip'
for n in 5 8; do fetch --compressed --resolve cong.example.vn:80:10.60.31.2 "http://cong.example.vn/trang-$n.html"; done
captured

for version in 1.2 1.3; do
    capture "$samples/tls${version/./}.pcap" xa 'tcp port 443'
    printf 'GET / HTTP/1.0\r\nHost: dichvucong.example.vn\r\n\r\n' |
        on xa openssl s_client -quiet -connect 10.60.31.2:443 -servername dichvucong.example.vn -alpn http/1.1 "-tls${version/./_}" >/dev/null 2>&1 || true
    captured
done

capture "$samples/icmp.pcap" xa 'icmp or udp port 9'
on xa ping -q -c 4 -i 0.2 10.60.31.2 >/dev/null
on xa ping -q -c 1 -t 1 -W 1 10.60.20.10 >/dev/null || true
on xa python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"xin chao", ("10.60.31.2", 9))'
captured

capture "$samples/udp-fragmented.pcap" xa 'ip and udp or ip[6:2] & 0x1fff != 0'
start res python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.60.31.2", 9000)); d, a = s.recvfrom(65535); s.sendto(d[:100], a)'
sleep 0.5
on xa python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"hai dang " * 500, ("10.60.31.2", 9000)); s.recv(200)'
captured

# a trunk between two switch ports that tag VLAN 10
for ns in left right; do ip netns add "hd-$ns"; on "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
ip netns add hd-bad
on bad sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
cable() { ip link add name "$2" netns "hd-$1" type veth peer name "$4" netns "hd-$3"; on "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null; on "$3" ethtool -K "$4" tx off tso off gso off gro off >/dev/null; ip -n "hd-$1" link set "$2" up; ip -n "hd-$3" link set "$4" up; }
cable xa vlan0 left port
cable left trunk right trunk
cable right port res vlan0
for ns in left right; do start "$ns" python3 ./wire.py tag port trunk; done
sleep 1
for ns in xa res; do on "$ns" sysctl -qw net.ipv6.conf.vlan0.disable_ipv6=1; done
ip -n hd-xa addr add 10.60.32.21/24 dev vlan0
ip -n hd-res addr add 10.60.32.2/24 dev vlan0
on xa ping -q -c 1 -W 2 10.60.32.2 >/dev/null
name_server res 10.60.32.2
sleep 1
CAPTURE_NS=left capture "$samples/vlan.pcap" trunk
ask @10.60.32.2 cong.example.vn A
fetch --resolve cong.example.vn:80:10.60.32.2 http://cong.example.vn/trang-1.html
captured

cable xa bad0 bad left
cable res bad0 bad right
ip -n hd-xa addr add 10.60.33.21/24 dev bad0
ip -n hd-res addr add 10.60.33.2/24 dev bad0
start bad python3 ./wire.py bad left right
sleep 1
CAPTURE_NS=xa capture "$samples/tcp-reordered.pcap" bad0 'tcp'
fetch --resolve cong.example.vn:80:10.60.33.2 http://cong.example.vn/anh.jpg
captured

head -c 4000 "$demo/log4shell.pcap" >"$samples/capture-truncated.pcap"
head -c 24 "$demo/log4shell.pcap" >"$samples/empty.pcap"
python3 - "$demo/log4shell.pcap" "$samples/capture-flipped.pcap" <<'PY'
import random, sys
data, rng = bytearray(open(sys.argv[1], "rb").read()), random.Random(20261123)
for _ in range(60):
    data[rng.randrange(24, len(data))] ^= 1 << rng.randrange(8)
open(sys.argv[2], "wb").write(data)
PY
