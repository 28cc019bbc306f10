#!/usr/bin/env python3
"""Writes the licence texts of the libraries in the program, each text once, to stdout."""
import json
import pathlib
import subprocess
import sys

NAMES = ("licen", "copying", "notice", "unlicense")


def main():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform",
               "x86_64-unknown-linux-gnu"]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in told["packages"]}
    nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
    waiting = [package["id"] for package in told["packages"] if package["name"] == "daemon"]
    reached = set()
    while waiting:
        one = waiting.pop()
        if one in reached:
            continue
        reached.add(one)
        for dependency in nodes[one]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    texts, without = {}, []
    for package in sorted((packages[one] for one in reached), key=lambda p: (p["name"], p["version"])):
        if package["source"] is None:
            continue
        name = f"{package['name']} {package['version']} ({package['license'] or 'see its file'})"
        folder = pathlib.Path(package["manifest_path"]).parent
        files = [file for file in sorted(folder.iterdir())
                 if file.is_file() and file.name.lower().startswith(NAMES)]
        if not files:
            without.append(name)
        for file in files:
            text = file.read_text(errors="replace").strip()
            texts.setdefault(text, []).append(name)
    for text, names in sorted(texts.items(), key=lambda pair: pair[1]):
        print("=" * 80 + "\n" + "\n".join(sorted(set(names))) + "\n" + "-" * 80 + "\n" + text + "\n")
    print("=" * 80 + "\nWithout a text of their own; the licence is named:\n" + "\n".join(without))
    print(f"{len(texts)} texts, {len(without)} without one", file=sys.stderr)


main()
