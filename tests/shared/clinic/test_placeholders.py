"""Which texts in place of a first name are names, and which records stand for nobody."""

import pytest

from shared.clinic.placeholders import is_of_tests, is_placeholder

NAMES = (
    *(
        "Ada",
        "Will",
        "Art",
        "Ali",
        "Xi",
        "O",
        "Bo",
        "Al",
        "Ng",
        "Nan",
        "Na",
        "Noname-Smith",
        "Testimony",
        "Teste",
        "Tess",
    ),
    *(
        "Mark",
        "Grace",
        "Hope",
        "Faith",
        "Joy",
        "Miles",
        "Max",
        "Rob",
        "Sue",
        "Pat",
        "Bill",
        "Nile",
        "Nil",
        "Nell",
        "Earl",
    ),
    *(
        "Baby Jane",
        "Major",
        "Prince",
        "Duke",
        "Lady",
        "Rex",
        "Roy",
        "Guy",
        "Manny",
        "Misty",
        "Missy",
        "Mister T",
        "Drew",
    ),
    *(
        "Revathi",
        "Professa",
        "Siri",
        "Mrinal",
        "Msizi",
        "Mrs Smith",
        "Dr Jones",
        "Xx-Ann",
        "Xavier",
        "Zz Top",
        "Zoe",
        "Zzaria",
    ),
    *(
        "Unk\u00e9",
        "Anona",
        "Voide",
        "Dee",
        "J",
        "A.",
        "J.R.",
        "Mary-Jo",
        "N'Golo",
        "Boyd",
        "Childe",
        "Son",
        "Sonny",
        "Blanka",
    ),
    *(
        "Selfa",
        "Usher",
        "Bobo",
        "Dada",
        "Lulu",
        "Aaa",
        "Ann-Test",
        "Yusuf",
        "\u738b",
        "\u0645\u062d\u0645\u062f",
        "\u0141ukasz",
    ),
    *("Bo Anders", "Son Goku", "Girlie", "Twinkle", "Testa", "Detest", "Ernest", "Contest", "Usedo Notus"),
)

NO_NAMES = (
    *(
        "N/A",
        "n/a",
        "N/A.",
        "n.a.",
        "N.A",
        "#N/A",
        "n/k",
        "None",
        "NULL",
        "(null)",
        "undefined",
        "UNKNOWN",
        "Unknown Male",
    ),
    *(
        "Unk",
        "Not known",
        "NOT  KNOWN",
        "Not\u00a0known",
        "not stated",
        "TBC",
        "tba",
        "To be confirmed",
        "Anon.",
        "anonymous",
    ),
    *(
        "Mr",
        "Mr.",
        "MRS",
        "Ms",
        "Miss",
        "Mx",
        "Dr",
        "Dr.",
        "Prof",
        "Rev.",
        "Sir",
        "Madam",
        "Mr & Mrs",
        "mr and mrs",
        "Mister",
    ),
    *(
        "Baby",
        "Baby of",
        "Baby of Ada",
        "BABY BOY",
        "Baby Girl",
        "Baby A",
        "B/O Ada",
        "Twin 1",
        "Twin Two",
        "Infant",
        "newborn",
    ),
    *(
        "X",
        "XX",
        "xxx",
        "XXXX",
        "ZZ",
        "----",
        "***",
        "-Unknown-",
        "[unknown]",
        '"N/A"',
        "qq",
        "Test",
        "TESTING",
        "test.",
    ),
    *(
        "Patient",
        "The Patient",
        "First name",
        "FORENAME",
        "Male",
        "Female",
        "Deceased",
        "Duplicate",
        "\uff2e\uff0f\uff21",
    ),
)

OF_TESTS = (
    *(
        "ZZZTEST",
        "ZZZTEST DO NOT USE",
        "zzz",
        "ZZZ Ada",
        "ZZ TEST",
        "ZZ-Test",
        "XXTESTPATIENT-ABCD",
        "XXTESTPATIENTAAFT",
    ),
    *(
        "TEST PATIENT",
        "Test-Patient",
        "TestPatient",
        "Patient Test",
        "Dummy Patient",
        "DO NOT USE",
        "do-not-use",
        "DONOTUSE",
    ),
    *("Test Test", "test_patient", "Fake Patient", "Training Record", "\u200bZZZTEST", "ZZDUMMY", "Ada (do not use)"),
)


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    """Nobody's name is taken from them because it is short, or looks like a word."""
    assert not is_placeholder(name)
    assert not is_of_tests(name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name(name: str) -> None:
    """Nobody is greeted as N/A; but a record without a name is still somebody's."""
    assert is_placeholder(name) or not any(letter.isalpha() for letter in name) or any(map(str.isdigit, name))
    assert not is_of_tests(name)


@pytest.mark.parametrize("name", OF_TESTS)
def test_records_for_tests(name: str) -> None:
    """A record by which people try a system out is known by the name that they give it."""
    assert is_of_tests(name)
    assert is_placeholder(name)
