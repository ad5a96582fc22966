"""Whom may we text."""

import copy
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.patients.phone import REFUSALS, Mobile, PhoneRefusal, mobile

DRAMA = "+447700900123"


class TestWritten:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("07700900123", id="national"),
            pytest.param("07700 900123", id="spaced"),
            pytest.param("  07700 900 123\n", id="blanks-around"),
            pytest.param("07700-900-123", id="hyphens"),
            pytest.param("07700.900.123", id="dots"),
            pytest.param("(07700) 900123", id="brackets"),
            pytest.param("07700\u00a0900123", id="non-breaking-space"),
            pytest.param("07700\u202f900\u2009123", id="narrow-and-thin-spaces"),
            pytest.param("07700\u3000900123", id="ideographic-space"),
            pytest.param("07700\u2010900\u2011123", id="hyphen-and-non-breaking-hyphen"),
            pytest.param("07700\u2012900\u2013123", id="figure-dash-and-en-dash"),
            pytest.param("07700\u2014900\u2015123", id="em-dash-and-bar"),
            pytest.param("07700\u2212900\uff0d123", id="minus-and-full-width-hyphen"),
            pytest.param("07700\u00ad900123", id="soft-hyphen"),
            pytest.param("\u202a+44 7700 900123\u202c", id="marks-of-direction-from-an-address-book"),
            pytest.param("07700\u200b900123\ufeff", id="zero-width"),
            pytest.param("+447700900123", id="e164"),
            pytest.param("+44 7700 900123", id="international"),
            pytest.param("+44 (0)7700 900123", id="both-prefixes"),
            pytest.param("+44(0) 7700 900123", id="both-prefixes-otherwise-spaced"),
            pytest.param("+4407700900123", id="both-prefixes-run-together"),
            pytest.param("(+44) 7700 900123", id="country-in-brackets"),
            pytest.param("+(44) 7700 900123", id="country-in-brackets-after-plus"),
            pytest.param("0044 7700 900123", id="double-zero"),
            pytest.param("0044 (0)7700 900123", id="double-zero-and-zero"),
            pytest.param("+0044 7700 900123", id="plus-and-double-zero"),
            pytest.param("447700900123", id="plus-forgotten"),
            pytest.param("7700900123", id="zero-lost-in-a-spreadsheet"),
            pytest.param("7700900123 (mum's)", id="whose-phone"),
            pytest.param("7700900123 (mum\u2019s)", id="whose-phone-curly"),
            pytest.param("07700 900123 - wife", id="whose-phone-after-a-dash"),
            pytest.param("07700 900123, José", id="name"),
            pytest.param("07700 900123 (Jose\u0301)", id="name-with-a-combining-accent"),
            pytest.param("07700 900123 (माँ)", id="name-in-devanagari"),
            pytest.param("Mobile: 07700 900123", id="label"),
            pytest.param("Tel. no. 07700 900123", id="no-means-number"),
            pytest.param("tel:+44-7700-900123", id="rfc-3966"),
            pytest.param("TEL:07700900123", id="rfc-3966-capitals"),
            pytest.param("\uff10\uff17\uff17\uff10\uff10 \uff19\uff10\uff10\uff11\uff12\uff13", id="full-width"),
            pytest.param("\uff0b\uff14\uff14\u30007700900123", id="full-width-plus"),
            pytest.param("٠٧٧٠٠ ٩٠٠١٢٣", id="arabic-indic"),  # noqa: RUF001 as people write
            pytest.param("۰۷۷۰۰ ۹۰۰۱۲۳", id="persian"),  # noqa: RUF001 as people write
            pytest.param("०७७०० ९००१२३", id="devanagari"),
        ],
    )
    def test_ways_of_writing(self, text: str) -> None:
        """However people write it, it is the same number."""
        assert mobile(text) == Mobile(DRAMA)


