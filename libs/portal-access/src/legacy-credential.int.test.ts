import { remainingBudget } from '@rcm/db/ledger';
import { RcmError } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LegacyEnvironment, openLegacyEnvironment } from './legacy-environment.fixture.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

let w: LegacyEnvironment;
beforeAll(async () => void (w = await openLegacyEnvironment()));
afterEach(() => {
  w.portal.beforeLogin = () => Promise.resolve();
});
afterAll(() => w?.close());

const login = (id: string, password = `canary-${id}-1`) => ({ username: id, password });
const sentTo = (username: string) => w.portal.sent.filter((one) => one.username === username).map(({ password }) => password);
const reads = async (found: string) =>
  (await w.metrics.counter('rcm_legacy_reads_total').get()).values.find(({ labels }) => labels.found === found)?.value ?? 0;
const rowOf = async (id: string) => {
  const [row] = await w.testEnvironment.db.transaction(
    'every tenant',
    (tx) =>
      tx.$queryRaw<{ identity: string; arn: string | null }[]>`SELECT login_identity AS identity, secret_arn AS arn FROM integration_endpoint WHERE id = ${id}`,
  );
  return row ?? { identity: '', arn: null };
};
const auditOf = (id: string) =>
  w.testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ action: string }[]>`
      SELECT action FROM audit_event WHERE subject = ${id} AND action LIKE 'login.%' ORDER BY seq`,
  );

describe('a login that is not migrated yet', () => {
  it('is named, then used under its lease, with ledger, audit, metric and a line of the log for each use', async () => {
    await w.row('plain', login('plain'), login('plain'));
    const before = await reads('row');
    expect([await w.visit('plain'), await w.visit('plain')]).toEqual(['visited', 'visited']);
    expect(sentTo('plain')).toEqual(['canary-plain-1', 'canary-plain-1']);
    expect((await auditOf('plain')).map(({ action }) => action)).toEqual([
      ...['login.legacy_read', 'login.legacy_read', 'login.used'],
      ...['login.legacy_read', 'login.used'],
    ]);
    expect((await reads('row')) - before).toBe(2);
    expect(w.log.filter((line) => line.includes('not migrated is used') && line.includes('"plain"'))).toHaveLength(2);
    const [attempt] = await w.testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ version: string; outcome: string; same: boolean }[]>`
        SELECT a.version, a.outcome, a.login_identity = e.login_identity AS same FROM login_attempt a JOIN integration_endpoint e ON e.id = a.endpoint_id WHERE e.id = 'plain' LIMIT 1`,
    );
    expect(attempt).toMatchObject({ outcome: 'accepted', same: true, version: expect.stringMatching(/^row:1:[0-9a-f]{32}$/) });
  });

  it('is read in every shape that a migration reads, and by no other', async () => {
    await w.row('shaped', JSON.stringify([{ loginName: 'shaped', pwd: 'canary-shaped-1\n' }]), login('shaped'));
    expect(await w.visit('shaped')).toBe('visited');
    await w.row('stand-in', { username: 'stand-in', password: 'TBD' });
    expect(await w.visit('stand-in')).toBe('payload_invalid');
    await w.row('empty', { username: '', password: '' });
    expect(await w.visit('empty')).toBe('secret_missing');
    expect([...sentTo('stand-in'), ...sentTo('')]).toEqual([]);
  });

  it('is not used where that is forbidden, which it is by default', async () => {
    await w.row('forbidden', login('forbidden'), login('forbidden'));
    expect(await w.visit('forbidden', { legacy: undefined })).toBe('secret_missing');
    expect([sentTo('forbidden'), (await rowOf('forbidden')).identity, await auditOf('forbidden')]).toEqual([[], null, []]);
  });

  it('of another organization is not there', async () => {
    await w.row('tenant', login('tenant'), login('tenant'));
    expect(await w.visit('tenant', {}, 'hospital-two')).toBe('endpoint_unknown');
    expect(sentTo('tenant')).toEqual([]);
  });

  it('keeps its session for the next task only as long as the row holds the same', async () => {
    await w.row('kept', login('kept'), login('kept'));
    const keep = async () => {
      const { withAgentSession } = await import('./agent-session.ts');
      const visit = { orgId: w.testEnvironment.orgId, endpointId: 'kept', holder: 'web-agent@test:1', signal: new AbortController().signal };
      await withAgentSession(w.access, visit, async () => ({ value: null, session: 'keep' }));
    };
    await keep();
    await keep();
    expect(sentTo('kept')).toHaveLength(1);
    w.portal.passwords.set('kept', 'canary-kept-2');
    await w.edit('kept', login('kept', 'canary-kept-2'));
    await keep();
    expect(sentTo('kept')).toEqual(['canary-kept-1', 'canary-kept-2']);
  });
});

