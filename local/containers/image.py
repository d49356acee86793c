"""The container image that functions run in.

It is AWS's own (public.ecr.aws/lambda/python) if the engine can pull it. Otherwise this module
builds an equivalent from Debian's Python and AWS's runtime interface client, the program in AWS's
image that fetches events and calls the handler: https://github.com/aws/aws-lambda-python-runtime-interface-client
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import tempfile
from pathlib import Path

from local.containers.debian import SUITE, write_root
from local.containers.engine import docker, has_image
from local.errors import LocalError
from local.state import ROOT

_PACKAGES = "base-files,coreutils,dash,libstdc++6,python3,tzdata"

_BOOTSTRAP = """#!/bin/sh
export PYTHONPATH="/var/runtime:/opt/python${PYTHONPATH:+:$PYTHONPATH}"
exec /usr/bin/python3.13 -m awslambdaric "$_HANDLER"
"""

_DOCKERFILE = """FROM scratch
ADD root.tar /
COPY runtime /var/runtime
ENV LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin \\
    LAMBDA_TASKROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
WORKDIR /var/task
"""


def architecture() -> str:
    """Return AWS's name of this machine's processor: x86_64 or arm64."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def runtime_image() -> str:
    """Return the name of a local image with Lambda's python3.13 runtime; pull or build it first.

    Raises:
        LocalError: the image can neither be pulled nor built.
    """
    stock = f"public.ecr.aws/lambda/python:3.13-{architecture()}"
    if has_image(stock):
        return stock
    own = f"larder/lambda-python:3.13-{_recipe()}"
    if has_image(own):
        return own
    try:
        docker("pull", "--quiet", stock)
    except subprocess.CalledProcessError as error:
        _make(own, why=error.stderr.decode().strip())
        return own
    return stock


def image_with_endpoint(image: str, endpoint: str) -> str:
    """Return the name of an image like `image` whose AWS clients use `endpoint`.

    The endpoint has to be in the image: `sam local` passes only the variables that the template
    declares, and the template declares no endpoint.
    """
    name = "larder/sam-local:" + hashlib.sha256(f"{image} {endpoint}".encode()).hexdigest()[:12]
    if not has_image(name):
        recipe = f"FROM {image}\nENV AWS_ENDPOINT_URL={endpoint}\n"
        docker("build", "--quiet", "--tag", name, "-", stdin=recipe.encode())
    return name


def _recipe() -> str:
    parts = (SUITE, _PACKAGES, _BOOTSTRAP, _DOCKERFILE, _client_requirements())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _client_requirements() -> str:
    return _run(
        *("uv", "export", "--quiet", "--frozen", "--only-group", "container"),
        *("--no-emit-project", "--no-header"),
    )


def _make(name: str, *, why: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        (context / "Dockerfile").write_text(_DOCKERFILE)
        runtime = context / "runtime"
        (context / "requirements.txt").write_text(_client_requirements())
        _run(
            *("uv", "pip", "install", "--quiet", "--target", str(runtime), "--link-mode=copy"),
            *(
                "--python-version",
                "3.13",
                "--python-platform",
                f"{platform.machine()}-manylinux2014",
            ),
            *("--only-binary", ":all:", "--require-hashes"),
            *("--requirements", str(context / "requirements.txt")),
        )
        bootstrap = runtime / "bootstrap"
        bootstrap.write_text(_BOOTSTRAP)
        bootstrap.chmod(0o755)
        why = f"public.ecr.aws/lambda/python:3.13 cannot be pulled ({why})"
        write_root(context / "root.tar", _PACKAGES, variant="extract", instead_of=why)
        docker("build", "--quiet", "--tag", name, folder)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        message = f"{' '.join(command[:3])} failed: {error.stderr.strip()}"
        raise LocalError(message) from error
    return done.stdout
