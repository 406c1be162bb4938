"""Making pictures anew from what was uploaded, so that nothing hidden in a file is ever served."""

from __future__ import annotations

import hashlib
import io

from flask_babel import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from petition.petitions.models import Picture
from petition.petitions.pictures import MOST_BYTES, PictureRefused

MOST_PIXELS = 50_000_000
LARGE_SIDE, LARGE_BYTES = 1600, 200_000
SMALL_SIDE, SMALL_BYTES = 320, 20_000
QUALITIES = (82, 70, 55, 40, 25)
FORMATS = ("JPEG", "PNG", "WEBP")
Image.MAX_IMAGE_PIXELS = None  # `_opened` measures before a pixel is read, and says so in our words


def make_anew(content: bytes) -> Picture:
    """What `pictures.make_anew` says."""
    if not content:
        raise PictureRefused(_("Choose a picture."))
    if len(content) > MOST_BYTES:
        raise PictureRefused(_("The picture is larger than 10 MB."))
    image = _opened(content)
    large, size = _encoded(image, LARGE_SIDE, LARGE_BYTES)
    small, _small_size = _encoded(image, SMALL_SIDE, SMALL_BYTES)
    name = hashlib.sha256(large).hexdigest()[:32]
    return Picture(name=name, width=size[0], height=size[1], large=large, small=small)


def _opened(content: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as file:
            if file.width * file.height > MOST_PIXELS:
                raise PictureRefused(_("The picture has more than 50 million points. Make it smaller."))
            upright = ImageOps.exif_transpose(file)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):  # what Pillow raises for broken files
        raise PictureRefused(_("This is not a JPEG, PNG or WebP picture, or it is damaged.")) from None


def _encoded(image: Image.Image, side: int, most: int) -> tuple[bytes, tuple[int, int]]:
    """The picture with no side longer than this and no more bytes than these: less sharp first, then smaller."""
    while True:
        sized = image.copy()
        sized.thumbnail((side, side))
        for quality in QUALITIES:
            file = io.BytesIO()
            sized.save(file, "WEBP", quality=quality, exif=b"", icc_profile=b"", xmp=b"")
            if file.tell() <= most:
                return file.getvalue(), sized.size
        side = side * 3 // 4
