#!/usr/bin/env python3
"""The portal that is attacked: a tiny web site with a login form, an injectable search and some documents.

    portal.py [--port 80]

GET /                     home page               GET /tra-cuu?so=N     file number -> state (SQL injection on purpose)
GET /dang-nhap            the form                POST /dang-nhap       302 with the right password, else 401
GET /tai-lieu/NAME.html   a document              POST /quan-tri        200 with the right password (basic), else 401
Only for a closed test network.
"""
import argparse
import base64
import html
import sqlite3
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "TraCuu-2026"
BASIC = "Basic " + base64.b64encode(b"quantri:" + PASSWORD.encode()).decode()
PAGE = "<!doctype html><html lang=vi><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p></html>\n"


def database():
    db = sqlite3.connect(":memory:")
    db.execute("create table ho_so (so integer, ten text, trang_thai text)")
    db.executemany(
        "insert into ho_so values (?, ?, ?)",
        [(n, f"Hồ sơ {n}", "Đã tiếp nhận" if n % 2 else "Đang xử lý") for n in range(1, 41)],
    )
    return db


class Portal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "portal/1.0", ""

    def answer(self, status, title, text="", headers=()):
        body = PAGE.format(title, text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/":
            self.answer(200, "Cổng thông tin điện tử", "Chào mừng quý vị.")
        elif url.path == "/dang-nhap":
            self.answer(200, "Đăng nhập", "<form method=post><input name=u><input name=p type=password></form>")
        elif url.path == "/tra-cuu" and "so" in query:
            try:
                rows = database().execute("select ten, trang_thai from ho_so where so = " + query["so"]).fetchall()
                self.answer(200, "Tra cứu hồ sơ", "<br>".join(html.escape(f"{a}: {b}") for a, b in rows) or "Không có.")
            except (sqlite3.Error, ValueError):
                self.answer(200, "Tra cứu hồ sơ", "Không có.")
        elif url.path.startswith("/tai-lieu/") and url.path.endswith(".html"):
            self.answer(200, "Tài liệu", html.escape(url.path.rsplit("/", 1)[1]))
        else:
            self.answer(404, "Không tìm thấy")

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        form = dict(urllib.parse.parse_qsl(body))
        if self.path == "/quan-tri" and self.headers.get("Authorization") == BASIC:
            self.answer(200, "Quản trị")
        elif self.path == "/quan-tri":
            self.answer(401, "Sai mật khẩu", headers=[("WWW-Authenticate", 'Basic realm="quan tri"')])
        elif self.path != "/dang-nhap":
            self.answer(404, "Không tìm thấy")
        elif form.get("p") == PASSWORD:
            self.answer(302, "Xin chào", headers=[("Location", "/")])
        else:
            self.answer(401, "Sai mật khẩu", headers=[("WWW-Authenticate", 'Form realm="cong"')])

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=80)
    ThreadingHTTPServer(("", parser.parse_args().port), Portal).serve_forever()
