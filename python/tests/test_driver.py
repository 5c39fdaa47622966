"""The driver, between a program played here and hosts played by a stand-in, on a Ray that is none."""

import asyncio
import os
import sys
import tempfile
import unittest

from tests.fake_ray import FakeRay
from tests.test_host import COMMAND, FOLDER
from twotime_ray import driver as driver_module
from twotime_ray.driver import Driver
from twotime_ray.frames import SECRET_BYTES, header_of, pack, read

SECRET = os.urandom(SECRET_BYTES)


class Program:
    """The other end of the driver's connection."""

    def __init__(self, ray):
        self.ray = ray
        self.inbox = asyncio.StreamReader(limit=2**20)
        self.outbox = asyncio.StreamReader(limit=2**20)
        self.driver = Driver(ray, self.inbox, self, SECRET)

    def write(self, data):
        self.outbox.feed_data(bytes(data))

    async def drain(self):
        pass

    def send(self, header, body=b""):
        self.inbox.feed_data(pack(SECRET, header, body))

    async def start(self, **options):
        self.folder = tempfile.mkdtemp()
        defaults = {"address": "local", "workers": None, "folder": self.folder, "run": "run", "cwd": FOLDER}
        self.send({"kind": "start", **defaults, "command": COMMAND, "host": {}, "expected": {}, **options})
        self.serving = asyncio.ensure_future(self.driver.serve())

    async def next(self, *kinds):
        """The next message of one of these kinds; the others are passed over."""
        while True:
            frame = await asyncio.wait_for(read(self.outbox, SECRET), 20)
            header = header_of(frame)
            if header["kind"] in kinds:
                return header

    async def end(self):
        self.inbox.feed_eof()
        await asyncio.wait_for(self.serving, 20)


def attempt(number, host, **header):
    return {"kind": "attempt", "id": str(number), "host": host, "task": "test.task", **header}


class TheDriver(unittest.IsolatedAsyncioTestCase):
    async def begin(self, ray, **options):
        program = Program(ray)
        await program.start(**options)
        return program

    async def test_says_why_ray_cannot_be_used(self):
        program = await self.begin(FakeRay(problem=ConnectionError("nobody there\nand a trace")))
        self.assertEqual((await program.next("refused"))["reason"], "ConnectionError: nobody there; if the cluster asks for a token, set RAY_AUTH_MODE=token")
        program = await self.begin(FakeRay(), address="ray://head:10001")
        self.assertIn("host:port", (await program.next("refused"))["reason"])

    async def test_starts_a_ray_of_its_own_on_the_loopback_address(self):
        program = await self.begin(FakeRay(), workers=3)
        self.assertEqual((await program.next("ready"))["nodes"], 1)
        options = program.ray.init_options
        self.assertEqual((options["_node_ip_address"], options["num_cpus"]), ("127.0.0.1", 3))
        await program.next("up")
        await program.end()
        self.assertTrue(program.ray.stopped)
        self.assertFalse(os.path.exists(program.folder))

    async def test_keeps_a_host_on_every_node_and_names_what_it_runs(self):
        program = await self.begin(FakeRay(nodes=2), workers=3)
        hosts = {(await program.next("up"))["nodeId"] for _ in range(2)}
        self.assertEqual(hosts, {"n0", "n1"})
        for k in range(20):
            program.send(attempt(k, 1 + k % 2))
        answers = [await program.next("outcome") for _ in range(20)]
        self.assertEqual(sorted(int(answer["id"]) for answer in answers), list(range(20)))
        self.assertEqual(set(program.ray.names), {"run-host-1", "run-host-2", "test.task"})
        await program.end()
        self.assertTrue(all(actor.made.process.poll() is not None for actor in program.ray.actors))

    async def test_tells_losses_and_starts_another_host(self):
        program = await self.begin(FakeRay())
        await program.next("up")
        program.send(attempt(0, 1))
        await program.next("outcome")
        program.send(attempt(1, 1, exit=3))
        lost = await program.next("lost")
        self.assertEqual((lost["id"], lost["cause"]), ("1", "worker"))
        self.assertRegex((await program.next("down"))["reason"], "exit code 3")
        self.assertEqual((await program.next("up"))["host"], 2)
        program.send(attempt(2, 2, wait=True))
        await asyncio.sleep(0.2)
        program.ray.kill(program.ray.actors[-1])
        self.assertEqual((await program.next("lost"))["id"], "2")
        program.send(attempt(3, 1))
        self.assertEqual((await program.next("lost"))["reason"], "its node was lost")
        await program.end()

    async def test_brings_data_to_hosts_that_ask(self):
        program = await self.begin(FakeRay())
        await program.next("up")
        for part in (1, 2):
            program.send({"kind": "data", "key": "k", "part": part, "parts": 2}, b"x" * 1000)
        self.assertEqual((await program.next("stored"))["key"], "k")
        program.send(attempt(1, 1, need="k"))
        self.assertEqual((await program.next("outcome"))["bytes"], 2000)
        program.send({"kind": "drop", "key": "k", "digest": "d"})
        program.send(attempt(2, 1, need="k"))
        self.assertEqual((await program.next("outcome"))["bytes"], 0)
        await program.end()

    async def test_gives_up_a_node_whose_hosts_end_at_once_and_says_when_none_is_left(self):
        look, driver_module.LOOK = driver_module.LOOK, 0.05
        self.addCleanup(setattr, driver_module, "LOOK", look)
        program = await self.begin(FakeRay(), command=[sys.executable, "-c", "raise SystemExit('no luck')"])
        self.assertRegex((await program.next("given-up"))["reason"], "no luck")
        await program.next("hopeless")
        await program.end()


if __name__ == "__main__":
    unittest.main()
