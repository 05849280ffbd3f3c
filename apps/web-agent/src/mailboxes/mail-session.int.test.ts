import { readFile } from 'node:fs/promises';
import { Secret, systemClock } from '@rcm/telemetry';
import type { MailServer } from '@rcm/test-services';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { later, type MailEnvironment, openMailEnvironment } from './mail-environment.fixture.ts';
import { MailSession } from './mail-session.ts';

let w: MailEnvironment;
let server: MailServer;
let absent: string | null = null;
beforeAll(async () => {
  const opened = await openMailEnvironment();
  if ('absent' in opened) return void (absent = opened.absent);
  [w, server] = [opened, opened.server];
});
beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
afterAll(() => w?.close());

it('never asks for all mails of a folder, which may hold those of years and none of today', async () => {
  const box = await w.mailbox();
  const searches = vi.spyOn(ImapFlow.prototype, 'search');
  const session = await MailSession.open(box, new Secret((await readFile(server.passwordFile, 'utf8')).trim()), systemClock);
  try {
    for (let look = 0; look < 2; look += 1) expect(await session.newMails()).toEqual([]);
    await w.send({ ...box.address(), code: w.newCode() });
    let found = await session.newMails();
    for (; found.length === 0; found = await session.newMails()) await later();
    expect(await session.newMails()).toEqual([]);
    const asked = searches.mock.calls.map(([query]) => query);
    expect(asked.at(-1)).toEqual({ uid: `${(found[0]?.uid ?? 0) + 1}:*` });
    expect(asked).not.toContainEqual({ uid: '1:*' });
  } finally {
    await session.close();
    searches.mockRestore();
  }
});
