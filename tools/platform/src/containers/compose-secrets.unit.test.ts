import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', '..', 'docker', 'compose', 'secrets.sh');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'compose-secrets-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(['a@b/c#d:e', '100% sure?', 'größer & $HOME', "it's"])('a password is one in the owner’s address, whatever it holds: %s', (password) => {
  const into = join(folder, encodeURIComponent(password));
  execFileSync('bash', [SCRIPT, into], { env: { PATH: process.env.PATH, RCM_COMPOSE_POSTGRES_PASSWORD: password } });
  const address = new URL(readFileSync(join(into, 'owner-database-url'), 'utf8').trim());
  expect([address.host, address.username, decodeURIComponent(address.password)]).toEqual(['postgres:5432', 'postgres', password]);
});
