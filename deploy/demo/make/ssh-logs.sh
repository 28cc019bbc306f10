#!/bin/bash
# Writes the auth.log of a real sshd, sudo and cron: hydra guessing passwords, its twin, and an ordinary morning.
#
#   ssh-logs.sh       (`net.sh up` first)
#
# sshd, rsyslogd and cron run in the namespace hd-dc, in mount and host name namespaces of their own, with a copy of /etc: no account of
# this machine is touched. Needs openssh-server, rsyslog, cron, sudo, hydra, sshpass. Takes four minutes (cron's jobs).
# ssh-brute-force.log has rsyslog's traditional form, background-auth.log the dated form that Debian 12 writes.
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./net.sh
demo=$(realpath ..)
golden=$(realpath ../../..)/tests/golden/ssh-brute-force
tmp=$(mktemp -d)
chmod 755 "$tmp"
trap 'stop_all; umount "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
mkdir -p "$golden/fires" "$golden/silent" "$tmp/upper" "$tmp/work"

# The server: $1 = host name, $2 = rsyslog template, $3 = what else to run there
server() {
    rm -f "$tmp/auth.log" "$tmp/ready"
    cat >"$tmp/rsyslog.conf" <<CONF
module(load="imuxsock" SysSock.Name="/dev/log")
auth,authpriv.*,cron.* action(type="omfile" file="$tmp/auth.log" template="$2")
CONF
    cat >"$tmp/server.sh" <<SERVER
set -e
mount -t tmpfs none "$tmp/upper"
cp -a /etc "$tmp/upper/etc"
mount --bind "$tmp/upper/etc" /etc
sed -i -E "/pam_(limits|systemd)/d; s/user_readenv=1//" /etc/pam.d/*
hostname "$1"
echo "10.60.20.10 $1" >>/etc/hosts
echo 'Defaults !fqdn' >/etc/sudoers.d/demo
echo '%sudo ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers.d/demo
mkdir -p "$tmp/upper/home" && mount --bind "$tmp/upper/home" /home
mkdir -p "$tmp/upper/spool" && mount --bind "$tmp/upper/spool" /var/spool/cron && mkdir -p /var/spool/cron/crontabs
for user in quantri lan.nt minh.tv; do
    useradd --badname -m -s /bin/bash -G sudo \$user 2>/dev/null
    echo "\$user:TraCuu-2026" | chpasswd
done
mkdir -p /run/sshd
rm -f /etc/cron.d/* && rm -rf /etc/cron.hourly/*
printf '* * * * * root true\n*/2 * * * * root test -x /usr/bin/true && true\n* * * * * quantri /bin/true\n' >/etc/cron.d/dong-bo
rsyslogd -n -i "$tmp/rsyslogd.pid" -f "$tmp/rsyslog.conf" &
until [ -S /dev/log ]; do sleep 0.1; done
/usr/sbin/sshd -D -o UsePAM=yes -o PermitRootLogin=yes -o PasswordAuthentication=yes -o UseDNS=no -o MaxStartups=50 &
$3
touch "$tmp/ready"
trap 'kill \$(jobs -p); exit' TERM
wait
SERVER
    start dc unshare --mount --uts bash "$tmp/server.sh"; server_pid=$started
    until [ -e "$tmp/ready" ]; do sleep 0.2; done
    sleep 1
}
served() { sleep 2; stop "$server_pid"; rm -f /dev/log; mv "$tmp/auth.log" "$1"; }

login() { on "$1" sshpass -p "$3" ssh -b "$2" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o PubkeyAuthentication=no \
    -o NumberOfPasswordPrompts=1 "$4@10.60.20.10" "${@:5}" >/dev/null 2>&1 || true; }

guess() { # COUNT: hydra with so many wrong passwords, at root
    for n in $(seq "$1"); do printf '%s' "mat-khau-$n" | sha256sum | cut -c 1-8; done >"$tmp/passwords"
    on out hydra -q -t 4 -l root -P "$tmp/passwords" ssh://10.60.20.10 >/dev/null 2>&1 || true
}

for part in fires:24 silent:8; do
    server so-tttt-web01 RSYSLOG_TraditionalFileFormat ''
    login xa 10.60.31.22 nham lan.nt true
    login xa 10.60.31.22 TraCuu-2026 lan.nt true
    guess "${part#*:}"
    case $part in fires:*) served "$demo/ssh-brute-force.log" ;; *) served "$golden/silent/input.log" ;; esac
done

server so-tttt-app02 RSYSLOG_FileFormat 'cron -f &'
end=$((SECONDS + 190))
while [ $SECONDS -lt $end ]; do
    login xa 10.60.31.21 TraCuu-2026 quantri 'sudo systemctl status nginx || sudo ls /var/log'
    login xa 10.60.31.23 TraCuu-2026 minh.tv 'uptime'
    login xa 10.60.31.22 TraCuu-2026 lan.nt 'sudo -u quantri id; sudo tail -n 1 /etc/hosts'
    sleep 24
done
login xa 10.60.31.22 nham lan.nt true
login xa 10.60.31.22 TraCuu-2026 lan.nt true
served "$demo/background-auth.log"
