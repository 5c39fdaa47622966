"""A Ray cluster of two nodes (or as many as the argument says) of one slot each on this machine; a line on standard input kills
the last node, one more the one before.

Prints its address and that of its dashboard. Ends with its standard input. RAY_TMPDIR says where its files are.
"""

import socket
import sys

from ray.cluster_utils import Cluster

# The usual port of the dashboard may be taken.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
head = {"num_cpus": 1, "include_dashboard": True, "dashboard_port": port}
cluster = Cluster(initialize_head=True, head_node_args=head)
count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
nodes = [cluster.head_node, *(cluster.add_node(num_cpus=1) for _ in range(count - 1))]
print(cluster.address, cluster.head_node.webui_url, flush=True)
for _ in sys.stdin:
    nodes.pop().kill_raylet()
    print("killed", flush=True)
cluster.shutdown()
