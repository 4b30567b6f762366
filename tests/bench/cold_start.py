"""What a fresh function pays before its first line of work: milliseconds and resident memory.

Each function's imports run in a new process against the unpacked package as it is deployed, with
its .pyc files, and are compared with Chalice alone on the same machine. Memory is Linux's VmHWM.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from infra.build import AWS, build

RUNS = 5
# What each function has imported by the time it has done one piece of its work.
WORK = {
    "api_handler": "import chalicelib.api, chalicelib.wiring",
    "bill_due_subscriptions": "import chalicelib.services.billing",
    "sweep_due": "import chalicelib.services.sweeping",
    "reconcile": "import chalicelib.services.reconciling, stripe",
    "send_reminders": "import chalicelib.services.reminding",
    "dunning_worker": "import chalicelib.services.charging, stripe",
    "stripe_event_worker": "import chalicelib.services.webhooks, stripe",
    "billing_worker": "import chalicelib.services.jobs",
    "effects_worker": "import chalicelib.services.delivery, typst, babel, jinja2",
}
PROBE = """
import json, time
began = time.perf_counter()
{imports}
spent = (time.perf_counter() - began) * 1000
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(json.dumps([spent, int(peak[0].split()[1]) / 1024]))
"""
TABLE = "import app, chalicelib.entry, chalicelib.adapters.table.store; "


def probe(imports: str, folder: Path) -> tuple[float, float]:
    """The fastest of some fresh processes: (ms, MB)."""
    measured: list[tuple[float, float]] = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-c", PROBE.format(imports=imports)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        ms, megabytes = json.loads(done.stdout)
        measured.append((ms, megabytes))
    return min(measured)


def main() -> None:
    """Print the package's size and a line for each function."""
    package = build(AWS)
    with zipfile.ZipFile(package.archive) as archive, tempfile.TemporaryDirectory() as name:
        unzipped: Any = sum(entry.file_size for entry in archive.infolist())
        print(f"package: {package.archive.stat().st_size / 1e6:.1f} MB zipped,", end=" ")
        print(f"{unzipped / 1e6:.1f} MB unzipped (Lambda's limit: 250)")
        folder = Path(name)
        archive.extractall(folder)
        bare_ms, bare_mb = probe("import json", folder)
        chalice_ms, _ = probe("import chalice", folder)
        print(f"{'function':24}{'cold ms':>9}{'x chalice alone':>17}{'MB':>7}")
        print(f"{'(bare Python)':24}{bare_ms:9.0f}{'':17}{bare_mb:7.0f}")
        for function, work in WORK.items():
            ms, megabytes = probe(TABLE + work, folder)
            print(f"{function:24}{ms:9.0f}{ms / chalice_ms:17.1f}{megabytes:7.0f}")
