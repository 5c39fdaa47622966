"""The driver: it connects to Ray, keeps one host on every node, and passes messages between the program and the hosts."""

import asyncio
import itertools
import logging
import os
import shutil
import sys
import traceback

from .blob import Blob
from .frames import SECRET_BYTES, BadFrame, header_of, pack, read
from .host import Host

NAMESPACE = "twotime"
# Seconds between looks at the nodes, and between signs of life to the program.
LOOK = 2
# Looks at a cluster without a usable node after which there is no hope for one.
EMPTY = 3
# Seconds without an answer of an actor, which answers every five, after which it counts as gone.
SILENCE = 30
# Hosts in a row that end before they were of any use, after which their node is given up.
MOST_USELESS = 3
ENDS_WITHIN = 5


class Refused(Exception):
    """Ray cannot be used; the text says why."""


class Place:
    """A host that runs: its actor, and the node it is on."""

    def __init__(self, number, actor, node):
        self.number = number
        self.actor = actor
        self.node = node
        self.was_of_use = False


class Driver:
    def __init__(self, ray, reader, writer, secret):
        self.ray = ray
        self.reader = reader
        self.writer = writer
        self.secret = secret
        self.sending = asyncio.Lock()
        self.numbers = itertools.count(1)
        self.places = {}
        self.alive = set()
        self.kept = {}
        # Object references of shared data, by their key, in the order of their parts.
        self.data = {}
        self.background = set()

    async def serve(self):
        """Until the program ends the connection, or asks to."""
        start = await read(self.reader, self.secret)
        if start is None:
            return
        self.options = header_of(start)
        try:
            self._connect()
        except Exception as error:  # noqa: BLE001 - whatever Ray throws is why it cannot be used
            await self.send({"kind": "refused", "reason": first_line(error) + hint_of(error)})
            return
        nodes = self._look()
        await self.send({"kind": "ready", "ray": self.ray.__version__, "python": sys.version.split()[0], "nodes": nodes})
        self._begin(self._watch())
        try:
            await self._receive()
        finally:
            await self._end()

    def _connect(self):
        address = self.options["address"]
        if address.startswith("ray://"):
            raise Refused("the address is that of Ray Client; give the address of the cluster itself, host:port")
        local = {}
        if address == "local":
            local = {
                "num_cpus": self.options["workers"],
                "include_dashboard": False,
                "_node_ip_address": "127.0.0.1",
                "_temp_dir": self.options["folder"],
            }
        self.ray.init(
            address=address,
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **local,
        )
        self.own = self.ray.get_runtime_context().get_node_id()

    async def send(self, header):
        await self.forward(pack(self.secret, header))

    async def forward(self, frame):
        async with self.sending:
            self.writer.write(frame)
            await self.writer.drain()

    def _begin(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self.background.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task):
        """A defect in the background would leave the program waiting for ever."""
        self.background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            traceback.print_exception(None, task.exception(), task.exception().__traceback__)
            sys.stderr.flush()
            os._exit(1)

    async def _receive(self):
        while True:
            frame = await read(self.reader, self.secret)
            if frame is None:
                return
            header = header_of(frame)
            kind = header["kind"]
            if kind == "attempt":
                self._begin(self._run(header, frame))
            elif kind == "cancel":
                self._begin(self._tell(self.places.get(header["host"]), frame))
            elif kind == "data":
                parts = self.data.setdefault(header["key"], [])
                parts.append(self.ray.put(Blob(frame)))
                if header["part"] == header["parts"]:
                    await self.send({"kind": "stored", "key": header["key"]})
            elif kind == "drop":
                self.data.pop(header["key"], None)
                for place in self.places.values():
                    self._begin(self._tell(place, frame))
            elif kind == "end":
                return

    async def _run(self, header, frame):
        place = self.places.get(header["host"])
        if place is None:
            cause, reason = "place", "its node was lost"
        else:
            cause, reason = await self._run_on(place, header, frame)
        if reason is not None:
            await self.send({"kind": "lost", "id": header["id"], "cause": cause, "reason": reason})

    async def _run_on(self, place, header, frame):
        """Cause and reason of a loss; nothing of each when the outcome was passed on."""
        call = place.actor.run.options(name=header["task"])
        try:
            kind, value = await call.remote(frame)
        except self.ray.exceptions.OutOfMemoryError as error:
            return "memory", "out of memory: " + first_line(error)
        except self.ray.exceptions.RayError as error:
            # Whatever it is, nobody relies on this host any more.
            self.ray.kill(place.actor)
            return "place", first_line(error)
        if kind == "died":
            return "worker", value
        place.was_of_use = True
        await self.forward(value)
        return None, None

    async def _tell(self, place, *frames):
        if place is None:
            return
        try:
            await place.actor.tell.remote(*frames)
        except self.ray.exceptions.RayError:
            # That it is gone is noticed by whoever listens to it.
            pass

    async def _watch(self):
        """Keep a host on every node that is there; tell the program that this process lives, or that no node does."""
        loop = asyncio.get_running_loop()
        empty = 0
        while True:
            for node in self.alive - set(self.kept):
                self.kept[node] = self._begin(self._keep(node))
            await self.send({"kind": "alive"})
            empty = empty + 1 if all(task.done() for task in self.kept.values()) else 0
            if empty == EMPTY:
                await self.send({"kind": "hopeless"})
            await asyncio.sleep(LOOK)
            await loop.run_in_executor(None, self._look)

    def _look(self):
        """Note which nodes are alive; the number of those with a core."""
        alive = [node for node in self.ray.nodes() if node["Alive"]]
        if self.own not in {node["NodeID"] for node in alive}:
            # Ray does not tell, and answers nothing from now on. The program starts a driver that finds another way in.
            print("the node through which it reached Ray is gone", file=sys.stderr, flush=True)
            os._exit(1)
        nodes = [node for node in alive if node["Resources"].get("CPU", 0) >= 1]
        self.cores = {node["NodeID"]: int(node["Resources"]["CPU"]) for node in nodes}
        self.names = {node["NodeID"]: node["NodeManagerHostname"] for node in nodes}
        self.alive = set(self.cores)
        for node in set(self.kept) - self.alive:
            del self.kept[node]
        return len(nodes)

    async def _keep(self, node):
        """Start a host on a node, and another when it has died, as long as that is of any use."""
        useless = 0
        while node in self.alive:
            number = next(self.numbers)
            place = Place(number, self._make_actor(node, number), node)
            kind, value = await self._answer(place.actor.open.remote(self.secret, *self._host_of(node)), None)
            if kind == "ok":
                self.places[number] = place
                await self._introduce(place, value)
                reason = await self._listen(place)
                del self.places[number]
                await self.send({"kind": "down", "host": number, "reason": reason})
            else:
                reason = value
            self.ray.kill(place.actor)
            useless = 0 if place.was_of_use else useless + 1
            if useless == MOST_USELESS:
                await self.send({"kind": "given-up", "node": self.names.get(node, node), "reason": reason})
                return

    def _slots(self, node):
        """Tasks at once on a node: all its cores, or its share of those asked for."""
        cores, workers = self.cores.get(node, 1), self.options["workers"]
        return cores if workers is None else min(cores, -(-workers // max(1, len(self.alive))))

    def _make_actor(self, node, number):
        strategies = self.ray.util.scheduling_strategies
        return self.ray.remote(Host).options(
            name="%s-host-%d" % (self.options["run"], number),
            num_cpus=self._slots(node),
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=10000,
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node, soft=False),
        ).remote()

    def _host_of(self, node):
        command, folder = self.options["command"], self.options["cwd"]
        return command, folder, {"slots": self._slots(node), **self.options["host"]}, self.options["expected"]

    async def _introduce(self, place, first):
        """The host's own words go with it, under its own seal."""
        said = header_of(first)
        about = {"host": place.number, "node": self.names.get(place.node, place.node), "nodeId": place.node}
        await self.send({**said, **about, "kind": "up"})

    async def _listen(self, place):
        """Pass on what a host says; why it died, when it did."""
        while True:
            kind, value = await self._answer(place.actor.listen.remote(), SILENCE)
            if kind == "died":
                return value
            for frame in value:
                header = header_of(frame)
                if header["kind"] == "need":
                    self._begin(self._bring(place, header["key"]))
                else:
                    await self.forward(frame)

    async def _bring(self, place, key):
        """Data that a host asks for, each part as it came; from the memory of its node once they are there."""
        parts = self.data.get(key)
        if parts is None:
            await self._tell(place, pack(self.secret, {"kind": "gone", "key": key}))
            return
        for part in parts:
            await self._tell(place, part)

    async def _answer(self, reference, within):
        try:
            return await asyncio.wait_for(reference_value(reference), within)
        except asyncio.TimeoutError:
            return "died", "its node gave no sign of life for %d s" % within
        except self.ray.exceptions.RayError as error:
            return "died", first_line(error)

    async def _end(self):
        """End all hosts, then Ray if it was started from here."""
        for task in list(self.background):
            task.cancel()
        closing = [self._answer(place.actor.close.remote(), ENDS_WITHIN) for place in self.places.values()]
        await asyncio.gather(*closing)
        self.ray.shutdown()
        if self.options["folder"] is not None:
            # Of a Ray that was started from here; the program may be gone and unable to do it.
            shutil.rmtree(self.options["folder"], ignore_errors=True)


async def reference_value(reference):
    return await reference


def hint_of(error):
    """Ray does not say that it was the token that was missing."""
    if not isinstance(error, ConnectionError) or os.environ.get("RAY_AUTH_MODE") == "token":
        return ""
    return "; if the cluster asks for a token, set RAY_AUTH_MODE=token"


def first_line(error):
    """What an error says, without the traces Ray adds."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else ""
    return "%s: %s" % (type(error).__name__, text[:500])


async def main():
    """Serve the program at the other end of file descriptor 3, which first gives the secret of the run."""
    import socket

    connection = socket.socket(fileno=3)
    reader, writer = await asyncio.open_connection(sock=connection, limit=2**20)
    secret = await reader.readexactly(SECRET_BYTES)
    try:
        import ray
        import ray.exceptions
        import ray.util.scheduling_strategies
        from ray import cloudpickle
    except ImportError as error:
        writer.write(pack(secret, {"kind": "refused", "reason": "Python has no Ray: %s" % error}))
        await writer.drain()
        return
    cloudpickle.register_pickle_by_value(sys.modules[__package__])
    try:
        await Driver(ray, reader, writer, secret).serve()
    except (BadFrame, ConnectionError) as error:
        print("twotime_ray: %s" % error, file=sys.stderr)
        os._exit(1)
