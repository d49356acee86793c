"""The chunks that a worker has open: their requests, and the answers so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from larder.domain.batch_answers import (
    NoAnswer,
    Request,
    error_line,
    output_line,
    parse_request,
    usage_of,
)
from larder.domain.batch_kept import KeptAnswer
from larder.domain.batch_plan import request_lines
from larder.domain.batches import Progress
from larder.services.batches.object_ports import Chunk, Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.batch_answers import Answer
    from larder.domain.batch_kept import Kept

_EXPLAINED = {
    NoAnswer.CONNECTION: "The connection to the model was lost before its answer came.",
    NoAnswer.TIMEOUT: "The model did not answer in time.",
    NoAnswer.TOO_LARGE: "The model's answer is larger than 8 MiB.",
}


@dataclass(slots=True)
class OpenChunk:
    """A chunk whose answers are still coming."""

    number: int
    requests: list[Request]
    sizes: list[int]
    answers: dict[int, KeptAnswer] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every line has its answer."""
        return len(self.answers) == len(self.requests)

    def unanswered(self) -> Iterable[int]:
        """Yield the lines without an answer."""
        return (at for at in range(len(self.requests)) if at not in self.answers)

    def record(self, index: int, answer: Answer | NoAnswer, line_id: str, *, good: bool) -> int:
        """Keep the answer of a line as it will be written, and return its length in bytes."""
        custom_id = self.requests[index].custom_id
        usage = (0, 0, 0, 0)
        if isinstance(answer, NoAnswer):
            line = error_line(line_id, custom_id, answer.value, _EXPLAINED[answer])
        else:
            line = output_line(line_id, custom_id, answer)
            if good:
                tokens = usage_of(answer)
                usage = (tokens.input, tokens.cached, tokens.output, tokens.reasoning)
        self.answers[index] = KeptAnswer(self.number, index, good, line, usage)
        return len(line)

    def close(self) -> Chunk:
        """Return the chunk as it is stored: good lines and bad ones, each in input order.

        The answers move there, one by one: twice as many would be too many.
        """
        progress = Progress()
        for answer in self.answers.values():
            progress += answer.progress
        good = [index for index in sorted(self.answers) if self.answers[index].good]
        good_size = sum(len(self.answers[index].line) for index in good)
        unanswered = self._unanswered()
        # Its value is its buffer, not a copy.
        data = BytesIO()
        for index in (*good, *sorted(self.answers.keys() - good)):
            data.write(self.answers.pop(index).line)
        return Chunk(data.getvalue(), good_size, progress, unanswered)

    def _unanswered(self) -> Unanswered:
        good = {index for index, answer in self.answers.items() if answer.good}
        lines = tuple(index for index in range(len(self.requests)) if index not in good)
        return Unanswered(lines, sum(self.sizes[index] for index in lines))


def open_chunk(number: int, data: bytes, kept: Kept) -> OpenChunk:
    """Return a chunk of those bytes of the input, with the answers that were kept of it."""
    lines = list(request_lines([data]))
    requests = [parse_request(line) for line in lines]
    answers = {answer.index: answer for answer in kept.answers if answer.chunk == number}
    return OpenChunk(number, requests, [len(line) for line in lines], answers)
