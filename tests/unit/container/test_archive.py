"""Archives that are no model's: damaged, forged, or much too large. None may end more than its own use."""

import io
import json
import random
import tarfile
from pathlib import Path

import numpy as np
import pytest

from container.evaluate.archive import load_archive
from container.model import ModelUnusable
from container.signature import SignatureError

SIGNATURE = {
    "dataset": "made",
    "task": "regression",
    "entity": "machine",
    "features": [],
    "features_hash": "0",
    "target": "result",
    "outputs": ["prediction"],
    "split": "by machine",
    "classes": [],
    "horizon_days": None,
    "format": 2,
}


def archive(folder: Path, *links: tuple[str, str, bytes], **files: bytes) -> Path:
    """An archive of signature.json, training.json, model.ubj and learned_rows.npy, and of links."""
    names = {"signature": "signature.json", "training": "training.json", "model": "model.ubj"}
    path = folder / "model.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(names.get(name, "learned_rows.npy"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, to, kind in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, to
            tar.addfile(info)
    return path


def signature(**changes: object) -> bytes:
    return json.dumps(SIGNATURE | changes).encode()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("to", ["/etc/passwd", "../../secret", "signature.json"])
def test_a_link_leads_nowhere(tmp_path: Path, kind: bytes, to: str) -> None:
    with pytest.raises(ModelUnusable, match=r"signature\.json"):
        load_archive(archive(tmp_path, ("signature.json", to, kind)))


def test_an_archive_that_holds_more_than_any_model_is_not_read(tmp_path: Path) -> None:
    bomb = archive(tmp_path, signature=b" " * 30_000_000)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(ModelUnusable, match="more than any model"):
        load_archive(bomb, most_bytes=20_000_000)


@pytest.mark.parametrize(
    ("told", "training"),
    [
        (b"[]", b"{}"),
        (b"\xff\xfe\xff", b"{}"),
        (b"[" * 100_000, b"{}"),
        (signature(task=["regression"]), b"{}"),
        (signature(), b"[]"),
        (signature(), b'{"algorithm": ["xgboost"]}'),
        (signature(), b'{"algorithm": "../../os"}'),
        (signature(), b'{"sha256": [1]}'),
    ],
)
def test_documents_of_another_shape_are_unusable(tmp_path: Path, told: bytes, training: bytes) -> None:
    with pytest.raises(ModelUnusable):
        load_archive(archive(tmp_path, signature=told, training=training, model=b"x"))


@pytest.mark.parametrize("rows", [np.zeros((2, 2)), np.array(["x"]), np.array(5), np.array([])])
def test_learned_rows_of_another_shape_are_unusable(tmp_path: Path, rows: np.ndarray) -> None:
    content = io.BytesIO()
    np.save(content, rows, allow_pickle=False)
    with pytest.raises(ModelUnusable, match=r"learned_rows\.npy"):
        load_archive(archive(tmp_path, signature=signature(), training=b"{}", rows=content.getvalue()))


def test_an_archive_with_any_bits_turned_is_unusable_and_no_crash(tmp_path: Path) -> None:
    chance = random.Random(0)
    path = archive(tmp_path, signature=signature(), training=b"{}", model=chance.randbytes(20_000))
    whole = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 3, 20])):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises((ModelUnusable, SignatureError)):
            load_archive(path)
