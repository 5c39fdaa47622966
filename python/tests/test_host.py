"""The actor of a node, with a stand-in for the host process and without Ray."""

import asyncio
import os
import sys
import unittest

from twotime_ray.frames import SECRET_BYTES, header_of, pack, read
from twotime_ray.host import Host, last_words

SECRET = os.urandom(SECRET_BYTES)
COMMAND = [sys.executable, "-m", "tests.stand_in"]
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


async def opened(expected=None, **options):
    host = Host()
    answer = await host.open(SECRET, COMMAND, FOLDER, {"slots": 2, **options}, expected or {})
    return host, answer


def attempt(identity, **header):
    return pack(SECRET, {"kind": "attempt", "id": identity, **header}, b"input")


class TheActor(unittest.IsolatedAsyncioTestCase):
    async def test_passes_tasks_and_outcomes_on_as_they_are(self):
        host, (kind, first) = await opened()
        self.assertEqual((kind, header_of(first)["slots"]), ("ok", 2))
        results = await asyncio.gather(*(host.run(attempt(str(k))) for k in range(50)))
        for k, (kind, frame) in enumerate(results):
            self.assertEqual((kind, header_of(frame)["id"]), ("ok", str(k)))
        self.assertEqual((await host.close())[0], "ok")
        self.assertIsNotNone(host.process.poll())

    async def test_gives_news_as_they_come(self):
        host, _ = await opened()
        _, _ = await host.run(attempt("1", progress=3))
        kind, news = await host.listen()
        self.assertEqual((kind, [header_of(frame)["kind"] for frame in news]), ("ok", ["progress"] * 3))
        await host.close()

    async def test_tells_why_the_process_died_to_all_who_wait(self):
        host, _ = await opened()
        slow = asyncio.ensure_future(host.run(attempt("1", wait=True)))
        listening = asyncio.ensure_future(host.listen())
        await asyncio.sleep(0.1)
        _, reason = await host.run(attempt("2", exit=3))
        self.assertRegex(reason, "^the host process ended with exit code 3: it was told to")
        self.assertEqual(await slow, ("died", reason))
        self.assertEqual(await listening, ("died", reason))
        self.assertEqual(await host.run(attempt("3")), ("died", reason))
        self.assertEqual(await host.tell(attempt("4")), ("died", reason))

    async def test_ends_a_process_that_talks_nonsense(self):
        host, _ = await opened()
        _, reason = await host.run(attempt("1", garbage=True))
        self.assertRegex(reason, "no message|seal")
        self.assertIsNotNone(host.process.poll())

    async def test_refuses_another_version(self):
        host, (kind, reason) = await opened({"version": "2"})
        self.assertEqual((kind, reason), ("died", "it is of another version: version is 1, not 2"))
        self.assertIsNotNone(host.process.poll())

    async def test_says_what_does_not_start(self):
        host = Host()
        kind, reason = await host.open(SECRET, ["/nonexistent/program"], FOLDER, {}, {})
        self.assertEqual(kind, "died")
        self.assertRegex(reason, "^it did not start: .*No such file")
        kind, reason = await Host().open(SECRET, COMMAND, "/nonexistent", {}, {})
        self.assertEqual(kind, "died")
        kind, reason = await Host().open(SECRET, [sys.executable, "-c", "raise SystemExit('no luck')"], FOLDER, {}, {})
        self.assertEqual((kind, reason), ("died", "the host process ended with exit code 1: no luck"))

    def test_names_the_error_of_a_program_that_fails(self):
        said = "file:///a.ts:82\n    throw new Defect('full');\n    ^\n\nDefect: full\n    at start (a.ts:52)\n  help: undefined\n}\n\nNode.js v26"
        self.assertEqual(last_words(said), "Defect: full")
        self.assertEqual(last_words("one\nno luck\n\n"), "no luck")
        self.assertEqual(last_words(""), "")

    async def test_ends_with_its_connection(self):
        host, _ = await opened()
        host.writer.close()
        self.assertEqual(await asyncio.get_running_loop().run_in_executor(None, host.process.wait, 5), 0)

    async def test_takes_all_of_a_large_message(self):
        host, _ = await opened()
        large = pack(SECRET, {"kind": "attempt", "id": "1"}, os.urandom(20_000_000))
        kind, frame = await host.run(large)
        self.assertEqual((kind, header_of(frame)["bytes"]), ("ok", 20_000_000))
        await host.close()


if __name__ == "__main__":
    unittest.main()
