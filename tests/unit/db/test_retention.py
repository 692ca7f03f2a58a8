"""The laws of the parts of a worker that delete what was kept for its time, and count what should have gone."""

import asyncio
from collections.abc import Mapping

from prometheus_client import REGISTRY

from shared.db.retention import late_records, retention_parts


async def test_a_worker_deletes_batch_by_batch_and_counts_what_is_late() -> None:
    """Until nothing is due. Seen red without the gauge among the parts."""
    due, stop = [3, 2], asyncio.Event()

    async def batch() -> Mapping[str, int]:
        return {"thing": due.pop(0) if due else 0}

    async def overdue() -> int:
        return 7

    late_records.set(0)
    parts = [asyncio.ensure_future(part(stop)) for part in retention_parts({"things": batch}, overdue)]
    async with asyncio.timeout(5):
        while due or REGISTRY.get_sample_value("passerelle_retention_overdue") != 7:
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*parts)
