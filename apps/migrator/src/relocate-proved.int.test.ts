import { type NewPlace, placeKey } from '@rcm/credentials';
import { askAct } from '@rcm/db/acts';
import { backend, isLongForm } from '@rcm/test-services';
import { systemClock } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deaths, mortal, ProcessDied } from './crash.fixture.ts';
import { relocateProved, relocateUnproved } from './credential/relocate-proved.ts';
import { interrupted } from './person.fixture.ts';
import type { OpenMigration } from './services.ts';
import { codeOf, LoginToMove, WHY } from './relocate.fixture.ts';
import { stored } from './testing.fixture.ts';

/** Every fifth instant is tried on a change, each of them in the long form. */
const NEXT = isLongForm() ? 1 : 5;

let w: LoginToMove;
beforeEach(async () => {
  if (backend() === 'embedded') w = await LoginToMove.open();
  w.migrator = hasty(w.migrator);
});
afterEach(() => w?.close());

/** A migrator that looks for an answer more often. */
const hasty = (migration: OpenMigration): OpenMigration => ({
  ...migration,
  clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) },
});

/** Nobody asks for the login any more that a stopped process has asked for. */
const questionsLapse = () => w.sql(`DELETE FROM login_request`);

describe.runIf(backend() === 'embedded')('a move that a login is to prove (the containers have one account)', () => {
  it('is asked to stop at any moment: the row names what it named, or the login was accepted; said again, it is moved', { timeout: 600_000 }, async () => {
    const text = (await stored(w.migrator, w.seed)).text;
    const ends = new Set<string>();
    let came = true;
    for (let at = 1; came; at += NEXT) {
      const [from, to] = (await w.placeNow()) === w.here() ? [w.migrator.places.new[0], w.there] : [w.there, w.migrator.places.new[0]];
      const stop = new AbortController();
      const stopped = interrupted(hasty(w.testEnvironment.migrator({}, { stopping: stop.signal })), { at, act: async () => stop.abort() });
      const move = w.proved(to, { migration: stopped.migration });
      const end = await move.then(
        ({ is, login }) => `${is} ${login?.is}`,
        () => codeOf(move),
      );
      came = stopped.came();
      ends.add(end);
      const where = `instant ${at}: ${end}`;
      expect(await w.placeNow(), where).toBe(placeKey(end === 'moved accepted' ? to : from));
      if (end === 'moved accepted') expect(await w.acceptedSince(), where).toBe(true);
      expect((await stored(w.migrator, w.seed)).text).toBe(text);
      await questionsLapse();
      if (end === 'moved accepted') continue;
      expect(await w.proved(to), where).toMatchObject({ is: 'moved', login: { is: 'accepted' } });
      expect(await w.placeNow(), where).toBe(placeKey(to));
      expect(await w.acceptedSince(), where).toBe(true);
    }
    expect([...ends].sort()).toEqual(['cancelled', 'moved accepted', 'moved_back not_tried']);
  });

  it('dies at any call: said again, it stays where it was accepted, and goes back from where it is not', { timeout: 600_000 }, async () => {
    const text = (await stored(w.migrator, w.seed)).text;
    let died = true;
    for (const { at, when } of deaths(5)) {
      const [from, to] = [w.migrator.places.new[0] as NewPlace, w.there];
      const process = mortal(w.migrator, { at, when });
      // No rotator is there, so that this one dies on its way back, too.
      await relocateProved(process.migration, await w.rowOf(), to, { ...WHY, patience: { beginMs: 1, endMs: 2 } }).catch((error: unknown) => {
        if (process.died() || error instanceof ProcessDied) return;
        throw error;
      });
      died = process.died();
      const where = `${when} call ${at}`;
      for (const code of ['login_rejected', null]) {
        await w.leasesEnd();
        await questionsLapse();
        await w.proved(to, { code });
        expect(await w.placeNow(), `${where}, ${code}`).toBe(placeKey(code === null ? to : from));
        expect((await stored(w.migrator, w.seed)).text).toBe(text);
      }
      expect(await w.acceptedSince(), where).toBe(true);
      await questionsLapse();
      expect(await w.proved(to, { code: 'login_rejected' }), where).toMatchObject({ is: 'already', login: null });
      await w.move(from);
      if (!died) break;
    }
    expect(died).toBe(false);
  });

  it('hears of the login however much people ask for at the same login meanwhile', async () => {
    const { orgId, id } = await w.rowOf();
    // Later than the question that is to come, as what is asked while a rotator is at it.
    await w.sql(
      `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, asked_at, taken_at, taken_by, ended_at, outcome)
       SELECT $1, $2, 'retry', 'person:os:john', 'a look', clock_timestamp() + interval '10 minutes', now(), 'rotator', now(), 'done' FROM generate_series(1, 25)`,
      ...[orgId, id],
    );
    expect(await w.proved(w.there, { patience: { beginMs: 30_000, endMs: 30_000 } })).toMatchObject({ is: 'moved', login: { is: 'accepted' } });
    expect(await w.placeNow()).toBe(placeKey(w.there));
  });

  it('waits for no login any more where a person answers for it', async () => {
    const dying = interrupted(w.migrator, {
      at: 'each',
      act: async () => {
        if ((await w.placeNow()) !== w.here()) throw new ProcessDied();
      },
    });
    await expect(w.proved(w.there, { migration: dying.migration })).rejects.toThrow(ProcessDied);
    await w.leasesEnd();
    expect(await relocateUnproved(w.migrator, await w.rowOf(), w.there, WHY)).toMatchObject({ is: 'already', login: null });
    expect(await w.proved(w.there, { code: 'login_rejected' })).toMatchObject({ is: 'already', login: null });
    expect(await w.sql(`SELECT FROM login_request`)).toEqual([]);
    expect(await w.placeNow()).toBe(placeKey(w.there));
  });

  it('cannot be moved back: what is said names where the row points', async () => {
    const stop = new AbortController();
    const giveUp = new AbortController();
    const migration = hasty(w.testEnvironment.migrator({}, { stopping: stop.signal, giveUp: giveUp.signal }));
    const { migration: given } = interrupted(migration, {
      at: 'each',
      act: async () => {
        if ((await w.placeNow()) !== w.here()) [stop, giveUp].forEach((each) => each.abort());
      },
    });
    await expect(w.proved(w.there, { migration: given })).rejects.toMatchObject({ message: expect.stringContaining(placeKey(w.there)) as string });
    expect(await w.placeNow()).toBe(placeKey(w.there));
    // While somebody's question of the same is open, nobody can say more: it stays there, and is neither moved back nor taken for proved.
    const { orgId, id: endpointId } = await w.rowOf();
    await askAct(w.migrator.db, { orgId, endpointId, kind: 'verify', ...WHY });
    const again = relocateProved(w.migrator, await w.rowOf(), w.there, WHY);
    await expect(again).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('still to show') as string });
    expect(await w.placeNow()).toBe(placeKey(w.there));
    await questionsLapse();
    expect(await w.proved(w.there, { code: 'login_rejected' })).toMatchObject({ is: 'moved_back', from: w.here(), to: placeKey(w.there) });
    expect(await w.placeNow()).toBe(w.here());
  });

  it('needs no way back once a login is accepted, also where one was begun: what was left is left', async () => {
    const dying = interrupted(w.migrator, {
      at: 'each',
      act: async () => {
        if ((await w.unnamed()).some(([place, why]) => place === w.here() && why === 'copy')) throw new ProcessDied();
      },
    });
    await expect(w.proved(w.there, { code: 'login_rejected', migration: dying.migration })).rejects.toThrow();
    expect([await w.placeNow(), await w.unnamed()]).toEqual([placeKey(w.there), [[w.here(), 'copy']]]);
    await w.leasesEnd();
    await questionsLapse();
    expect(await w.proved(w.there)).toMatchObject({ login: { is: 'accepted' } });
    expect([await w.placeNow(), await w.unnamed()]).toEqual([placeKey(w.there), [[w.here(), 'left']]]);
  });
});
