"""What is sealed opens with its own key in its own row alone, and an index tells whether two values are one."""

import base64

import pytest

from shared.security.encryption import BadKey, CannotOpen, Encryption, Sealed, new_key

OLD, NEW, INDEX = new_key(), new_key(), new_key()


def test_what_is_sealed_opens_in_its_own_row() -> None:
    """A ciphertext opens where it was sealed, never reads the same twice, and holds nothing of what it hides."""
    encryption = Encryption.of(f"a:{OLD}", INDEX)
    first, again = encryption.seal("Ada", "row 1"), encryption.seal("Ada", "row 1")
    assert encryption.open(first, "row 1") == encryption.open(again, "row 1") == "Ada"
    assert first.ciphertext != again.ciphertext
    assert b"Ada" not in first.ciphertext


SEALED = Encryption.of(f"a:{OLD}", INDEX).seal("Ada", "row 1")

CLOSED = [
    ("another row", f"a:{OLD}", SEALED, "row 2"),
    ("another key of that name", f"a:{NEW}", SEALED, "row 1"),
    ("a key unheard of", f"b:{OLD}", SEALED, "row 1"),
    ("a changed byte", f"a:{OLD}", Sealed("a", SEALED.ciphertext[:-1] + bytes([SEALED.ciphertext[-1] ^ 1])), "row 1"),
    ("cut short", f"a:{OLD}", Sealed("a", SEALED.ciphertext[:20]), "row 1"),
    ("all but empty", f"a:{OLD}", Sealed("a", SEALED.ciphertext[:5]), "row 1"),
    ("empty", f"a:{OLD}", Sealed("a", b""), "row 1"),
]


@pytest.mark.parametrize(("keys", "sealed", "context"), [c[1:] for c in CLOSED], ids=[c[0] for c in CLOSED])
def test_nothing_else_opens(keys: str, sealed: Sealed, context: str) -> None:
    """Another row, another key or a changed box is one error with the cure, never other words."""
    with pytest.raises(CannotOpen) as caught:
        Encryption.of(keys, INDEX).open(sealed, context)
    assert "Ada" not in str(caught.value)


def test_keys_rotate_and_the_index_does_not() -> None:
    """A new key in front seals, the old one behind still opens, and a value keeps its index."""
    before, after = Encryption.of(f"a:{OLD}", INDEX), Encryption.of(f"b:{NEW}, a:{OLD}", INDEX)
    assert after.open(before.seal("Ada", "1"), "1") == "Ada"
    assert after.seal("Ada", "1").key_id == "b"
    assert (
        before.index("+447700900001")
        == after.index("+447700900001")
        != Encryption.of(f"a:{OLD}", NEW).index("+447700900001")
    )


BAD = [
    ("none", ""),
    ("no name", OLD),
    ("short", "a:" + base64.b64encode(b"x" * 31).decode()),
    ("no base64", "a:****"),
    ("not ASCII", "a:é"),
    ("the second one", f"a:{OLD},b:x"),
]


@pytest.mark.parametrize("keys", [case[1] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_key_says_the_cure(keys: str) -> None:
    """Whatever is wrong with a key, the error says what one is and how to make one, and quotes none."""
    with pytest.raises(BadKey, match="--new-key") as caught:
        Encryption.of(keys, INDEX)
    assert OLD not in str(caught.value)
