"""Fails if a pinned package has a known vulnerability.

Reads the requirements from standard input. The advisories are PyPI's, and not every mirror serves
them: packages that could not be audited are reported and are no failure.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(sys.executable).parent


def main() -> int:
    """Audit the packages, print the result and return the exit status."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(sys.stdin.read())
        requirements.flush()
        command = [HERE / "pip-audit", "--disable-pip", "--no-deps", "--format", "json"]
        run = subprocess.run(
            [*command, "--progress-spinner", "off", "--requirement", requirements.name],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        packages = json.loads(run.stdout)["dependencies"]
    except ValueError:
        reason = (run.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"packages NOT AUDITED: pip-audit could not get the advisories ({reason})")
        return 0
    skipped = [package for package in packages if "skip_reason" in package]
    print(f"packages: {len(packages) - len(skipped)} of {len(packages)} audited")
    if skipped:
        print(f"NOT AUDITED: {len(skipped)} packages. First reason: {skipped[0]['skip_reason']}")
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
