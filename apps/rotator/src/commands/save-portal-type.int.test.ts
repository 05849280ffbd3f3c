import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { urlFor, migrateWithLogins } from '@rcm/db/testing';
import { openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization } from '@rcm/db/admin';
import { readRecipeFile } from '@rcm/portal-drivers';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callRotator, runRotator } from '../process.fixture.ts';

let folder: string;
let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  folder = await mkdtemp(join(tmpdir(), 'portal-type-'));
  await writeFile(join(folder, 'alpine.yaml'), JSON.stringify(await readRecipeFile('alpine')));
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const ALPINE = {
  code: 'alpine',
  name: 'Alpine Health',
  hosts: ['alpine.example'],
  recipe: 'alpine.yaml',
  passwordRules: 'minlength: 10; required: upper; required: digit; allowed: lower; history: 5',
  lockoutThreshold: 4,
  lockoutWindowSeconds: 900,
};

async function save(portalType: object, { url = database.url, flags = ['--reason', 'a new portal'], plaintext = '', run = callRotator } = {}) {
  const file = join(folder, 'portal-type.json');
  await writeFile(file, JSON.stringify(portalType));
  const end = await run(['save-portal-type', file, '--json', ...flags], { RCM_DATABASE_URL: url, RCM_PLAINTEXT: plaintext });
  return { code: end.code, stderr: end.stderr, ...end.json<{ saved?: boolean; error?: { code: string; message: string } }>() };
}

async function rowsOf(code: string) {
  const db = openDatabase({ url: database.url, applicationName: 'test' });
  const rows = await db.transaction('every tenant', (tx) => tx.portalType.findMany({ where: { code } }));
  await db.close();
  return rows;
}

const rowOf = async (code: string) => (await rowsOf(code))[0];
const rulesOf = async (code: string): Promise<readonly string[]> => (await rowsOf(code)).map(({ passwordRules }) => passwordRules);

