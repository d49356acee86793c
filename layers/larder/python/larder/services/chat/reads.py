"""The tools that read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.trash import TrashedFile
from larder.services.chat.arguments import MAX_ROWS
from larder.services.chat.results import (
    ActionRow,
    Actions,
    FileDetails,
    FileRow,
    Files,
    FolderContents,
    FolderRow,
    Trash,
    TrashedFolderRow,
    TrashRow,
    Usage,
    day,
    row_of,
)
from larder.services.files.get import get_file
from larder.services.space.cursors import cursor_of, cursor_scope, position_of
from larder.services.space.find_files import file_query, find_files
from larder.services.space.get_folder import get_folder
from larder.services.space.list_folders import list_folders
from larder.services.space.list_trash import list_trash
from larder.services.space.ports import Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId
    from larder.services.chat import arguments as args
    from larder.services.chat.ports import ActionLog, SigningKey
    from larder.services.chat.session import Session
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.projects.ports import UsageRecords
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import FileSearch, FolderRecords, Page, TrashRecords

_FILES_BEGIN = Position("files", "")
"""Where the files of a folder begin, after its folders."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The lists and the records that a model may see."""

    files: FileRecords
    search: FileSearch
    folders: FolderRecords
    trash: TrashRecords
    folder_trash: FolderTrash
    usage: UsageRecords
    actions: ActionLog
    cursor_key: SigningKey
    clock: Clock

    def search_files(self, session: Session, asked: args.Search) -> Files:
        """Find files of the whole project by name, tag, type, folder or favorite mark."""
        query = file_query(
            session.tenant,
            folder_id=asked.folder_id,
            tag=asked.tag,
            favorite=asked.favorite,
            name_part=asked.query,
            mime_prefix=asked.mime_type,
            sort=asked.sort,
            order=asked.order,
            folders=self.folders,
        )
        scope = cursor_scope(session.tenant, "tool files", query)
        found = find_files(
            session.tenant,
            query,
            limit=asked.limit,
            after=self._after(asked.cursor, scope),
            search=self.search,
            clock=self.clock,
        )
        session.saw(asked.folder_id, *(file.id for file in found.items))
        session.saw(*(file.folder_id for file in found.items))
        cursor = self._cursor(found.next, scope)
        return Files([FileRow.of(file) for file in found.items], cursor is not None, cursor)

    def list_folder(self, session: Session, asked: args.List) -> FolderContents:
        """List a folder: first the folders in it, by name, then its files, by name."""
        tenant, scope = session.tenant, cursor_scope(session.tenant, "tool folder", asked.folder_id)
        after = self._after(asked.cursor, scope)
        folders: list[FolderRow] = []
        following: Position | None = None
        if after is None or after.id.startswith("folder-"):
            page = list_folders(
                tenant, asked.folder_id, limit=MAX_ROWS, after=after, folders=self.folders
            )
            folders = [FolderRow.of(folder) for folder in page.items]
            after, following = None, page.next
        found: tuple[File, ...] = ()
        if following is None and len(folders) < MAX_ROWS:
            contents = self._files_in(tenant, asked.folder_id, MAX_ROWS - len(folders), after)
            found, following = contents.items, contents.next
        elif following is None:
            following = _FILES_BEGIN
        session.saw(asked.folder_id, *(row.id for row in folders), *(file.id for file in found))
        cursor = self._cursor(following, scope)
        rows = [FileRow.of(file) for file in found]
        return FolderContents(folders, rows, cursor is not None, cursor)

    def get_file(self, session: Session, asked: args.OneFile) -> FileDetails:
        """Get all that is known of one file, its folders included."""
        file = get_file(session.tenant, asked.file_id, files=self.files, clock=self.clock)
        way = list(self._way_up(session.tenant, file.folder_id))
        session.saw(file.id, file.folder_id)
        return FileDetails(
            **{**row_of(file), "tags": list(file.tags)},
            path="/" + "/".join(reversed(way)),
            updated_at=day(file.updated_at),
            purpose=file.purpose,
            status=file.status,
            expires_at=None if file.expires_at is None else day(file.expires_at),
        )

    def list_trash(self, session: Session, asked: args.NextPage) -> Trash:
        """List what is in the trash, the last deleted first."""
        scope = cursor_scope(session.tenant, "tool trash")
        page = list_trash(
            session.tenant,
            limit=MAX_ROWS,
            after=self._after(asked.cursor, scope),
            trash=self.trash,
            folder_trash=self.folder_trash,
            clock=self.clock,
        )
        files = [each for each in page.items if isinstance(each, TrashedFile)]
        folders = [each for each in page.items if not isinstance(each, TrashedFile)]
        session.saw(*(trashed.file.id for trashed in files))
        session.saw(*(trashed.folder.id for trashed in folders))
        cursor = self._cursor(page.next, scope)
        return Trash(
            [TrashRow.in_trash(each) for each in files],
            [TrashedFolderRow.of(each) for each in folders],
            more=cursor is not None,
            cursor=cursor,
        )

    def list_actions(self, session: Session, asked: args.NextPage) -> Actions:
        """List the changes of the last 30 days that the file manager made, the newest first."""
        scope = cursor_scope(session.tenant, "tool actions")
        page = self.actions.page(
            session.tenant,
            limit=MAX_ROWS,
            after=self._after(asked.cursor, scope),
            now=self.clock(),
        )
        session.saw(*(action.id for action in page.items))
        cursor = self._cursor(page.next, scope)
        return Actions([ActionRow.of(each) for each in page.items], cursor is not None, cursor)

    def get_usage(self, session: Session, _: args.Nothing) -> Usage:
        """Tell how many files and bytes the project stores, and how many it may."""
        found = self.usage.get(session.tenant)
        if found is None:
            raise LookupError(session.tenant)
        expired = self.usage.expired_files(session.tenant, self.clock(), keep_going=lambda: True)
        used = found.without(expired)
        return Usage(used.used.files, used.limit.files, used.used.bytes, used.limit.bytes)

    def _files_in(
        self, tenant: TenantId, folder_id: str, limit: int, after: Position | None
    ) -> Page[File]:
        query = file_query(
            tenant,
            folder_id=folder_id,
            tag=None,
            favorite=None,
            name_part=None,
            mime_prefix=None,
            sort="name",
            order=None,
            folders=self.folders,
        )
        place = None if after == _FILES_BEGIN else after
        return find_files(
            tenant, query, limit=limit, after=place, search=self.search, clock=self.clock
        )

    def _way_up(self, tenant: TenantId, folder_id: FolderId | None) -> Iterable[str]:
        while folder_id is not None:
            folder = get_folder(tenant, folder_id, folders=self.folders)
            yield folder.name
            folder_id = folder.parent_id

    def _after(self, cursor: str | None, scope: bytes) -> Position | None:
        return position_of(cursor, scope, self.cursor_key)

    def _cursor(self, position: Position | None, scope: bytes) -> str | None:
        # The key is read only for a list that goes on.
        return None if position is None else cursor_of(position, scope, self.cursor_key())
