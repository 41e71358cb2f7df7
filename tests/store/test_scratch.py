"""A scratch folder is its owner's alone, and stays as long as somebody works in it."""

from ltc.store.scratch import open_scratch, sweep


def test_a_scratch_folder_is_private_and_gone_afterwards(tmp_path):
    folder = tmp_path / "home" / "scratch"
    with open_scratch(folder) as scratch:
        (scratch / "plain.db").write_bytes(b"names")
        modes = [path.stat().st_mode & 0o777 for path in (folder, scratch)]
        assert modes == [0o700, 0o700]
    assert list(folder.iterdir()) == []


def test_only_what_nobody_works_in_is_swept(tmp_path):
    (tmp_path / "drill-killed").mkdir()
    (tmp_path / "drill-killed" / "plain.db").write_bytes(b"names")
    with open_scratch(tmp_path) as living:
        assert list(tmp_path.iterdir()) == [living]
        with open_scratch(tmp_path) as second:
            sweep(tmp_path)
            assert set(tmp_path.iterdir()) == {living, second}


def test_there_is_nothing_to_sweep_where_no_drill_was(tmp_path):
    sweep(tmp_path / "home" / "scratch")
    assert list(tmp_path.iterdir()) == []
