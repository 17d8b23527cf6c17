"""What an audit leaves in the run directory: audit.json, and audit.parquet/ with a row for each offence."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from doorbuster.audit.audit import Audit
from doorbuster.promises.fact import Finding
from doorbuster.promises.words import money_at_stake, people
from doorbuster.record.directory import RunDirectory
from doorbuster.vocabulary import ARM

FORMAT: Final = 1
OFFENCES: Final = pa.schema(
    [
        ("promise", pa.string()),
        ("what", pa.string()),
        ("at_us", pa.int64()),  # null where the offence is a state, not an event
        ("minute", pa.int64()),  # of the scenario's clock, from 0
        ("session", pa.int64()),
        ("journey", pa.string()),
        ("intent", pa.string()),
        ("order_id", pa.string()),
        ("subject", pa.string()),  # payment, variant or discount code
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("arm", pa.string()),
    ]
)
_PART: Final = "audit.parquet/part-0.parquet"
"""Always the one part: replacing a file is atomic, replacing a folder is not."""


def write_audit(directory: RunDirectory, audit: Audit) -> None:
    """Replace the run's audit.parquet/ and audit.json, each whole or not at all. Raises RunDirectoryError."""
    rows: list[dict[str, Any]] = [
        {
            **asdict(offence),
            "promise": promise,
            "minute": None if offence.at_us is None else offence.at_us // 60_000_000,
            "arm": ARM,
        }
        for promise, offence in audit.rows()
    ]
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, OFFENCES), content, compression="zstd")
    directory.write_bytes(_PART, content.getvalue())
    directory.write_text("audit.json", json.dumps(_content(audit), indent=2, ensure_ascii=False) + "\n")


def _content(audit: Audit) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "run": audit.run,
        "verdict": audit.verdict,
        "exit_code": audit.exit_code,
        "unfinished": audit.unfinished,
        "exports": dict(audit.exports),
        "promises": [_finding(finding) for finding in audit.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "promise": finding.promise,
        "kept": finding.kept,
        "sentence": finding.sentence,
        "checked": finding.checked,
        "offences": len(finding.offences),
        "shoppers": people(finding.offences),
        "money_minor": dict(money_at_stake(finding.offences)),
        "numbers": dict(finding.numbers),
    }
