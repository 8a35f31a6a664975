"""Artefacts: named by content, whole or not at all."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrid import storage

CONTENT = b"science"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def stored(artefacts) -> list[str]:
    return sorted(path.relative_to(artefacts).as_posix() for path in artefacts.rglob("*") if path.is_file())


def test_an_artefact_is_named_by_its_content(artefacts):
    key = storage.keep(lambda path: path.write_bytes(CONTENT), suffix=".fits")
    assert key == f"{SHA256[:2]}/{SHA256[2:]}.fits"
    assert storage.path_of(key).read_bytes() == CONTENT
    assert stored(artefacts) == [key]


def test_the_same_content_is_stored_once(artefacts, tmp_path):
    first, second = tmp_path / "first.fits", tmp_path / "second.FITS.old.fits"
    for path in (first, second):
        path.write_bytes(CONTENT)
    keys = {storage.keep_file(path, sha256=SHA256) for path in (first, second)}
    keys.add(storage.keep(lambda path: path.write_bytes(CONTENT), suffix=".fits"))
    assert len(keys) == 1
    assert stored(artefacts) == sorted(keys)
    assert first.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("image.fits", ".fits"),
        ("image.fits.fz", ".fits.fz"),
        ("image.mini.fits", ".fits"),
        ("2020.03.01 night 1.5.fit.gz", ".fit.gz"),
        ("model.onnx", ".onnx"),
        ("nameless", ""),
    ],
)
def test_a_files_key_keeps_the_suffix_that_says_what_it_is(artefacts, tmp_path, name, suffix):
    path = tmp_path / name
    path.write_bytes(CONTENT)
    assert storage.keep_file(path, sha256=SHA256) == f"{SHA256[:2]}/{SHA256[2:]}{suffix}"


def test_a_writer_that_fails_leaves_nothing(artefacts):
    def write(path):
        path.write_bytes(b"half of ")
        raise RuntimeError("out of paper")

    with pytest.raises(RuntimeError, match="out of paper"):
        storage.keep(write, suffix=".fits")
    assert stored(artefacts) == []


def test_a_file_that_changes_while_it_is_copied_leaves_nothing(artefacts, tmp_path):
    source = tmp_path / "image.fits"
    source.write_bytes(b"another telescope's")
    with pytest.raises(OSError, match="changed while it was copied"):
        storage.keep_file(source, sha256=SHA256)
    assert stored(artefacts) == []


def test_nobody_else_on_the_machine_reads_artefacts(artefacts):
    path = storage.path_of(storage.keep(lambda path: path.write_bytes(CONTENT), suffix=""))
    assert [p.stat().st_mode & 0o077 for p in (artefacts, path.parent, path)] == [0, 0, 0]


@pytest.mark.parametrize("key", ["", ".", "../secret", "ab/../../secret", "/etc/passwd"])
def test_a_key_that_points_out_of_the_store_is_refused(artefacts, key):
    with pytest.raises(ValueError, match="is not in the artefact store"):
        storage.path_of(key)


def test_a_link_out_of_the_store_is_not_followed(artefacts, tmp_path):
    artefacts.mkdir()
    (artefacts / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="is not in the artefact store"):
        storage.path_of("link/secret")


@given(st.dictionaries(st.text(), st.integers() | st.none() | st.lists(st.booleans())))
def test_the_digest_of_json_does_not_depend_on_the_order_of_keys(value):
    assert storage.digest_of_json(value) == storage.digest_of_json(dict(reversed(value.items())))


def test_the_digest_of_json_depends_on_every_value():
    assert storage.digest_of_json({"seed": 1}) != storage.digest_of_json({"seed": 2})
