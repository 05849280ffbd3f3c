import { endCodeTurn } from '@rcm/db/codes';
import { asSuperuser } from '@rcm/db/testing';
import { createLogger, createMetrics, Secret, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { freePort, isLongForm } from '@rcm/test-services';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HurriedClock, KEYS, later, type MailEnvironment, openMailEnvironment } from './mail-environment.fixture.ts';
import { readAllMailboxes } from './read-all.ts';

/** One after the other at one address; every fourth mail is late. */
const LOGINS = isLongForm() ? 20 : 8;

let w: MailEnvironment;
let absent: string | null = null;
beforeAll(async () => {
  const opened = await openMailEnvironment();
  if ('absent' in opened) return void (absent = opened.absent);
  w = opened;
});
beforeEach(({ skip }) => skip(absent !== null, absent ?? ''));
afterAll(() => w?.close());

describe('readers', () => {
  it('have their turns: of two, one reads; where both do, each mail counts once', async () => {
    const box = await w.mailbox('delete');
    const first = w.reader(box);
    await first.until('read');
    const second = w.reader(box);
    await second.until('elsewhere');
    await asSuperuser(w.testEnvironment.url, ['DELETE FROM mailbox_turn']);
    await second.until('read');
    const names = Array.from({ length: 6 }, (_, n) => `codes-${n}`);
    const logins = await Promise.all(names.map((name) => w.logins.asked('one', box.address(name))));
    for (const login of logins) await w.nextSecond(login);
    const codes = names.map(() => w.newCode());
    for (const [n, name] of names.entries()) await w.send({ ...box.address(name), code: codes[n] ?? '' });
    expect(await Promise.all(logins.map((login) => w.answered(login)))).toEqual(codes);
    for (const login of logins) expect(await login.taken()).toBeNull();
    await Promise.all([first.stop(), second.stop()]);
    expect((await w.server.mailsOf(box.user)).length).toBe(0);
    const [one, other] = [await first.ends(), await second.ends()];
    expect((one.answered ?? 0) + (other.answered ?? 0)).toBe(6);
  });

  it('go on when their server is back, and say once that it had gone', async () => {
    const box = await w.mailbox();
    const reader = w.reader(box);
    await reader.until('read');
    const login = await w.asked('one', box.address());
    await w.server.stopImap();
    await reader.until('unreachable');
    const code = w.newCode();
    await w.send({ ...box.address(), code });
    await w.server.startImap();
    expect(await w.answered(login)).toBe(code);
    expect(reader.logged().match(/a mailbox cannot be read/g)).toHaveLength(1);
  });

  it('raise the alarm while one of several mailboxes cannot be read, and not while another process reads it', async () => {
    const [well, away] = [await w.mailbox(), { ...(await w.mailbox()), name: 'away' }];
    const [stop, metrics] = [new AbortController(), createMetrics()];
    const parts = {
      db: w.testEnvironment.db,
      keys: KEYS,
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics,
      clock: systemClock,
      signal: stop.signal,
    };
    const elsewhere = w.reader(well);
    await elsewhere.until('read');
    const running = readAllMailboxes({ ...parts, mailboxes: [well, away] });
    const reads = async () => (await metrics.exposition()).includes('rcm_mailboxes{state="read"} 1');
    while (!(await reads())) await later();
    expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: [], cloudWatch: [] });
    await w.server.stopImap();
    while ((await alarmsTold(metrics, 'web-agent')).prometheus.length === 0) await later();
    expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: ['rcm-mailbox-failing'], cloudWatch: ['rcm-mailbox-failing'] });
    await w.server.startImap();
    while (!(await reads())) await later();
    stop.abort();
    await running;
    await elsewhere.stop();
  });

  it('cool down longer and longer while there is no server, up to a minute', async () => {
    const [box, clock] = [await w.mailbox(), new HurriedClock()];
    const reader = w.reader({ ...box, port: await freePort() }, clock);
    while (clock.coolDowns.length < 9) await later();
    await reader.stop();
    expect(clock.coolDowns.slice(0, 9)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(reader.states).toEqual(['unreachable']);
  });

  it('ask a server that refuses them no more until the file holds another password', async () => {
    const [box, clock] = [await w.mailbox(), new HurriedClock()];
    const file = `${w.server.passwordFile}-other`;
    await writeFile(file, 'not-the-password-1');
    const reader = w.reader({ ...box, secret: { kind: 'password', file } }, clock);
    while (clock.coolDowns.length < 20) await later();
    expect(await reader.failures()).toBe(1);
    // Nor does another process, meanwhile.
    const other = w.reader({ ...box, secret: { kind: 'password', file } });
    await other.until('elsewhere');
    await other.stop();
    await writeFile(file, await readFile(box.secret.file));
    await reader.until('read');
    expect(reader.states).toEqual(['refused', 'read']);
    expect(w.logged()).not.toContain('not-the-password-1');
  });

  it('sign in with a password that the process was given, and show it to nobody', async () => {
    const box = await w.mailbox();
    const password = (await readFile(box.secret.file, 'utf8')).replace(/\r?\n$/, '');
    const reader = w.reader({ ...box, secret: { kind: 'password', given: new Secret(password) } });
    await reader.until('read');
    expect(w.logged()).not.toContain(password);
  });

  it('send no password that is not UTF-8, and read once its file is mended', async () => {
    const [box, clock] = [await w.mailbox(), new HurriedClock()];
    const file = `${w.server.passwordFile}-damaged`;
    await writeFile(file, Buffer.from('not-the-password-4\u00e9', 'latin1'));
    const reader = w.reader({ ...box, secret: { kind: 'password', file } }, clock);
    await reader.until('damaged_secret');
    await writeFile(file, await readFile(box.secret.file));
    await reader.until('read');
    expect(reader.states).toEqual(['damaged_secret', 'read']);
    expect(w.logged()).not.toContain('not-the-password-4');
  });

  it('say nothing to a server whose certificate is not by their CA', async () => {
    const box = await w.mailbox();
    const reader = w.reader({ ...box, ca: undefined });
    await reader.until('not_private');
  });
});