describe('one truth', () => {
  it('is the row’s as long as the store has nothing, both while they are the same, and the store’s once the row names it', async () => {
    await w.row('moving', login('moving'), login('moving'));
    expect(await w.visit('moving')).toBe('visited');
    const version = await w.store('moving', login('moving'));
    const stored = await reads('stored');
    expect(await w.visit('moving')).toBe('visited');
    expect(await reads('stored')).toBe(stored + 1);
    await w.migrated('moving', login('moving'), version);
    const read = await reads('row');
    expect(await w.visit('moving')).toBe('visited');
    expect([await reads('stored'), await reads('row')]).toEqual([stored + 1, read]);
    // The account was one and the same all the time, for those who count its failures.
    expect(new Set(sentTo('moving'))).toEqual(new Set(['canary-moving-1']));
  });

  it('is nobody’s where a secret lies at the path and says something else than a row that names none: neither is tried', async () => {
    await w.row('two', login('two', 'canary-two-old'), login('two', 'canary-two-new'));
    await w.store('two', login('two', 'canary-two-new'));
    expect(await w.visit('two')).toBe('login_not_allowed row_and_store_differ');
    expect(sentTo('two')).toEqual([]);
    // A person settles it: at once, whatever was held a moment ago.
    await w.edit('two', login('two', 'canary-two-new'));
    expect(await w.visit('two')).toBe('visited');
    expect(sentTo('two')).toEqual(['canary-two-new']);
  });

  it('is not bypassed by a secret that came a moment after nothing was there', async () => {
    await w.row('late', login('late'), login('late'));
    expect(await w.visit('late')).toBe('visited');
    await w.store('late', login('late', 'canary-late-rotated'));
    expect(await w.visit('late')).toBe('login_not_allowed row_and_store_differ');
    expect(sentTo('late')).toEqual(['canary-late-1']);
  });

  it('a store that does not answer is no reason to go on with the row', async () => {
    await w.row('down', login('down'), login('down'));
    const unavailable = () => Promise.reject(new RcmError('store_unavailable', 'The store does not answer.'));
    const credentials = { ...w.access.credentials, find: unavailable };
    expect(await w.visit('down', { credentials })).toBe('store_unavailable');
    // Nor is one that hangs, and then it says the same.
    await w.migrated('down', login('down'), await w.store('down', login('down')));
    const late = () => Promise.reject(new RcmError('deadline_exceeded', 'Reading a credential took too long.'));
    expect(await w.visit('down', { credentials: { ...w.access.credentials, get: late } })).toBe('store_unavailable');
    expect(sentTo('down')).toEqual([]);
  });

  it('a row that is edited between the rejection and the second look is tried once more with what it holds then', async () => {
    await w.row('edited', login('edited', 'canary-edited-old'), login('edited', 'canary-edited-new'));
    w.portal.beforeLogin = async () => {
      w.portal.beforeLogin = () => Promise.resolve();
      await w.edit('edited', login('edited', 'canary-edited-new'));
    };
    expect(await w.visit('edited')).toBe('visited');
    expect(sentTo('edited')).toEqual(['canary-edited-old', 'canary-edited-new']);
  });

  it('another account in the row gets its own name before it is used', async () => {
    await w.row('renamed', login('before'), login('before'));
    w.portal.passwords.set('after', 'canary-after-1');
    expect(await w.visit('renamed')).toBe('visited');
    const { identity: before } = await rowOf('renamed');
    await w.edit('renamed', login('after'));
    expect(await w.visit('renamed')).toBe('lease_unavailable row_changed');
    expect(await w.visit('renamed')).toBe('visited');
    expect((await rowOf('renamed')).identity).not.toBe(before);
    expect([sentTo('before').length, sentTo('after').length]).toEqual([1, 1]);
  });
});

