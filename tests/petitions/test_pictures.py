"""Pictures: made anew, small, without what a camera writes into them."""

from __future__ import annotations

import io
import random
import re
import struct
import zlib

import pytest
from flask import Flask
from PIL import Image

from petition.petitions import pictures
from petition.petitions.models import State
from tests.conftest import SLUG, add_petition, signed_in
from tests.petitions.writing import change, token_on, write


def photograph(size: tuple[int, int] = (60, 40), kind: str = "JPEG", **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **more)
    return file.getvalue()


def noise(side: int) -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)).save(file, "PNG")
    return file.getvalue()


def test_metadata_does_not_survive_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by the camera
    exif[0x010E] = "taken at home by Ana"
    made = pictures.make_anew(photograph(exif=exif, comment=b"secret place"))
    assert (made.width, made.height) == (40, 60)
    for content in (made.large, made.small):
        assert b"Ana" not in content
        assert b"secret" not in content
        opened = Image.open(io.BytesIO(content))
        assert (opened.format, len(opened.getexif()), opened.info.get("icc_profile")) == ("WEBP", 0, None)


def test_the_worst_picture_is_small_enough() -> None:
    made = pictures.make_anew(noise(1700))
    assert len(made.large) <= 200_000
    assert len(made.small) <= 20_000
    assert max(made.width, made.height) <= 1600


def test_a_transparent_picture_stays_so() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(file, "PNG")
    assert Image.open(io.BytesIO(pictures.make_anew(file.getvalue()).large)).mode == "RGBA"


def png_that_says_it_is(width: int, height: int) -> bytes:
    """A few bytes that would need gigabytes of memory."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Choose a picture"),
        (b"<svg onload=alert(1)>", "not a JPEG"),
        (photograph()[:300], "damaged"),
        (photograph(kind="GIF"), "not a JPEG"),
        (photograph(kind="TIFF"), "not a JPEG"),
        (png_that_says_it_is(60_000, 60_000), "50 million"),
        (png_that_says_it_is(100, 100), "damaged"),
        (b"\xff\xd8" + b"x" * 10 * 1024 * 1024, "10 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_plain_words(content: bytes, why: str) -> None:
    with pytest.raises(pictures.PictureRefused, match=why):
        pictures.make_anew(content)


def upload(app: Flask, content: bytes, slug: str = SLUG, **more: str) -> tuple[int, str]:
    """Sends the form of the editor; returns the status and the picture's address on the public page."""
    owner = signed_in(app)
    form = {"csrf_token": token_on(owner.get("/organiser/petitions/new").text), **more}
    file = (io.BytesIO(content), "a.jpg")
    sent = owner.post(f"/organiser/petitions/{slug}/picture", data={**form, "picture": file})
    found = re.search(r'<img class="picture" src="([^"]+)"', app.test_client().get(f"/petitions/{slug}").text)
    return sent.status_code, found[1] if found else ""


def test_a_picture_is_served_from_here_and_kept_for_ever(app: Flask) -> None:
    add_petition(app)
    status, address = upload(app, photograph((3000, 2000), comment=b"secret"))
    assert status == 303
    assert re.fullmatch(r"/uploads/[0-9a-f]{32}\.webp", address)
    served = app.test_client().get(address)
    assert served.content_type == "image/webp"
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(served.data)).size == (1600, 1067)
    small = app.test_client().get(address.replace(".webp", "-small.webp"))
    assert Image.open(io.BytesIO(small.data)).width == 320
    assert address.replace(".webp", "-small.webp") in app.test_client().get("/").text
    assert write(signed_in(app), do="publish", en__picture_alt="A dam").status_code == 303
    assert 'alt="A dam"' in app.test_client().get(f"/petitions/{SLUG}").text
    change(app, state=State.TAKEN_DOWN)
    assert app.test_client().get(address).status_code == 404


def test_a_former_picture_is_deleted_and_the_same_serves_two_petitions(app: Flask) -> None:
    add_petition(app)
    _status, first = upload(app, photograph())
    _status, second = upload(app, photograph((30, 30)))
    assert (app.test_client().get(first).status_code, app.test_client().get(second).status_code) == (404, 200)
    add_petition(app, "other")
    status, other = upload(app, photograph((30, 30)), "other")
    assert status == 303
    assert upload(app, b"", do="remove") == (303, "")
    assert app.test_client().get(other).status_code == 200
    assert upload(app, b"no picture")[0] == 422
    assert app.test_client().get("/uploads/nothing.exe").status_code == 404
