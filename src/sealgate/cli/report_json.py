"""What `sealgate verify` found, as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sealgate.cli.judge import Verdict
from sealgate.cli.terminal import encode_time
from sealgate.trust.assessment import CertificateFacts, Signature


def encode_json(file: str, verdict: Verdict, *, at: datetime) -> str:
    """Write the verdict on a file, judged at a moment, as one JSON object."""
    return json.dumps(_describe(file, verdict, at), indent=2) + "\n"


def _describe(file: str, verdict: Verdict, at: datetime) -> Mapping[str, Any]:
    return {
        "file": file,
        "acceptable": verdict.is_acceptable,
        "judgedAt": encode_time(at),
        "checks": [
            {"check": finding.check, "status": finding.status, "detail": finding.detail} for finding in verdict.findings
        ],
        "signature": None if verdict.signature is None else _describe_signature(verdict.signature),
    }


def _describe_signature(signature: Signature) -> Mapping[str, Any]:
    return {
        "profileVersionArn": signature.profile_version_arn,
        "jobArn": signature.job_arn,
        "signingTime": encode_time(signature.signing_time),
        "signingTimeSource": "asserted by the signer",
        "expiresAt": encode_time(signature.expires_at),
        "sealed": signature.sealed,
        "root": {"kind": signature.root_kind, "name": signature.root_name},
        "chain": [describe_certificate(certificate) for certificate in signature.chain],
    }


def describe_certificate(certificate: CertificateFacts) -> Mapping[str, Any]:
    """Write one certificate's facts as JSON values."""
    return {
        "subject": certificate.subject,
        "serial": certificate.serial,
        "notBefore": encode_time(certificate.not_before),
        "notAfter": encode_time(certificate.not_after),
        "sha256": certificate.sha256,
    }
