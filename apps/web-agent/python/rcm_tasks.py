"""Asks a web-agent's HTTP API for portal tasks and reads their results (docs/tasks.md).

One file on the standard library alone, for Python 3.9 and later: copy it. It never sees a login, and it must never log a request or a result, as both may
hold health data.

    client = TaskClient("https://agents.example", token=current_token)
    task = client.ask({"portal_type": "alpine", "task": "claim_status", "input": {"claim_number": "C-1"}}, idempotency_key="status-C-1")
    result = client.result(task["id"], deadline_s=120)
    print(result["rows"] if result["found"] else "unknown to the payer")
"""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import ssl
import time
from contextlib import closing
from typing import Any, Callable, Dict, Iterator, List, Literal, Optional, TypedDict, Union
from urllib.parse import quote, urlencode, urlsplit

# --- from the API’s description, by `npm run python-client --workspace @rcm/web-agent`: begin ---
API_VERSION = "1.5.0"


class _TaskRequestByEndpointPerhaps(TypedDict, total=False):
    input: Dict[str, str]
    callback: str
    deadline_seconds: int


class TaskRequestByEndpoint(_TaskRequestByEndpointPerhaps):
    endpoint: str
    task: str


class _TaskRequestByPortalTypePerhaps(TypedDict, total=False):
    input: Dict[str, str]
    callback: str
    deadline_seconds: int


class TaskRequestByPortalType(_TaskRequestByPortalTypePerhaps):
    portal_type: str
    task: str


TaskRequest = Union[TaskRequestByEndpoint, TaskRequestByPortalType]


class TaskResultFile(TypedDict):
    name: str
    contentType: str
    base64: str


class _TaskResultPerhaps(TypedDict, total=False):
    contract: str
    fields: Dict[str, Any]
    file: TaskResultFile
    doubts: List[Literal["more_rows_told", "pager_not_pressed"]]


class TaskResult(_TaskResultPerhaps):
    found: bool
    rows: List[Dict[str, Any]]


class TaskFailure(TypedDict):
    code: str
    detail: str


class Task(TypedDict):
    id: str
    endpoint: Optional[str]
    portal_type: Optional[str]
    task: str
    state: Literal["queued", "running", "succeeded", "failed"]
    tries: int
    created_at: Optional[str]
    deadline_at: Optional[str]
    next_try_at: Optional[str]
    waits_for: Optional[str]
    finished_at: Optional[str]
    callback: Optional[str]
    result: Optional[TaskResult]
    error: Optional[TaskFailure]


class TaskListTaskFailure(TypedDict):
    code: str
    detail: str


class TaskListTask(TypedDict):
    id: str
    endpoint: Optional[str]
    portal_type: Optional[str]
    task: str
    state: Literal["queued", "running", "succeeded", "failed"]
    tries: int
    created_at: Optional[str]
    deadline_at: Optional[str]
    next_try_at: Optional[str]
    waits_for: Optional[str]
    finished_at: Optional[str]
    callback: Optional[str]
    error: Optional[TaskListTaskFailure]


class TaskList(TypedDict):
    tasks: List[TaskListTask]
    next: Optional[str]


class CodeListCode(TypedDict):
    id: str
    endpoint: str
    portal_type: str
    asked_at: str
    open_until: str
    answered: bool


class CodeList(TypedDict):
    codes: List[CodeListCode]


class CodeAnswer(TypedDict):
    code: str


class CodeAnswered(TypedDict):
    id: str
    endpoint: str
    answered: bool


class EndpointListEndpoint(TypedDict):
    id: str
    portal_type: str
    has_login: bool


class EndpointList(TypedDict):
    endpoints: List[EndpointListEndpoint]
    next: Optional[str]


class PortalTasksTask(TypedDict):
    name: str
    description: Optional[str]
    contract: Optional[str]
    input: Dict[str, Any]
    result: Dict[str, Any]


class PortalTasks(TypedDict):
    portal_type: str
    tasks: List[PortalTasksTask]


class Problem(TypedDict):
    type: str
    title: str
    status: int
    code: str
    detail: str


_OPERATIONS = {
    "createTask": ("POST", "/v1/tasks"),
    "listTasks": ("GET", "/v1/tasks"),
    "readTask": ("GET", "/v1/tasks/{id}"),
    "cancelTask": ("POST", "/v1/tasks/{id}/cancel"),
    "retryTask": ("POST", "/v1/tasks/{id}/retry"),
    "listCodes": ("GET", "/v1/codes"),
    "answerCode": ("POST", "/v1/codes/{id}"),
    "listEndpoints": ("GET", "/v1/endpoints"),
    "listPortalTasks": ("GET", "/v1/portals/{code}/tasks"),
}
# --- end ---

