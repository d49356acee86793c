"""The output files of a batch, whichever of its finishers writes them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from larder.adapters import s3_output
from larder.services.batches.object_ports import OutputLostError, WriterState
from tests.samples import TENANT, a_file_id, stored_bytes

if TYPE_CHECKING:
    from larder.services.batches.object_ports import OutputWriter
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

MIB = 2**20


def write_and_finish(writer: OutputWriter, size: int) -> None:
    """Write a block, and make the file."""
    write(writer, size)
    writer.finish()


def block(number: int, size: int) -> bytes:
    """Return bytes of that size that no other number has."""
    return hashlib.sha256(b"%d" % number).digest() * (size // 32)


def write(writer: OutputWriter, *sizes: int) -> bytes:
    """Write a block of each size, and return all of them."""
    blocks = [block(number, size) for number, size in enumerate(sizes)]
    for each in blocks:
        writer.write(each)
    return b"".join(blocks)


SIZES = [
    pytest.param([32], id="one line"),
    pytest.param([64 * 1_024] * 3, id="less than a part"),
    pytest.param([8 * MIB], id="one part"),
    pytest.param([8 * MIB - 32, 64], id="a little more than a part"),
    pytest.param([3 * MIB] * 6, id="two parts and a rest"),
    pytest.param([25 * MIB], id="a chunk of several parts"),
]


@pytest.mark.parametrize("sizes", SIZES)
def test_an_output_is_what_was_written(backend: Backend, sizes: list[int]) -> None:
    file_id = a_file_id()
    writer = backend.batch_objects.open_output(TENANT, file_id, None)
    written = write(writer, *sizes)
    assert writer.size == len(written)
    assert stored_bytes(backend, file_id) is None

    writer.finish()

    assert stored_bytes(backend, file_id) == written
    stat = backend.objects.stat(TENANT, file_id)
    assert stat is not None
    assert stat.multipart == (len(written) >= 8 * MIB)


@pytest.mark.parametrize("sizes", SIZES)
def test_an_output_goes_on_where_a_writer_was_suspended(backend: Backend, sizes: list[int]) -> None:
    file_id, written = a_file_id(), b""
    state: WriterState | None = None

    for size in sizes:
        writer = backend.batch_objects.open_output(TENANT, file_id, state)
        assert writer.size == len(written)
        written += write(writer, size)
        state = writer.suspend()
        assert len(state.tail) < 8 * MIB
        assert state.size == len(written)
    backend.batch_objects.open_output(TENANT, file_id, state).finish()

    assert stored_bytes(backend, file_id) == written


@pytest.mark.parametrize("sizes", [[32], [3 * MIB] * 6])
def test_of_two_writers_the_first_makes_the_file(backend: Backend, sizes: list[int]) -> None:
    file_id = a_file_id()
    one, two = (backend.batch_objects.open_output(TENANT, file_id, None) for _ in range(2))
    written = write(one, *sizes)
    write(two, *sizes)

    one.finish()
    two.finish()

    assert stored_bytes(backend, file_id) == written


@pytest.mark.parametrize("rest", [32, 9 * MIB])
def test_two_writers_may_go_on_from_the_same_state(backend: Backend, rest: int) -> None:
    file_id = a_file_id()
    first = backend.batch_objects.open_output(TENANT, file_id, None)
    written = write(first, 9 * MIB)
    state = first.suspend()
    one, two = (backend.batch_objects.open_output(TENANT, file_id, state) for _ in range(2))
    written += write(one, rest)
    one.finish()

    write(two, rest)
    two.finish()

    assert stored_bytes(backend, file_id) == written


def test_a_writer_that_nobody_waits_for_goes_on_in_vain(backend: Backend) -> None:
    """The multipart upload that it shares is over, and what it sends is not missed."""
    file_id = a_file_id()
    late = backend.batch_objects.open_output(TENANT, file_id, None)
    written = write(late, 9 * MIB)
    other = backend.batch_objects.open_output(TENANT, file_id, late.suspend())
    other.finish()

    write(late, *[9 * MIB] * 3)
    later = backend.batch_objects.open_output(TENANT, file_id, late.suspend())
    write(later, 9 * MIB)
    later.finish()

    assert stored_bytes(backend, file_id) == written


def test_a_file_that_was_made_is_never_made_again(backend: Backend) -> None:
    file_id = a_file_id()
    backend.objects.put(TENANT, file_id, b"made")

    for sizes in ([32], [9 * MIB]):
        writer = backend.batch_objects.open_output(TENANT, file_id, None)
        write(writer, *sizes)
        writer.finish()

    assert stored_bytes(backend, file_id) == b"made"


@pytest.mark.parametrize("rest", [0, 32, 9 * MIB])
def test_parts_that_were_given_up_are_an_error_and_no_file(backend: Backend, rest: int) -> None:
    file_id = a_file_id()
    writer = backend.batch_objects.open_output(TENANT, file_id, None)
    write(writer, 8 * MIB)
    state = writer.suspend()

    backend.lose_half_written_files()

    writer = backend.batch_objects.open_output(TENANT, file_id, state)
    with pytest.raises(OutputLostError):
        write_and_finish(writer, rest)
    assert stored_bytes(backend, file_id) is None


def test_a_writer_that_comes_second_leaves_no_parts_behind(aws: AwsBackend) -> None:
    file_id = a_file_id()
    one, two = (aws.batch_objects.open_output(TENANT, file_id, None) for _ in range(2))
    for writer in (one, two):
        write(writer, 9 * MIB)
        writer.finish()

    bucket = aws.stack.settings.files_bucket
    assert aws.stack.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_a_conflict_when_a_file_is_made_is_settled_by_the_file_of_the_other(
    aws: AwsBackend,
) -> None:
    file_id = a_file_id()
    one, two = (aws.batch_objects.open_output(TENANT, file_id, None) for _ in range(2))
    written = write(one, 9 * MIB)
    write(two, 9 * MIB)
    one.finish()

    with aws.answering("CompleteMultipartUpload", "ConditionalRequestConflict", 1):
        two.finish()

    assert stored_bytes(aws, file_id) == written


def test_a_conflict_without_another_s_file_is_an_error(aws: AwsBackend) -> None:
    writer = aws.batch_objects.open_output(TENANT, a_file_id(), None)
    write(writer, 9 * MIB)

    with (
        aws.answering("CompleteMultipartUpload", "ConditionalRequestConflict", 1),
        pytest.raises(OutputLostError),
    ):
        writer.finish()


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_other_errors_of_a_multipart_upload_are_told(aws: AwsBackend, operation: str) -> None:
    writer = aws.batch_objects.open_output(TENANT, a_file_id(), None)

    with aws.answering(operation, "AccessDenied", 1), pytest.raises(ClientError, match="Access"):
        write_and_finish(writer, 9 * MIB)


def test_parts_grow_so_that_ten_thousand_hold_every_output(aws: AwsBackend) -> None:
    """50,000 answers of 8 MiB; S3 takes no more parts."""
    assert sum(s3_output.part_size(number) for number in range(1, 10_001)) > 50_000 * 8 * MIB
    file_id = a_file_id()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3_output, "SMALL_PARTS", 1)
        patch.setattr(s3_output, "LARGE_PART_BYTES", 16 * MIB)
        state: WriterState | None = None
        written = b""
        for _ in range(4):
            writer = aws.batch_objects.open_output(TENANT, file_id, state)
            written += write(writer, 9 * MIB)
            state = writer.suspend()
        assert state is not None
        aws.batch_objects.open_output(TENANT, file_id, state).finish()

    assert len(state.etags) == 2
    assert stored_bytes(aws, file_id) == written