describe('an account is not locked', () => {
  it('by a wrong password in a row: it is tried once, and cools down by its fingerprint', async () => {
    await w.row('wrong', login('wrong', 'canary-wrong-old'), login('wrong', 'canary-wrong-new'));
    expect(await w.visit('wrong')).toMatch(/^login_rejected|^login_not_allowed/);
    for (let time = 0; time < 3; time += 1) expect(await w.visit('wrong')).toMatch(/password_(bad|suspect)/);
    expect(sentTo('wrong')).toEqual(['canary-wrong-old']);
    // What is said of a password holds when it lies elsewhere.
    const version = await w.store('wrong', login('wrong', 'canary-wrong-old'));
    await w.migrated('wrong', login('wrong', 'canary-wrong-old'), version);
    expect(await w.visit('wrong')).toMatch(/password_(bad|suspect)/);
    expect(sentTo('wrong')).toEqual(['canary-wrong-old']);
  });

  it('by readers of row and store that count for themselves: two endpoints of one account have one budget', async () => {
    const account = login('shared');
    w.portal.passwords.set('shared', 'canary-shared-really');
    await w.row('shared-row', { ...account, password: 'canary-shared-a' });
    await w.row('shared-store', { ...account, password: 'canary-shared-b' });
    const version = await w.store('shared-store', { ...account, password: 'canary-shared-b' });
    await w.migrated('shared-store', { ...account, password: 'canary-shared-b' }, version);
    await w.visit('shared-row');
    await w.visit('shared-store');
    const [one, two] = [await rowOf('shared-row'), await rowOf('shared-store')];
    expect(one.identity).toBe(two.identity);
    // Threshold 3, and one is left to people: two tries, whoever makes them.
    expect(await remainingBudget(w.testEnvironment.db, { orgId: w.testEnvironment.orgId, loginIdentity: one.identity })).toMatchObject({ failuresLeft: 0 });
    await w.edit('shared-row', { ...account, password: 'canary-shared-c' });
    expect(await w.visit('shared-row')).toMatch(/budget_spent/);
    expect(sentTo('shared')).toEqual(['canary-shared-a', 'canary-shared-b']);
  });

  it('by a row that is older than a rotation of the same account elsewhere', async () => {
    const account = login('rotated');
    w.portal.passwords.set('rotated', 'canary-rotated-2');
    await w.row('rotated-store', account);
    await w.migrated('rotated-store', account, await w.store('rotated-store', { ...account, password: 'canary-rotated-2' }));
    await w.testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = 'rotated-store'`,
    );
    await w.row('rotated-row', account);
    expect(await w.visit('rotated-row')).toBe('login_not_allowed rotated_elsewhere');
    expect(sentTo('rotated')).toEqual([]);
  });
});

it('no plaintext is in the log, the tasks or the books', async () => {
  const [books] = await w.testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ text: string }[]>`
      SELECT (SELECT string_agg(a::text, ' ') FROM audit_event a) || coalesce((SELECT string_agg(l::text, ' ') FROM login_attempt l), '') ||
             coalesce((SELECT string_agg(p::text, ' ') FROM portal_task p), '') || coalesce((SELECT string_agg(n::text, ' ') FROM notice n), '') AS text`,
  );
  expect(books?.text.length).toBeGreaterThan(1000);
  expect(w.log.length).toBeGreaterThan(20);
  for (const text of [books?.text ?? '', w.log.join('\n')]) expect(text).not.toMatch(/canary-/);
});
