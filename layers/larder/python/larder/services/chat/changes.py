"""What each tool that writes would change: its edits, and a summary for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.edits import FileEdit, FilePlace, FolderEdit, FolderMade, FolderPlace, NewText
from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.domain.filenames import checked_name
from larder.domain.folders import ROOT
from larder.domain.ids import FolderId, new_file_id, new_folder_id
from larder.domain.tags import checked_tag
from larder.services.files.get import get_file
from larder.services.space.get_folder import get_folder
from larder.services.space.list_trash import get_trashed_file, seen_in_trash
from larder.services.space.ports import FileQuery

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from larder.domain.edits import Edit
    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.services.chat import arguments as args
    from larder.services.chat.ports import ActionLog
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FileSearch, FolderRecords, TrashRecords

_SHOWN = 5
"""Names that a summary spells out."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a tool would do. `created_id` is the id of the file or folder that it creates."""

    summary: str
    edits: tuple[Edit, ...]
    created_id: str | None = None


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Return the change that a tool's arguments ask for, as things are now.

    `created_id` is the id for what it creates, None to make one. `coming` are the ids of folders
    that held changes are going to create.
    """

    files: FileRecords
    search: FileSearch
    folders: FolderRecords
    trash: TrashRecords
    folder_trash: FolderTrash
    actions: ActionLog
    clock: Clock

    def __call__(
        self,
        tenant: TenantId,
        wanted: args.Arguments,
        *,
        tool: str,
        created_id: str | None = None,
        coming: Collection[str] = (),
    ) -> Change:
        """Return the change.

        Raises:
            InvalidParameterError: a name or a tag is not acceptable.
            NotFoundError: there is no such file, folder or action for this project.
        """
        look = _Look(self, tenant, created_id, coming)
        change: Change = getattr(look, tool)(wanted)
        return change


@dataclass(frozen=True, slots=True)
class _Look:
    """One method for each tool that writes, with the tool's name."""

    ports: PlanChange
    tenant: TenantId
    created_id: str | None
    coming: Collection[str]

    def rename_file(self, wanted: args.RenameFile) -> Change:
        file = self._file(wanted.file_id)
        name = checked_name(wanted.name, param="name")
        edits = () if name == file.filename else (FileEdit(file.id, name=(file.filename, name)),)
        return Change(f"Rename '{file.filename}' to '{name}'.", edits)

    def move_files(self, wanted: args.MoveFiles) -> Change:
        place = self._place(wanted.folder_id)
        files = self._files(wanted.file_ids)
        edits = tuple(
            FileEdit(file.id, folder=(file.folder_id or ROOT, wanted.folder_id))
            for file in files
            if (file.folder_id or ROOT) != wanted.folder_id
        )
        return Change(f"Move {_named(files)} to {place}.", edits)

    def tag_files(self, wanted: args.TagFiles) -> Change:
        add = {checked_tag(tag, param="add") for tag in wanted.add}
        remove = {checked_tag(tag, param="remove") for tag in wanted.remove}
        if add & remove or not add | remove:
            raise InvalidParameterError(
                "Name tags to add or to remove, and none of them in both.", param="add"
            )
        files = self._files(wanted.file_ids)
        edits = []
        for file in files:
            new = tuple(sorted(add - set(file.tags)))
            gone = tuple(sorted(remove & set(file.tags)))
            if new or gone:
                edits.append(FileEdit(file.id, added=new, removed=gone))
        said = [f"Add the tag '{tag}'" for tag in sorted(add)]
        said += [f"Remove the tag '{tag}'" for tag in sorted(remove)]
        return Change(f"{'; '.join(said)}: {_named(files)}.", tuple(edits))

    def set_favorite(self, wanted: args.SetFavorite) -> Change:
        files = self._files(wanted.file_ids)
        edits = tuple(
            FileEdit(file.id, favorite=(file.favorite, wanted.favorite))
            for file in files
            if file.favorite != wanted.favorite
        )
        said = "Mark as favorite" if wanted.favorite else "Mark as no favorite"
        return Change(f"{said}: {_named(files)}.", edits)

    def trash_files(self, wanted: args.SomeFiles) -> Change:
        files = self._files(wanted.file_ids)
        edits = tuple(FilePlace(file.id, trashed=True) for file in files)
        return Change(f"Move {_named(files)} to the trash.", edits)

    def restore_files(self, wanted: args.SomeFiles) -> Change:
        files = [
            get_trashed_file(
                self.tenant, file_id, trash=self.ports.trash, clock=self.ports.clock
            ).file
            for file_id in dict.fromkeys(wanted.file_ids)
        ]
        edits = tuple(FilePlace(file.id, trashed=False) for file in files)
        return Change(f"Restore {_named(files)} from the trash.", edits)

    def create_folder(self, wanted: args.CreateFolder) -> Change:
        place = self._place(wanted.parent_id)
        name = checked_name(wanted.name, param="name")
        folder_id = self.created_id or new_folder_id(self.ports.clock())
        edit = FolderMade(folder_id, name, wanted.parent_id)
        return Change(f"Create the folder '{name}' in {place}.", (edit,), folder_id)

    def update_folder(self, wanted: args.UpdateFolder) -> Change:
        folder = get_folder(self.tenant, wanted.folder_id, folders=self.ports.folders)
        parent = folder.parent_id or ROOT
        said, name, moved = [], None, None
        if wanted.name is not None and wanted.name != folder.name:
            name = (folder.name, checked_name(wanted.name, param="name"))
            said.append(f"rename it to '{name[1]}'")
        if wanted.parent_id is not None and wanted.parent_id != parent:
            moved = (parent, wanted.parent_id)
            said.append(f"move it to {self._place(wanted.parent_id)}")
        edits = (FolderEdit(folder.id, name=name, parent=moved),) if said else ()
        return Change(f"Folder '{folder.name}': {' and '.join(said) or 'no change'}.", edits)

    def trash_folder(self, wanted: args.OneFolder) -> Change:
        folder = get_folder(self.tenant, wanted.folder_id, folders=self.ports.folders)
        edit = FolderPlace(folder.id, trashed=True)
        held = self._contents(folder)
        return Change(f"Move the folder '{folder.name}' to the trash, with {held}.", (edit,))

    def restore_folder(self, wanted: args.OneFolder) -> Change:
        folder_id = FolderId(wanted.folder_id)
        kept = self.ports.folder_trash.get(self.tenant, folder_id)
        found = seen_in_trash(folder_id, kept, self.ports.clock())
        held = f"{_counted(found.folder_count, 'folder')} and {_counted(found.files.files, 'file')}"
        edit = FolderPlace(folder_id, trashed=False)
        name = found.folder.name
        return Change(f"Restore the folder '{name}' from the trash, with {held}.", (edit,))

    def create_text_file(self, wanted: args.CreateText) -> Change:
        place = self._place(wanted.folder_id)
        name = checked_name(wanted.name, param="name")
        file_id = self.created_id or new_file_id(self.ports.clock())
        edit = NewText(file_id, name, wanted.folder_id, wanted.content)
        size = len(wanted.content.encode())
        return Change(f"Create the file '{name}' of {size} bytes in {place}.", (edit,), file_id)

    def undo(self, wanted: args.Undo) -> Change:
        action = self.ports.actions.get(self.tenant, wanted.action_id)
        if action is None:
            raise NotFoundError("Action", wanted.action_id)
        return Change(f"Undo: {action.summary}", action.undo)

    def _file(self, file_id: str) -> File:
        return get_file(self.tenant, file_id, files=self.ports.files, clock=self.ports.clock)

    def _files(self, file_ids: Sequence[str]) -> list[File]:
        return [self._file(file_id) for file_id in dict.fromkeys(file_ids)]

    def _contents(self, folder: Folder) -> str:
        """Say what lies in a folder: folders at any depth, and the files that are its own."""
        ports, now = self.ports, self.ports.clock()
        tree = ports.folders.tree(self.tenant)
        inside = tree.with_all_in_it(folder.id)[1:] if folder.id in tree.folders else []
        files = ports.search.search(
            self.tenant, FileQuery(folder=folder.id), limit=_SHOWN, after=None, now=now
        ).items
        said = [f"{_counted(len(inside), 'folder')} and what they hold"] if inside else []
        if files:
            count = ports.search.counts(self.tenant, folder.id, now).files
            some = _shown([file.filename for file in files], count)
            said.append(f"{'many files' if count is None else _counted(count, 'file')}: {some}")
        return "; ".join(said) or "nothing in it"

    def _place(self, folder_id: str) -> str:
        if folder_id == ROOT:
            return "the root"
        if folder_id in self.coming:
            return "the folder that is to be created"
        folder = get_folder(self.tenant, folder_id, folders=self.ports.folders, param="folder_id")
        return f"the folder '{folder.name}'"


def _named(files: Sequence[File]) -> str:
    count = f"{len(files)} files: " if len(files) > 1 else ""
    return count + _shown([file.filename for file in files], len(files))


def _shown(names: Sequence[str], count: int | None) -> str:
    """Return the first names; of `count` in all, None for very many."""
    said = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    if count is None:
        return f"{said} and more"
    return f"{said} and {count - _SHOWN} more" if count > _SHOWN else said


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
