"""What a package's cover letter says, as it was at the moment of the snapshot."""

from __future__ import annotations

from typing import Any

from petition.deliveries.packages.models import Package


def letter_facts(package: Package) -> dict[str, Any]:
    """The petition's text in the package's language, who hands it over, and to whom. Nothing of a signer."""
    petition, mission = package.petition, package.mission
    words = petition.in_language(package.language)
    return {
        "language": words.locale,
        "title": words.title,
        "body": words.body,
        "organisations": [petition.organisation.name, *(partner.name for partner in petition.partners)],
        "mission": {
            "name": mission.name,
            "postal_address": mission.postal_address,
            "head_title": mission.head_title,
            "form_of_address": mission.form_of_address,
        },
    }


def letter_of(package):
    from petition.deliveries.pdf_volume import repacked
    import pikepdf, io
    def make():
        doc = pikepdf.new(); doc.add_blank_page(); b = io.BytesIO(); doc.save(b, deterministic_id=True); return b.getvalue()
    return make
