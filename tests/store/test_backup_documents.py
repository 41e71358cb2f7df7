"""What of the folder of documents goes into a backup, while others write in it."""

from ltc.services.uploads import keep_upload, uploads_folder
from ltc.store.backup_documents import list_documents, read_documents
from ltc.store.documents import keep_file, path_of
from ltc.store.sealing import KeyRing

KEYS = KeyRing("k1", {"k1": bytes(32)}, bytes(32))


def test_uploads_stay_out_of_a_backup(tmp_path):
    digest = keep_file(tmp_path, 1, b"%PDF a statement")
    source = tmp_path / "people.csv"
    source.write_bytes(b"identity,name\n500112194001011234,x\n")
    with source.open("rb") as file:
        keep_upload(uploads_folder(tmp_path), file, KEYS)
    (uploads_folder(tmp_path) / "arriving-1").write_bytes(b"identity")
    source.unlink()
    assert list(list_documents(tmp_path)) == [path_of(tmp_path, 1, digest)]


def test_a_file_that_is_gone_before_its_turn_is_left_out(tmp_path):
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (tmp_path / name).write_bytes(name.encode())
    found = read_documents(tmp_path)
    read = {}
    for section, blocks in found:
        read[section.name] = b"".join(blocks)
        (tmp_path / "b.pdf").unlink(missing_ok=True)
    assert read == {"a.pdf": b"a.pdf", "c.pdf": b"c.pdf"}
