"""All the ways of naming people that the demo knows, by key."""

from petition.demo import (
    names_asia_and_africa,
    names_east_asia,
    names_east_europe,
    names_west_europe_and_americas,
)
from petition.demo.style import Style

STYLES: dict[str, Style] = {
    **names_east_asia.STYLES,
    **names_asia_and_africa.STYLES,
    **names_west_europe_and_americas.STYLES,
    **names_east_europe.STYLES,
}
