"""The actor of a node: it owns one host process, passes it tasks and data, and passes back what it says.

Pickled by value, so that other nodes need no copy of this package.
"""

import asyncio
import collections
import os
import re
import socket
import subprocess
import threading

from .frames import BadFrame, header_of, pack, read

# Seconds a host may take to start, and may be silent afterwards: it sends a sign of life every two.
STARTS_WITHIN = 60
SILENCE = 30
# Seconds after which a poll for news returns without any.
POLL = 5
TAIL = 4096


class Host:
    """All methods return (kind, value): 'ok' with what was asked for, or 'died' with the reason."""

    def __init__(self):
        self.waiting = {}
        self.news = collections.deque()
        self.stirred = None
        self.death = None
        self.tail = b""
        self.process = None
        self.connection = None
        self.writer = None

    async def open(self, secret, command, folder, options, expected):
        """Start the host process; 'ok' with its first frame, which says what it is. `expected` must be part of that."""
        # Older versions of Python bind it to the loop that runs.
        self.stirred = asyncio.Event()
        try:
            await self._start(secret, command, folder, options)
            first = await asyncio.wait_for(read(self.reader, secret), STARTS_WITHIN)
        except asyncio.TimeoutError:
            return self._die("it did not start within %d s" % STARTS_WITHIN)
        except ConnectionError:
            first = None
        except (OSError, BadFrame) as error:
            return self._die("it did not start: %s" % error)
        if first is None:
            return self._die(self._last_words())
        said = header_of(first)
        for name, value in expected.items():
            if said.get(name) != value:
                return self._die("it is of another version: %s is %s, not %s" % (name, said.get(name), value))
        self.listener = asyncio.ensure_future(self._listen())
        return "ok", first

    async def _start(self, secret, command, folder, options):
        self.connection, theirs = socket.socketpair()
        try:
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                cwd=folder,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        finally:
            theirs.close()
        threading.Thread(target=self._keep_tail, daemon=True).start()
        self.secret = secret
        self.sending = asyncio.Lock()
        self.reader, self.writer = await asyncio.open_connection(sock=self.connection, limit=2**20)
        self.writer.write(secret)
        await self._send(pack(secret, {"kind": "open", **options}))

    def _keep_tail(self):
        with self.process.stderr as lines:
            for line in lines:
                self.tail = (self.tail + line)[-TAIL:]

    async def _send(self, *frames):
        async with self.sending:
            for frame in frames:
                self.writer.write(frame)
                await self.writer.drain()

    async def run(self, frame):
        """Pass a task on; 'ok' with the frame of its result."""
        if self.death is not None:
            return "died", self.death
        identity = header_of(frame)["id"]
        result = asyncio.get_running_loop().create_future()
        self.waiting[identity] = result
        try:
            await self._send(frame)
        except OSError:
            # Its end is told by the listener, with the reason.
            pass
        return await result

    async def tell(self, *frames):
        """Pass on what needs no answer."""
        if self.death is not None:
            return "died", self.death
        try:
            await self._send(*frames)
        except OSError:
            pass
        return "ok", None

    async def listen(self):
        """'ok' with the frames that belong to no result, as soon as there are any; after a while without."""
        if not self.news and self.death is None:
            self.stirred.clear()
            try:
                await asyncio.wait_for(self.stirred.wait(), POLL)
            except asyncio.TimeoutError:
                pass
        if self.death is not None:
            return "died", self.death
        news = list(self.news)
        self.news.clear()
        return "ok", news

    async def _listen(self):
        reason = None
        while reason is None:
            try:
                frame = await asyncio.wait_for(read(self.reader, self.secret), SILENCE)
            except asyncio.TimeoutError:
                reason = "it gave no sign of life for %d s" % SILENCE
            except (ConnectionError, BadFrame) as error:
                reason = str(error) if isinstance(error, BadFrame) else self._last_words()
            else:
                if frame is None:
                    reason = self._last_words()
                else:
                    self._sort(frame)
        self._die(reason)

    def _sort(self, frame):
        header = header_of(frame)
        if header["kind"] == "outcome":
            result = self.waiting.pop(header["id"], None)
            if result is not None and not result.done():
                result.set_result(("ok", frame))
        elif header["kind"] != "alive":
            self.news.append(frame)
            self.stirred.set()

    def _last_words(self):
        """Why the process ended, from its exit code and the end of what it said."""
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        how = "signal %d" % -code if code < 0 else "exit code %d" % code
        said = last_words(self.tail.decode("utf-8", "replace"))
        return "the host process ended with %s%s" % (how, ": " + said[:300] if said else "")

    def _die(self, reason):
        self.death = reason
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._disconnect()
        for result in self.waiting.values():
            if not result.done():
                result.set_result(("died", reason))
        self.waiting.clear()
        self.stirred.set()
        return "died", reason

    def _disconnect(self):
        if self.writer is not None:
            self.writer.close()
        elif self.connection is not None:
            self.connection.close()

    async def close(self):
        """End the host process."""
        self._disconnect()
        if self.process is not None:
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(None, self.process.wait, 2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                await loop.run_in_executor(None, self.process.wait)
        return "ok", os.getpid()


def last_words(text):
    """The line that names the error; Node prints where it was before it, and a trace, its fields and the version after it."""
    lines = [line.strip() for line in text.strip().splitlines()]
    errors = [line for line in lines if re.match(r"(Uncaught )?[A-Z]\w*: ", line)]
    said = [line for line in lines if line]
    return errors[-1] if errors else said[-1] if said else ""
