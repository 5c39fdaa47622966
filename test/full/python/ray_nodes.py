"""A Ray cluster of two nodes on this machine, for tests; a line on standard input kills the second node, one more the first.

Prints its address and that of its dashboard. Ends with its standard input. RAY_TMPDIR says where its files are.
"""

import sys

from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": True})
nodes = [cluster.head_node, cluster.add_node(num_cpus=1)]
print(cluster.address, cluster.head_node.webui_url, flush=True)
for _ in sys.stdin:
    nodes.pop().kill_raylet()
    print("killed", flush=True)
cluster.shutdown()