describe('a portal type that is saved', () => {
  it('is there from then on, and may be saved again; a dry run only checks it', async () => {
    expect([await save(ALPINE, { flags: ['--dry-run'] }), await rulesOf('alpine')]).toMatchObject([{ code: 0, saved: false }, []]);
    expect([await save(ALPINE), await rulesOf('alpine')]).toMatchObject([{ code: 0, saved: true }, [ALPINE.passwordRules]]);
    const passwordRules = `${ALPINE.passwordRules}; max-consecutive: 2`;
    expect([await save({ ...ALPINE, passwordRules }), await rulesOf('alpine')]).toMatchObject([{ code: 0 }, [passwordRules]]);
  });

  it('is saved only as long as nobody else has, where it says on which version it was made', async () => {
    const code = 'by-two';
    expect(await save({ ...ALPINE, code }, { flags: ['--reason', 'new', '--stands', 'none'] })).toMatchObject({ code: 0 });
    const late = await save({ ...ALPINE, code, name: 'Later' }, { flags: ['--reason', 'new, too', '--stands', 'none'] });
    expect(late).toMatchObject({ code: 1, error: { code: 'state_conflict', message: expect.stringContaining('saved by somebody else') } });
    expect((await rowOf(code))?.name).toBe(ALPINE.name);
    expect(await save({ ...ALPINE, code }, { flags: ['--reason', 'r', '--stands', 'yesterday'] })).toMatchObject({ code: 2, error: { code: 'input_invalid' } });
  });

  it('is saved with a word about what the deployment lets go unprotected', async () => {
    const { code, stderr } = await save(ALPINE, { plaintext: 'database', run: runRotator });
    expect([code, stderr]).toEqual([0, expect.stringContaining('RCM_PLAINTEXT allows unprotected connections for database')]);
  });

  it.each([
    ['minlength: 9; maxlength: 8', 'minlength 9 is more than maxlength 8'],
    ['minlength: 8; required: capital', 'at character 25'],
    ['minlength: 1; maxlength: 1; allowed: [abc]; history: 4', 'the portal remembers 4'],
    ['maxlength: 2; required: upper; required: lower; required: digit', 'cannot satisfy 3 required rules'],
  ])('is refused with rules that no password meets: %s', async (passwordRules, reason) => {
    const answer = await save({ ...ALPINE, code: 'impossible', passwordRules });
    expect(answer).toMatchObject({ code: 2, error: { code: 'input_invalid', message: expect.stringContaining(reason) } });
    expect(await rulesOf('impossible')).toEqual([]);
  });

  it.each([
    [{ ...ALPINE, code: 'other', recipe: 'none.yaml' }, 2, 'input_invalid', 'cannot be read'],
    [{ ...ALPINE, code: 'other', lockoutTreshold: 3 }, 2, 'input_invalid', 'lockoutTreshold'],
    [{ ...ALPINE, code: 'other', lockoutThreshold: 2 }, 2, 'input_invalid', 'leaves 1, and a rotation starts with 2'],
    [{ ...ALPINE, code: 'other', rotationSpreadDays: 23, passwordExpiresDays: 30 }, 2, 'input_invalid', 'due again as soon as they are done'],
    [{ ...ALPINE, code: 'Not An Id' }, 2, 'input_invalid', 'portal type code'],
  ])('is refused where something else is wrong with it, and says what (%#)', async (portalType, code, errorCode, words) => {
    expect(await save(portalType)).toMatchObject({ code, error: { code: errorCode, message: expect.stringContaining(words) } });
  });

  it('is refused where its logins would be due again at once by what it leaves out, and so stays as it was saved before', async () => {
    const code = 'expiring';
    expect(await save({ ...ALPINE, code, passwordExpiresDays: 30, rotationSpreadDays: 10 })).toMatchObject({ code: 0 });
    const refused = await save({ ...ALPINE, code, rotationSpreadDays: 30 });
    expect(refused).toMatchObject({ code: 2, error: { code: 'input_invalid', message: expect.stringMatching(/rotationSpreadDays.*\(23\)/) as string } });
    expect(await rowOf(code)).toMatchObject({ passwordExpiresDays: 30, rotationSpreadDays: 10 });
  });

  it('keeps how its portal locks and whose its accounts are', async () => {
    const said = {
      lockoutCounts: 'window',
      lockoutWindowSeconds: 7200,
      lockoutLastsSeconds: 1800,
      lockoutCountsCodes: false,
      accountRealm: 'shared-sign-in',
      usernameCase: 'ignored',
    };
    expect(await save({ ...ALPINE, code: 'locking', ...said })).toMatchObject({ code: 0, saved: true });
    expect(await rowOf('locking')).toMatchObject(said);
    const until = { lockoutCounts: 'until_unlocked', lockoutWindowSeconds: null, lockoutLastsSeconds: null };
    expect(await save({ ...ALPINE, code: 'locking', ...until })).toMatchObject({ code: 0, saved: true });
    expect(await rowOf('locking')).toMatchObject(until);
  });

  it('keeps where each host lies, and forgets it again; a host on loopback that does not say so is refused', async () => {
    const code = 'places';
    const local = { host: '127.0.0.1:8080', address: 'loopback' };
    expect(await save({ ...ALPINE, code, hosts: ['alpine.example', local] })).toMatchObject({ code: 0, saved: true });
    expect(await rowOf(code)).toMatchObject({ hosts: ['alpine.example', '127.0.0.1:8080'], privateHosts: [], loopbackHosts: ['127.0.0.1:8080'] });
    const refused = await save({ ...ALPINE, code, hosts: ['alpine.example', local.host] });
    expect(refused).toMatchObject({ code: 2, error: { code: 'input_invalid', message: expect.stringContaining('"address":"loopback"') } });
    expect(await save({ ...ALPINE, code })).toMatchObject({ code: 0, saved: true });
    expect(await rowOf(code)).toMatchObject({ hosts: ['alpine.example'], loopbackHosts: [] });
  });

  it('is saved by somebody, for a reason: told of to every organization that uses the portal, by who signed in and not by who they say', async () => {
    expect(await save(ALPINE, { flags: [] })).toMatchObject({ code: 2, error: { code: 'input_invalid', message: expect.stringContaining('--reason') } });
    const owner = openDatabase({ url: database.url, applicationName: 'test' });
    await save({ ...ALPINE, code: 'told' });
    await upsertOrganization(owner, { id: 'hospital', name: 'Hospital' });
    await insertEndpoint(owner, { id: 'told-1', orgId: 'hospital', portalTypeCode: 'told', accountId: 'a', baseUrl: 'https://alpine.example/' });
    const hosts = ['alpine.example', 'sign-in.example'];
    expect(await save({ ...ALPINE, code: 'told', hosts }, { flags: ['--reason', 'a sign-in host', '--actor', 'the-ceo'] })).toMatchObject({ code: 0 });
    const events = await owner.transaction(
      'every tenant',
      (tx) =>
        tx.$queryRaw<
          object[]
        >`SELECT org_id, actor, reason, details -> 'changed' -> 'hosts' ->> 'after' AS hosts FROM audit_event WHERE action = 'portal_type.changed'`,
    );
    await owner.close();
    const actor = `person:os:${userInfo().username}@${hostname()} says the-ceo`;
    expect(events).toEqual([{ org_id: 'hospital', actor, reason: 'a sign-in host', hosts: JSON.stringify(hosts).replace(',', ', ') }]);
  });

  it('is the owner’s to save: no app’s role may choose where passwords are typed', async () => {
    const answer = await save({ ...ALPINE, code: 'sneaky' }, { url: urlFor('rcm_rotator', database.url) });
    expect(answer).toMatchObject({ code: 1, error: { code: 'database_failed', message: expect.stringContaining('owner') } });
    expect(await rulesOf('sneaky')).toEqual([]);
  });
});

