"""The fonts that lists are set in: where they are, what they can draw, in which order they are asked."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont

from petition.deliveries.lines import ListError

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_HAN = {"ja": "JP", "ko": "KR", "zh-Hans": "SC", "zh-Hant": "TC", "zh-HK": "HK"}


def font_folders() -> list[str]:
    """The folders of the font packages. Raises ListError where one is not installed."""
    folders: list[str] = []
    for package in _PACKAGES:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ListError(f"the fonts of the package {package.replace('_', '-')} are not installed")
        folders += spec.submodule_search_locations
    return folders


@cache
def coverage() -> frozenset[int]:
    """Every code point that some font of the chain can draw. Read once per process, in about 0.3 s."""
    return frozenset(point for font in _fonts() for point in font.getBestCmap())


@cache
def chains() -> dict[str, list[str]]:
    """For each way of writing Han characters, all families in the order in which a glyph is looked for."""
    names = sorted({font["name"].getBestFamilyName() for font in _fonts()} - {"Noto Sans"})
    other = [name for name in names if "CJK" not in name]
    cjk = {way: f"Noto Sans CJK {region}" for way, region in _HAN.items()}
    return {
        way: ["Noto Sans", first, *other, *(name for name in cjk.values() if name != first)]
        for way, first in cjk.items()
    }


@cache
def _fonts() -> list[TTFont]:
    paths = [path for folder in font_folders() for path in sorted(Path(folder).iterdir())]
    single = [TTFont(path, lazy=True) for path in paths if path.suffix in (".ttf", ".otf")]
    # All faces of a collection here draw the same characters, each in its region's manner.
    packed = [TTCollection(path, lazy=True).fonts[0] for path in paths if path.suffix == ".ttc"]
    for font in packed:
        # Reading 45,000 glyph names takes half a second, and nobody asks for them.
        font.setGlyphOrder([f"g{number}" for number in range(font["maxp"].numGlyphs)])
    return single + packed
