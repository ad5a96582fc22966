"""Samples of every default wording for the sandbox's page: in each language, for each reader, in each case."""

from collections.abc import Iterator
from functools import cache

from services.cli.words.examples import Example, examples
from services.cli.words.rendering import LANGUAGES, billed
from services.cli.words.shipped import shipped_forms, shipped_words
from services.cli.words.trials import ExampleTrial
from services.sandbox.gallery import EmailSample, Sample, SmsSample
from shared.words.book import Book
from shared.words.wording import Recipient, Wording


@cache
def samples() -> tuple[Sample, ...]:
    """All samples, rendered once. Raises NotReadable, NotAllowed or DoesNotFit where a default wording is broken."""
    wordings = shipped_words()
    book = Book(wordings)
    return tuple(
        _sample(ExampleTrial(book=book, planner=planner, name=name, recipient=recipient, language=language), example)
        for (planner, name), form in shipped_forms().items()
        for example in examples(form)
        for recipient in _recipients(wordings, planner, name)
        for language in LANGUAGES
    )


def _recipients(wordings: list[Wording], planner: str, name: str) -> Iterator[Recipient]:
    """The recipients that have a wording of their own in this message."""
    readers = {one.slot.recipient for one in wordings if (one.slot.planner, one.slot.name) == (planner, name)}
    return (recipient for recipient in Recipient if recipient in readers)


def _sample(trial: ExampleTrial, example: Example) -> Sample:
    mail = trial.mail(example)
    return Sample(
        message=f"{trial.planner}/{trial.name}",
        case=example.case,
        reader=trial.recipient.value,
        language=trial.language,
        texts=tuple(SmsSample(one.rendered.text, billed(one.rendered.text), one.note) for one in trial.texts(example)),
        mail=EmailSample(
            mail.rendered.subject,
            mail.rendered.html,
            mail.rendered.text,
            tuple(invite.content.decode().replace("\r\n", "\n") for invite in mail.calendar),
        ),
    )
