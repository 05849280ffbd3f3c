import { readFile, writeFile } from 'node:fs/promises';
import { freePort } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { examineInbound } from './examine.ts';
import { type MailEnvironment, openMailEnvironment, type TestMailbox } from './mail-environment.fixture.ts';

let w: MailEnvironment;
let absent: string | null = null;
beforeAll(async () => {
  const opened = await openMailEnvironment();
  if ('absent' in opened) return void (absent = opened.absent);
  w = opened;
});
beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
afterAll(() => w?.close());

/** As a deployment writes it down. */
const written = ({ host, port, user, secret, authservId, ca, folder }: TestMailbox) => ({
  ...{ host, port, user, password_file: secret.file, authserv_id: authservId, folder },
  ...(ca === undefined ? {} : { ca }),
});
const examine = async (mailboxes: object, more: NodeJS.ProcessEnv = {}) =>
  Object.fromEntries((await examineInbound({ RCM_INBOUND_MAILBOXES: JSON.stringify(mailboxes), ...more })).map((found) => [found.check, found]));

it('says of each mailbox whether it can be read, and what to do where it cannot; it reads no mail and shows no password', async () => {
  const box = await w.mailbox();
  await w.send({ ...box.address(), code: w.newCode() });
  const wrong = `${w.server.passwordFile}-wrong`;
  await writeFile(wrong, 'not-the-password-2');
  const damaged = `${w.server.passwordFile}-damaged`;
  await writeFile(damaged, Buffer.from('not-the-password-3\u00e9', 'latin1'));
  const { ca: _ca, ...unproved } = written(box);
  const found = await examine({
    ...{ well: written(box), refused: { ...written(box), password_file: wrong }, secretless: { ...written(box), password_file: '/nowhere/password' } },
    damaged: { ...written(box), password_file: damaged },
    ...{ unproved, folderless: { ...written(box), folder: 'Nowhere' }, away: { ...written(box), port: await freePort() } },
  });
  expect(found['mailbox well']).toEqual({ check: 'mailbox well', says: 'its server lets us in, and has the folder', todo: null });
  const says = (name: string) => found[`mailbox ${name}`]?.says;
  expect(says('refused')).toContain('does not let the user in');
  expect(says('secretless')).toContain('cannot be read here');
  expect(says('damaged')).toContain('is not UTF-8');
  expect(says('unproved')).toContain('certificate');
  expect(says('folderless')).toContain('no such folder');
  expect(says('away')).toContain('not reached');
  expect(Object.values(found).filter(({ todo }) => todo === null)).toHaveLength(1);
  const password = (await readFile(w.server.passwordFile, 'utf8')).trim();
  for (const text of [password, 'not-the-password-2', 'not-the-password-3']) expect(JSON.stringify(found)).not.toContain(text);
  expect((await w.server.mailsOf(box.user)).length).toBe(1);
  const reader = w.reader(box);
  await reader.ended(1);
});

it('says of a gateway that it is there, of a configuration what is wrong with it, and nothing where there is none', async () => {
  const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const gateway = await examineInbound({ RCM_INBOUND_SIGNED_KEY: key, RCM_API_ISSUER: 'https://id.example/' });
  expect(gateway).toEqual([{ check: 'gateway signed', says: expect.stringContaining('a message shows') as string, todo: null }]);
  const topics = { RCM_INBOUND_SNS_TOPICS: 'arn:aws:sns:us-east-1:111122223333:codes', RCM_API_ISSUER: 'https://id.example/' };
  expect(await examineInbound(topics)).toEqual([{ check: 'gateway sns', says: expect.stringContaining('its topics are named') as string, todo: null }]);
  const half = await examineInbound({ RCM_INBOUND_TWILIO_TOKEN: 'a'.repeat(32), RCM_API_ISSUER: 'https://id.example/' });
  expect(half).toMatchObject([{ isConfiguration: true, says: expect.stringContaining('RCM_INBOUND_TWILIO_URL') as string }]);
  for (const wrong of ['codes', 'arn:aws:sqs:us-east-1:111122223333:codes', 'arn:aws:sns:us-east-1:111122223333:a b', ','])
    expect(await examineInbound({ ...topics, RCM_INBOUND_SNS_TOPICS: wrong })).toMatchObject([
      { isConfiguration: true, says: expect.stringContaining('SNS') as string },
    ]);
  expect(await examineInbound({ RCM_INBOUND_SNS_TOPICS: topics.RCM_INBOUND_SNS_TOPICS })).toMatchObject([{ isConfiguration: true }]);
  expect(await examineInbound({})).toEqual([]);
});
