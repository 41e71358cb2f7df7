"""A sealed file reads like the bytes that were written, from any place, and nothing of them is seen."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.store.backup_seal import CHUNK_BYTES
from ltc.store.sealed_files import SealedFileBroken, open_sealed, write_sealed
from ltc.store.sealing import KeyRing

RING = KeyRing("k1", {"k1": bytes(range(32))}, bytes(32))
NOISE = hashlib.shake_256(b"as good as random").digest(2 * CHUNK_BYTES + 7)


def write(path, content, ring=RING):
    with path.open("wb") as file:
        sealed = write_sealed(file, ring)
        for start in range(0, len(content), 100_000):
            sealed.write(content[start : start + 100_000])
        sealed.close()
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("sealed") / "file", NOISE)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, len(NOISE)])
def test_every_length_comes_back(tmp_path, size):
    with open_sealed(write(tmp_path / "file", NOISE[:size]), RING) as file:
        assert file.read() == NOISE[:size]
        assert file.seek(0, 2) == size


@given(st.lists(st.tuples(st.integers(0, len(NOISE) + 9), st.integers(0, 300_000)), max_size=5))
def test_any_place_reads_as_in_the_bytes_themselves(path, places):
    with open_sealed(path, RING) as file:
        for start, length in places:
            file.seek(start)
            assert file.read(length) == NOISE[start : start + length]


def test_nothing_of_the_text_lies_in_the_file(tmp_path):
    text = "500112194001011234,王淑珍".encode()
    assert text[:18] not in write(tmp_path / "file", text * 9).read_bytes()


@pytest.mark.parametrize("place", [200, CHUNK_BYTES + 500, -1])
def test_a_changed_byte_is_refused(tmp_path, path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(SealedFileBroken), open_sealed(tmp_path / "file", RING) as file:
        file.read()


def test_a_file_without_its_end_is_refused(tmp_path, path):
    (tmp_path / "file").write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SealedFileBroken), open_sealed(tmp_path / "file", RING) as file:
        file.read()


@pytest.mark.parametrize("ring", [KeyRing("k2", {"k2": bytes(32)}, bytes(32)),
                                  KeyRing("k1", {"k1": bytes(32)}, bytes(32))])  # fmt: skip
def test_another_key_opens_nothing(path, ring):
    with pytest.raises(SealedFileBroken), open_sealed(path, ring) as file:
        file.read()


def test_what_is_no_sealed_file_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"identity,name\n500112194001011234,x\n")
    with pytest.raises(SealedFileBroken):
        open_sealed(tmp_path / "file", RING)
