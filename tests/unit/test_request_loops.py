"""No loop in a request goes on until it is done: each has a bound, and the table says which."""

from __future__ import annotations

import ast
from pathlib import Path

import larder
from larder.services.budget import (
    ATTEMPT_SECONDS,
    ATTEMPTS,
    attempts,
    spaced_attempts,
    time_for,
)
from tests.fakes.clock import ManualClock

PACKAGE = Path(larder.__file__).parent

REQUESTS = (
    *(f"services/{each}/*.py" for each in ("files", "uploads", "space", "projects")),
    "services/*.py",
    "services/upkeep/reclaim.py",
    "adapters/dynamodb/*.py",
    "adapters/s3.py",
    "adapters/s3_parts.py",
)

TIME = "a time budget"
ATTEMPT = "attempts, within a time budget"
WRITES = "attempts at a transaction, about 3 seconds"
FOLDERS = "at most 10,000 folders in a project"
SMALL_PARTS = "at most 512 MiB in parts"
PAGE = "the page's own size"
WORKERS = "not in a request: workers, the sweeper, operators"

LOOPS = {
    "services/budget.py attempts": ATTEMPT,
    "services/projects/usage.py __call__": TIME,
    "services/upkeep/reclaim.py __call__": TIME,
    "services/uploads/complete_as_file.py complete_as_file": ATTEMPT,
    "services/uploads/complete_as_file.py _complete": "100 numbers, then the file's own id",
    "services/space/create_folder.py create_folder": ATTEMPT,
    "services/space/finish_folder.py __call__": TIME,
    "services/space/old_place.py _made": ATTEMPT,
    "services/space/old_place.py _way": "at most 32 folders deep",
    "services/space/purge_folder.py __call__": ATTEMPT,
    "services/space/purge_folder.py purge_contents": TIME,
    "services/space/restore_file.py __call__": ATTEMPT,
    "services/space/restore_folder.py __call__": TIME,
    "services/space/restore_folder.py _move_files": TIME,
    "services/space/restore_folder.py _placed": FOLDERS,
    "services/space/trash_folder.py __call__": TIME,
    "services/space/trash_folder.py _close": FOLDERS,
    "services/space/trash_folder.py _move_files": TIME,
    "services/space/trash_folder.py begin": ATTEMPT,
    "adapters/dynamodb/trashed_folders.py folders_in": FOLDERS,
    "services/space/delete_folder.py _delete_empty": ATTEMPT,
    "services/space/purge.py purge_until": TIME,
    "services/space/trash_file.py trash_file": ATTEMPT,
    "services/space/update_file.py update_file": ATTEMPT,
    "services/space/update_folder.py update_folder": ATTEMPT,
    "adapters/dynamodb/admin_log.py page": PAGE,
    "adapters/dynamodb/batch_counters.py within_limit": "one more each time that the limit changes",
    "adapters/dynamodb/batches.py _close": "one more each time that another batch of its file ends",
    "adapters/dynamodb/pages.py read_newest": PAGE,
    "adapters/dynamodb/deadlines.py expired_keys": "its readers' time budget",
    "adapters/dynamodb/deadlines.py _in_turn": WORKERS,
    "adapters/dynamodb/deadlines.py _query": WORKERS,
    "adapters/dynamodb/usage.py expired_files": TIME,
    "adapters/dynamodb/file_pages.py _queries": "a number of queries for each page",
    "adapters/dynamodb/item_reads.py read_items": PAGE,
    "adapters/dynamodb/file_search.py tags": "a number of queries",
    "adapters/dynamodb/folders.py tree": FOLDERS,
    "adapters/dynamodb/pages.py count_list": "25 queries, of 1 MB each at most",
    "adapters/dynamodb/pages.py read_list": "25 queries, of 1 MB each at most",
    "adapters/dynamodb/key_register.py of_project": "a project's keys, and those ended in 90 days",
    "adapters/dynamodb/projects.py list": "a thousand projects are 100 KB",
    "adapters/dynamodb/projects.py set_limit": "one more each time that the limit changes",
    "adapters/dynamodb/rate_limits.py take": WORKERS,
    "adapters/dynamodb/transactions.py _until_undisturbed": WRITES,
    "adapters/dynamodb/uploads.py _end": WRITES,
    "adapters/dynamodb/usage.py go_on_counting": WORKERS,
    "adapters/dynamodb/upstreams.py list": WORKERS,
    "adapters/s3_parts.py _blocks": SMALL_PARTS,
    "adapters/s3_parts.py arrived": "at most 150 parts",
    "adapters/s3_parts.py clear": SMALL_PARTS,
    "adapters/s3_parts.py small_parts": SMALL_PARTS,
}

BOUNDED = {"attempts", "batched", "range", "spaced_attempts"}


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self._inside: list[str] = []
        self.found: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_While(self, node: ast.While) -> None:
        self._note(node)

    def visit_For(self, node: ast.For) -> None:
        called = node.iter.func if isinstance(node.iter, ast.Call) else None
        if (isinstance(called, ast.Name) and called.id in BOUNDED) or (
            isinstance(called, ast.Attribute) and called.attr == "expired"
        ):
            self._note(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "paginate":
            self._note(node)
        self.generic_visit(node)

    def _note(self, node: ast.AST) -> None:
        self.found.add(self._inside[-1])
        self.generic_visit(node)


def loops() -> set[str]:
    found = set()
    for pattern in REQUESTS:
        for path in PACKAGE.glob(pattern):
            finder = _Finder()
            finder.visit(ast.parse(path.read_text()))
            found |= {f"{path.relative_to(PACKAGE)} {name}" for name in finder.found}
    return found


def test_the_table_has_every_loop() -> None:
    assert loops() == set(LOOPS)


def test_a_loop_with_a_time_budget_asks_for_it() -> None:
    for loop, bound in LOOPS.items():
        path, _ = loop.split()
        source = (PACKAGE / path).read_text()
        if bound is TIME:
            assert "keep_going()" in source, loop
        elif bound is ATTEMPT:
            assert "attempts(" in source, loop


def test_a_budget_is_over_when_its_seconds_are() -> None:
    stopwatch = ManualClock()
    keep_going = time_for(5, stopwatch)

    stopwatch.advance(4.9)
    assert keep_going()
    stopwatch.advance(0.1)

    assert not keep_going()


def test_there_are_so_many_attempts() -> None:
    assert list(attempts(ManualClock())) == list(range(ATTEMPTS))


def test_no_attempt_begins_when_the_time_is_over() -> None:
    stopwatch, made = ManualClock(), 0

    for _ in attempts(stopwatch):
        made += 1
        stopwatch.advance(3)

    assert made == -(-ATTEMPT_SECONDS // 3)


def test_no_spaced_attempt_begins_when_the_time_is_over() -> None:
    stopwatch, made = ManualClock(), 0

    for _ in spaced_attempts(stopwatch.advance, stopwatch):
        made += 1
        stopwatch.advance(3)

    assert made == -(-ATTEMPT_SECONDS // 3)
