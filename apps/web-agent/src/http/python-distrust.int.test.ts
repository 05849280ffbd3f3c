import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ifThereIsOne, program, PYTHON_CLIENT } from './python.fixture.ts';

const TIMEOUT_MS = 600_000;

let server: Server;
let asked: IncomingMessage['headers'][];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.headers);
    response.end('{"id":"x","state":"queued","error":null,"result":null}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** What reading a task comes to with each of the tokens: its state, or the error's code and whether its trace has the token. */
async function reads(task: string, tokens: readonly string[]): Promise<unknown> {
  const lines = `
import json, os, traceback
from rcm_tasks import TaskClient
for token in json.loads(os.environ["TOKENS"]):
    try:
        print(json.dumps(TaskClient(os.environ["API"], lambda: token).read(os.environ["TASK"])["state"]))
    except Exception as error:
        print(json.dumps([getattr(error, "code", type(error).__name__), "secret" in traceback.format_exc()]))
`;
  const env = { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: dirname(PYTHON_CLIENT), TASK: task, TOKENS: JSON.stringify(tokens) };
  const API = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stdout } = await promisify(execFile)('python3', ['-c', lines], { env: { ...env, API }, timeout: TIMEOUT_MS });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe.skipIf(program === null)(`the Python client${ifThereIsOne}`, { timeout: TIMEOUT_MS }, () => {
  it('sends a token as it stands in a file, and one that is none stands in no error', async () => {
    expect(await reads('x', [' secret\n'])).toEqual(['queued']);
    expect(asked).toMatchObject([{ authorization: 'Bearer secret' }]);
    const none = ['secret\nX-Other: 1', 'secret\u00e9', 'two secrets', ' '];
    expect(await reads('x', none)).toEqual(none.map(() => ['token_invalid', false]));
    expect(asked).toHaveLength(1);
  });

  it('takes the answer of another task for none', async () => {
    expect(await reads('y', ['t'])).toEqual([['answer_invalid', false]]);
    expect(await reads('X', ['t'])).toEqual(['queued']);
  });
});
