import { credentialReference, parseReference } from '@rcm/credentials';
import { readLegacy } from '@rcm/db/migration';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { resolve } from './commands/resolve.ts';
import { verify } from './commands/verify.ts';
import { deaths, mortal } from './crash.fixture.ts';
import { interrupted } from './person.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import { asRotator } from './testing.fixture.ts';
import { ACT, RowAndSecret, SLOW_MS, TAKES, passwordOf } from './resolve.fixture.ts';

let w: RowAndSecret;
beforeEach(async () => void (w = await RowAndSecret.open()));
afterEach(() => w.close());

describe.each(TAKES)('a run that dies while it takes the %s', (take) => {
  it.each(['named', 'not named'] as const)(
    'is ended by another run as if it had not died: the secret is %s by the row',
    { timeout: SLOW_MS },
    async (names) => {
      for (const { at, when } of deaths(3)) {
        w.seed = { ...seeds(1)[0], id: `g${at}-${when}` } as Seed;
        await plant(w.testEnvironment.db, [w.seed]);
        await apply(w.migrator);
        if (names === 'not named')
          await w.testEnvironment.db.transaction(
            'every tenant',
            (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = NULL WHERE id = ${w.seed.id}`,
          );
        await w.person.types(w.seed, 'typed');
        const dying = mortal(w.migrator, { at, when });
        const call = { endpointId: w.seed.id, take, seen: await w.look(), proof: 'none', ...ACT } as const;
        await resolve(dying.migration, call).catch(() => {});
        if (!dying.died()) return void expect(at).toBeGreaterThan(8);
        const where = `died ${when} call ${at}`;
        for (const password of ['typed', w.planned()]) expect((await everywhere()).map(passwordOf), where).toContain(password);
        await w.testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_lease`);
        expect(await resolve(w.migrator, call), where).toMatchObject({ complete: true });
        const right = take === 'row' ? 'typed' : w.planned();
        expect([await w.inRow(), await w.inStore()], where).toEqual([right, right]);
        for (const password of ['typed', w.planned()]) expect((await everywhere()).map(passwordOf), where).toContain(password);
        expect(await verify(w.migrator), where).toMatchObject({ complete: true });
      }
    },
  );
});

it.each(TAKES)('loses nothing that a person types at any moment while the %s is taken', { timeout: SLOW_MS }, async (take) => {
  for (let at = 1; ; at += isLongForm() ? 1 : 7) {
    w.seed = { ...seeds(1)[0], id: `m${at}` } as Seed;
    await plant(w.testEnvironment.db, [w.seed]);
    await apply(w.migrator);
    await w.person.types(w.seed, 'typed');
    const beside = interrupted(w.migrator, { at, act: () => w.person.types(w.seed, 'newest') });
    await w.decide(take, beside.migration).catch(() => {});
    await w.person.done();
    if (!beside.came()) return void expect(at).toBeGreaterThan(15);
    const where = `edited at instant ${at}`;
    for (const password of [w.planned(), 'newest']) expect((await everywhere()).map(passwordOf), where).toContain(password);
  }
});

it.each(TAKES)('asked to stop at any moment, takes the %s and says where the other one is kept, or changes neither', { timeout: SLOW_MS }, async (take) => {
  for (let at = 1; ; at += isLongForm() ? 1 : 2) {
    w.seed = { ...seeds(1)[0], id: `s${at}` } as Seed;
    await plant(w.testEnvironment.db, [w.seed]);
    await apply(w.migrator);
    await w.person.types(w.seed, 'typed');
    const stop = new AbortController();
    const stopped = interrupted(w.testEnvironment.migrator({}, { stopping: stop.signal }), { at, act: async () => stop.abort() });
    const report = await w.decide(take, stopped.migration).catch(() => null);
    const [right, other] = take === 'row' ? ['typed', w.planned()] : [w.planned(), 'typed'];
    expect([await w.inRow(), await w.inStore()], `instant ${at}`).toEqual(report ? [right, right] : ['typed', w.planned()]);
    if (report) expect(passwordOf(await w.keptText(report.json.kept)), `instant ${at}`).toBe(other);
    await stopped.migration.close();
    if (!stopped.came()) return void expect(at).toBeGreaterThan(15);
  }
});

/** Every text of this login that somebody could find: in the row, in its secret's versions, and where the audit trail says that one was kept. */
async function everywhere(): Promise<string[]> {
  const row = await readLegacy(w.migrator.db, { endpointId: w.seed.id, orgId: w.seed.orgId });
  const kept = await w.testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ kept: string }[]>`
      SELECT details->>'kept' AS kept FROM audit_event WHERE subject = ${w.seed.id} AND action = 'endpoint.resolved' AND details->>'kept' IS NOT NULL`,
  );
  const reference = credentialReference({
    ...w.migrator.places.new[0],
    environment: w.migrator.places.environment,
    orgId: w.seed.orgId,
    endpointId: w.seed.id,
    portalAccountId: `account-${w.seed.id}`,
  });
  return asRotator(w.testEnvironment, async (stores) => {
    const store = stores.forTenant(w.seed.orgId);
    const versions = await Promise.all(['1', '2', '3', '4'].map((version) => store.readVersion(reference, version)));
    const beside = await Promise.all(kept.map((one) => store.read(parseReference(one.kept))));
    return [...(row ? [row.reveal()] : []), ...[...versions, ...beside].flatMap((found) => (found ? [found.text.reveal()] : []))];
  });
}
