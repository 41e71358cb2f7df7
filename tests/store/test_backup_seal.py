"""An encrypted file of a backup opens whole, or says what is wrong with it."""

import hashlib

import pytest

from ltc.store.backup_file import BackupReader, BackupWriter, Head, Section, SectionKind, SumsDiffer
from ltc.store.backup_seal import (
    CHUNK_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    BackupCutOff,
    BackupDamaged,
    BackupKeyMissing,
    BackupKeys,
    NotABackup,
)

KEYS = BackupKeys("b1", {"b1": bytes(range(32))})
HEAD = Head("2019-12-03T02:00:00+00:00", "0001", "0001", "sqlite", ["chongqing"], {}, True)
NOISE = hashlib.shake_256(b"as good as random").digest(3 * CHUNK_BYTES)
SEALED_CHUNK = 4 + CHUNK_BYTES + TAG_BYTES


def write(path, sections=((SectionKind.TABLE, [b"[1]\n", b"[2]\n[3]\n"]),
                          (SectionKind.DOCUMENT, [NOISE]))):  # fmt: skip
    with path.open("wb") as file:
        writer = BackupWriter(file, KEYS, HEAD)
        for number, (kind, blocks) in enumerate(sections):
            writer.add(Section(kind, f"s{number}", ["a"]), blocks)
        writer.close()
    return writer.sums


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ltc.ltcbackup"
    write(path)
    return path


def read(path, keys=KEYS):
    found = []
    with path.open("rb") as file:
        reader = BackupReader(file, keys, path.name)
        assert reader.head == HEAD
        sums = reader.read(lambda section, blocks: found.append((section.name, b"".join(blocks))))
    return found, sums


def begin_of_chunks(whole):
    return whole.index(b"\n") + 1 + SALT_BYTES


def test_what_was_written_is_read(tmp_path):
    sums = write(tmp_path / "a")
    found, said = read(tmp_path / "a")
    assert found == [("s0", b"[1]\n[2]\n[3]\n"), ("s1", NOISE)]
    assert said == sums
    assert (sums.tables["s0"].rows, sums.documents, sums.document_bytes) == (3, 1, len(NOISE))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_any_length_is_read(tmp_path, size):
    write(tmp_path / "a", [(SectionKind.DOCUMENT, [NOISE[:size]])])
    assert read(tmp_path / "a")[0] == [("s0", NOISE[:size])]


def test_what_nobody_reads_is_counted_all_the_same(path):
    with path.open("rb") as file:
        assert BackupReader(file, KEYS, "a").read(lambda *_section: None).documents == 1


def test_the_same_contents_are_never_the_same_bytes(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_sums_that_differ_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(Section, "digest", lambda _section: "0" * 64)
    write(tmp_path / "a")
    monkeypatch.undo()
    with pytest.raises(SumsDiffer, match="the table s0"):
        read(tmp_path / "a")


@pytest.mark.parametrize("left", [0, 10, 40, 60, CHUNK_BYTES, -1, -20])
def test_a_truncated_file_is_refused(path, left):
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises((BackupCutOff, NotABackup, BackupDamaged)) as caught:
        read(path)
    assert path.name in caught.value.message


def test_a_file_cut_off_between_two_parts_is_refused(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: begin_of_chunks(whole) + SEALED_CHUNK])
    with pytest.raises(BackupCutOff):
        read(path)


@pytest.mark.parametrize("place", [0, 14, 30, 52, 200, CHUNK_BYTES + 100, -5])
def test_a_changed_byte_is_refused(path, place):
    changed = bytearray(path.read_bytes())
    changed[place] ^= 1
    path.write_bytes(changed)
    with pytest.raises((BackupDamaged, NotABackup, BackupKeyMissing, BackupCutOff)) as caught:
        read(path)
    assert path.name in caught.value.message


def test_two_exchanged_parts_are_refused(path):
    whole = path.read_bytes()
    begin, size = begin_of_chunks(whole), SEALED_CHUNK
    first, second = whole[begin : begin + size], whole[begin + size : begin + 2 * size]
    path.write_bytes(whole[:begin] + second + first + whole[begin + 2 * size :])
    with pytest.raises(BackupDamaged):
        read(path)


def test_another_key_is_said(path):
    with pytest.raises(BackupKeyMissing, match="“b1”"):
        read(path, BackupKeys("b2", {"b2": bytes(32)}))
    with pytest.raises(BackupDamaged, match="another key has the name"):
        read(path, BackupKeys("b1", {"b1": bytes(32)}))


def test_a_rotated_key_opens_old_backups(path):
    assert read(path, BackupKeys("b2", {"b2": bytes(32), **KEYS.keys}))[1].documents == 1


def test_no_key_is_shown():
    assert "b1" in repr(KEYS)
    assert str(KEYS.keys["b1"]) not in repr(KEYS)
