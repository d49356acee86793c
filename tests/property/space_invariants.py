"""What holds at every moment of folders and the trash, and of what both surfaces show."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain import folders as folders_domain
from larder.domain.filenames import folded
from larder.domain.files import FileStatus
from larder.domain.ids import FolderId
from larder.domain.quota import NOTHING
from larder.domain.same_names import IfExists
from larder.domain.trash import TrashState
from larder.domain.uploads import UploadStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import TenantId
    from larder.domain.trash import TrashedFile
    from tests.backends.backend import Snapshot
    from tests.property.world import Arrival, World

type Folders = Mapping[tuple[TenantId, FolderId], Folder]


def tree_problem(folders: Folders) -> str | None:
    """Return what is wrong with the trees that the folders make, None when nothing is."""
    names = Counter(
        (owner, f.parent_id, folded(f.name)) for (owner, _), f in folders.items() if not f.deleting
    )
    if any(count > 1 for count in names.values()):
        return "two folders of one name"
    for (owner, folder_id), folder in folders.items():
        if folder.deleting:
            # It is gone for every reader, as may be those that it lay in.
            continue
        way = [folder_id]
        while (parent_id := folders[owner, way[-1]].parent_id) is not None:
            if parent_id in way:
                return f"{folder_id} lies in itself"
            if (owner, parent_id) not in folders:
                return f"{folder_id} is an orphan"
            way.append(parent_id)
        if len(way) > folders_domain.MAX_DEPTH:
            return f"{folder_id} lies too deep"
    return None


class SpaceInvariants:
    """Compares what is stored with what was, and with what clients asked for."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(self, before: Snapshot, now: Snapshot) -> None:
        """Check what one port call changed."""
        if before.folders != now.folders:
            problem = tree_problem(now.folders)
            assert problem is None, problem
        self._no_visible_file_lies_in_a_folder_that_is_gone(now)
        _nothing_enters_a_closed_folder(before, now)
        self._folders_close_and_go_for_a_reason(before, now)
        self._folders_in_the_trash_agree(before, now)
        for key in before.files.keys() & now.files.keys():
            _only_people_or_validation_changed(before.files[key], now.files[key])
        for key in before.trash.keys() & now.trash.keys():
            assert before.trash[key] == now.trash[key], f"{key} changed in the trash"
        for key in before.files.keys() & now.trash.keys():
            self._was_trashed(key, before, now)
        for key in before.trash.keys() & now.files.keys():
            _was_restored(before.trash[key], key, now)
        for key in before.trash.keys() - now.trash.keys() - now.files.keys():
            assert self._was_purged(before.trash[key], key), f"{key} was purged by nobody"

    def _was_purged(self, trashed: TrashedFile, key: Arrival) -> bool:
        history, clock = self._world.history, self._world.clock
        emptied = any(
            tenant == key[0] and trashed.deleted_at <= until for tenant, until in history.empties
        )
        with_folder = (key[0], trashed.within) in history.folder_purges
        asked = key in history.purges or with_folder or emptied
        return asked or trashed.expired(clock.at_most())

    def _no_visible_file_lies_in_a_folder_that_is_gone(self, now: Snapshot) -> None:
        for (tenant, file_id), file in now.files.items():
            if file.folder_id is not None and not file.expired(self._world.clock.at_most()):
                assert (tenant, file.folder_id) in now.folders, f"{file_id} lies nowhere"

    def _folders_close_and_go_for_a_reason(self, before: Snapshot, now: Snapshot) -> None:
        history = self._world.history
        for key, was in before.folders.items():
            folder = now.folders.get(key)
            if folder is None:
                asked = key in history.folder_deletes
                assert asked or was.deleting, f"{key} was removed by nobody"
            elif folder.deleting and not was.deleting:
                within = folder.parent_id and now.folders[key[0], folder.parent_id].deleting
                asked = key in history.recursive_deletes
                assert asked or within, f"{key} was closed by nobody"
                assert folder.restored_with is None, f"{key} was closed while it was restored"
            else:
                assert folder.deleting or not was.deleting, f"{key} was opened again"

    def _folders_in_the_trash_agree(self, before: Snapshot, now: Snapshot) -> None:
        history = self._world.history
        vanished = {(owner, item.id) for owner, item, _ in history.vanished}
        for (tenant, folder_id), root in now.trashed_folders.items():
            if root.within is not None:
                continue
            inside = [gone.file for gone in now.trash.values() if gone.within == folder_id]
            held = sum((file.amount for file in inside), NOTHING)
            # TTL, which comes a day after the sweep, tells the folder nothing.
            assert root.files == held or vanished, f"{folder_id} counts {root.files}, not {held}"
            live = now.folders.get((tenant, folder_id))
            match root.state:
                case TrashState.FILLING:
                    assert live is not None
                    assert live.closed_for == folder_id
                case TrashState.RESTORING:
                    assert (tenant, folder_id) in history.folder_restores
                    assert live is None or live.restored_with == folder_id
                case _:
                    assert live is None, f"{folder_id} is in two places"
        for key, was in before.trashed_folders.items():
            root_key = (key[0], was.within or key[1])
            if key in now.trashed_folders:
                continue
            asked = root_key in history.folder_purges | history.folder_restores
            emptied = any(
                tenant == key[0] and was.deleted_at <= until for tenant, until in history.empties
            )
            expired = was.expired(self._world.clock.at_most())
            assert asked or emptied or expired, f"{key} left the trash for no reason"
            if key[1] == root_key[1]:
                lost = [gone for gone in now.trash.values() if gone.within == key[1]]
                assert not lost or expired, f"{key} left files behind"

    def _was_trashed(self, key: Arrival, before: Snapshot, now: Snapshot) -> None:
        was, trashed = before.files[key], now.trash[key]
        assert trashed.file == was, f"{key} changed on its way into the trash"
        assert trashed.deleted_at <= self._world.clock.at_most()
        folder = None if was.folder_id is None else before.folders[key[0], was.folder_id]
        with_folder = folder is not None and folder.deleting
        asked = key in self._world.history.trashes or _was_replaced(was, key, before, now)
        assert with_folder or asked, f"{key} was trashed by nobody"


