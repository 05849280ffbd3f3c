import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecipeFile } from '@rcm/portal-drivers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { portalTypeFromDocument, readPortalTypeFile } from './portal-type-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portal-type-'));
  await writeFile(join(folder, 'alpine.yaml'), JSON.stringify(await readRecipeFile('alpine')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ALPINE = {
  code: 'alpine',
  name: 'Alpine Health',
  hosts: ['alpine.example'],
  recipe: 'alpine.yaml',
  passwordRules: 'minlength: 10; required: upper; required: digit; allowed: lower; history: 5',
  lockoutThreshold: 4,
  lockoutWindowSeconds: 900,
};

async function read(portalType: object) {
  const file = join(folder, 'portal-type.json');
  await writeFile(file, JSON.stringify(portalType));
  return readPortalTypeFile(file);
}

describe('where the hosts of a portal lie, as its file says it', () => {
  it.each<[string, unknown, string]>([
    ['a loopback address', ['127.0.0.1:8080'], 'hosts.0: 127.0.0.1:8080 is a loopback address, and its portal type declares the host as public: only if'],
    ['a private address', ['alpine.example', '10.0.0.1'], 'hosts.1: 10.0.0.1 is an address of a private network'],
    ['a link-local address', ['169.254.7.7'], 'hosts.0: 169.254.7.7 is a link-local address: no portal type can allow it.'],
    ['cloud metadata, whatever is said', [{ host: '169.254.169.254', address: 'private' }], 'no portal type can allow it.'],
    ['a decimal address', ['2130706433'], 'hosts.0: "2130706433" is 127.0.0.1 to a browser: write it so.'],
    ['a short address', [{ host: '127.1', address: 'loopback' }], '"127.1" is 127.0.0.1 to a browser'],
    ['a name that means this machine', ['localhost:8080'], 'a loopback address'],
    ['a host with user info', ['portal.example@evil.example'], 'is no host'],
    ['a URL', ['https://alpine.example'], 'is no host'],
    ['a place that there is not', [{ host: 'alpine.example', address: 'anywhere' }], 'hosts.0: must be a host, or {"host"'],
    ['a host at two places', ['alpine.example', { host: 'Alpine.example', address: 'private' }], 'hosts: names a host twice'],
    [
      'a name for two hosts',
      [
        { host: 'alpine.example', name: 'idp' },
        { host: 'login.example', name: 'idp' },
      ],
      'hosts: gives two hosts the same name',
    ],
    ['a name that is none', [{ host: 'alpine.example', name: 'The sign-in' }], 'hosts.0.name: must be lower-case letters'],
    ['no host', [], 'hosts: '],
  ])('is refused: %s', async (_, hosts, words) => {
    await expect(read({ ...ALPINE, hosts })).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining(words) });
  });

  it('is read, host by host', async () => {
    const hosts = ['Alpine.example', { host: '10.0.0.1:8443', address: 'private' }, { host: '127.0.0.1:8080', address: 'loopback' }];
    expect(await read({ ...ALPINE, hosts })).toMatchObject({
      hosts: ['alpine.example', '10.0.0.1:8443', '127.0.0.1:8080'],
      privateHosts: ['10.0.0.1:8443'],
      loopbackHosts: ['127.0.0.1:8080'],
    });
    expect(await read(ALPINE)).toMatchObject({ hosts: ['alpine.example'], privateHosts: [], loopbackHosts: [], hostNames: {} });
    const named = await read({ ...ALPINE, hosts: ['alpine.example', { host: 'Login.example', name: 'idp' }] });
    expect(named).toMatchObject({ hosts: ['alpine.example', 'login.example'], privateHosts: [], hostNames: { 'login.example': 'idp' } });
  });
});

