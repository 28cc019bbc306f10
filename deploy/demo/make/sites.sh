# Sourced by samples.sh and background.sh, after net.sh: an unbound and an nginx with a few sites, for ordinary traffic.

names='cong dichvucong baochi truonghoc benhvien tracuu thuvien buudien nongnghiep dulich thoitiet congan'

# name_server NS ADDRESS...: unbound that knows the sites
name_server() {
    local ns=$1 name; shift
    {
        printf 'server:\n  directory: "%s"\n  username: ""\n  chroot: ""\n  pidfile: ""\n  use-syslog: no\n  module-config: "iterator"\n' "$tmp"
        printf '  interface: %s\n' "$@"
        printf '  access-control: 0.0.0.0/0 allow\n  access-control: ::/0 allow\n  local-zone: "example.vn." static\n  local-zone: "example.com." static\n'
        for name in $names; do
            printf '  local-data: "%s.example.vn. 300 A 198.51.100.80"\n  local-data: "%s.example.vn. 300 AAAA 2001:db8:80::80"\n' "$name" "$name"
            printf '  local-data: "www.%s.example.com. 300 CNAME %s.example.com."\n  local-data: "%s.example.com. 300 A 198.51.100.80"\n' "$name" "$name" "$name"
        done
        printf '  local-data: "example.vn. 300 MX 10 thu.example.vn."\n  local-data: "example.vn. 300 TXT \\"v=spf1 mx -all\\""\n  local-data: "thu.example.vn. 300 A 198.51.100.80"\n'
    } >"$tmp/unbound.conf"
    start "$ns" unbound -d -c "$tmp/unbound.conf" 2>"$tmp/unbound.log"
}

# web_server NS: nginx on 80 and 443, TLS 1.2 and 1.3, gzip (chunked)
web_server() {
    mkdir -p "$tmp/www" "$tmp/nginx"
    chmod -R 755 "$tmp"
    for n in $(seq 8); do
        { echo "<!doctype html><meta charset=utf-8><title>Trang $n</title>"; for m in $(seq $((n * 6))); do echo "<p>Thông báo số $m của trang $n.</p>"; done; } >"$tmp/www/trang-$n.html"
    done
    cp "$tmp/www/trang-1.html" "$tmp/www/index.html"
    head -c 24000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >"$tmp/www/anh.jpg"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj '/CN=cong.example.vn/O=Tinh thu nghiem' -addext 'subjectAltName=DNS:*.example.vn,DNS:*.example.com' \
        -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
    cat >"$tmp/nginx.conf" <<CONF
daemon off; user root; pid $tmp/nginx.pid; error_log $tmp/nginx/error.log;
events { worker_connections 64; }
http {
    include /etc/nginx/mime.types; access_log off; gzip on; gzip_min_length 400;
    server {
        listen 80; listen [::]:80; listen 443 ssl; root $tmp/www;
        ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
    }
}
CONF
    start "$1" nginx -c "$tmp/nginx.conf"
    sleep 1
}