describe('an inbox that twenty accounts share', () => {
  it('gives each login its own code: twenty at once, by their addresses', async () => {
    const box = await w.mailbox('delete');
    w.reader(box);
    const names = Array.from({ length: 20 }, (_, n) => `account-${n}`);
    const logins = await Promise.all(names.map((name, n) => w.logins.asked(n % 2 === 0 ? 'one' : 'two', box.address(name))));
    for (const login of logins) await w.nextSecond(login);
    const codes = names.map(() => w.newCode());
    for (const n of names.keys()) await w.send({ ...box.address(`account-${(n * 7) % 20}`), code: codes[(n * 7) % 20] ?? '' });
    expect(await Promise.all(logins.map((login) => w.answered(login)))).toEqual(codes);
  });

  it('gives each login its own code or none, one after the other at one address: what is late is nobody’s', async () => {
    const box = await w.mailbox('delete');
    const reader = w.reader(box);
    const late: { readonly code: string; readonly at: Date }[] = [];
    for (let n = 0; n < LOGINS; n += 1) {
      const login = await w.asked(n % 2 === 0 ? 'one' : 'two', box.address());
      for (const mail of late.splice(0)) await w.send({ ...box.address(), ...mail });
      const code = w.newCode();
      // Every fourth comes when its login has given up.
      if (n % 4 === 3) late.push({ code, at: new Date() });
      else {
        await w.send({ ...box.address(), code });
        expect(await w.answered(login)).toBe(code);
      }
      await endCodeTurn(w.testEnvironment.db, login);
    }
    await reader.ended(LOGINS - 1);
    expect((await reader.ends()).answered).toBe((LOGINS / 4) * 3);
  });
});
