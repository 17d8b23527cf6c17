"""Records analysis/baselines/smoke-last-year: the smoke scenario at last year's level (no growth, no buffer).

The staging shop's seeded waits outweigh processor time, which is why a run recorded on one machine can stand beside a
run made on another.

    python bench/record_last_year.py
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[1]
text = (root / "scenarios/smoke.toml").read_text()
text = re.sub(r"^growth = .*$", "growth = 1.0", text, flags=re.M)
text = re.sub(r"^buffer = .*$", "buffer = 1.0", text, flags=re.M)
text = re.sub(r"^seed = .*$", "seed = 2025", text, flags=re.M)
text = re.sub(
    r"^(#.*\n)+", "# Last year's level: smoke.toml without growth and buffer (bench/record_last_year.py).\n", text
)
with tempfile.TemporaryDirectory() as folder:
    scenario = Path(folder, "smoke.toml")
    scenario.write_text(text)
    shutil.copytree(root / "scenarios/curves", Path(folder, "curves"))
    done = subprocess.run(
        [sys.executable, "-m", "doorbuster", "run", str(scenario), "--runs", folder],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    baseline = root / "analysis/baselines/smoke-last-year"
    shutil.rmtree(baseline, ignore_errors=True)
    shutil.move(done.stdout.splitlines()[-1], baseline)
print(baseline)
