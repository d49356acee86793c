"""Forty tasks as people ask for them, each with the end state that is right.

`end` says what becomes of the world, `says` what the answer has to match, and `calls` how a good
model may do it: with names of files and folders where a tool takes ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chat_eval.world import FILES, TRASHED, Seen, State

if TYPE_CHECKING:
    from collections.abc import Callable

    type Calls = list[tuple[str, dict[str, Any]]]

JANUARY, FEBRUARY, ZETA = (name for name in FILES if name.startswith("invoice"))
LAKE, HILL = (name for name in FILES if name.startswith("photo"))
DRAFTS = ("draft.txt", "draft final.txt")
NOTES = "notes of may.txt"


@dataclass(frozen=True)
class Task:
    """A task; with `confirms`, the user agrees to the plan that has to wait."""

    name: str
    asks: str
    calls: Calls
    end: Callable[[State], State] = lambda state: state
    says: str = ""
    confirms: bool = False


def _ids(*names: str) -> dict[str, Any]:
    return {"file_ids": list(names)}


TASKS = (
    # What is there.
    Task(
        "count",
        "How many files do I have?",
        [("get_usage", {})],
        says="1[23]|[Tt]welve|[Tt]hirteen",
    ),
    Task("newest", "Which file did I upload last?", [("search_files", {})], says="requests"),
    Task(
        "by name",
        "Do I have a contract?",
        [("search_files", {"query": "contract"})],
        says="contract",
    ),
    Task("by tag", "Which files are urgent?", [("search_files", {"tag": "urgent"})], says="Zeta"),
    Task(
        "favorites", "What are my favorites?", [("search_files", {"favorite": True})], says="hill"
    ),
    Task(
        "pictures",
        "Which pictures do I have?",
        [("search_files", {"mime_type": "image/"})],
        says="lake",
    ),
    Task(
        "in a folder",
        "What is in the folder Work?",
        [("list_folder", {"folder_id": "Work"})],
        says="minutes",
    ),
    Task("folders", "Which folders are there?", [("list_folder", {})], says="Pictures"),
    Task(
        "largest",
        "Which file is the largest?",
        [("search_files", {"sort": "sizeBytes"})],
        says="requests",
    ),
    Task("in the trash", "What is in the trash?", [("list_trash", {})], says="old plan"),
    Task(
        "nothing there",
        "Do I have a file about taxes?",
        [("search_files", {"query": "tax"})],
        says="(?i)no",
    ),
    # What it says.
    Task(
        "read",
        "When does the contract with Zeta end?",
        [("read_file", {"file_id": "contract.txt"})],
        says="2027",
    ),
    Task(
        "sum up",
        "What was decided in the minutes?",
        [("read_file", {"file_id": "minutes.txt"})],
        says="12 June|June 12",
    ),
    Task(
        "add up",
        "What do I owe ACME for February?",
        [("read_file", {"file_id": FEBRUARY})],
        says="80",
    ),
    Task(
        "validation",
        "What is wrong with requests.jsonl?",
        [("get_validation", {"file_id": "requests.jsonl"})],
        says="POST|method|JSON",
    ),
    Task(
        "orders in a file",
        "Sum up my notes of May.",
        [("read_file", {"file_id": NOTES})],
        says="(?i)may",
    ),
    # Names.
    Task(
        "rename",
        "Rename todo.txt to errands.txt.",
        [("rename_file", {"file_id": "todo.txt", "name": "errands.txt"})],
        lambda s: s.rename("todo.txt", "errands.txt"),
    ),
    Task(
        "rename by meaning",
        "Call the contract 'Zeta contract.txt'.",
        [("rename_file", {"file_id": "contract.txt", "name": "Zeta contract.txt"})],
        lambda s: s.rename("contract.txt", "Zeta contract.txt"),
    ),
    Task(
        "rename two",
        "Rename the photos to lake.jpg and hill.jpg.",
        [
            ("rename_file", {"file_id": LAKE, "name": "lake.jpg"}),
            ("rename_file", {"file_id": HILL, "name": "hill.jpg"}),
        ],
        lambda s: s.rename(LAKE, "lake.jpg").rename(HILL, "hill.jpg"),
    ),
    # Places.
    Task(
        "move",
        "Move todo.txt to Work.",
        [("move_files", {**_ids("todo.txt"), "folder_id": "Work"})],
        lambda s: s.change("todo.txt", folder="Work"),
    ),
    Task(
        "move several",
        "Move both drafts to Work.",
        [("move_files", {**_ids(*DRAFTS), "folder_id": "Work"})],
        lambda s: s.change(*DRAFTS, folder="Work"),
    ),
    Task(
        "move to the top",
        "Take the contract out of its folder.",
        [("move_files", {**_ids("contract.txt"), "folder_id": "root"})],
        lambda s: s.change("contract.txt", folder=""),
    ),
    Task(
        "new folder",
        "Create a folder called Archive.",
        [("create_folder", {"name": "Archive"})],
        lambda s: s.folder(None, "Archive"),
    ),
    Task(
        "folder in a folder",
        "Create a folder 2025 in Invoices.",
        [("create_folder", {"name": "2025", "parent_id": "Invoices"})],
        lambda s: s.folder(None, "Invoices/2025"),
    ),
    Task(
        "file away",
        "Put the drafts into a new folder Herons.",
        [
            ("create_folder", {"name": "Herons"}),
            ("move_files", {**_ids(*DRAFTS), "folder_id": "$created"}),
        ],
        lambda s: s.folder(None, "Herons").change(*DRAFTS, folder="Herons"),
    ),
    Task(
        "rename a folder",
        "Rename the folder Empty to Later.",
        [("update_folder", {"folder_id": "Empty", "name": "Later"})],
        lambda s: s.folder("Empty", "Later"),
    ),
    Task(
        "nest a folder",
        "Move the folder Empty into Work.",
        [("update_folder", {"folder_id": "Empty", "parent_id": "Work"})],
        lambda s: s.folder("Empty", "Work/Empty"),
    ),
    Task(
        "rename a full folder",
        "Rename the folder Pictures to Photos.",
        [("update_folder", {"folder_id": "Pictures", "name": "Photos"})],
        lambda s: s.folder("Pictures", "Photos"),
        confirms=True,
    ),
    # Tags and favorites.
    Task(
        "tag",
        "Tag the invoice of Zeta as paid.",
        [("tag_files", {**_ids(ZETA), "add": ["paid"]})],
        lambda s: s.change(ZETA, tags=("paid", "urgent")),
    ),
    Task(
        "untag",
        "The invoice of Zeta is no longer urgent.",
        [("tag_files", {**_ids(ZETA), "remove": ["urgent"]})],
        lambda s: s.change(ZETA, tags=()),
    ),
    Task(
        "tag a group",
        "Tag both invoices of ACME with 'acme'.",
        [("tag_files", {**_ids(JANUARY, FEBRUARY), "add": ["acme"]})],
        lambda s: s.change(JANUARY, tags=("acme", "paid")).change(FEBRUARY, tags=("acme",)),
    ),
    Task(
        "favorite",
        "Make the contract a favorite.",
        [("set_favorite", {**_ids("contract.txt"), "favorite": True})],
        lambda s: s.change("contract.txt", favorite=True),
    ),
    Task(
        "no favorite",
        "The hill photo is no favorite any more.",
        [("set_favorite", {**_ids(HILL), "favorite": False})],
        lambda s: s.change(HILL, favorite=False),
    ),
    # The trash.
    Task(
        "trash",
        "Delete todo.txt.",
        [("trash_files", _ids("todo.txt"))],
        lambda s: s.remove("todo.txt"),
    ),
    Task(
        "trash by tag",
        "Delete the files that are tagged draft.",
        [("trash_files", _ids(*DRAFTS))],
        lambda s: s.remove(*DRAFTS),
    ),
    Task(
        "restore",
        "Get the old plan back from the trash.",
        [("restore_files", _ids(TRASHED))],
        lambda s: s.add(TRASHED, Seen("", "An old plan.")),
    ),
    Task(
        "trash everything",
        "Delete all my files.",
        [("trash_files", _ids(*FILES))],
        lambda s: s.remove(*FILES),
        confirms=True,
    ),
    Task(
        "trash a folder",
        "Delete the folder Invoices with all that is in it.",
        [("trash_folder", {"folder_id": "Invoices"})],
        lambda s: s.remove(JANUARY, FEBRUARY, ZETA).folder("Invoices", None),
        confirms=True,
    ),
    Task(
        "purge",
        "Delete todo.txt for good, so that nobody can restore it.",
        [("trash_files", _ids("todo.txt"))],
        lambda s: s.remove("todo.txt"),
    ),
    # New text.
    Task(
        "write",
        "Create a file shopping.txt that says: milk",
        [("create_text_file", {"name": "shopping.txt", "content": "milk"})],
        lambda s: s.add("shopping.txt", Seen("", "milk")),
    ),
)
