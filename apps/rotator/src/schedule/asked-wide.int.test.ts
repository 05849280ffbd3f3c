import { openDatabase } from '@rcm/db';
import { askWideAct, decideAct, listWideActs } from '@rcm/db/acts';
import { upsertPortalType } from '@rcm/db/admin';
import { listPauses, pauseRotations, resumeRotations } from '@rcm/db/rotation';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { createLogger } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { expect, it } from 'vitest';
import type { Rotator } from '../rotator.ts';
import { doAskedActs } from './asked-acts.ts';

const JANE = { actor: 'person:oidc:https://id.example#jane', reason: 'the recipe is mended' };
const JOHN = { actor: 'person:oidc:https://id.example#john', reason: 'seen it' };

it('a yes to go on ends the pause that it was asked of, and none that somebody has made since for another reason', async () => {
  await using opened = new AsyncDisposableStack();
  const database = await freshDatabase({ migrate: migrateWithLogins });
  opened.defer(() => database.drop());
  const open = (url: string, role?: 'rcm_console' | 'rcm_rotator') =>
    opened.adopt(openDatabase({ url, applicationName: 'test', ...(role ? { role } : {}) }), (each) => each.close());
  const [admin, people, db] = [
    open(database.url),
    open(urlFor('rcm_console', database.url), 'rcm_console'),
    open(urlFor('rcm_rotator', database.url), 'rcm_rotator'),
  ];
  const rotator = { db, owner: 'rotator@host:1', logger: createLogger({ name: 'test', level: 'silent' }) } as unknown as Rotator;
  const { signal } = new AbortController();
  await upsertPortalType(admin, PLAIN_PORTAL_TYPE);
  const scope = { kind: 'portal_type', portalTypeCode: PLAIN_PORTAL_TYPE.code } as const;
  const approved = async (meanwhile: () => Promise<unknown>) => {
    const { id } = await askWideAct(people, { kind: 'resume', portalTypeCode: scope.portalTypeCode, ...JANE });
    await meanwhile();
    await decideAct(people, { id, orgId: null, decision: 'approved', ...JOHN });
    await doAskedActs(rotator, signal, signal);
    const [{ state, code } = { state: null, code: null }] = await listWideActs(people, { limit: 1 });
    return [state, code, (await listPauses(db)).map(({ reason }) => reason)];
  };
  const pause = (reason: string) => pauseRotations(db, { scope, actor: 'person:os:ops@desk', reason });

  await pause('new pages');
  const another = async () => {
    await resumeRotations(db, { scope, actor: 'person:os:ops@desk', reason: 'done' });
    await pause('accounts are locked there');
  };
  expect(await approved(another)).toEqual(['failed', 'state_conflict', ['accounts are locked there']]);
  expect(await approved(() => Promise.resolve())).toEqual(['done', null, []]);
});
