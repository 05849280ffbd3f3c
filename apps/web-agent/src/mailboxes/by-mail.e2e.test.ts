import { createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { AUTHSERV_ID, isLongForm, type MailServer } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { EACH_ITS_OWN, SharedInbox } from '../http/inbound/shared-inbox.fixture.ts';
import { later, requireMailServer } from './mail-environment.fixture.ts';
import type { Mailbox } from './mailbox.ts';
import { MailboxReader } from './mailbox-reader.ts';

const ACCOUNTS = isLongForm() ? 12 : 4;
const DOMAIN = 'hospital-one.example';
const INBOX = `codes@${DOMAIN}`;

let server: MailServer;
let shared: SharedInbox;
let absent: string | null = null;
beforeAll(async () => {
  const started = await requireMailServer();
  if ('absent' in started) return void (absent = started.absent);
  server = started;
  await server.addMailbox(DOMAIN);
  shared = await SharedInbox.open({ inbox: INBOX, accounts: ACCOUNTS });
});
beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
afterAll(async () => {
  await shared?.close();
  await server?.close();
});

/** The portal's mail server: every message that it sends becomes a mail, twice, behind one that somebody else sent in its name. Counts its messages. */
async function deliver(until: AbortSignal): Promise<number> {
  const sent = new Set<string>();
  while (!until.aborted) {
    for (const { from, text, sentAt } of await shared.testEnvironment.portals.messagesAt(INBOX)) {
      if (sent.has(text)) continue;
      // A mail is dated by the second: from the next one on it is not from before its login.
      while (Date.now() < (Math.floor(sentAt / 1_000) + 1) * 1_000) await later();
      sent.add(text);
      const mailOf = (id: string, words: string) => ({
        ...{ from, to: INBOX },
        text: `From: Borealis <${from}>\nTo: ${INBOX}\nDate: ${new Date().toUTCString().replace('GMT', '+0000')}\nMessage-ID: <${id}@borealis.example>\nSubject: Sign in\n\n${words}\n`,
      });
      await server.send(mailOf(`forged-${sent.size}`, text.replace(/\d/g, '7')), 'anybody’s');
      for (let time = 0; time < 2; time += 1) await server.send(mailOf(`own-${sent.size}`, text));
    }
    await later();
  }
  return sent.size;
}

it(`of ${ACCOUNTS} accounts whose portal sends their codes by mail to one address, each login types its own, once, and none that somebody else sent`, async () => {
  const done = new AbortController();
  const metrics = createMetrics();
  const mailbox: Mailbox = {
    ...{ name: 'codes', ...server.imaps, ca: server.ca, tls: 'implicit', user: DOMAIN, folder: 'INBOX', authservId: AUTHSERV_ID, afterwards: 'delete' },
    secret: { kind: 'password', file: server.passwordFile },
  };
  const { db, access } = shared.agent;
  const reader = new MailboxReader({
    ...{ mailbox, db, keys: access.keys, metrics, clock: systemClock, signal: done.signal },
    logger: createLogger({ name: 'reader', level: 'silent' }),
  });
  const [reading, delivered] = [reader.run(), deliver(done.signal)];
  const ends = await shared.visitAll().finally(() => done.abort());
  await reading;
  expect(ends).toEqual(Array.from({ length: ACCOUNTS }, () => 'in'));
  expect(await shared.record()).toEqual(Array.from({ length: ACCOUNTS }, () => EACH_ITS_OWN));
  expect(await delivered).toBe(ACCOUNTS);
  const counted = (await metrics.values()).filter(({ name }) => name === 'rcm_inbound_messages_total');
  expect(counted.filter(({ labels }) => labels.end === 'answered').reduce((sum, { value }) => sum + value, 0)).toBe(ACCOUNTS);
  expect(counted.find(({ labels }) => labels.end === 'forged')?.value).toBeGreaterThanOrEqual(1);
});
