"""A signing job's status changes as events in EventBridge's shape (AWS Signer guide, "Monitoring with EventBridge")."""

from __future__ import annotations

from datetime import datetime

from sealgate.services.audit.event_ids import new_event_id
from sealgate.services.audit.events import encode_time, make_record
from sealgate.store.audit import add_events
from sealgate.store.database import Tx
from sealgate.store.jobs import Job

STATUS_CHANGE = "Signer Job Status Change"


def record_status(tx: Tx, job: Job, *, at: datetime) -> None:
    """Add the event that a job has its status now, in the transaction that gives it."""
    document = {
        "version": "0",
        "id": new_event_id(at),
        "detail-type": STATUS_CHANGE,
        "source": "aws.signer",
        "account": job.account,
        "time": encode_time(at),
        "region": job.region,
        "resources": [job.arn],
        "detail": {
            "job_id": job.job_id,
            "source": {"bucketName": job.source_bucket, "key": job.source_key, "version": job.source_version},
            "destination": {"bucketName": job.destination_bucket, "key": job.signed_key or job.destination_prefix},
            "platform": job.platform_id,
            "status": job.status,
        },
    }
    add_events(tx, [make_record(document, recorded_at=at)])