class TestKinds:
    @pytest.mark.parametrize(
        ("text", "e164"),
        [
            pytest.param("07700 900000", "+447700900000", id="drama-first"),
            pytest.param("07700 900999", "+447700900999", id="drama-last"),
            pytest.param("07911 123456", "+447911123456", id="united-kingdom"),
            pytest.param("07797 712345", "+447797712345", id="jersey"),
            pytest.param("07781 123456", "+447781123456", id="guernsey"),
            pytest.param("07624 123456", "+447624123456", id="isle-of-man"),
            pytest.param("+353 85 123 4567", "+353851234567", id="ireland"),
            pytest.param("+353 (0)85 123 4567", "+353851234567", id="ireland-with-zero"),
            pytest.param("+1 202 555 0123", "+12025550123", id="united-states-fixed-line-or-mobile"),
            pytest.param("+48 512 345 678", "+48512345678", id="poland"),
            pytest.param("+61 412 345 678", "+61412345678", id="australia"),
            pytest.param("+39 312 345 6789", "+393123456789", id="italy"),
        ],
    )
    def test_mobile(self, text: str, e164: str) -> None:
        """Mobiles of any country are accepted, and those that Ofcom keeps for drama."""
        assert mobile(text) == Mobile(e164)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            pytest.param("", PhoneRefusal.EMPTY, id="empty"),
            pytest.param(" \t\n\u00a0\u200b", PhoneRefusal.EMPTY, id="blank"),
            pytest.param(" " * 1000, PhoneRefusal.EMPTY, id="very-blank"),
            pytest.param("n/a", PhoneRefusal.NOT_A_NUMBER, id="not-available"),
            pytest.param("-", PhoneRefusal.NOT_A_NUMBER, id="dash"),
            pytest.param("+", PhoneRefusal.NOT_A_NUMBER, id="plus-alone"),
            pytest.param("none", PhoneRefusal.NOT_A_NUMBER, id="none"),
            pytest.param("0", PhoneRefusal.TOO_SHORT, id="zero"),
            pytest.param("00", PhoneRefusal.TOO_SHORT, id="double-zero-alone"),
            pytest.param("999", PhoneRefusal.TOO_SHORT, id="emergency"),
            pytest.param("900123", PhoneRefusal.TOO_SHORT, id="local-part"),
            pytest.param("07700 90012", PhoneRefusal.TOO_SHORT, id="a-digit-missing"),
            pytest.param("07700 9001234", PhoneRefusal.TOO_LONG, id="a-digit-too-many"),
            pytest.param("07700 900123 07700 900124", PhoneRefusal.TOO_LONG, id="two-numbers"),
            pytest.param("7700900123.0", PhoneRefusal.TOO_LONG, id="a-spreadsheet's-decimal"),
            pytest.param("1" * 1000, PhoneRefusal.TOO_LONG, id="very-long"),
            pytest.param("07700 900123" + " mum" * 100, PhoneRefusal.TOO_LONG, id="a-whole-story"),
            pytest.param("07700 900123 or 07700 900124", PhoneRefusal.NOT_A_NUMBER, id="one-or-the-other"),
            pytest.param("07700 900123/4", PhoneRefusal.NOT_A_NUMBER, id="last-digit-or-the-other"),
            pytest.param("07700 900123, 07700 900124", PhoneRefusal.NOT_A_NUMBER, id="list"),
            pytest.param("07700 900123 (after 6pm)", PhoneRefusal.NOT_A_NUMBER, id="digits-in-the-note"),
            pytest.param("07700 900 mum", PhoneRefusal.TOO_SHORT, id="letters-are-not-dialled"),
            pytest.param("0770O 900123", PhoneRefusal.NOT_A_NUMBER, id="letter-o-for-zero"),
            pytest.param("O7700 900123", PhoneRefusal.NOT_A_NUMBER, id="letter-o-first"),
            pytest.param("7.700900123E9", PhoneRefusal.NOT_A_NUMBER, id="a-spreadsheet's-exponent"),
            pytest.param("07700900123@example.org", PhoneRefusal.NOT_A_NUMBER, id="e-mail"),
            pytest.param("*67 07700 900123", PhoneRefusal.NOT_A_NUMBER, id="service-code"),
            pytest.param("07700 900123\u00b2", PhoneRefusal.NOT_A_NUMBER, id="footnote"),
            pytest.param("+44 7700 +900123", PhoneRefusal.NOT_A_NUMBER, id="plus-inside"),
            pytest.param("++44 7700 900123", PhoneRefusal.NOT_A_NUMBER, id="two-pluses"),
            pytest.param("07700 900123+", PhoneRefusal.NOT_A_NUMBER, id="plus-at-the-end"),
            pytest.param("07700\x00900123", PhoneRefusal.NOT_A_NUMBER, id="null"),
            pytest.param("tel:7700900123;phone-context=+44", PhoneRefusal.NOT_A_NUMBER, id="rfc-3966-parameters"),
            pytest.param("+07700 900123", PhoneRefusal.NOT_VALID, id="plus-for-zero"),
            pytest.param("+999 1234 5678", PhoneRefusal.NOT_VALID, id="no-such-country"),
            pytest.param("07611 123456", PhoneRefusal.NOT_VALID, id="range-not-given-out"),
            pytest.param("07700 901000", PhoneRefusal.NOT_VALID, id="just-past-drama"),
            pytest.param("+353 7700 900123", PhoneRefusal.TOO_LONG, id="drama-of-another-country"),
            pytest.param("020 7946 0000", PhoneRefusal.LANDLINE, id="london"),
            pytest.param("0121 496 0000", PhoneRefusal.LANDLINE, id="birmingham"),
            pytest.param("01204 523456", PhoneRefusal.LANDLINE, id="bolton"),
            pytest.param("01534 712345", PhoneRefusal.LANDLINE, id="jersey-landline"),
            pytest.param("+61 3 9123 4567", PhoneRefusal.LANDLINE, id="melbourne"),
            pytest.param("+353 1 234 5678", PhoneRefusal.LANDLINE, id="dublin"),
            pytest.param("0909 879 0000", PhoneRefusal.PREMIUM, id="premium"),
            pytest.param("+1 900 234 5678", PhoneRefusal.PREMIUM, id="north-american-premium"),
            pytest.param("070 1234 5678", PhoneRefusal.NOT_MOBILE, id="personal"),
            pytest.param("07640 123456", PhoneRefusal.NOT_MOBILE, id="pager"),
            pytest.param("0800 123 4567", PhoneRefusal.NOT_MOBILE, id="freephone"),
            pytest.param("056 1234 5678", PhoneRefusal.NOT_MOBILE, id="voip"),
            pytest.param("0300 123 4567", PhoneRefusal.NOT_MOBILE, id="uan"),
            pytest.param("0845 123 4567", PhoneRefusal.PREMIUM, id="with-a-service-charge"),
            pytest.param("07700 900123 x123", PhoneRefusal.NOT_MOBILE, id="extension"),
            pytest.param("07700 900123 ext. 123", PhoneRefusal.NOT_MOBILE, id="extension-in-letters"),
            pytest.param("tel:+447700900123;ext=123", PhoneRefusal.NOT_MOBILE, id="extension-of-rfc-3966"),
            pytest.param("07700 900123#123", PhoneRefusal.NOT_MOBILE, id="extension-by-hash"),
        ],
    )
    def test_refused(self, text: str, why: PhoneRefusal) -> None:
        """What is no mobile, or might be read in two ways, is refused with its reason."""
        assert mobile(text) is why

    @pytest.mark.parametrize(
        "note",
        [
            pytest.param("DO NOT TEXT", id="do-not"),
            pytest.param("(don't use)", id="don't"),
            pytest.param("(don\u2019t use)", id="don't-curly"),
            pytest.param("(wrong number)", id="wrong"),
            pytest.param("- no longer in use", id="no-longer"),
            pytest.param("no texts", id="no-texts"),
            pytest.param("(deceased)", id="deceased"),
            pytest.param("ex-wife", id="ex"),
            pytest.param("opted out", id="opted-out"),
        ],
    )
    def test_warned_off(self, note: str) -> None:
        """A note that warns off the number is heeded, before or after it."""
        assert mobile(f"07700 900123 {note}") is PhoneRefusal.WARNED_OFF
        assert mobile(f"{note}: 07700 900123") is PhoneRefusal.WARNED_OFF