describe('what a portal’s terms allow', () => {
  const decide = async (code: string, ...flags: readonly string[]) => {
    const terms = ['--automation', 'assisted', '--terms-version', 'Terms of use', '--terms-date', '2025-08-11'];
    const end = await callRotator(['decide-portal-type', code, '--json', ...terms, ...flags], { RCM_DATABASE_URL: database.url });
    return { code: end.code, ...end.json<{ saved?: boolean; error?: { code: string; message: string } }>() };
  };

  it('is undecided until somebody says it, and stands with its terms and who decided; a type that is saved again keeps it', async () => {
    const code = 'decided';
    await save({ ...ALPINE, code });
    expect(await rowOf(code)).toMatchObject({ automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null });
    expect(await decide(code, '--dry-run')).toMatchObject({ code: 0, saved: false });
    expect((await rowOf(code))?.automation).toBeNull();
    expect(await decide(code, '--reason', 'read them', '--decided-by', 'Ms. Li, compliance')).toMatchObject({ code: 0, saved: true });
    const said = { automation: 'assisted', termsVersion: 'Terms of use', termsDate: new Date('2025-08-11'), automationDecidedBy: 'Ms. Li, compliance' };
    expect(await rowOf(code)).toMatchObject(said);
    await save({ ...ALPINE, code });
    expect(await rowOf(code)).toMatchObject(said);
    expect(await decide(code, '--reason', 'again')).toMatchObject({ code: 0 });
    expect((await rowOf(code))?.automationDecidedBy).toContain(userInfo().username);
  });

  it('is said with a reason, of a type that is there', async () => {
    expect(await decide('decided')).toMatchObject({ code: 2, error: { message: expect.stringContaining('--reason') } });
    expect(await decide('none', '--reason', 'read them')).toMatchObject({
      code: 2,
      error: { code: 'input_invalid', message: 'There is no portal type none. Nothing was changed.' },
    });
  });
});
