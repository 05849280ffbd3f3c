import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecipeFile } from '@rcm/portal-drivers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPortalTypeFile } from './portal-type-file.ts';

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
