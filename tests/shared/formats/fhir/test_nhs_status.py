"""Whether an NHS number was traced, as FHIR says it."""

from typing import Any

import pytest

from shared.clinic.patient import Patient
from shared.formats.fhir.patient import patient

NUMBER = "9434765919"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
STU3 = "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-NHSNumberVerificationStatus-1"


def extension(url: str, *codes: Any) -> dict[str, Any]:
    return {"url": url, "valueCodeableConcept": {"coding": [{"system": "s", "code": code} for code in codes]}}


STATUSES = [
    # label, extensions, whether the number is verified
    ("UK Core", [extension(UK_CORE, "number-present-and-verified")], True),
    ("STU3", [extension(STU3, "01")], True),
    ("not traced", [extension(UK_CORE, "number-present-but-not-traced")], False),
    ("two codes", [extension(UK_CORE, "number-present-and-verified", "trace-required")], False),
    ("another extension", [extension("https://example.org/verified", "number-present-and-verified")], False),
    ("an unknown code", [extension(UK_CORE, "certainly")], False),
    ("none", [], False),
    ("no code", [{"url": UK_CORE}], False),
    ("no address", [{"url": 1, "valueCodeableConcept": {}}], False),
]


@pytest.mark.parametrize(
    ("extensions", "verified"), [case[1:] for case in STATUSES], ids=[case[0] for case in STATUSES]
)
def test_the_status_of_a_number(extensions: list[Any], verified: bool) -> None:
    """Only one that says in so many words that the number is this patient's lets it unite records by itself."""
    identifier = {"system": NHS, "value": NUMBER, "extension": extensions}
    found = patient({"resourceType": "Patient", "id": "p1", "identifier": [identifier]})
    assert found.data["nhs_number"] == NUMBER
    assert Patient.model_validate(found.data).number_is_verified is verified
