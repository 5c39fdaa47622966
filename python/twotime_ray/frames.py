"""Frames: a header in JSON, a body of bytes, and a seal over both.

``TTF1 | u32 header length | u64 body length | header (JSON, UTF-8) | body | seal``, little-endian. The seal is an
HMAC-SHA256 with the secret of the run. Whoever passes a frame on passes it on as it is, so it holds from end to end. The
twin of this file is src/parallel/host/frame.ts.
"""

import asyncio
import hmac
import json
import struct

MAGIC = b"TTF1"
# Not a Struct object, which cannot be sent to other nodes.
START = "<4sIQ"
START_BYTES = struct.calcsize(START)
SECRET_BYTES = 32
SEAL_BYTES = 32
LARGEST_HEADER = 2**24
LARGEST_BODY = 2**31


class BadFrame(Exception):
    """Bytes that are no frame of this run."""


def pack(secret, header, body=b""):
    """The bytes of a frame."""
    head = json.dumps(header, separators=(",", ":")).encode()
    sealed = struct.pack(START, MAGIC, len(head), len(body)) + head + bytes(body)
    return sealed + hmac.digest(secret, sealed, "sha256")


def length_of(start):
    """Bytes of the whole frame that begins so. Raises BadFrame."""
    magic, head, body = struct.unpack(START, start)
    if magic != MAGIC or head > LARGEST_HEADER or body > LARGEST_BODY:
        raise BadFrame("what came is no message")
    return START_BYTES + head + body + SEAL_BYTES


def header_of(frame):
    """The header of a whole frame. Raises BadFrame."""
    _, length, _ = struct.unpack_from(START, frame)
    try:
        header = json.loads(bytes(frame[START_BYTES : START_BYTES + length]).decode())
    except ValueError as error:
        raise BadFrame("a header is not JSON") from error
    if not isinstance(header, dict):
        raise BadFrame("a header is not an object")
    return header


def check(secret, frame):
    """Return the frame when its seal is right. Raises BadFrame."""
    sealed = memoryview(frame)
    seal = hmac.digest(secret, sealed[:-SEAL_BYTES], "sha256")
    if not hmac.compare_digest(seal, bytes(sealed[-SEAL_BYTES:])):
        raise BadFrame("a message does not bear the seal of this run")
    return frame


async def read(reader, secret):
    """The next whole frame with the right seal; None at the end of the stream. Raises BadFrame."""
    try:
        start = await reader.readexactly(START_BYTES)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadFrame("a message was cut off") from error
        return None
    length = length_of(start)
    try:
        rest = await reader.readexactly(length - START_BYTES)
    except asyncio.IncompleteReadError as error:
        raise BadFrame("a message was cut off") from error
    return check(secret, start + rest)
