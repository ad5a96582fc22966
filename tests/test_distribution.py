"""How tests come to workers: what is costly to set up is set up in one of them alone."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

CONFTEST = """
from tests.scheduler import ByFile

def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)
"""

# Says where it ran in a file of its module's own.
SUITE = """
import os
from pathlib import Path

import pytest

@pytest.mark.parametrize("number", range(4))
def test_it(number):
    with Path(__file__).with_suffix(".workers").open("a") as said:
        said.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""

FILES = ("tests/journeys/test_a.py", "tests/journeys/test_b.py", "tests/shared/kafka/test_c.py", "tests/test_d.py")


def test_a_file_is_one_workers_and_so_is_all_that_needs_the_kafka(tmp_path: Path) -> None:
    """Of two workers one runs every file that needs the Kafka, the other the file that does not."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SUITE)
    options = ("-n2", "--no-loadscope-reorder", "--import-mode=importlib", "-p", "xdist", "-c", os.devnull)
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    workers = {name: (tmp_path / name).with_suffix(".workers").read_text().split() for name in FILES}
    assert {name: len(ran) for name, ran in workers.items()} == dict.fromkeys(FILES, 4)
    *kafka, alone = (set(ran) for ran in workers.values())
    together = {worker for ran in kafka for worker in ran}
    assert len(together) == 1
    assert len(alone) == 1
    assert alone.isdisjoint(together)
