import { askForCode, endCodeTurn } from '@rcm/db/codes';
import { keepStorage, type KeptStorage } from '@rcm/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InboundEnvironment, openInboundEnvironment } from './inbound-environment.fixture.ts';
import { begunAt, daysPass, expectNowhere, keptFor, TAKEN, words } from './inbound-messages.fixture.ts';

let w: InboundEnvironment;
let storage: KeptStorage;
beforeAll(async () => {
  w = await openInboundEnvironment();
  storage = await keepStorage(w.testEnvironment.owner);
});
afterAll(async () => {
  await storage?.close();
  await w?.close();
});

const FORGED = { status: 401 };

describe('a message with a code', () => {
  it('is given to the login that waits at its inbox, in the audit trail by its gateway, and taken once', async () => {
    const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
    const login = await w.logins.asked('one', { inboxes });
    expect(await w.twilio({ to, text: words(code) })).toEqual(TAKEN);
    expect(await login.taken()).toBe(code);
    expect(await w.twilio({ to, text: words(w.newCode()) })).toEqual(TAKEN);
    expect(await login.taken()).toBeNull();
    const events = await w.testEnvironment.owner.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<object[]>`SELECT org_id, actor, action, details FROM audit_event WHERE subject = ${login.endpointId} AND action = 'code.answered'`,
    );
    expect(events).toEqual([{ org_id: 'one', actor: 'inbound:twilio', action: 'code.answered', details: { requestId: login.requestId } }]);
  });

  it('comes by any gateway, to a mail address as to a number', async () => {
    const [{ inboxes, to }, code] = [w.mailbox(), w.newCode()];
    const login = await w.logins.asked('one', { inboxes });
    expect(await w.signed({ to: ` ${to.toUpperCase()} `, text: words(code) })).toEqual({ status: 200, text: '{}' });
    expect(await login.taken()).toBe(code);
  });

  it.each([
    ['a signature of nobody', ({ body }: { body: string }) => ({ body, signature: Buffer.alloc(20).toString('base64') })],
    ['no signature', ({ body }: { body: string }) => ({ body, signature: '' })],
    [
      'another recipient than was signed',
      ({ body, signature }: { body: string; signature: string }) => ({ body: body.replace('NumMedia=0', 'NumMedia=1'), signature }),
    ],
    ['a field more than was signed', ({ body, signature }: { body: string; signature: string }) => ({ body: `${body}&Body=x`, signature })],
  ])('is refused with %s', async (_, change) => {
    const { to, inboxes } = w.inbox();
    const login = await w.logins.asked('one', { inboxes });
    expect(await w.twilio({ to, text: words(w.newCode()) }, change)).toMatchObject(FORGED);
    expect(await login.taken()).toBeNull();
  });

  it('is refused where its signature is of another body, too old, or of the future', async () => {
    const { to, inboxes } = w.inbox();
    const login = await w.logins.asked('one', { inboxes });
    const now = Math.floor(Date.now() / 1_000);
    const text = words(w.newCode());
    expect(await w.signed({ to, text, body: JSON.stringify({ from: 'codes@alpine.example', to, text: words(w.newCode()) }) })).toMatchObject(FORGED);
    for (const at of [now - 3_600, now + 3_600, 0]) expect(await w.signed({ to, text, at })).toMatchObject(FORGED);
    expect(await login.taken()).toBeNull();
  });

  it('counts once: not again for another login, nor after a time when nobody waited', async () => {
    const { to, inboxes } = w.inbox();
    const [message, unasked] = [
      { to, text: words(w.newCode()), id: `SM${'a'.repeat(32)}` },
      { to, text: words(w.newCode()), id: `SM${'b'.repeat(32)}` },
    ];
    const first = await w.logins.asked('one', { inboxes });
    await w.twilio(message);
    expect(await first.taken()).not.toBeNull();
    await endCodeTurn(w.testEnvironment.db, first);
    expect(await w.twilio(unasked)).toEqual(TAKEN);
    const next = await w.logins.asked('two', { inboxes });
    for (const again of [message, unasked]) expect(await w.twilio(again)).toEqual(TAKEN);
    // The same code by another message.
    expect(await w.twilio({ ...message, id: `SM${'c'.repeat(32)}` })).toEqual(TAKEN);
    expect(await next.taken()).toBeNull();
  });

  it('is remembered for as long as its gateway could hand it on, where nobody waited for it; what answered for 400 days, and its code for four', async () => {
    const { to, inboxes } = w.mailbox();
    expect(await keptFor(w, () => w.signed({ to, text: words(w.newCode()) }))).toEqual([96]);
    expect(await keptFor(w, () => w.twilio({ to: w.inbox().to, text: words(w.newCode()) }))).toEqual([9_600]);
    await w.logins.asked('one', { inboxes });
    expect(await keptFor(w, () => w.signed({ to, text: words(w.newCode()) }))).toEqual([96, 9_600]);
  });

  it('counts where its code is called as one of four days ago: codes are short, and an inbox has many', async () => {
    const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
    const message = { to, text: words(code), id: `SM${'e'.repeat(32)}` };
    const first = await w.logins.asked('one', { inboxes });
    await w.twilio(message);
    expect(await first.taken()).toBe(code);
    await endCodeTurn(w.testEnvironment.db, first);
    const next = await w.logins.asked('two', { inboxes });
    await w.twilio({ to, text: words(code) });
    expect(await next.taken()).toBeNull();
    await daysPass(w, 4);
    await w.twilio(message);
    expect(await next.taken()).toBeNull();
    await w.twilio({ to, text: words(code) });
    expect(await next.taken()).toBe(code);
  });

  it('of two that come out of order, the newest is typed', async () => {
    const { to, inboxes } = w.inbox();
    const login = await w.logins.asked('one', { inboxes });
    const [older, newer] = [w.newCode(), w.newCode()];
    const begun = await begunAt(w, login);
    await w.signed({ to, text: words(newer), sentAt: new Date(begun + 2) });
    await w.signed({ to, text: words(older), sentAt: new Date(begun + 1) });
    expect(await login.taken()).toBe(newer);
  });

  it('is none that was sent before the login began', async () => {
    const { to, inboxes } = w.inbox();
    const login = await w.logins.asked('one', { inboxes });
    await w.signed({ to, text: words(w.newCode()), sentAt: new Date((await begunAt(w, login)) - 1) });
    expect(await login.taken()).toBeNull();
  });

  it('of another sender, or with other words, is nobody’s', async () => {
    const { to, inboxes } = w.inbox();
    const login = await w.logins.asked('one', { inboxes });
    const code = w.newCode();
    await w.twilio({ to, text: words(code), from: '+15550100101' });
    await w.twilio({ to, text: `Your code is ${code}` });
    await w.twilio({ to, text: `${words(code)} ${words(w.newCode())}` });
    await w.twilio({ to: `${to}1`, text: words(code) });
    expect(await login.taken()).toBeNull();
  });

  it('waits for the login whose page is about to ask', async () => {
    const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
    const login = await w.logins.begun('one', { inboxes });
    const sent = w.twilio({ to, text: words(code) });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await askForCode(w.testEnvironment.db, login, 600_000);
    expect(await sent).toEqual(TAKEN);
    expect(await login.taken()).toBe(code);
  });
});

