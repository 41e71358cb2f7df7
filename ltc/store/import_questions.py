"""What can be asked about imported files, narrowed to what the actor may see."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.rules.imports import ImportStatus
from ltc.store.imports import ImportFile
from ltc.store.paging import Page, page
from ltc.store.scope import visible

FINISHED = (ImportStatus.DONE, ImportStatus.REFUSED)
ORDER: tuple[Any, ...] = (ImportFile.uploaded_at, ImportFile.id)


class ImportNotFound(NotFound):
    """There is no such import, or it is not yours to see."""


def get_import(session: Session, actor: Actor, import_id: int) -> ImportFile:
    """Return an imported file; raises ImportNotFound."""
    query = visible(sa.select(ImportFile).where(ImportFile.id == import_id), actor)
    file: ImportFile | None = session.scalar(query)
    if file is None:
        raise ImportNotFound
    return file


def list_imports(session: Session, actor: Actor, cursor: str | None) -> Page[ImportFile]:
    """Return a page of imported files, newest first; raises CursorBroken."""
    return page(session, visible(sa.select(ImportFile), actor), ORDER, cursor, descending=True)


def is_upload_needed(session: Session, file_digest: str) -> bool:
    """Whether an import that is not finished yet still needs the uploaded file."""
    query = sa.select(ImportFile.id).where(
        ImportFile.file_digest == file_digest, ImportFile.status.not_in(FINISHED)
    )
    return session.scalar(query.limit(1)) is not None
