"""A host process for tests: answers attempts at once, and does what their headers say."""

import asyncio
import os
import socket
import sys

from twotime_ray.frames import SECRET_BYTES, SEAL_BYTES, START_BYTES, header_of, pack, read


def body_bytes(frame):
    return len(frame) - START_BYTES - SEAL_BYTES - int.from_bytes(frame[4:8], "little")


async def main():
    connection = socket.socket(fileno=int(sys.argv[-1]))
    reader, writer = await asyncio.open_connection(sock=connection, limit=2**20)
    secret = await reader.readexactly(SECRET_BYTES)
    options = header_of(await read(reader, secret))
    writer.write(pack(secret, {"kind": "up", "version": "1", "slots": options["slots"]}))
    asked = None
    arrived = 0
    while True:
        frame = await read(reader, secret)
        if frame is None:
            return
        header = header_of(frame)
        if header["kind"] in ("data", "gone"):
            arrived += body_bytes(frame)
            if header["kind"] == "gone" or header["part"] == header["parts"]:
                writer.write(pack(secret, {"kind": "outcome", "id": asked, "bytes": arrived}))
            continue
        if header["kind"] != "attempt":
            continue
        if "need" in header:
            asked, arrived = header["id"], 0
            writer.write(pack(secret, {"kind": "need", "key": header["need"]}))
            continue
        if "exit" in header:
            print("it was told to", file=sys.stderr, flush=True)
            os._exit(header["exit"])
        if "garbage" in header:
            writer.write(b"x" * 1000)
        for _ in range(header.get("progress", 0)):
            writer.write(pack(secret, {"kind": "progress", "id": header["id"]}))
        if "wait" not in header:
            writer.write(pack(secret, {"kind": "outcome", "id": header["id"], "bytes": body_bytes(frame)}))
        await writer.drain()


asyncio.run(main())
