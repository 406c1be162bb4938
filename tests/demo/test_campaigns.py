"""The texts of the demo's petitions and the signers that belong to them."""

import tomllib
from collections import Counter

import pytest

from petition.demo.campaigns import CAMPAIGNS, Campaign

KEYS = {"slug", "organisation", "title", "addressee", "goal", "locale", "state", "addressee_country"}


def parts(campaign: Campaign) -> tuple[dict[str, object], str]:
    before, front_matter, text = campaign.path.read_text(encoding="utf-8").split("+++\n", 2)
    assert before == ""
    return tomllib.loads(front_matter), text


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.path.stem)
def test_front_matter_has_the_keys_that_loading_needs(campaign: Campaign) -> None:
    front_matter, text = parts(campaign)
    assert set(front_matter) == KEYS
    assert front_matter["slug"] == campaign.path.stem
    assert front_matter["organisation"] == campaign.organisation_slug
    assert front_matter["state"] == "open"
    assert isinstance(front_matter["goal"], int)
    assert len(text.split()) > 50


def test_the_main_text_is_addressed_as_the_campaign_was() -> None:
    front_matter, text = parts(CAMPAIGNS[0])
    assert front_matter["title"] == "Stop the repatriation of North Korean refugees"
    assert front_matter["addressee"] == "the President of the People's Republic of China"
    assert (front_matter["addressee_country"], front_matter["goal"]) == ("CN", 200_000)
    assert 300 <= len(text.split()) <= 400


def test_only_the_main_campaign_grows_with_what_is_asked_for() -> None:
    assert [sum(1 for _ in campaign.signatures(2000)) for campaign in CAMPAIGNS] == [2000, 412, 87]


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.path.stem)
def test_most_signers_come_from_where_the_language_is_spoken(campaign: Campaign) -> None:
    home = next(iter(campaign.shares))
    signers = list(campaign.signatures(2000))
    assert Counter(one.country for one in signers).most_common(1)[0][0] == home
    assert {one.country for one in signers} <= set(campaign.shares)
    assert all(campaign.opened_at <= one.created_at for one in signers)
