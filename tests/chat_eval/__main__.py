"""`make chat-eval CHAT_BASE_URL=… CHAT_MODEL=…`: how a model does with the file manager's tools."""

from __future__ import annotations

import argparse
import os
import sys

from tests.chat_eval.run import Model, run
from tests.chat_eval.tasks import TASKS


def main() -> int:
    """Run the tasks, and print what went wrong and the score."""
    parser = argparse.ArgumentParser(prog="python -m tests.chat_eval", description=__doc__)
    parser.add_argument("--base-url", required=True, help="of chat completions, up to /v1")
    parser.add_argument("--model", required=True)
    parser.add_argument("--only", default="", help="tasks whose name begins so")
    arguments = parser.parse_args()
    model = Model(arguments.base_url, arguments.model, os.environ.get("CHAT_API_KEY", ""))
    tasks = [task for task in TASKS if task.name.startswith(arguments.only)]
    right = tokens = 0
    for task in tasks:
        outcome = run(task, model)
        right += not outcome.wrong
        tokens += outcome.tokens
        print(
            f"{'-' if outcome.wrong else '+'} {task.name}: {outcome.wrong or 'right'}", flush=True
        )
    print(f"{right} of {len(tasks)} tasks right, {tokens} tokens: {arguments.model}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
