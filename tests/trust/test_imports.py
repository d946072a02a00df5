"""The offline verifier stays small: what it loads is what has to be audited and waited for."""

import subprocess
import sys

HEAVY = (
    "sqlalchemy",
    "alembic",
    "botocore",
    "boto3",
    "awscrt",
    "_awscrt",
    "uvicorn",
    "asyncio",
    "ssl",
    "click",
    "orjson",
)


def test_verifying_loads_nothing_of_the_server() -> None:
    program = "import sys, sealgate.trust.verify, sealgate.policy.admission; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "sealgate.trust.verify" in loaded
    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []
    assert [name for name in loaded if name.startswith(("sealgate.store", "sealgate.services", "sealgate.aws"))] == []