class TestRegion:
    @pytest.mark.parametrize(
        ("text", "region", "e164"),
        [
            pytest.param("085 123 4567", "IE", "+353851234567", id="ireland"),
            pytest.param("0412 345 678", "AU", "+61412345678", id="australia"),
            pytest.param("07797 712345", "JE", "+447797712345", id="jersey"),
            pytest.param("+44 7700 900123", "IE", DRAMA, id="country-code-outranks-region"),
            pytest.param("(202) 555-0123", "US", "+12025550123", id="united-states"),
        ],
    )
    def test_national_numbers(self, text: str, region: str, e164: str) -> None:
        """A number without a country code belongs to the region."""
        assert mobile(text, region) == Mobile(e164)

    @pytest.mark.parametrize("region", ["", "UK", "gb", "GBR", "44"])
    def test_unknown(self, region: str) -> None:
        """An unknown region is a mistake in settings and is said to be one, even where the number would need none."""
        with pytest.raises(ValueError, match="Unknown region"):
            mobile("+447700900123", region)


class TestMobile:
    def test_hidden(self) -> None:
        """Neither a log nor an f-string nor a container shows more than the last three digits."""
        number = Mobile(DRAMA)
        for shown in (repr(number), str(number), f"{number}", f"{[number]}", f"{number!r}"):
            assert "900" not in shown
            assert "…123" in shown

    def test_a_value(self) -> None:
        """Equal numbers are equal, hash alike, and survive copying and pickling."""
        number = Mobile(DRAMA)
        assert {number, Mobile(DRAMA), copy.copy(number), pickle.loads(pickle.dumps(number))} == {number}  # noqa: S301 our own

    @pytest.mark.parametrize(
        "text", ["", "07700900123", "+44 7700 900123", "+0447700900123", "+44770090012٣", DRAMA + "\n"]
    )
    def test_only_e164(self, text: str) -> None:
        """What isn't in E.164 form is no Mobile, and the error doesn't show it."""
        with pytest.raises(ValueError, match=r"E\.164") as refused:
            Mobile(text)
        assert "7700" not in str(refused.value)

    def test_refusals_have_sentences(self) -> None:
        """Every refusal has a sentence for people, each its own."""
        assert set(REFUSALS) == set(PhoneRefusal)
        assert len(set(REFUSALS.values())) == len(PhoneRefusal)
        assert all(sentence.endswith(".") for sentence in REFUSALS.values())