def _was_replaced(was: File, key: Arrival, before: Snapshot, now: Snapshot) -> bool:
    """Tell whether a new file took the name in the same moment."""
    return any(
        upload.if_exists is IfExists.REPLACE
        and upload.status is UploadStatus.COMPLETED
        and before.uploads[owner, upload_id].status is UploadStatus.PENDING
        and now.files[owner, upload.file_id].folder_id == was.folder_id
        and folded(upload.filename) == folded(was.filename)
        for (owner, upload_id), upload in now.uploads.items()
        if owner == key[0] and (owner, upload_id) in before.uploads
    )


def _nothing_enters_a_closed_folder(before: Snapshot, now: Snapshot) -> None:
    closed = {key for key, folder in before.folders.items() if folder.deleting}
    if not closed:
        return
    for (tenant, file_id), file in now.files.items():
        if (tenant, file.folder_id) in closed:
            was = before.files.get((tenant, file_id))
            assert was is not None, f"{file_id} was put into {file.folder_id}"
            assert was.folder_id == file.folder_id, f"{file_id} was put into {file.folder_id}"
    for (tenant, folder_id), folder in now.folders.items():
        if (tenant, folder.parent_id) in closed:
            held = before.folders.get((tenant, folder_id))
            assert held is not None, f"{folder_id} was put into {folder.parent_id}"
            assert held.parent_id == folder.parent_id, f"{folder_id} was put into {held.parent_id}"


def _only_people_or_validation_changed(was: File, file: File) -> None:
    if file.revision == was.revision:
        validated = replace(
            was, status=file.status, status_details=file.status_details, sha256=file.sha256
        )
        assert file == validated, f"{file.id} changed without a revision"
        assert file == was or was.status is FileStatus.UPLOADED, f"{file.id} was validated twice"
    else:
        revised = replace(
            was,
            filename=file.filename,
            folder_id=file.folder_id,
            tags=file.tags,
            favorite=file.favorite,
            revised_at=file.revised_at,
            revision=was.revision + 1,
        )
        assert file == revised, f"{file.id} lost a change"


def _was_restored(trashed: TrashedFile, key: Arrival, now: Snapshot) -> None:
    file = now.files[key]
    as_it_was = replace(trashed.file, revision=trashed.file.revision + 1)
    place = now.folders.get((key[0], file.folder_id)) if file.folder_id else None
    assert place is None or not place.deleting
    if file.folder_id != as_it_was.folder_id:
        # One of the same path; or the root, if there is none and none can be made.
        as_it_was = replace(as_it_was, folder_id=file.folder_id)
    assert file == as_it_was, f"{key} is not as it was before it was trashed"
