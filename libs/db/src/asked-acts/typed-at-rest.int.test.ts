import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import { type StorageServer, startStorageServer } from '../legacy/storage-server.fixture.ts';
import { createOneTimeKey } from '../sealing/one-time-key.ts';
import { askAct } from './ask.ts';
import { endAct } from './take.ts';
import { typeLogin, typingKey } from './type-login.ts';
import { sealedForTyping, sealTypedLogin } from './typed-login.ts';
import { listWantedTypings, offerTypingKey, takeTyped } from './typings.ts';

let server: StorageServer;
let db: Database;

beforeAll(async () => {
  server = await startStorageServer();
  db = openDatabase({ url: server.url, applicationName: 'typing' });
  await server.plant('endpoint', 'a-password');
});
afterAll(async () => {
  await db?.close();
  await server?.close();
});

/** Every file of the server, the write-ahead log among them, and its own log. */
async function places(...texts: readonly string[]): Promise<string[]> {
  await server.sql.query('CHECKPOINT');
  const found = await Promise.all(texts.map((text) => server.filesWith(text)));
  return [...found.flat(), ...server.log.filter((line) => texts.some((text) => line.includes(text)))];
}

test('no byte of what a person typed is in the database’s files, its write-ahead log or what it logs: not while it waits, not once it is taken, not where it is refused', async () => {
  const [actor, orgId] = ['person:os:jane', 'org'];
  const [password, seed] = [`typed-${randomUUID()}`, 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU'];
  const { id } = await askAct(db, { orgId, endpointId: 'endpoint', kind: 'set', actor, reason: 'read from the letter' });
  const [wanted] = await listWantedTypings(db, { limit: 1 });
  if (!wanted) throw new Error('nothing is wanted');
  const key = createOneTimeKey(sealedForTyping(wanted));
  await offerTypingKey(db, { requestId: id, orgId, publicKey: key.publicKey, forMs: 300_000 });
  const to = await typingKey(db, { id, orgId, actor });
  if (!to) throw new Error('there is no key');
  const sealed = sealTypedLogin(to.publicKey, to, { password: new Secret(password), seed: new Secret(seed) });
  await typeLogin(db, { id, orgId, actor, sealed });
  await expect(typeLogin(db, { id, orgId, actor, sealed })).rejects.toMatchObject({ code: 'state_conflict' });
  // The search finds what is there.
  expect(await places('read from the letter')).not.toEqual([]);
  expect(await places(password, seed)).toEqual([]);
  const typed = await takeTyped(db, { requestIds: [id], takenBy: 'rotator@host:1' });
  expect(JSON.parse(key.open(typed?.sealed ?? new Uint8Array()).reveal())).toEqual({ password, mfa_seed: seed });
  await endAct(db, { id, orgId, outcome: 'done', code: null, words: 'Stored.' });
  expect(await places(password, seed)).toEqual([]);
});