separators = st.text(st.sampled_from(" \u00a0-\u2013.()\u200b"), max_size=3)
zeros = st.sampled_from(["0", "\uff10", "\u0660", "\u06f0", "\u0966"])


class TestProperties:
    @given(
        st.text(st.characters(), max_size=60)
        | st.text(st.sampled_from("+0123456789 x()-/;e#tel:,.٣\u00a0"), max_size=40)
    )
    @example("\ud800")
    @example("+" * 250)
    @example("0" * 250)
    @example("(" * 249 + "1")
    def test_junk_never_raises(self, text: str) -> None:
        """Any text gives a mobile or a refusal; a mobile is in E.164 form and reads back as itself, in any region."""
        found = mobile(text)
        if isinstance(found, Mobile):
            assert mobile(found.e164) == mobile(found.e164, "US") == found
        else:
            assert found in REFUSALS

    @given(st.integers(7400_000_000, 7999_999_999))
    def test_round_trip(self, national: int) -> None:
        """A British number is decided alike in every way of writing it, and is never another number."""
        found = mobile(f"0{national}")
        assert found == mobile(f"+44{national}") == mobile(f"0044 (0){national}") == mobile(f"44{national}")
        if isinstance(found, Mobile):
            assert found.e164 == f"+44{national}"

    @given(st.integers(0, 999), st.lists(separators, min_size=11, max_size=11), zeros)
    def test_separators_and_scripts(self, last: int, between: list[str], zero: str) -> None:
        """Separators anywhere and digits of any script change nothing, for all numbers kept for drama."""
        national = f"07700900{last:03}"
        written = "".join(chr(ord(zero) + int(digit)) + gap for digit, gap in zip(national, between, strict=True))
        assert mobile(written) == Mobile("+44" + national[1:])
