import { randomUUID } from 'node:crypto';
import { type NewPlace, parseReference, placeKey } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { backend, isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deaths, mortal, ProcessDied } from './crash.fixture.ts';
import { relocateEndpoint } from './credential/relocate.ts';
import { interrupted } from './person.fixture.ts';
import type { OpenMigration } from './services.ts';
import { stored } from './testing.fixture.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';

/** Every fifth call or instant is tried on a change, each of them in the long form. */
const NEXT = isLongForm() ? 1 : 5;

let w: LoginToMove;
beforeEach(async () => {
  if (backend() === 'embedded') w = await LoginToMove.open();
});
afterEach(() => w?.close());

describe.runIf(backend() === 'embedded')('a login whose secret is moved (the containers have one account)', () => {
  it('by a process that dies at any call: the row names a secret that holds it at every moment, and the same call ends it', { timeout: 600_000 }, async () => {
    const text = (await stored(w.migrator, w.seed)).text;
    const places = [w.there, w.migrator.places.new[0]] as const;
    let moved = 0;
    for (const { at, when } of deaths(5)) {
      const to = places[moved % 2] as NewPlace;
      const process = mortal(w.migrator, { at, when });
      const row = await w.rowOf();
      await relocateEndpoint(process.migration, row, to, WHY).catch((error: unknown) => {
        if (!(error instanceof ProcessDied)) throw error;
      });
      expect((await stored(w.migrator, w.seed)).text, `${when} call ${at}`).toBe(text);
      await w.leasesEnd();
      await w.move(to);
      moved += 1;
      expect((await stored(w.migrator, w.seed)).text).toBe(text);
      expect(await w.placeNow()).toBe(placeKey(to));
      expect(await w.unnamed(), `${when} call ${at}`).toEqual([[placeKey(places[moved % 2] as NewPlace), 'left']]);
      if (!process.died()) break;
    }
    expect(moved).toBeGreaterThan(isLongForm() ? 20 : 2);
  });

  it(
    'whose database does not answer once, though it has done what it was asked: the row names what it named, or the move is done',
    { timeout: 600_000 },
    async () => {
      const text = (await stored(w.migrator, w.seed)).text;
      let came = true;
      const ends = new Set<string>();
      for (let at = 1; came; at += isLongForm() ? 1 : 2) {
        const [before, to] = [await w.rowOf(), (await w.placeNow()) === w.here() ? w.there : w.migrator.places.new[0]];
        const { migration, came: did } = unanswered(w.migrator, at);
        const end = await codeOf(relocateEndpoint(migration, before, to, WHY));
        came = did();
        ends.add(end);
        expect(placeKey(parseReference((await w.rowOf()).secretArn)), `call ${at}, ${end}`).toBe(
          placeKey(end === 'none' ? to : parseReference(before.secretArn)),
        );
        expect((await stored(w.migrator, w.seed)).text).toBe(text);
        await w.leasesEnd();
      }
      expect([...ends].sort()).toEqual(['database_unavailable', 'none']);
    },
  );

  it('while somebody stores another password at any moment: theirs is what the row names in the end', { timeout: 600_000 }, async () => {
    let came = true;
    let instants = 0;
    for (let at = 1; came; at += NEXT) {
      const before = await w.rowOf();
      const to = (await w.placeNow()) === w.here() ? w.there : w.migrator.places.new[0];
      const theirs = `theirs-${at}-${randomUUID()}`;
      const { migration, came: did } = interrupted(w.migrator, {
        at,
        act: async () => {
          // After the row names the copy, a person who reads the row writes there.
          await w.storeHere(theirs, (await w.rowOf()).secretArn);
          instants += 1;
        },
      });
      await relocateEndpoint(migration, before, to, WHY).catch((error: unknown) => {
        if (!(error instanceof RcmError) || error.code !== 'state_conflict') throw error;
      });
      came = did();
      if (came) expect(await w.passwordNow(), `instant ${at}`).toBe(theirs);
      // As the next look of an agent does.
      await w.sql(`UPDATE integration_endpoint SET current_version = $1 WHERE id = $2`, (await stored(w.migrator, w.seed)).version, w.seed.id);
    }
    expect(instants).toBeGreaterThan(20 / NEXT);
  });

  it('while the store that it leaves stops answering at any moment: the row names what it named, or the move is done', { timeout: 600_000 }, async () => {
    const text = (await stored(w.migrator, w.seed)).text;
    let came = true;
    const ends = new Set<string>();
    for (let at = 1; came; at += NEXT) {
      const before = await w.rowOf();
      // Always out of the first account, whose secret lies there again afterwards.
      const { migration, came: did } = interrupted(w.impatient(), { at, act: async () => void w.testEnvironment.aws?.setFaults({ kind: 'down' }) });
      const end = await codeOf(relocateEndpoint(migration, before, w.there, WHY));
      w.testEnvironment.aws?.setFaults({ kind: 'none' });
      came = did();
      ends.add(end);
      const row = await w.rowOf();
      expect(placeKey(parseReference(row.secretArn)), `instant ${at}, ${end}`).toBe(end === 'none' ? placeKey(w.there) : w.here());
      expect((await stored(w.migrator, w.seed)).text).toBe(text);
      if (end === 'none') await w.move(w.migrator.places.new[0]);
      await w.leasesEnd();
    }
    expect([...ends].sort()).toEqual(['none', 'store_unavailable']);
  });

  it('is done where what it leaves was removed right after the row was changed', async () => {
    const from = (await w.rowOf()).secretArn;
    let gone = false;
    const { migration } = interrupted(w.migrator, {
      at: 'each',
      act: async () => {
        if (gone || (await w.rowOf()).secretArn === from) return;
        gone = true;
        await w.removeAsGuardian(from);
      },
    });
    await relocateEndpoint(migration, await w.rowOf(), w.there, WHY);
    expect(gone).toBe(true);
    expect(await w.placeNow()).toBe(placeKey(w.there));
  });

  it('by a process that stood still at any moment until its lease was over: it moves nothing any more', { timeout: 600_000 }, async () => {
    let came = true;
    const ends = new Set<string>();
    for (let at = 1; came; at += NEXT) {
      const [before, to] = [await w.rowOf(), (await w.placeNow()) === w.here() ? w.there : w.migrator.places.new[0]];
      let overBeforeTheRow = false;
      const { migration, came: did } = interrupted(w.migrator, {
        at,
        act: async () => {
          const held = (await w.sql(`DELETE FROM login_lease RETURNING id`)).length > 0;
          // Whoever wants the login next waits for this lock: while the row is being changed, nobody can have it.
          const isFree = await w.sql(`SELECT 1 FROM login_identity FOR UPDATE NOWAIT`).then(
            () => true,
            () => false,
          );
          overBeforeTheRow = held && isFree && (await w.rowOf()).secretArn === before.secretArn;
        },
      });
      const end = await codeOf(relocateEndpoint(migration, before, to, WHY));
      came = did();
      ends.add(end);
      if (overBeforeTheRow) expect([end, (await w.rowOf()).secretArn], `instant ${at}`).toEqual(['lease_lost', before.secretArn]);
    }
    expect([...ends].sort()).toEqual(['lease_lost', 'none']);
  });
});

/** A migrator whose `at`-th transaction is committed and not answered. */
function unanswered(migration: OpenMigration, at: number): { readonly migration: OpenMigration; readonly came: () => boolean } {
  let calls = 0;
  const db: Database = {
    ...migration.db,
    async transaction(scope, act) {
      const answer = await migration.db.transaction(scope, act);
      calls += 1;
      if (calls === at) throw new RcmError('database_unavailable', 'The connection was closed before the answer came.');
      return answer;
    },
  };
  return { migration: { ...migration, db }, came: () => calls >= at };
}
