"""Frames come out as they went in, and nothing else does."""

import asyncio
import json
import os
import struct
import unittest

from twotime_ray.frames import BadFrame, check, header_of, pack, read

SECRET = bytes(range(32))


def read_from(data, secret=SECRET):
    """All frames of a stream that ends after `data`."""

    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        frames = []
        while True:
            frame = await read(reader, secret)
            if frame is None:
                return frames
            frames.append(frame)

    return asyncio.run(run())


class Frames(unittest.TestCase):
    def test_come_out_as_they_went_in(self):
        header = {"kind": "attempt", "id": "7", "task": "batch.job \u00e4 \"'$()\n"}
        for body in (b"", b"x", os.urandom(100_000)):
            frame = pack(SECRET, header, body)
            self.assertEqual(read_from(frame + frame), [frame, frame])
            self.assertEqual(header_of(frame), header)

    def test_are_those_that_the_program_writes(self):
        frame = pack(SECRET, {"kind": "x"}, b"ab")
        self.assertEqual(frame[:16], b"TTF1" + struct.pack("<IQ", 12, 2))
        self.assertEqual(json.loads(frame[16:28]), {"kind": "x"})
        self.assertEqual(frame[28:30], b"ab")
        self.assertEqual(len(frame), 30 + 32)

    def test_are_refused_when_a_byte_differs(self):
        frame = pack(SECRET, {"kind": "x", "id": "1"}, b"some bytes")
        for k in range(len(frame)):
            wrong = bytearray(frame)
            wrong[k] ^= 1
            with self.assertRaises(BadFrame):
                read_from(bytes(wrong))

    def test_are_refused_when_cut_off(self):
        frame = pack(SECRET, {"kind": "x"}, b"some bytes")
        for length in range(1, len(frame)):
            with self.assertRaises(BadFrame):
                read_from(frame[:length])
        self.assertEqual(read_from(b""), [])

    def test_are_refused_under_another_secret(self):
        frame = pack(SECRET, {"kind": "x"})
        with self.assertRaises(BadFrame):
            read_from(frame, bytes(32))
        with self.assertRaises(BadFrame):
            check(bytes(32), frame)

    def test_do_not_make_the_reader_wait_for_the_length_that_garbage_claims(self):
        with self.assertRaises(BadFrame):
            read_from(b"TTF1" + struct.pack("<IQ", 2**31, 2**60))
        with self.assertRaises(BadFrame):
            read_from(b"GET / HTTP/1.1\r\n\r\n")


if __name__ == "__main__":
    unittest.main()
