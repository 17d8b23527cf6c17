"""Requests that a load generator sends per second of its own processor time: ours, Locust's users, k6 and wrk.

    python bench/transport.py [--rounds 5] [--seconds 4] [--only ours,k6]
    python bench/transport.py waits          what waiting for an answer costs, by three public ways of gevent

A journey of five JSON steps with a cookie, each answer parsed and checked, twenty shoppers at once, no think time. Ours
starts a user for every session, as the door does, and records all that a run records: both clocks, histograms, session
rows, parts written, Locust's page fed. nginx is the shop, on the first core; each generator has the last core to
itself, one after the other, round by round. k6 and wrk are left out where they are not installed; K6 names the binary.
k6 is measured twice: as it comes, when it keeps a summary of the whole run and nothing by second, and with --out csv,
its smallest record from which curves can be drawn, as ours always keeps one.
Ours is what this Python has installed: `make bench` takes the compiled wheel, a checkout's .venv has plain Python.
Ends with 0 unless a generator failed: a figure below its bar is said, not punished, because machines differ.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from doorbuster import said_version

HERE = Path(__file__).resolve().parent
PORT, TLS_PORT = 18931, 18932
SHOPPERS = 20
NAMES = {
    "ours": f"doorbuster {said_version()}", "fasthttp": "Locust FastHttpUser", "http": "Locust HttpUser",
    "k6": "k6, summary only", "k6csv": "k6, recording (--out csv)", "wrk": "wrk",
}  # fmt: skip
BARS = (
    ("reused", "fasthttp", 5.0, 8.0), ("fresh", "fasthttp", 3.0, 3.0),
    ("reused", "k6", 3.0, 4.0), ("reused", "k6csv", 3.0, 4.0),
)  # fmt: skip
"""(connections, other generator, at least so many times its requests a processor second, the aim)"""
CORES = sorted(os.sched_getaffinity(0))
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; default_type application/json; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} backlog=4096; listen 127.0.0.1:{tls_port} ssl backlog=4096;
    ssl_certificate {folder}/shop.pem; ssl_certificate_key {folder}/shop.key;
    root {folder}/shop; add_header Set-Cookie "cart=abcdefgh12345678; Path=/";
    location /carts {{ return 200 '{{"id": "cart-1", "lines": [], "total_minor": 0, "currency": "EUR"}}'; }}
  }}
}}
"""
K6_SCRIPT = """
import http from 'k6/http'; import {{ check }} from 'k6';
export const options = {{ vus: {shoppers}, duration: '{seconds}s', noVUConnectionReuse: {fresh} }};
const ok = {{ 'right': (r) => r.status === 200 && r.json('id') !== undefined }};
const post = {{ headers: {{ 'content-type': 'application/json' }} }};
export default function () {{
  http.cookieJar().clear('{url}');
  check(http.get('{url}/home.json'), ok); check(http.get('{url}/collection.json'), ok);
  check(http.get('{url}/product.json'), ok); check(http.post('{url}/carts', '{{"variant": "v-1"}}', post), ok);
  check(http.get('{url}/cart.json'), ok);
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[None]:
    """A shop at the speed of C, http and https, with its own certificate authority in `folder`."""
    os.chmod(folder, 0o755)  # noqa: PTH101  (nginx's workers may be somebody else)
    (folder / "shop").mkdir()
    for page in ("home", "collection", "product", "cart"):
        body = {"id": page, "title": f"The {page}", "price_minor": 1999, "tags": ["sale"] * 10}
        (folder / "shop" / f"{page}.json").write_text(json.dumps(body))
    key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    for command in (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Bench CA"],
        ["req", *key[:-2], "-keyout", "shop.key", "-out", "shop.csr", "-subj", "/CN=shop"],
        ["x509", "-req", "-in", "shop.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san",
         "-out", "shop.pem", "-days", "2"],
    ):  # fmt: skip
        (folder / "san").write_text("subjectAltName=IP:127.0.0.1")
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=PORT, tls_port=TLS_PORT))
    binary = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if binary is None:
        raise SystemExit("no nginx here; on Debian: apt-get install nginx-light")
    server = subprocess.Popen([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        if server.poll() is not None:
            raise SystemExit(f"nginx does not start: {(folder / 'error.log').read_text()}")
        for process in [psutil.Process(server.pid), *psutil.Process(server.pid).children()]:
            process.cpu_affinity(CORES[:1])
        yield
    finally:
        server.terminate()
        server.wait()


def python_generator(kind: str, folder: Path, url: str, fresh: bool, seconds: float) -> float:
    """bench/transport_journey.py says its own figure: imports and connecting are not in it."""
    command = [sys.executable, str(HERE / "transport_journey.py"), kind, url, "fresh" if fresh else "reused",
               str(seconds), str(folder / "ca.pem")]  # fmt: skip
    said = subprocess.run(pinned(command), check=True, capture_output=True, text=True, env=environment(folder))
    figures = json.loads(said.stdout.splitlines()[-1])
    if figures["failed"]:
        raise SystemExit(f"{kind}: {figures['failed']} of {figures['requests']} requests failed")
    return float(figures["requests"] / figures["cpu_s"])


def k6(binary: str, folder: Path, url: str, fresh: bool, seconds: float, recording: bool) -> float:
    """Its start is measured apart and taken off."""
    out = ["--out", f"csv={folder / 'k6.csv'}"] if recording else []

    def run(lasting_s: float) -> tuple[int, float]:
        script, summary = folder / "k6.js", folder / "k6.json"
        script.write_text(
            K6_SCRIPT.format(shoppers=SHOPPERS, seconds=lasting_s, fresh="true" if fresh else "false", url=url)
        )
        command = [binary, "run", "--quiet", "--no-usage-report", f"--summary-export={summary}", *out, str(script)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(pinned(command), check=True, capture_output=True, env={**environment(folder), "GOMAXPROCS": "1"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        metrics = json.loads(summary.read_text())["metrics"]
        if metrics["checks"]["fails"]:
            raise SystemExit(f"k6: {metrics['checks']['fails']} checks failed")
        return metrics["http_reqs"]["count"], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    few, start_s = run(1)
    many, whole_s = run(1 + seconds)
    return (many - few) / (whole_s - start_s)


def wrk(binary: str, url: str, seconds: float) -> float:
    """No journey, no checks: the ceiling."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [binary, "-t1", f"-c{SHOPPERS}", f"-d{max(1, int(seconds))}", f"{url}/home.json"]
    said = subprocess.run(pinned(command), check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    requests = next(int(line.split()[0]) for line in said.splitlines() if "requests in" in line)
    return requests / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def environment(folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOORBUSTER_")}
    return {**clean, "SSL_CERT_FILE": str(folder / "ca.pem"), "REQUESTS_CA_BUNDLE": str(folder / "ca.pem")}


def pinned(command: list[str]) -> list[str]:
    return ["taskset", "-c", str(CORES[-1]), *command]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["waits"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", default="", help=f"some of {','.join(NAMES)}")
    options = parser.parse_args()
    k6_binary = os.environ.get("K6") or shutil.which("k6")
    wrk_binary = shutil.which("wrk")
    ways = [("reused", False, False), ("fresh", True, False), ("reused, TLS", False, True), ("fresh, TLS", True, True)]
    figures: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with nginx(folder):
            if options.what == "waits":
                said = subprocess.run(pinned([sys.executable, str(HERE / "transport_waits.py"), str(PORT)]), check=True)
                sys.exit(said.returncode)
            for round_number in range(options.rounds):
                for way, fresh, secure in ways:
                    url = f"https://127.0.0.1:{TLS_PORT}" if secure else f"http://127.0.0.1:{PORT}"
                    for kind in NAMES:
                        if options.only and kind not in options.only.split(","):
                            continue
                        if kind in ("k6", "k6csv") and k6_binary:
                            rate = k6(k6_binary, folder, url, fresh, options.seconds, kind == "k6csv")
                        elif kind == "wrk" and wrk_binary and not fresh:
                            rate = wrk(wrk_binary, url, options.seconds)
                        elif kind in ("ours", "fasthttp", "http"):
                            rate = python_generator(kind, folder, url, fresh, options.seconds)
                        else:
                            continue
                        figures.setdefault((way, kind), []).append(rate)
                        print(f"round {round_number + 1}: {way:12} {kind:9} {rate:8,.0f}", file=sys.stderr, flush=True)
    print(table(figures))


def table(figures: dict[tuple[str, str], list[float]]) -> str:
    """Medians and spread as Markdown, and how ours stands to the bars. Ratios are taken round by round."""

    def times(way: str, kind: str) -> list[float]:
        pairs = zip(figures.get((way, "ours"), []), figures.get((way, kind), []), strict=False)
        return [ours / other for ours, other in pairs]

    rows = ["", "| connections | generator | requests a processor second: median (lowest to highest) | ours is |"]
    rows.append("|---|---|--:|--:|")
    for (way, kind), rates in figures.items():
        ratio = f"{statistics.median(times(way, kind)):.1f}x" if kind != "ours" and times(way, kind) else ""
        spread = f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        rows.append(f"| {way} | {NAMES[kind]} | {spread} | {ratio} |")
    for way, kind, least, aim in BARS:
        if found := times(way, kind):
            ratio = statistics.median(found)
            said = "met" if ratio >= least else "MISSED"
            spread = f"{ratio:.1f}x ({min(found):.1f} to {max(found):.1f})"
            rows.append(f"\n{way} connections, {NAMES[kind]}: {spread}; bar {least:g}x {said}, aim {aim:g}x")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
