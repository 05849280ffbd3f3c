import { endCodeTurn } from '@rcm/db/codes';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type InboundEnvironment, openInboundEnvironment } from './inbound-environment.fixture.ts';
import { CERTIFICATE_AT, CONFIRM_BY, smsOf, type SnsSender, TOPIC } from './sns-sender.fixture.ts';

let w: InboundEnvironment;
let sender: SnsSender;
beforeAll(async () => {
  w = await openInboundEnvironment();
  if (w.snsSender) sender = w.snsSender;
});
beforeEach(({ skip }) => skip(w.snsSender === null, 'openssl is not installed: no certificate can be made'));
afterAll(() => w?.close());

const TAKEN = { status: 200, text: '{}' };
const sms = (to: string, code: string) => smsOf({ from: '+15550100100', to, text: `Your Alpine code is ${code}.` });

it('a text message of SNS is given to the login that waits at its number, and counts once', async () => {
  const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
  const login = await w.logins.asked('one', { inboxes });
  const message = sender.signed({ Message: sms(to, code), Timestamp: new Date(Date.now() + 60_000).toISOString() });
  expect(await w.sns(message)).toEqual(TAKEN);
  expect(await login.taken()).toBe(code);
  await endCodeTurn(w.testEnvironment.db, login);
  const next = await w.logins.asked('two', { inboxes });
  expect(await w.sns(message)).toEqual(TAKEN);
  // The same code in another message.
  expect(await w.sns(sender.signed({ Message: sms(to, code), Timestamp: new Date(Date.now() + 60_000).toISOString() }))).toEqual(TAKEN);
  expect(await next.taken()).toBeNull();
});

it('one that was published before the login began is nobody’s, and one that is forged or old is refused', async () => {
  const { to, inboxes } = w.inbox();
  const login = await w.logins.asked('one', { inboxes });
  const message = sender.signed({ Message: sms(to, w.newCode()), Timestamp: new Date(Date.now() - 60_000).toISOString() });
  expect(await w.sns(message)).toEqual(TAKEN);
  expect(await w.sns({ ...message, MessageId: '0' })).toMatchObject({ status: 401 });
  expect(await w.sns(sender.signed({ Message: sms(to, w.newCode()), Timestamp: new Date(Date.now() - 3_600_000).toISOString() }))).toMatchObject({
    status: 401,
  });
  expect(await login.taken()).toBeNull();
});

it('where its certificate cannot be had, SNS is asked to send it again', async () => {
  const { to } = w.inbox();
  const SigningCertURL = CERTIFICATE_AT.replace('0123456789abcdef.pem', 'ffffffffffffffff.pem');
  expect(await w.sns(sender.signed({ Message: sms(to, w.newCode()), SigningCertURL }))).toMatchObject({ status: 503 });
});

it('what asks for a subscription is told in the log with what a person confirms it by, answered, and not followed', async () => {
  expect(await w.sns(sender.asking())).toEqual(TAKEN);
  const told = w.testEnvironment
    .logged()
    .split('\n')
    .find((line) => line.includes('a gateway asks whether'));
  expect(JSON.parse(told ?? '{}')).toMatchObject({ level: 40, gateway: 'sns', topic: TOPIC, confirmBy: CONFIRM_BY });
  expect(sender.asked.every((address) => address.endsWith('.pem'))).toBe(true);
});

it('one that nobody waited for is remembered for an hour, after which SNS’s signature is too old', async () => {
  await w.sns(sender.signed({ Message: sms(w.inbox().to, w.newCode()) }));
  const kept = await w.testEnvironment.owner.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ hours: number }[]>`SELECT DISTINCT round(extract(epoch FROM kept_until - seen_at) / 3600)::int AS hours FROM inbound_seen`,
  );
  expect(kept.map(({ hours }) => hours)).toContain(1);
  expect(w.testEnvironment.logged()).not.toContain(w.codes.at(-1));
});