describe('how a portal locks, as its file says it', () => {
  it.each<[string, object, string]>([
    ['a way of counting that nobody has', { lockoutCounts: 'sometimes' }, 'lockoutCounts: '],
    ['a window without a length', { lockoutCounts: 'window', lockoutWindowSeconds: null }, 'a portal that counts in a window has one'],
    ['a window that is not named', { lockoutCounts: 'window', lockoutWindowSeconds: undefined }, 'a portal that counts in a window has one'],
    ['a window where time forgives nothing', { lockoutCounts: 'until_unlocked' }, 'does not go with until_unlocked'],
    ['failures in a row of which nobody says how long they count', { lockoutWindowSeconds: undefined }, 'is not said'],
    ['a window of no length', { lockoutWindowSeconds: 0 }, 'lockoutWindowSeconds: '],
    ['a lock of no length', { lockoutLastsSeconds: 0 }, 'lockoutLastsSeconds: '],
    ['codes that count or not', { lockoutCountsCodes: 'yes' }, 'lockoutCountsCodes: '],
    ['a realm that is no id', { accountRealm: 'Not An Id' }, 'accountRealm: '],
    ['a way of telling user names apart that nobody has', { usernameCase: 'lower' }, 'usernameCase: '],
    ['a budget in which no rotation may start', { lockoutMargin: 3 }, 'leaves 1, and a rotation starts with 2'],
    ['a budget that would have the failure that locks in it', { lockoutThreshold: 2, lockoutMargin: 0 }, 'leaves 1, and a rotation starts with 2'],
  ])('is refused, with the name of the field: %s', async (_, changes, words) => {
    await expect(read({ ...ALPINE, ...changes })).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining(words) });
  });

  it.each<[string, object, object]>([
    ['in a row, and codes count', {}, { lockoutCounts: 'consecutive', lockoutWindowSeconds: 900, lockoutCountsCodes: true, usernameCase: 'exact' }],
    ['in a row, and only a success makes the portal forget', { lockoutWindowSeconds: null }, { lockoutCounts: 'consecutive', lockoutWindowSeconds: null }],
    [
      'until somebody unlocks',
      { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: undefined },
      { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null },
    ],
    ['a lock that only support ends', { lockoutLastsSeconds: null }, { lockoutWindowSeconds: 900, lockoutLastsSeconds: null }],
    ['few failures, where people change the password', { lockoutThreshold: 2, rotationMode: 'manual' }, { lockoutThreshold: 2, lockoutMargin: 1 }],
  ])('is read: %s', async (_, changes, said) => {
    expect(await read({ ...ALPINE, ...changes })).toMatchObject(said);
  });

  it('names no realm and no length of a lock where the file names none', async () => {
    const portalType = await read(ALPINE);
    expect(['accountRealm' in portalType, 'lockoutLastsSeconds' in portalType]).toEqual([false, false]);
  });
});

describe('what a portal’s terms allow, as its file says it', () => {
  const decision = { automation: 'assisted', termsVersion: 'Terms of use, alpine.example/terms', termsDate: '2025-08-11', automationDecidedBy: 'compliance' };

  it('is read whole, and left as it is where the file says nothing', async () => {
    expect(await read({ ...ALPINE, ...decision })).toMatchObject({ ...decision, termsDate: new Date('2025-08-11') });
    expect(Object.keys(await read(ALPINE)).filter((field) => /automation|terms/i.test(field))).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['half of it', { termsVersion: undefined }, 'all of them, or none'],
    ['no day', { termsDate: '2025-02-30' }, 'termsDate: '],
    ['another word', { automation: 'maybe' }, 'automation: '],
    ['nobody who decided', { automationDecidedBy: ' ' }, 'automationDecidedBy: '],
  ])('is refused where it is %s', async (_, changes, words) => {
    await expect(read({ ...ALPINE, ...decision, ...changes })).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining(words) });
  });
});

describe('how long a change takes to hold everywhere, as a portal type says it', () => {
  it.each<[string, object, number]>([
    ['by its name', { propagationDelayMs: 5_000 }, 5_000],
    ['by the name that it had before', { settleMs: 5_000 }, 5_000],
    ['not at all', {}, 60_000],
  ])('is read, and has the one name from then on: %s', async (_, changes, propagationDelayMs) => {
    const portalType = await read({ ...ALPINE, ...changes });
    expect(portalType).toMatchObject({ propagationDelayMs });
    expect(portalType).not.toHaveProperty('settleMs');
    const document = { ...ALPINE, ...changes, recipe: await readRecipeFile('alpine') };
    expect(portalTypeFromDocument(document)).toMatchObject({ propagationDelayMs });
  });

  it.each<[string, object, string]>([
    ['both names', { propagationDelayMs: 5_000, settleMs: 5_000 }, 'settleMs: is what propagationDelayMs was called before: say it once'],
    ['less than nothing, by its name', { propagationDelayMs: -1 }, 'propagationDelayMs: '],
    ['less than nothing, by the name that it had before', { settleMs: -1 }, 'settleMs: '],
  ])('is refused, with the name that was written: %s', async (_, changes, words) => {
    await expect(read({ ...ALPINE, ...changes })).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining(words) });
    const document = { ...ALPINE, ...changes, recipe: await readRecipeFile('alpine') };
    expect(() => portalTypeFromDocument(document)).toThrow(words);
  });
});
