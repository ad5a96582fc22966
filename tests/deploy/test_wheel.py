"""The wheel: what is not Python travels with the program."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent.parent


def test_the_wheel_holds_templates_and_styles(tmp_path: Path) -> None:
    """Whoever installs the wheel has every template, style, script and wording of the checkout."""
    command = [str(Path(sys.executable).with_name("hatchling")), "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - ours
    [wheel] = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in ("services", "shared")
        for folder in ("templates", "static")
        for path in ROOT.glob(f"{package}/**/{folder}/**/*")
        if path.is_file()
    }
    assert {"services/gateway/templates/layout.html.jinja", "services/sandbox/static/page.js"} <= ours
    assert ours - packed == set()
