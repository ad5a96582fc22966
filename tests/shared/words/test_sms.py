"""Text messages: GSM-7 where the meaning stays, counted as they are billed."""

import random
import unicodedata

import pytest
import smsutil  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from shared.words.sms import BASIC, EXTENDED, Encoding, SmsBilling, count, sanitise

GSM = BASIC + EXTENDED
ACCENTED = "âêîôûçáíóúëïłđœþýÿšžșțąęČŘŻĄİığşőűāēī"
WELSH = "ŵŷŴŶâêîôû"
TYPED = "‘’“”–—…•½\u00a0\u202f\u2009·×©™"  # noqa: RUF001 what word processors type
OTHER = "ЖдаєЇπαβאבגابپहिन्दी中文字日本語한국어ไทยதமிழ்"
EMOJI = "🙂👩🏽⚕️❤🔥🏴🇬🇧𝒜𐍈\u200d\ufe0f"
UNSEEN = (
    "\x00\x07\x1b\x7f\x85\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069"
    "\ufe0e\ufe0f\ufeff\ud800\udfff\U000e0041"
)
COMBINING = "\u0300\u0301\u0302\u0308\u0327\u0336\u0338\u20e3\u093c\u0958\ufb1d\u2126\u212a\u2adc\U0001d15e"
ALPHABETS = {
    "gsm": BASIC,
    "gsm-with-escapes": GSM + 3 * EXTENDED,
    "escapes": EXTENDED,
    "accents": BASIC + ACCENTED,
    "welsh": BASIC + WELSH,
    "typed": BASIC + TYPED,
    "other-scripts": OTHER + " 0123456789",
    "emoji": EMOJI,
    "everything": GSM + ACCENTED + WELSH + TYPED + OTHER + EMOJI,
}
# Where a count may change: alone, and each part of a longer text, for both encodings, whole and halved by pairs.
BOUNDARIES = (0, 1, 33, 35, 67, 70, 76, 80, 134, 153, 160, 201, 228, 268, 306, 335, 459, 612, 1600)

awkward = st.text(
    st.one_of(
        st.sampled_from(GSM),
        st.sampled_from(ACCENTED + WELSH + TYPED + OTHER + EMOJI + UNSEEN + COMBINING),
        st.characters(),
        st.characters(categories=["Cs", "Cf", "Cc", "Cn", "Co", "Mn"]),
    ),
    max_size=400,
)
short = st.text(st.sampled_from(GSM + EXTENDED + WELSH + EMOJI + UNSEEN + COMBINING), max_size=12)
repeated = st.builds(lambda text, times: text * times, short, st.integers(1, 60))
texts = st.one_of(awkward, short, repeated)


def in_parts(text: str) -> list[str]:
    """The parts as a telephone would fill them, one whole character after the other."""
    gsm = all(char in GSM for char in text)
    alone, part = (160, 153) if gsm else (70, 67)
    sizes = [(1 + (char in EXTENDED)) if gsm else (1 + (char > "\uffff")) for char in text]
    if sum(sizes) <= alone:
        return [text]
    parts, room = [""], part
    for char, size in zip(text, sizes, strict=True):
        if size > room:
            parts.append("")
            room = part
        parts[-1] += char
        room -= size
    return parts


