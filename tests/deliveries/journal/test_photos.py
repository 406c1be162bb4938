"""Photographs: made anew, described, and gone for good when somebody on them did not agree."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from petition.core.db import writing
from petition.deliveries.journal import photos
from petition.petitions import service as petitions
from petition.petitions.models import State
from petition.petitions.picture_making import LARGE_BYTES, SMALL_BYTES
from tests.conftest import SLUG
from tests.databases import raw_engine
from tests.deliveries.journal import made
from tests.deliveries.journal.conftest import Officer

GPS = 0x8825


def add(officer: Officer, one: str, colour: str = "red", alt: str = "A closed gate") -> str:
    """Adds a photograph that a telephone took at a place; the path of the larger one."""
    told = Image.Exif()
    told[0x010F] = "Camera of Ana"
    told.get_ifd(GPS)[1] = "N"
    file = made.photo(colour, exif=told.tobytes())
    assert b"Camera of Ana" in file.getvalue()
    officer.done(f"/organiser/deliveries/{one}/photos", photo=(file, "IMG_ana.jpg"), alt=alt)
    shown: str = re.findall(rf'href="(/deliveries/{one}/photos/[^"]+)"', officer.look(f"/deliveries/{one}"))[-1]
    return shown


def test_a_photograph_is_shown_with_its_words_and_tells_nothing_of_place_or_camera(officer: Officer) -> None:
    (one,) = officer.plan("London")
    path = add(officer, one)
    page = officer.look(f"/deliveries/{one}")
    assert 'alt="A closed gate"' in page
    for address, side, most in ((path, 1600, LARGE_BYTES), (path.replace(".webp", "-small.webp"), 320, SMALL_BYTES)):
        assert address in page
        answer = officer.app.test_client().get(address)
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=600"
        assert "Set-Cookie" not in answer.headers
        assert len(answer.data) <= most
        image = Image.open(io.BytesIO(answer.data))
        assert (image.width, dict(image.getexif())) == (side, {})
        assert b"Ana" not in answer.data
        assert b"EXIF" not in answer.data


def test_a_deleted_photograph_is_gone_and_the_page_says_why(officer: Officer) -> None:
    (one,) = officer.plan("London")
    add(officer, one, "blue", "Our banner")
    path = add(officer, one, alt="Secret Face")
    name = path.rpartition("/")[2].partition(".")[0]
    remove = f"/organiser/deliveries/{one}/photos/{name}/remove"
    assert officer.press(remove, why=" ").status_code == 422
    assert officer.app.test_client().get(path).status_code == 200
    officer.done(remove, why="Somebody did not agree")
    for address in (path, path.replace(".webp", "-small.webp")):
        assert officer.app.test_client().get(address).status_code == 404
    page = officer.look(f"/deliveries/{one}")
    assert re.search(r"A photograph was deleted here on .*Somebody did not agree", page)
    assert "Our banner" in page
    assert "Secret Face" not in page + officer.look(f"/api/v1/deliveries/{one}") + officer.desk(one)
    with raw_engine(officer.app.config["DATABASE_URL"]) as engine, engine.connect() as connection:
        left = connection.exec_driver_sql(f"SELECT large, small, alt FROM delivery_photo WHERE name = '{name}'").one()
    assert tuple(left) == (None, None, "")
    officer.done(remove, why="They did not agree")
    assert re.search(r"A photograph was deleted here on .*They did not agree", officer.look(f"/deliveries/{one}"))
    assert officer.app.test_client().get(path).status_code == 404
    again = officer.press(f"/organiser/deliveries/{one}/photos", photo=(made.photo("red"), "a.jpg"), alt="Again")
    assert (again.status_code, "or was taken away" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("file", "alt", "problem"),
    [
        (lambda: made.photo(), "", "Fill this in."),
        (lambda: io.BytesIO(b""), "A gate", "Choose a picture."),
        (lambda: io.BytesIO(b"<svg onload='alert(1)'/>"), "A gate", "This is not a JPEG, PNG or WebP picture"),
    ],
)
def test_what_is_no_photograph_or_has_no_words_is_refused(
    officer: Officer, file: object, alt: str, problem: str
) -> None:
    (one,) = officer.plan("London")
    answer = officer.press(f"/organiser/deliveries/{one}/photos", photo=(file(), "a.jpg"), alt=alt)
    assert (answer.status_code, problem in answer.text) == (422, True)
    assert "<img" not in officer.look(f"/deliveries/{one}")


def test_a_delivery_has_so_many_photographs_and_no_more(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST", 1)
    (one,) = officer.plan("London")
    add(officer, one)
    answer = officer.press(f"/organiser/deliveries/{one}/photos", photo=(made.photo("blue"), "a.jpg"), alt="More")
    assert (answer.status_code, "1 photographs at most" in answer.text) == (422, True)


def test_photographs_are_hidden_with_their_petition_and_found_by_no_other_delivery(officer: Officer) -> None:
    one, other = officer.plan("London", "Seoul")
    path = add(officer, one)
    reader = officer.app.test_client()
    for address in (path.replace(one, other), path.replace(".webp", ".jpg"), path.replace(".webp", "-x.webp")):
        assert reader.get(address).status_code == 404, address
    with officer.app.app_context(), writing() as session:
        petitions.find(session, SLUG).state = State.HIDDEN
    assert reader.get(path).status_code == 404