_LONGEST_WAIT_S = 25
_LARGEST_ANSWER = 128 * 1024 * 1024
# A proxy that got no answer, or an API of which a part is away: the call may have been carried out.
_MAY_BE_DONE = frozenset([502, 503, 504])
# Made twice without an idempotency key, they make two tasks.
_MAKES_A_TASK = frozenset(["createTask", "retryTask"])


class TaskError(Exception):
    """Why a call, or a task, came to no result.

    `code` is stable: of the API (`token_expired`, `scope_missing`, `idempotency_conflict`, ...), of a task that failed (`login_rejected`,
    `portal_unavailable`, ...), or of this client (`unreachable`, `answer_invalid`, `deadline_exceeded`). `retryable` says whether the very same call may be
    made again as it is. `status` is the HTTP status, None where there was no answer or where it is the task that failed.
    """

    def __init__(self, code: str, message: str, status: Optional[int] = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retryable = retryable


class TaskClient:
    """Calls the API of any web-agent. It follows no redirect, so the token goes to no other address."""

    def __init__(self, base_url: str, token: Callable[[], str], call_s: float = 10.0, ssl_context: Optional[ssl.SSLContext] = None) -> None:
        """`token` is asked before every call, so it may be renewed; `call_s` is the time for one call, in seconds.

        What `token` and the look-up of the host's name take counts, and neither is cut short.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url must be an http or https address")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("base_url must be https: a token must not be sent in the clear")
        self._parts = parts
        self._token = token
        self._call_s = call_s
        self._ssl = ssl_context

    def ask(self, request: TaskRequest, idempotency_key: Optional[str] = None) -> Task:
        """Asks for a task. With the same key and request it is the same task, so a call whose answer was lost can be made again.

        Without a key such a call is not `retryable`, as it might ask twice.
        """
        return self._call("createTask", body=request, key=idempotency_key)

    def read(self, task_id: str, wait_s: int = 0) -> Optional[Task]:
        """The task as it is now, or as it is when it ends or `wait_s` (30 at most) are over; None: there is none, or it is no longer kept."""
        return self._look(task_id, wait_s, time.monotonic() + self._call_s + wait_s)

    def result(self, task_id: str, deadline_s: float) -> TaskResult:
        """Waits for the task's end, for `deadline_s` at most.

        Fails with the task's own code where it failed, with `task_not_found`, and with `deadline_exceeded` while it goes on: it can be waited for again.
        """
        until = time.monotonic() + deadline_s
        while True:
            now = time.monotonic()
            wait_s = max(0, min(_LONGEST_WAIT_S, int(until - now)))
            try:
                task = self._look(task_id, wait_s, min(until, now + self._call_s + wait_s))
            except TaskError as error:
                if not error.retryable:
                    raise
            else:
                if task is None:
                    raise TaskError("task_not_found", "The organization has no such task, or it is no longer kept.", 404)
                if task["error"] is not None:
                    raise TaskError(task["error"]["code"], task["error"]["detail"])
                if task["result"] is not None:
                    return task["result"]
            if time.monotonic() + 1 > until:
                raise TaskError("deadline_exceeded", f"The task has not ended within {deadline_s} s; it goes on.", retryable=True)
            time.sleep(1)

    def tasks(self, **query: Any) -> Iterator[TaskListTask]:
        """The tasks that may be read, the newest first, without inputs and results: by `state`, `endpoint`, `portal_type`."""
        page = self._call("listTasks", query=query)
        while True:
            yield from page["tasks"]
            if page["next"] is None:
                return
            page = self._call("listTasks", query={**query, "after": page["next"]})

    def cancel(self, task_id: str) -> Task:
        """Ends a task that has not ended. Cancelled twice is the same answer."""
        return self._call("cancelTask", {"id": task_id})

    def retry(self, task_id: str, idempotency_key: Optional[str] = None) -> Task:
        """Asks again for what failed: a new task."""
        return self._call("retryTask", {"id": task_id}, key=idempotency_key)

    def endpoints(self, **query: Any) -> Iterator[EndpointListEndpoint]:
        """The organization's endpoints, by `portal_type` or all."""
        page = self._call("listEndpoints", query=query)
        while True:
            yield from page["endpoints"]
            if page["next"] is None:
                return
            page = self._call("listEndpoints", query={**query, "after": page["next"]})

    def portal_tasks(self, portal_type: str) -> PortalTasks:
        """What can be asked of a portal, with JSON Schemas of input and result."""
        return self._call("listPortalTasks", {"code": portal_type})

    def _look(self, task_id: str, wait_s: int, until: float) -> Optional[Task]:
        try:
            task = self._call("readTask", {"id": task_id}, {"wait": wait_s or None}, until=until)
        except TaskError as error:
            if error.code == "task_not_found":
                return None
            raise
        if str(task.get("id")).lower() != task_id.lower():
            raise TaskError("answer_invalid", "The API answered another task than was asked for.")
        return task

    def _call(
        self,
        operation: str,
        path: Optional[Dict[str, str]] = None,
        query: Optional[Dict[str, Any]] = None,
        body: Any = None,
        key: Optional[str] = None,
        until: Optional[float] = None,
    ) -> Any:
        if until is None:
            until = time.monotonic() + self._call_s
        method, template = _OPERATIONS[operation]
        address = self._parts.path.rstrip("/") + template.format(**{name: quote(value, safe="") for name, value in (path or {}).items()})
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        headers = {"Authorization": f"Bearer {_sendable(self._token())}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        repeatable = key is not None or operation not in _MAKES_A_TASK
        try:
            with closing(self._connection(until)) as connection:
                connection.connect()
                connection.sock.settimeout(_left(until))
                connection.request(method, f"{address}?{urlencode(asked)}" if asked else address, None if body is None else json.dumps(body), headers)
                # `getresponse` waits anew for each piece.
                response = http.client.HTTPResponse(_Answer(connection.sock, until), method=method)
                response.begin()
                value = _read(response)
        except (OSError, http.client.HTTPException) as cause:
            again = "The same call may be made again." if repeatable else "Without an idempotency key the same call may make a second task."
            raise TaskError("unreachable", f"The web-agent's API did not answer; nothing is known of what it did. {again}", retryable=repeatable) from cause
        return _answer(response.status, value, repeatable)

    def _connection(self, until: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        # Each address in turn, then TLS: one that does not answer leaves the others their time.
        timeout = _left(until) / (len(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)) + 1)
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._ssl or ssl.create_default_context())


def _sendable(given: str) -> str:
    """A token as it may stand in a header. Any other is refused here: `http.client` would quote it in its error."""
    # One that was read from a file ends with a line.
    token = given.strip()
    if re.fullmatch(r"[\x21-\x7e]+", token):
        return token
    raise TaskError("token_invalid", "What the source of tokens gave is empty, or holds what no token can, so the web-agent's API was not asked.")


def _left(until: float) -> float:
    """Seconds. Fails where none are left."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for this call is over")
    return left


class _Answer(io.RawIOBase):
    """What comes from a socket until a moment: each piece is waited for no longer than is left, so an answer that trickles has an end, too."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        super().__init__()
        self._sock = sock
        self._until = until

    def makefile(self, mode: str) -> io.BufferedReader:
        """For `HTTPResponse`, which takes a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, piece: Any) -> int:
        self._sock.settimeout(_left(self._until))
        return self._sock.recv_into(piece)


def _read(response: http.client.HTTPResponse) -> Any:
    """What it says; None where that is too large, or a refusal that is no JSON. Fails where it was cut off."""
    text = response.read(_LARGEST_ANSWER + 1)
    if len(text) > _LARGEST_ANSWER:
        return None
    # `read` with a bound takes what was cut off for the whole.
    if response.length:
        raise http.client.IncompleteRead(text, response.length)
    try:
        return json.loads(text)
    except ValueError:
        # What was done and is no JSON was cut off on its way.
        if 200 <= response.status < 300:
            raise http.client.IncompleteRead(text) from None
        return None


def _answer(status: int, value: Any, repeatable: bool) -> Any:
    if 200 <= status < 300 and isinstance(value, dict):
        return value
    retryable = status == 429 or (status in _MAY_BE_DONE and repeatable)
    if isinstance(value, dict) and isinstance(value.get("code"), str):
        raise TaskError(value["code"], str(value.get("detail", "")), status, retryable)
    raise TaskError("answer_invalid", f"The API answered with status {status} and nothing that could be read.", status, retryable)
