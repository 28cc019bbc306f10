#!/usr/bin/env bash
# Types the guide: boots two small Debians with systemd in namespaces of this machine, joined by one cable, and runs every
# block of deploy/README.md on the one that it is for. Needs root, debootstrap and the packages of deploy/package.sh.
#   deploy/try-guide.sh [DIR]    DIR holds the packages; target/package without it
#   BASE=DIR                     where the Debian with systemd is kept; target/package/booted without it
# The name of the centre is in /etc/hosts, the token is the one that the centre printed, and the mirror port gets a
# capture of the demo. Commands that the program does not have are said and left out.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(cd "${1:-target/package}" && pwd)
base=${BASE:-$packages/booted}
guide=$PWD/deploy/README.md
blocks() { awk '/^```sh /{inside=1} inside{print} /^```$/{inside=0}' "$1"; }
capture=$PWD/deploy/demo/dns-tunnel.pcap
say() { echo "guide: $*"; }
fail() { echo "guide: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "needs root, for machines of its own; run: sudo $0"
cmp -s <(blocks "$guide") <(blocks "${guide%.md}.vi.md") || fail "the two languages have other blocks"
if [ ! -e "$base/lib/systemd/systemd" ]; then
  command -v debootstrap >/dev/null || fail "there is no debootstrap; run: apt-get install debootstrap"
  say "making a Debian with systemd in $base"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,procps bookworm "$base" \
    >"$packages/debootstrap.log" 2>&1 || fail "see $packages/debootstrap.log"
fi

work=$(mktemp -d)
declare -A init=()
finish() {
  for machine in "${!init[@]}"; do kill -9 "${init[$machine]}" 2>/dev/null || true; done
  sleep 1
  for machine in centre sensor; do
    ip netns delete "haidang-$machine" 2>/dev/null || true
    for group in "/sys/fs/cgroup/unified/haidang-$machine" "/sys/fs/cgroup/haidang-$machine"; do
      [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
  done
  rm -rf "$work"
}
trap finish EXIT

# systemd as the first process of a machine: its own mounts, processes, network, name and control groups.
boot() {
  local machine=$1 root=$work/$1 group=/sys/fs/cgroup
  [ -d /sys/fs/cgroup/unified ] && group=/sys/fs/cgroup/unified
  cp -a "$base" "$root"
  echo "$machine" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n10.77.0.1 centre.example.vn\n' >"$root/etc/hosts"
  : >"$root/etc/machine-id"
  mkdir -p "$root/srv/guide" "$root/old" "$root/mnt/backup"
  ip netns add "haidang-$machine"
  mkdir -p "$group/haidang-$machine"
  # shellcheck disable=SC2016
  bash -c 'echo $$ >"$3/haidang-$1/cgroup.procs" || exit
    exec ip netns exec "haidang-$1" unshare --mount --pid --uts --ipc --cgroup --fork --kill-child bash -c "$4" boot "$1" "$2"' \
    boot "$machine" "$root" "$group" '
      set -e
      mount --make-rprivate /; mount --bind "$2" "$2"; cd "$2"
      mount -t proc proc proc; mount -t sysfs -o ro sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup
      mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp; mount -t tmpfs -o mode=755 tmpfs dev
      for node in null zero full random urandom tty; do : >"dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
      mkdir dev/pts dev/shm; mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts; mount -t tmpfs tmpfs dev/shm
      ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
      hostname "$1"; pivot_root . old; umount -l /old; mount --make-rshared /
      exec env -i container=lxc PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --log-target=console --show-status=no
    ' >"$work/$machine.log" 2>&1 &
  local outer=$!
  for _ in $(seq 100); do
    sleep 0.2
    init[$machine]=$(pgrep --parent "$outer" | head -1)
    [ -n "${init[$machine]}" ] && on "$machine" systemctl is-active --quiet multi-user.target 2>/dev/null && return
  done
  cat "$work/$machine.log" >&2
  fail "$machine does not boot"
}

# Runs a command on a machine.
on() {
  local pid=${init[$1]}
  shift
  nsenter --target "$pid" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# Sends the frames of a capture from the switch to the mirror port.
replay() {
  ip netns exec haidang-sensor python3 - "$capture" <<'END'
import socket, struct, sys
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
port.bind(("switch", 0))
held = open(sys.argv[1], "rb").read()
at = 24
while at < len(held):
    length = struct.unpack("<I", held[at + 8:at + 12])[0]
    port.send(held[at + 16:at + 16 + length])
    at += 16 + length
END
}

boot centre
boot sensor
ip -n haidang-centre link add eth0 type veth peer name eth0 netns haidang-sensor
for end in "centre 1" "sensor 2"; do
  read -r machine last <<<"$end"
  ip -n "haidang-$machine" address add "10.77.0.$last/24" dev eth0
  ip -n "haidang-$machine" link set eth0 up
  ip -n "haidang-$machine" link set lo up
done
# The mirror port, and the switch behind it.
ip -n haidang-sensor link add eth1 type veth peer name switch
ip -n haidang-sensor link set switch up
cp "$packages"/haidang_*.deb "$work/centre/srv/guide/"
cp "$packages"/haidang-sensor_*.deb "$work/sensor/srv/guide/"

# The blocks, one file each, named by number and machine.
awk -v to="$work" '/^```sh /{n++; file=sprintf("%s/block-%02d-%s", to, n, $2); next} /^```$/{file=""} file{print >file}' "$guide"
enrol=
for block in "$work"/block-*; do
  machine=${block##*-}
  while read -r command; do
    on "$machine" haidang help "$command" </dev/null >/dev/null 2>&1 ||
      { say "skipped: haidang $command, for this program has no such command"; sed -i "/^haidang $command/d" "$block"; }
  done < <(sed -n 's/^haidang \([a-z]*\).*/\1/p' "$block" | sort -u | { [ -e "$work/$machine/usr/bin/haidang" ] && cat || true; })
  sed -i "s|^haidang enrol .*|$enrol|" "$block"
  say "$machine: ${block##*/}"
  cp "$block" "$work/$machine/srv/guide/block"
  on "$machine" bash -euc 'cd /srv/guide; set -v; . ./block' >"$work/out" 2>&1 ||
    { cat "$work/out"; on "$machine" journalctl --no-pager -n 20; fail "${block##*/} fails"; }
  cat "$work/out"
  printed=$(grep -o '^ *haidang enrol --centre [^ ]* --token [^ ]*\.[0-9a-f]*$' "$work/out" | tail -1 || true)
  enrol=${printed:-$enrol}
  # What passes the switch once the sensor listens.
  if grep -q '^systemctl start haidang-sensor' "$block"; then
    replay
    sleep 15
  fi
done

found=$(on centre haidang search 'sensor:xa-binh-minh AND kind:dns' --limit 500 | wc -l)
[ "$found" -gt 100 ] || fail "the centre found $found DNS events of the mirror port, of 153"
on centre haidang search 'sensor:xa-binh-minh AND source:journal' --limit 1 | grep -q . || fail "nothing of the journal"
say "the centre has $found DNS events of the sensor's mirror port"

# What the units promise: a machine that starts again, and root's files in a service's folder.
on sensor systemctl restart haidang-sensor
on centre systemctl stop haidang
on centre haidang user add binh --role viewer >/dev/null
on centre systemctl start haidang
sleep 12
on centre haidang status
on sensor haidang status
on centre haidang user list | grep -q '^binh' || fail "a person added while the centre rested is not there"
say "well"
