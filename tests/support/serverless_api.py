"""Redshift Serverless within this process, for moto knows nothing of it; and how such a server is run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

ACCOUNT_ID = "123456789012"  # as in moto
REGION = "us-west-2"


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], **state: Any) -> Iterator[str]:
    """The address of a server with this handler, which finds ``state`` at its server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    vars(server).update(state)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(BaseHTTPRequestHandler):
    """Nothing on the screen."""

    server: Any

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass
class ServerlessApi:
    """Redshift Serverless: namespaces and workgroups that are there at once, and gone at once.

    ``requests`` is what was asked, ``pending`` the states that the next questions are answered with.
    """

    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    workgroups: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    login: tuple[str, str] = ("IAMR:engineer", "minted")

    def sent(self, operation: str) -> dict[str, Any]:
        """The parameters of the last request of this kind."""
        return next(parameters for name, parameters in reversed(self.requests) if name == operation)

    def handle(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        self.requests.append((operation, given))
        return getattr(self, operation)(given)  # type: ignore[no-any-return]

    def CreateNamespace(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (as AWS calls it)
        name = given["namespaceName"]
        arn = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT_ID}:namespace/{name}"
        roles = [f"IamRole(applyStatus=in-sync, iamRoleArn={role})" for role in given.get("iamRoles", ())]
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:redshift!{name}"
        self.namespaces[name] = {
            **{key: given[key] for key in ("namespaceName", "dbName", "adminUsername")},
            **({"adminPasswordSecretArn": secret} if given.get("manageAdminPassword") else {}),
            "namespaceArn": arn,
            "iamRoles": roles,
            "status": "AVAILABLE",
        }
        self.tags[arn] = given["tags"]
        return {"namespace": self.namespaces[name]}

    def CreateWorkgroup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = given["workgroupName"]
        arn = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT_ID}:workgroup/{name}"
        host = f"{name}.{ACCOUNT_ID}.{REGION}.redshift-serverless.amazonaws.com"
        self.workgroups[name] = {
            **{key: value for key, value in given.items() if key != "tags"},
            "workgroupArn": arn,
            "endpoint": {"address": host, "port": given["port"]},
            "creationDate": datetime.now(timezone.utc).timestamp(),
            "status": "AVAILABLE",
        }
        self.tags[arn] = given["tags"]
        return {"workgroup": self.workgroups[name]}

    def GetNamespace(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"namespace": self._now(self.namespaces, given["namespaceName"])}

    def GetWorkgroup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"workgroup": self._now(self.workgroups, given["workgroupName"])}

    def ListNamespaces(self, _given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"namespaces": list(self.namespaces.values())}

    def UpdateNamespace(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.namespaces[given["namespaceName"]]["iamRoles"] = given["iamRoles"]
        return {"namespace": self.namespaces[given["namespaceName"]]}

    def UpdateWorkgroup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.workgroups[given["workgroupName"]].update(given)
        return {"workgroup": self.workgroups[given["workgroupName"]]}

    def DeleteWorkgroup(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"workgroup": self.workgroups.pop(given["workgroupName"])}

    def DeleteNamespace(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"namespace": self.namespaces.pop(given["namespaceName"])}

    def ListTagsForResource(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"tags": self.tags[given["resourceArn"]]}

    def TagResource(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        changed = {tag["key"] for tag in given["tags"]}
        kept = [tag for tag in self.tags[given["resourceArn"]] if tag["key"] not in changed]
        self.tags[given["resourceArn"]] = kept + given["tags"]
        return {}

    def GetCredentials(self, _given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"dbUser": self.login[0], "dbPassword": self.login[1]}

    def _now(self, things: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        return {**things[name], **({"status": self.pending.pop(0)} if self.pending else {})}


class ServerlessHandler(Quiet):
    """The JSON protocol of AWS. A name that is not there is a ResourceNotFoundException."""

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.answer(200, json.dumps(self.server.served.api.handle(operation, given)).encode())
        except PermissionError as error:
            self.answer(400, json.dumps({"__type": str(error) or "AccessDeniedException", "message": "No"}).encode())
        except KeyError as error:
            refused = {"__type": "ResourceNotFoundException", "message": f"{error} not found"}
            self.answer(400, json.dumps(refused).encode())
