"""`make sbom`: what is in the lock, for whoever looks for known faults in it."""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PINNED = re.compile(r"^([\w.-]+)==([^ ;\\]+)", re.MULTILINE)

NOWHERE = "http://127.0.0.1:9"


def test_it_lists_the_lock_without_a_network(tmp_path: Path) -> None:
    """Every package with its version and its hashes, in a form that scanners read; no index is asked for anything."""
    file = tmp_path / "sbom" / "sbom.json"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE)
    command = ["make", "-C", str(ROOT), "sbom", f"SBOM={file}"]
    done = subprocess.run(command, env=os.environ | proxies, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    written = json.loads(file.read_text())
    assert written["bomFormat"] == "CycloneDX"
    assert written["metadata"]["component"]["name"] == "cocreate"
    locked = set(PINNED.findall((ROOT / "requirements.lock").read_text()))
    assert len(locked) > 50
    assert {(one["name"], one["version"]) for one in written["components"]} == locked
    assert all(any(ref.get("hashes") for ref in one["externalReferences"]) for one in written["components"])
