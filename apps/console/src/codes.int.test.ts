import { type CodeKey, createCodeKey } from '@rcm/db/codes';
import { asSuperuser } from '@rcm/db/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { countIn } from './harmless.fixture.ts';
import { wantedCode } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
let browser: Browser;
let token: string;
let key: CodeKey;
beforeAll(async () => {
  w = await openTestConsole();
  key = await createCodeKey();
  browser = await w.browser('one-operator');
  token = await browser.token();
});
afterAll(() => w?.close());

/** A login that waits for a code which this test can open. */
async function wanted(): Promise<string> {
  const id = crypto.randomUUID();
  await asSuperuser(w.url, [
    wantedCode(id, 'hospital-1', 'alpine-1'),
    `UPDATE code_request SET public_key = decode('${Buffer.from(key.publicKey).toString('base64')}', 'base64') WHERE id = '${id}'`,
  ]);
  return id;
}
async function sealedOf(id: string): Promise<Uint8Array> {
  const client = new pg.Client({ connectionString: w.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ sealed: Uint8Array }>('SELECT sealed FROM code_request WHERE id = $1', [id]);
    return rows[0]?.sealed ?? new Uint8Array();
  } finally {
    await client.end();
  }
}
const CODE = '730 116';
const answer = (id: string, code = CODE) => browser.post(`/o/hospital-1/codes/${id}/acts/answer`, { token, reason: 'the portal asks for a code', code });
const answersOf = (id: string) => countIn(w.url, `SELECT 1 FROM code_request WHERE id = '${id}' AND sealed IS NOT NULL AND answered_by LIKE 'person:%'`);

test('an operator sees what waits, types the code, and no page shows it: it opens for whoever asked alone', async () => {
  const id = await wanted();
  const list = await browser.get('/o/hospital-1/codes');
  expect(list.text).toContain(`href="/o/hospital-1/codes/${id}"`);
  expect((await browser.get(`/o/hospital-1/codes/${id}`)).text).toContain('autocomplete="one-time-code"');
  const answered = await answer(id);
  expect([answered.status, answered.headers.get('location')]).toEqual([303, '/o/hospital-1/codes']);
  const after = await browser.get('/o/hospital-1/codes');
  expect(after.text).toContain('answered');
  for (const { text } of [answered, after, await browser.get(`/o/hospital-1/codes/${id}`), await browser.get('/o/hospital-1/audit')])
    expect(text).not.toMatch(/730 ?116/);
  expect(await answersOf(id)).toBe(1);
  expect(key.open(id, await sealedOf(id)).reveal()).toBe('730116');
});

test.each([
  ['no code', '', 400],
  ['more than any code has', '7'.repeat(65), 400],
])('%s is refused, and the login waits on', async (_, code, status) => {
  const id = await wanted();
  const answered = await answer(id, code);
  expect([answered.status, answered.text.includes('Nothing was sent')]).toEqual([status, true]);
  expect(await answersOf(id)).toBe(0);
  expect((await answer(id)).status).toBe(303);
});

test('what is answered or over is answered as what never was', async () => {
  const [id, over] = [await wanted(), await wanted()];
  await answer(id);
  await asSuperuser(w.url, [
    `UPDATE code_request SET begun_at = begun_at - interval '9 minutes', asked_at = asked_at - interval '9 minutes', open_until = open_until - interval '9 minutes' WHERE id = '${over}'`,
  ]);
  const none = (await answer(crypto.randomUUID())).text;
  for (const gone of [id, over, 'no-id']) expect(await answer(gone)).toMatchObject({ status: 404, text: none });
});
