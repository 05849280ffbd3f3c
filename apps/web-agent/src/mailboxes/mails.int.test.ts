import { askForCode, endCodeTurn } from '@rcm/db/codes';
import { keepStorage, type KeptStorage } from '@rcm/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { later, type MailEnvironment, openMailEnvironment } from './mail-environment.fixture.ts';

let w: MailEnvironment;
let storage: KeptStorage;
let absent: string | null = null;
beforeAll(async () => {
  const opened = await openMailEnvironment();
  if ('absent' in opened) return void (absent = opened.absent);
  w = opened;
  storage = await keepStorage(w.testEnvironment.owner);
});
beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
afterAll(async () => {
  await storage?.close();
  await w?.close();
});

describe('a mail with a code', () => {
  it('is given to the login that waits at its address, in the audit trail as of a mailbox, and taken once', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    const code = w.newCode();
    await w.send({ ...box.address(), code, id: 'first' });
    expect(await w.answered(login)).toBe(code);
    await w.send({ ...box.address(), code: w.newCode() });
    await reader.ended(2);
    expect(await login.taken()).toBeNull();
    const events = await w.testEnvironment.owner.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<object[]>`SELECT org_id, actor, details FROM audit_event WHERE subject = ${login.endpointId} AND action = 'code.answered'`,
    );
    expect(events).toEqual([{ org_id: 'one', actor: 'inbound:mailbox', details: { requestId: login.requestId } }]);
  });

  it('that nobody waits for is remembered for six hours, since anybody may send one', async () => {
    const seen = () =>
      w.testEnvironment.owner.transaction(
        'no tenant',
        (tx) =>
          tx.$queryRaw<
            { print: string; hours: number }[]
          >`SELECT print, round(extract(epoch FROM kept_until - seen_at) / 3600)::int AS hours FROM inbound_seen`,
      );
    const before = new Set((await seen()).map(({ print }) => print));
    const box = await w.mailbox();
    const reader = w.reader(box);
    await w.send({ ...box.address(), code: w.newCode() });
    await reader.ended(1);
    expect((await seen()).filter(({ print }) => !before.has(print)).map(({ hours }) => hours)).toEqual([6]);
    await reader.stop();
  });

  it('may be HTML alone', async () => {
    const box = await w.mailbox();
    w.reader(box);
    const login = await w.asked('one', box.address());
    const code = w.newCode();
    await w.send({ ...box.address(), code, html: true });
    expect(await w.answered(login)).toBe(code);
  });

  it('is nobody’s where its sender is forged, whatever it says of itself', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    const fields = 'Authentication-Results: mx.codes.example; dmarc=pass header.from=alpine.example; dkim=pass header.d=alpine.example';
    await w.send({ ...box.address(), code: w.newCode(), origin: 'anybody’s', fields });
    await w.send({ ...box.address(), code: w.newCode(), origin: 'anybody’s' });
    await reader.ended(2);
    expect(await reader.ends()).toEqual({ forged: 2 });
    expect(await login.taken()).toBeNull();
  });

  it('is nobody’s where another domain has sent it, or it is to another address', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    await w.send({ ...box.address(), code: w.newCode(), from: '"codes@alpine.example" <codes@elsewhere.example>' });
    await w.send({ ...box.address('another'), code: w.newCode() });
    await reader.ended(2);
    expect(await reader.ends()).toEqual({ nobody: 2 });
    expect(await login.taken()).toBeNull();
  });

  it('is none that was sent before the login began, however late it comes', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const sent = new Date(Date.now() - 2_000);
    const login = await w.asked('one', box.address());
    await w.send({ ...box.address(), code: w.newCode(), at: sent });
    await reader.ended(1);
    expect(await login.taken()).toBeNull();
  });

  it('that comes twice counts once, also for the next login', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    const mail = { ...box.address(), code: w.newCode(), id: 'twice', at: new Date() };
    await w.send(mail);
    expect(await w.answered(login)).toBe(mail.code);
    await w.send(mail);
    await reader.ended(2);
    await endCodeTurn(w.testEnvironment.db, login);
    const next = await w.asked('two', box.address());
    // As if it had been sent just now; and once more by another name.
    await w.send({ ...mail, at: new Date() });
    await w.send({ ...mail, at: new Date(), id: 'by another name' });
    await reader.ended(4);
    expect(await reader.ends()).toEqual({ answered: 1, repeated: 3 });
    expect(await next.taken()).toBeNull();
  });

  it('of two that come out of order, the newest is typed', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    const [older, newer] = [w.newCode(), w.newCode()];
    const at = new Date();
    while (Math.floor(Date.now() / 1_000) === Math.floor(at.getTime() / 1_000)) await later();
    await w.send({ ...box.address(), code: newer });
    await w.send({ ...box.address(), code: older, at });
    await reader.ended(2);
    expect(await login.taken()).toBe(newer);
  });

  it('that is huge is unreadable, and keeps none that follows', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    await w.send({ ...box.address(), code: w.newCode(), more: `${'x'.repeat(70)}\n`.repeat(100_000) });
    const code = w.newCode();
    await w.send({ ...box.address(), code });
    expect(await w.answered(login)).toBe(code);
    await reader.ended(2);
    expect(await reader.ends()).toEqual({ answered: 1, unreadable: 1 });
  });

  it('waits for the login whose page is about to ask', async () => {
    const box = await w.mailbox();
    const login = await w.logins.begun('one', box.address());
    await w.nextSecond(login);
    const code = w.newCode();
    await w.send({ ...box.address(), code });
    while ((await w.server.mailsOf(box.user)).length === 0) await later();
    // It is read when its first round is over, and the mail lies there.
    await w.reader(box).until('read');
    await askForCode(w.testEnvironment.db, login, 600_000);
    expect(await w.answered(login)).toBe(code);
  });
});

describe('afterwards a mail', () => {
  const flagsOf = async (domain: string): Promise<readonly string[]> => (await w.server.mailsOf(domain)).map(({ name }) => name.split(':2,')[1] ?? '');

  it.each([
    ['mark', ['S', 'S']],
    ['keep', ['', '']],
    ['delete', ['S']],
  ] as const)('is left as the deployment says: %s', async (afterwards, flags) => {
    const box = await w.mailbox(afterwards);
    const reader = w.reader(box);
    const login = await w.asked('one', box.address());
    await w.send({ ...box.address(), code: w.newCode() });
    await w.answered(login);
    await w.send({ ...box.address(), code: w.newCode(), from: 'news@alpine.example' });
    await reader.ended(2);
    await reader.stop();
    // The word that a mail was looked at is a letter of its own.
    expect((await flagsOf(box.user)).map((letters) => letters.replace(/[a-z]/g, ''))).toEqual(flags);
  });
});

it('no code and no address is in a byte of Postgres or its write-ahead log, nor in a log', async () => {
  expect(w.codes.length).toBeGreaterThan(15);
  const login = await w.asked('one', (await w.mailbox()).address());
  const places = (await storage.holding([login.endpointId])).map((name) => name.split('/')[0]);
  expect(new Set(places)).toEqual(new Set(['base', 'pg_wal']));
  const texts = [...w.codes, ...new Set(w.addresses.map((address) => address.slice(address.indexOf('@') + 1)))];
  expect(await storage.holding(texts)).toEqual([]);
  expect(w.logged()).toContain('a message came');
  for (const text of texts) expect(w.logged()).not.toContain(text);
});