class TestCount:
    @pytest.mark.parametrize(
        ("text", "encoding", "units", "segments"),
        [
            pytest.param("", "GSM-7", 0, 1, id="empty"),
            pytest.param("x" * 160, "GSM-7", 160, 1, id="one full"),
            pytest.param("x" * 161, "GSM-7", 161, 2, id="one too long"),
            pytest.param("x" * 306, "GSM-7", 306, 2, id="two full"),
            pytest.param("x" * 307, "GSM-7", 307, 3, id="two too long"),
            pytest.param("€" * 80, "GSM-7", 160, 1, id="escapes take two"),
            pytest.param("€" * 81, "GSM-7", 162, 2, id="escapes and too long"),
            pytest.param("€" * 152, "GSM-7", 304, 2, id="a part holds 76 escape pairs, and a septet stays empty"),
            pytest.param("€" * 153, "GSM-7", 306, 3, id="306 septets do not fit in two if a pair would be split"),
            pytest.param("x" + "€" * 76 + "x" + "€" * 76, "GSM-7", 306, 2, id="306 septets fit where no pair is split"),
            pytest.param("x" * 152 + "€" + "x" * 152, "GSM-7", 306, 3, id="one pair on the boundary"),
            pytest.param("\f" * 80, "GSM-7", 160, 1, id="form feed is in the extension table"),
            pytest.param("\r\n" * 80, "GSM-7", 160, 1, id="line ends are in the alphabet"),
            pytest.param("\x1b", "UCS-2", 1, 1, id="a bare escape is not"),
            pytest.param("`", "UCS-2", 1, 1, id="nor is the grave accent of ASCII"),
            pytest.param("ç", "UCS-2", 1, 1, id="nor is the small c with cedilla"),
            pytest.param("ŵ" * 70, "UCS-2", 70, 1, id="Welsh"),
            pytest.param("ŵ" * 71, "UCS-2", 71, 2, id="Welsh and too long"),
            pytest.param("ŵ" * 134, "UCS-2", 134, 2, id="Welsh, two full"),
            pytest.param("ŵ" * 135, "UCS-2", 135, 3, id="Welsh, two too long"),
            pytest.param("ŵ" + "€" * 69, "UCS-2", 70, 1, id="escapes take one in UCS-2"),
            pytest.param("🙂" * 35, "UCS-2", 70, 1, id="emoji take two"),
            pytest.param("🙂" * 66, "UCS-2", 132, 2, id="a part holds 33 surrogate pairs, and a unit stays empty"),
            pytest.param("🙂" * 67, "UCS-2", 134, 3, id="134 units do not fit in two if a pair would be split"),
            pytest.param("x" + "🙂" * 33 + "x" + "🙂" * 33, "UCS-2", 134, 2, id="134 units fit where no pair is split"),
            pytest.param("ŵ" * 70 + "\ud83d", "UCS-2", 71, 2, id="half a surrogate pair is a unit"),
        ],
    )
    def test_a_text_is_counted_as_billed(self, text: str, encoding: str, units: int, segments: int) -> None:
        """GSM-7 where it can be, UTF-16 where it must be, shorter parts once there are several, and no pair split."""
        assert count(text) == SmsBilling(Encoding(encoding), units, segments)

    def test_an_independent_implementation_agrees(self) -> None:
        """On 10,000 random texts of all alphabets, around the boundaries, smsutil counts the same.

        Left out: the empty text, which it takes for UTF-16, and a bare escape, which it takes for a character of
        GSM-7 although nothing stands for it on a telephone.
        """
        dice = random.Random(20261201)
        seen = set()
        for number in range(10_000):
            alphabet = tuple(ALPHABETS.values())[number % len(ALPHABETS)]
            length = max(1, dice.choice(BOUNDARIES) + dice.randint(-3, 3))
            text = "".join(dice.choices(alphabet, k=length))
            theirs = smsutil.split(text)
            gsm = theirs.encoding == "gsm0338"
            units = theirs.total_bytes if gsm else theirs.total_bytes // 2
            ours = count(text)
            assert ours == SmsBilling(Encoding.GSM7 if gsm else Encoding.UCS2, units, len(theirs.parts)), ascii(text)
            seen.add((ours.encoding, ours.segments))
        assert {(encoding, segments) for encoding in Encoding for segments in range(1, 8)} <= seen

    @given(texts.filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)))
    @example("x" * 152 + "€" * 77)
    @example("ŵ" * 66 + "🙂" * 34)
    def test_no_pair_is_split(self, text: str) -> None:
        """There are as many parts as when whole characters fill one after the other, and they hold the text."""
        parts = in_parts(text)
        assert "".join(parts) == text
        assert count(text).segments == len(parts)

    @given(texts)
    def test_gsm_means_that_all_characters_are_in_its_tables(self, text: str) -> None:
        """One character outside makes a text UCS-2; and there are no fewer parts than its units need."""
        counted = count(text)
        assert (counted.encoding is Encoding.GSM7) == (set(text) <= set(GSM))
        alone, part = (160, 153) if counted.encoding is Encoding.GSM7 else (70, 67)
        assert counted.segments >= (1 if counted.units <= alone else -(-counted.units // part))

    @given(texts, st.integers(min_value=0))
    @example("€" * 77, 76)
    def test_less_text_never_takes_more(self, text: str, cut: int) -> None:
        """The beginning of a text takes no more parts than the whole."""
        assert count(text[: cut % (len(text) + 1)]).segments <= count(text).segments


class TestSanitise:
    @pytest.mark.parametrize(
        ("text", "sanitised"),
        [
            pytest.param("", "", id="empty"),
            pytest.param("2.30pm. £5 [€6]\nCall 01632 960000", "2.30pm. £5 [€6]\nCall 01632 960000", id="plain"),
            pytest.param("‘Don’t’ ‚be‛ “late” „now‟", "'Don't' 'be' \"late\" \"now\"", id="quotes"),  # noqa: RUF001
            pytest.param("«Ada» ‹Bo› 5′ 6″ O`Neil O´Neil", "\"Ada\" 'Bo' 5' 6\" O'Neil O'Neil", id="rare-quotes"),  # noqa: RUF001
            pytest.param("9–10 — a‐b‑c−d―e", "9-10 - a-b-c-d-e", id="dashes"),  # noqa: RUF001
            pytest.param("Wait… for‥ it", "Wait... for.. it", id="ellipses"),
            pytest.param("• one\n‣ two\n● three", "- one\n- two\n- three", id="bullets"),
            pytest.param("2.30\u00a0pm\u202f\u2009\u3000x", "2.30 pm   x", id="odd-spaces"),
            pytest.param("a  b   c ", "a  b   c ", id="runs-of-spaces-stay"),
            pytest.param("a\tb", "a b", id="tab"),
            pytest.param("a\r\nb\rc\n\nd\u2028e\x0bf\x0cg\x85h", "a\nb\nc\n\nd\ne\nf\ng\nh", id="line-ends"),
            pytest.param("hos\u00adpi\u200btal\ufeff\u2060", "hospital", id="soft-hyphen-and-zero-width"),
            pytest.param("A\u200cd\u200da", "Ada", id="joiners-between-latin-letters"),
            pytest.param("\u202eevil\u202c \u2066x\u2069\u200e\u200f\u061c", "evil x", id="bidi"),
            pytest.param("A\x00d\x07a\x1b\x9d\x7f", "Ada", id="controls"),
            pytest.param("A\ud83dd\ude00a", "Ada", id="unpaired-surrogates"),
            pytest.param("A\U000e0064\U000e0061da\ufe0f", "Ada", id="tags-and-selectors"),
            pytest.param("Tân, Siôn, tô", "Tan, Sion, to", id="circumflexes"),
            pytest.param("Łukasz Đorđe Søren Œuvre Þór Straße", "Lukasz Dorde Søren Oeuvre Thor Straße", id="strokes"),
            pytest.param("François Núñez Müller Ångström", "Francois Nuñez Müller Ångström", id="what-gsm-has-stays"),
            pytest.param("İbrahim Işık Əli Ştefan", "Ibrahim Isik Eli Stefan", id="names"),  # noqa: RUF001
            pytest.param("Nguyễn Thị Ánh Ǘ", "Nguyen Thi Anh Ü", id="two-accents-and-the-nearer-letter"),
            pytest.param("Jose\u0301 Mu\u0308ller", "José Müller", id="decomposed"),
            pytest.param("m\u0304x\u0323", "mx", id="marks-that-compose-with-nothing"),
            pytest.param("ﬁne ＡＤＡ， ０７ Ⅳ ĳ ŉ", "fine ADA, 07 IV ij 'n", id="compatibility-forms"),  # noqa: RUF001
            pytest.param("𝐀𝒹𝕒", "Ada", id="mathematical-letters"),  # noqa: RUF001
            pytest.param("½ hour, 2½ hours, 1⅓", "1/2 hour, 2 1/2 hours, 1 1/3", id="fractions"),
            pytest.param("3×2 © ® ™ №5 ±1 ≤2 a→b 2·30pm", "3x2 (c) (R) (TM) No.5 +/-1 <=2 a->b 2.30pm", id="signs"),  # noqa: RUF001
        ],
    )  # fmt: skip
    def test_what_gsm_can_say_is_said_in_gsm(self, text: str, sanitised: str) -> None:
        """The meaning stays, nothing is invisible, and a segment holds 160 characters."""
        assert sanitise(text) == sanitised
        assert count(sanitised).encoding is Encoding.GSM7

    @pytest.mark.parametrize(
        ("text", "sanitised"),
        [
            pytest.param("Tŷ Glân – dŵr’r", "Tŷ Glân – dŵr’r", id="welsh-keeps-its-accents"),  # noqa: RUF001
            pytest.param("w\u0302 y\u0302 W\u0302 Y\u0302", "ŵ ŷ Ŵ Ŷ", id="welsh-decomposed"),
            pytest.param("Đặng, Вы", "Đặng, Вы", id="accents-beside-cyrillic"),
            pytest.param("Γιώργος", "Γιώργος", id="greek"),
            pytest.param("علی\u200cرضا \u202b(2)\u202c", "علی\u200cرضا (2)", id="persian-with-its-non-joiner"),  # noqa: RUF001
            pytest.param("ශ\u0dca\u200dර\u0dd3", "ශ\u0dca\u200dර\u0dd3", id="sinhala-with-its-joiner"),
            pytest.param("李小龍\u3000様", "李小龍 様", id="chinese"),
            pytest.param("See you 👩🏽\u200d⚕️", "See you 👩🏽\u200d⚕️", id="emoji-of-several"),
            pytest.param("❤️\u200d🔥 1️⃣ ©️", "❤️\u200d🔥 1️⃣ ©️", id="emoji-with-selectors"),
            pytest.param("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
                         "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", id="flag-of-wales"),
            pytest.param("🙂\ufeff hos\u00adpital\x00…", "🙂 hospital…", id="emoji-and-nothing-invisible"),
            pytest.param("10² 5µg ①", "10² 5µg ①", id="signs-whose-meaning-were-lost"),
            pytest.param("1\u03360\u0336am", "1\u03360\u0336am", id="crossed-out"),
            pytest.param("…" * 70, "…" * 70, id="dearer-in-gsm"),
            pytest.param("\u0958" * 70, "\u0958" * 70, id="dearer-when-normalised"),
        ],
    )  # fmt: skip
    def test_what_gsm_cannot_say_stays(self, text: str, sanitised: str) -> None:
        """Names and pictures stay whole, and so do the accents beside them: they cost nothing there."""
        assert sanitise(text) == sanitised
        assert count(sanitised).encoding is Encoding.UCS2

    @given(texts)
    @example("\u0958\u0301" * 30)
    @example("❤\u200d\ufe0f\u200d🔥")
    def test_a_second_time_changes_nothing(self, text: str) -> None:
        """What is sanitised may be sanitised again, by whoever isn't sure."""
        once = sanitise(text)
        assert sanitise(once) == once

    @given(texts)
    @example("½" * 70)
    @example("\x01" + "€" * 69)
    @example("\U0001d15e" * 30)
    def test_it_never_costs_more(self, text: str) -> None:
        """A text takes no more segments than before."""
        assert count(sanitise(text)).segments <= count(text).segments

    @given(texts)
    def test_nothing_invisible_is_left(self, text: str) -> None:
        """No control but the line feed, no mark of direction, no unpaired surrogate; and it can be sent as UTF-8."""
        sanitised = sanitise(text)
        sanitised.encode()
        assert not {char for char in sanitised if unicodedata.category(char) == "Cc"} - {"\n"}
        marks = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        assert not marks & set(map(unicodedata.bidirectional, sanitised))

    @given(st.text(st.characters(categories=["Lu", "Ll", "Lt", "Lm", "Lo"]), min_size=1, max_size=80))
    def test_letters_never_vanish(self, text: str) -> None:
        """A name of whatever letters is never emptied."""
        assert sanitise(text)

    @given(st.text(st.sampled_from(GSM.replace("\r", "").replace("\f", "")), max_size=400))
    def test_plain_texts_stay_as_they_are(self, text: str) -> None:
        """What is in GSM-7 already is not touched."""
        assert sanitise(text) is text
