"""An application with a few handlers that show what reached them."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.reply import FileBody, Reply
from sealgate.aws.uploads import Upload
from sealgate.config import Config
from sealgate.errors import NotFound
from sealgate.server.house import House
from sealgate.server.lifecycle import make_app
from sealgate.store.identity import AccessKey
from tests.support.in_process import InProcess

STORED = b"0123456789"


class Toys:
    """The application, and what its handlers were given.

    Attributes:
        wire: The application.
        calls: The context of each call that reached a handler.
        uploads: What each uploaded body was.
        threads: Where each handler ran.
        error: Raised by `get_signing_profile`, if it is set.
    """

    def __init__(self, *, house: House, key: AccessKey, folder: Path) -> None:
        self.house = house
        self.key = key
        self.calls: list[Call] = []
        self.uploads: list[tuple[bytes, Upload]] = []
        self.threads: list[str] = []
        self.error: Exception | None = None
        self.apis = (self._signer(), self._lambda(), self._s3(folder / "stored"), self._sts())
        self._wires: list[InProcess] = []
        self.wire = self.start()

    def start(self, **config: Any) -> InProcess:
        """Make an application of the same handlers, set up in another way."""
        settings = Config(**config)
        app = make_app(self.house, self.apis, settings)
        self._wires.append(InProcess(app=app, key=self.key))
        return self._wires[-1]

    def close(self) -> None:
        for wire in self._wires:
            wire.close()

    @property
    def staged(self) -> list[Path]:
        """The files that uploads have left behind."""
        return list((self.house.folder.blobs / "staging").iterdir())

    def _seen(self, call: Call) -> None:
        self.calls.append(call)
        self.threads.append(threading.current_thread().name)

    def _signer(self) -> Api:
        api = Api("signer", also=("signer-data",))

        @api.operation(resource="/signing-profiles/{profile_name}", inline=True)
        def get_signing_profile(call: Call, *, profile_name: str) -> dict[str, Any]:
            self._seen(call)
            if self.error is not None:
                raise self.error
            return {"profileName": profile_name, "statusReason": None}

        @api.operation()
        def list_tags_for_resource(call: Call, *, resource_arn: str) -> dict[str, Any]:
            self._seen(call)
            raise NotFound(f"{resource_arn} is not here", reason="ProfileNotFound")

        @api.operation()
        def cancel_signing_profile(call: Call, *, profile_name: str) -> None:  # noqa: ARG001
            self._seen(call)

        return api

    def _lambda(self) -> Api:
        api = Api("lambda")

        @api.operation(resource="function:{function_name}")
        def update_function_code(call: Call, *, function_name: str, zip_file: bytes | None = None) -> dict[str, Any]:
            self._seen(call)
            return {"FunctionName": function_name, "CodeSize": len(zip_file or b"")}

        @api.operation(resource="function:{function_name}")
        def get_function_configuration(call: Call, *, function_name: str) -> dict[str, Any]:  # noqa: ARG001
            self._seen(call)
            raise NotFound("Function not found: arn")

        @api.operation(resource="function:{function_name}")
        def update_function_configuration(
            call: Call, *, function_name: str, code_signing_config_arn: str | None = None
        ) -> dict[str, Any]:
            self._seen(call)
            return {"FunctionName": function_name, "CodeSigningConfigArn": code_signing_config_arn}

        return api

    def _s3(self, stored: Path) -> Api:
        api = Api("s3")
        stored.write_bytes(STORED)

        @api.operation(resource="{bucket}/{key}")
        def put_object(
            call: Call, *, body: Upload, bucket: str, key: str, metadata: Mapping[str, str] | None = None
        ) -> dict[str, Any]:
            self._seen(call)
            self.uploads.append((body.staging.path.read_bytes(), body))
            return {"ETag": f'"{body.md5}"', "VersionId": f"{bucket}/{key}/{(metadata or {}).get('a')}"}

        @api.operation(resource="{bucket}/{key}")
        def get_object(
            call: Call,
            *,
            bucket: str,  # noqa: ARG001
            key: str,  # noqa: ARG001
            version_id: str | None = None,
            response_content_type: str | None = None,
        ) -> Reply:
            self._seen(call)
            path = stored if version_id is None else stored.with_name("absent")
            members = {"ContentType": response_content_type, "Body": FileBody(path=path, offset=2, length=5)}
            return Reply(members=members, status=206, headers={"X-Toy": "1"})

        @api.operation(resource="{bucket}/{key}", inline=True)
        def head_object(call: Call, *, bucket: str, key: str) -> dict[str, Any]:  # noqa: ARG001
            self._seen(call)
            return {"ContentLength": len(STORED)}

        return api

    def _sts(self) -> Api:
        api = Api("sts")

        @api.operation(inline=True)
        def get_caller_identity(call: Call) -> dict[str, Any]:
            self._seen(call)
            return {"Account": call.account, "Arn": call.principal.arn, "UserId": call.principal.user_id}

        return api
