"""The petitions of the demo: their texts, who runs them and how many sign."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from petition.demo.countries import SHARES
from petition.demo.generator import OPENED_AT, DemoSignature, signatures

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Campaign:
    """A petition of the demo and its signers.

    `path` is a text in the format of `petition load`, `share` a fixed number of signatures or None for as
    many as are asked for, `shares` the weights of the countries they come from.
    """

    path: Path
    organisation_slug: str
    organisation_name: str
    opened_at: datetime
    share: int | None
    seed: int
    shares: Mapping[str, float]

    def signatures(self, asked: int) -> Iterator[DemoSignature]:
        """The campaign's signatures; `asked` is how many the main one shall have.

        Raises ValueError when that is negative.
        """
        count = asked if self.share is None else self.share
        return signatures(count, self.seed, len(self.shares), shares=self.shares, opened_at=self.opened_at)


CAMPAIGNS: tuple[Campaign, ...] = (
    Campaign(
        path=_HERE / "stop-the-repatriation.md",
        organisation_slug="refugee-coalition",
        organisation_name="Coalition for North Korean Refugees",
        opened_at=OPENED_AT,
        share=None,
        seed=2012,
        shares=SHARES,
    ),
    Campaign(
        path=_HERE / "reunite-families.md",
        organisation_slug="families-apart",
        organisation_name="헤어진 가족 모임",
        opened_at=datetime(2012, 2, 20, 1, tzinfo=UTC),
        share=412,
        seed=7,
        shares={"KR": 80, "US": 9, "JP": 4, "CA": 2, "AU": 1.5, "DE": 1, "CN": 1, "GB": 0.8, "NZ": 0.7},
    ),
    Campaign(
        path=_HERE / "library-on-saturdays.md",
        organisation_slug="library-friends",
        organisation_name="Freundeskreis Stadtbücherei Birkenfurt",
        opened_at=datetime(2012, 3, 1, 8, tzinfo=UTC),
        share=87,
        seed=11,
        shares={"DE": 92, "AT": 4, "CH": 2, "PL": 1, "NL": 1},
    ),
)
