import { claimPortalTask, finishPortalTask } from '@rcm/db/tasks';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientUpToDate } from '../../python/write-client.ts';
import { type ApiEnvironment, openApiEnvironment } from './api.fixture.ts';
import { ifThereIsOne, program, PYTHON_CLIENT } from './python.fixture.ts';

const TIMEOUT_MS = 600_000;
/** What comes before each program: a client whose token is the one that the test gave. */
const CLIENT_FOR = `
import json, os, sys
from rcm_tasks import API_VERSION, TaskClient, TaskError
client = TaskClient(os.environ["API"], lambda: os.environ["TOKEN"])
def tell(**found):
    print(json.dumps(found), flush=True)
TASK = {"endpoint": "alpine-one", "task": "claim_status", "input": {"claim_number": "C-1"}}
`;

it('the Python client has the API’s types and addresses as they are: npm run python-client --workspace @rcm/web-agent', () => {
  const text = readFileSync(PYTHON_CLIENT, 'utf8');
  expect(clientUpToDate(text)).toBe(text);
});

describe.skipIf(program === null)(`the Python client, copied into an empty folder${ifThereIsOne}`, { timeout: TIMEOUT_MS }, () => {
  let testEnvironment: ApiEnvironment;
  let folder: string;
  beforeAll(async () => {
    testEnvironment = await openApiEnvironment();
    folder = await mkdtemp(join(tmpdir(), 'rcm-python-'));
    await copyFile(PYTHON_CLIENT, join(folder, 'rcm_tasks.py'));
  }, TIMEOUT_MS);
  afterAll(async () => {
    await testEnvironment?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a program says, a line each. */
  async function says(lines: string, scope = 'tasks:write tasks:read:org'): Promise<Record<string, unknown>[]> {
    await writeFile(join(folder, 'program.py'), `${CLIENT_FOR}${lines}`);
    const env = {
      PATH: process.env.PATH,
      API: `http://127.0.0.1:${testEnvironment.api.port}`,
      TOKEN: await testEnvironment.issuer.token('one', { claims: { scope, sub: 'python' } }),
    };
    const { stdout } = await promisify(execFile)('python3', ['program.py'], { cwd: folder, env, timeout: TIMEOUT_MS });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('asks, is told of the same task under the same key, lists, cancels and asks again', async () => {
    const [asked, again, listed, cancelled, retried, read] = await says(`
task = client.ask(TASK, "k")
tell(id=task["id"], state=task["state"])
tell(id=client.ask(TASK, "k")["id"])
tell(ids=[one["id"] for one in client.tasks(limit=1)])
tell(error=client.cancel(task["id"])["error"]["code"])
tell(id=client.retry(task["id"])["id"])
tell(read=client.read(task["id"])["state"], none=client.read("00000000-0000-4000-8000-000000000000"))
`);
    expect(asked).toMatchObject({ state: 'queued' });
    expect(again).toEqual({ id: asked?.id });
    expect(listed).toEqual({ ids: [asked?.id] });
    expect(cancelled).toEqual({ error: 'cancelled' });
    expect(retried?.id).not.toBe(asked?.id);
    expect(read).toEqual({ read: 'failed', none: null });
  });

  it('waits for a result, and fails with the task’s own code', async () => {
    const { json } = await testEnvironment.ask('/v1/tasks', {
      method: 'POST',
      body: { endpoint: 'alpine-one', task: 'claim_status', input: { claim_number: 'C-2' } },
    });
    const id = String(json.id);
    const waiting = says(`tell(result=client.result("${id}", 60))`);
    expect(await claimPortalTask(testEnvironment.db, { orgId: 'one', taskId: id, worker: 'w', ttlMs: 60_000 })).not.toBeNull();
    await finishPortalTask(testEnvironment.db, { orgId: 'one', taskId: id, worker: 'w', result: { found: true, rows: [{ number: 'C-2' }] } });
    expect(await waiting).toEqual([{ result: { found: true, rows: [{ number: 'C-2' }] } }]);
    expect(
      await says(`
gone = client.ask(TASK)["id"]
client.cancel(gone)
try:
    client.result(gone, 60)
except TaskError as error:
    tell(code=error.code, status=error.status)
`),
    ).toEqual([{ code: 'cancelled', status: null }]);
  });

  it('says what may be asked for', async () => {
    const [found] = await says(`tell(endpoints=list(client.endpoints(limit=1)), tasks=[one["name"] for one in client.portal_tasks("alpine")["tasks"]])`);
    expect(found).toEqual({ endpoints: [{ id: 'alpine-one', portal_type: 'alpine', has_login: false }], tasks: ['payments', 'claim_status'] });
  });

  it('tells errors apart, sends no token in the clear and follows no redirect', async () => {
    const caught = (line: string) => `
try:
    ${line}
except (TaskError, ValueError) as error:
    tell(code=getattr(error, "code", "refused"), retryable=getattr(error, "retryable", None))
`;
    const elsewhere = `
import http.server, threading
class Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(307); self.send_header("Location", os.environ["API"] + "/v1/endpoints"); self.end_headers()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
threading.Thread(target=server.serve_forever, daemon=True).start()
`;
    expect(
      await says(
        [
          caught('client.ask({"endpoint": "nowhere", "task": "claim_status"})'),
          caught('client.read("00000000-0000-4000-8000-000000000000", wait_s=31)'),
          caught('TaskClient("http://agents.example", lambda: "t")'),
          caught('TaskClient("http://127.0.0.1:1", lambda: "t").ask(TASK)'),
          caught('TaskClient("http://127.0.0.1:1", lambda: "t").ask(TASK, "k")'),
          elsewhere,
          caught('list(TaskClient("http://127.0.0.1:%d" % server.server_port, lambda: "t").endpoints())'),
        ].join(''),
      ),
    ).toEqual([
      { code: 'endpoint_unknown', retryable: false },
      { code: 'request_invalid', retryable: false },
      { code: 'refused', retryable: null },
      { code: 'unreachable', retryable: false },
      { code: 'unreachable', retryable: true },
      { code: 'answer_invalid', retryable: false },
    ]);
  });

  it.each([
    ['cut off', '200, {"Content-Length": "1000"}, b"{\\"id\\":"', 'unreachable', { repeatable: true, without: false }],
    ['no JSON', '202, {}, b"{\\"id\\":"', 'unreachable', { repeatable: true, without: false }],
    ['a proxy’s', '504, {}, b"<html>"', 'answer_invalid', { repeatable: true, without: false }],
    ['a busy API’s', '429, {}, b""', 'answer_invalid', { repeatable: true, without: true }],
  ])('with an answer that is %s, only what asks for no second task may be asked again', async (_, answer, code, retryable) => {
    const calls = ['ask(TASK, "k")', 'retry("x", "k")', 'read("x")', 'cancel("x")', 'ask(TASK)', 'retry("x")'];
    const found = await says(`
import http.server, threading
class Broken(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = ${answer}
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Broken)
threading.Thread(target=server.serve_forever, daemon=True).start()
broken = TaskClient("http://127.0.0.1:%d" % server.server_port, lambda: "t")
for call in [${calls.map((call) => `lambda: broken.${call}`).join(', ')}]:
    try:
        call()
    except TaskError as error:
        tell(code=error.code, retryable=error.retryable)
`);
    const may = [...Array<boolean>(4).fill(retryable.repeatable), ...Array<boolean>(2).fill(retryable.without)];
    expect(found).toEqual(may.map((each) => ({ code, retryable: each })));
  });

  it.each([
    ['trickles before its headers have ended', 'b"HTTP/1.0 200 OK\\r\\nX: ", b"x", b"\\r\\n\\r\\n"'],
    ['trickles', 'b"HTTP/1.0 200 OK\\r\\n\\r\\n", b" ", b""'],
    ['does not begin', 'b"", b"", b"HTTP/1.0 200 OK\\r\\n\\r\\n"'],
  ])('an answer that %s is waited for no longer than a call may take, or than is left of a deadline', async (_, parts) => {
    // After 20 s it is whole: a client that overruns its time takes it.
    const found = await says(`
import socketserver, threading, time
class Slow(socketserver.StreamRequestHandler):
    def handle(self):
        begin, piece, end = ${parts}
        task = {"id": "x", "state": "succeeded", "error": None, "result": {"found": True, "rows": []}}
        while self.rfile.readline().strip(): pass
        try:
            self.wfile.write(begin)
            for _ in range(200):
                time.sleep(0.1)
                self.wfile.write(piece)
            self.wfile.write(end + json.dumps(task).encode())
        except OSError: pass
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Slow)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
address = "http://127.0.0.1:%d" % server.server_address[1]
for call in [lambda: TaskClient(address, lambda: "t", call_s=2).read("x"), lambda: TaskClient(address, lambda: "t", call_s=600).result("x", 0.5)]:
    try:
        tell(code=call())
    except TaskError as error:
        tell(code=error.code)
`);
    expect(found.map(({ code }) => code)).toEqual(['unreachable', 'deadline_exceeded']);
  });
});
