"""A Ray for tests of the driver: actors are objects of this process, nodes are a list."""

import asyncio
import types


class RayError(Exception):
    pass


class OutOfMemoryError(RayError):
    pass


class Method:
    def __init__(self, actor, name):
        self.actor = actor
        self.name = name

    def options(self, name):
        self.actor.ray.names.append(name)
        return self

    def remote(self, *arguments):
        async def call():
            if self.actor.killed.is_set():
                raise RayError("the actor is dead\nwith a trace")
            arguments_ = [value.data.data if isinstance(value, Reference) else value for value in arguments]
            work = asyncio.ensure_future(getattr(self.actor.made, self.name)(*arguments_))
            killed = asyncio.ensure_future(self.actor.killed.wait())
            await asyncio.wait([work, killed], return_when=asyncio.FIRST_COMPLETED)
            killed.cancel()
            if not work.done():
                work.cancel()
                raise RayError("the actor died\nwith a trace")
            return work.result()

        return asyncio.ensure_future(call())


class Actor:
    def __init__(self, ray, made):
        self.ray = ray
        self.made = made
        self.killed = asyncio.Event()

    def __getattr__(self, name):
        return Method(self, name)


class Reference:
    def __init__(self, data):
        self.data = data


class FakeRay:
    __version__ = "0.0"

    def __init__(self, nodes=1, problem=None):
        self.node_list = [
            {"NodeID": "n%d" % k, "Alive": True, "Resources": {"CPU": 2.0}, "NodeManagerHostname": "host%d" % k}
            for k in range(nodes)
        ]
        self.problem = problem
        self.actors = []
        self.names = []
        self.stopped = False
        self.exceptions = types.SimpleNamespace(RayError=RayError, OutOfMemoryError=OutOfMemoryError)
        affinity = types.SimpleNamespace(NodeAffinitySchedulingStrategy=lambda node, soft: node)
        self.util = types.SimpleNamespace(scheduling_strategies=affinity)

    def init(self, **options):
        self.init_options = options
        if self.problem is not None:
            raise self.problem

    def get_runtime_context(self):
        return types.SimpleNamespace(get_node_id=lambda: "n0")

    def nodes(self):
        return [dict(node) for node in self.node_list]

    def put(self, data):
        return Reference(data)

    def kill(self, actor):
        actor.killed.set()
        actor.made._die("the actor was killed")

    def shutdown(self):
        self.stopped = True

    def remote(self, cls):
        def options(**how):
            def make():
                self.names.append(how["name"])
                actor = Actor(self, cls())
                self.actors.append(actor)
                return actor

            return types.SimpleNamespace(remote=make)

        return types.SimpleNamespace(options=options)