describe('logins that share an inbox', () => {
  it('of one portal have their turns one after the other, in whatever organizations', async () => {
    const { to, inboxes } = w.inbox();
    const first = await w.logins.asked('one', { inboxes });
    expect(await w.logins.turn('two', { inboxes })).toBeNull();
    const code = w.newCode();
    await w.twilio({ to, text: words(code) });
    expect(await first.taken()).toBe(code);
    await endCodeTurn(w.testEnvironment.db, first);
    expect(await w.logins.turn('two', { inboxes })).not.toBeNull();
  });

  it('of several portals are told apart by sender and words', async () => {
    const { to, inboxes } = w.inbox();
    const [alpine, birch] = [await w.logins.asked('one', { inboxes }), await w.logins.asked('two', { inboxes, portal: 'birch' })];
    const [first, second] = [w.newCode(), w.newCode()];
    await w.twilio({ to, from: '24680', text: `Use ${second} to sign in` });
    await w.twilio({ to, text: words(first) });
    expect([await alpine.taken(), await birch.taken()]).toEqual([first, second]);
  });

  it('that cannot be told apart have none: also one whose page has not asked yet may be meant', async () => {
    const { to, inboxes } = w.inbox();
    const birch = await w.logins.asked('one', { inboxes, portal: 'birch' });
    const cedar = await w.logins.begun('two', { inboxes, portal: 'cedar' });
    const code = w.newCode();
    expect(await w.twilio({ to, from: '24680', text: `Use ${code} to sign in` })).toEqual(TAKEN);
    expect([await birch.taken(), await cedar.taken()]).toEqual([null, null]);
    await endCodeTurn(w.testEnvironment.db, cedar);
    const next = w.newCode();
    await w.twilio({ to, from: '24680', text: `Use ${next} to sign in` });
    expect(await birch.taken()).toBe(next);
  });
});

describe('an address', () => {
  it('takes messages of gateways that are configured alone, and says nothing of who waits', async () => {
    const { status, text } = await w.testEnvironment.ask('/v1/inbound/twilio', {
      method: 'POST',
      org: null,
      body: '',
      type: 'application/x-www-form-urlencoded',
    });
    expect({ status, text }).toMatchObject({ status: 404, text: expect.stringContaining('not_found') as string });
    const { to, inboxes } = w.inbox();
    const login = await w.logins.asked('one', { inboxes });
    const [wanted, unwanted] = [await w.twilio({ to, text: words(w.newCode()) }), await w.twilio({ to: `${to}9`, text: words(w.newCode()) })];
    expect(wanted).toEqual(unwanted);
    expect(await login.taken()).not.toBeNull();
  });

  it('refuses what its gateway has signed and is no message, without a word of it', async () => {
    const canary = 'canary-4711';
    expect(await w.twilio({ to: '', text: canary })).toMatchObject({ status: 400, text: expect.not.stringContaining(canary) as string });
    expect(await w.twilio({ to: '1', text: canary.repeat(9_000) })).toMatchObject({ status: 413, text: expect.not.stringContaining(canary) as string });
    expect(w.testEnvironment.logged()).not.toContain(canary);
  });
});

it('no code and no number is in a byte of Postgres or its write-ahead log, nor in a log', async () => {
  const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
  const login = await w.logins.asked('one', { inboxes });
  await w.twilio({ to, text: words(code) });
  expect(w.codes.length).toBeGreaterThan(15);
  await expectNowhere(w, { storage, known: login.endpointId, texts: [to.slice(1)] });
});
