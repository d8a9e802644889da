"""Lets somebody else's tool check the desk's SCIM, and tells every check that did not succeed."""

import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

base, secret = sys.argv[1:]
client = Client(base_url=base, headers={"Authorization": f"Bearer {secret}"}, timeout=60)
results = check_server(SyncSCIMClient(client))
good = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED}
for result in results:
    if result.status not in good:
        print(f"{result.status.name}: {result.title}: {result.resource_type}: {result.reason}: {result.data}")
done = sum(result.status != Status.SKIPPED for result in results)
print(f"{done} checks, {len(results) - done} skipped")
for result in results:
    if result.status == Status.SKIPPED:
        print(f"skipped: {result.title}: {result.resource_type}: {result.reason}")
bad = any(result.status not in good for result in results)
sys.exit(1 if bad or done < 50 else 0)
