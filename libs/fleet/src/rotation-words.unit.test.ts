import type { PortalRotations } from '@rcm/db/fleet';
import type { PortalAdmission, Pause } from '@rcm/db/rotation';
import { expect, test } from 'vitest';
import { whyTypeWaits } from './rotation-words.ts';

const portal: PortalRotations = {
  code: 'alpine',
  name: 'Alpine',
  rotationMode: 'automatic',
  automation: 'allowed',
  maxConcurrency: 4,
  nextAt: null,
  underWay: 0,
};
const at = new Date(0);
const paused = (scope: Pause['scope']): Pause => ({ scope, actor: 'person:os:jane', reason: 'new pages', pausedAt: at });
const admission = (given: Partial<PortalAdmission>): PortalAdmission => ({ portalTypeCode: 'alpine', canary: null, breaker: null, ...given });
const open = admission({
  breaker: { openedAt: at, cause: 'page_changed', detail: 'of others', probedAt: null },
  canary: { attemptId: 'a', state: 'running', day: 'd' },
});

test.each([
  [{}, {}, [], null],
  [{ automation: 'forbidden' }, {}, [], 'its terms let no program log in'],
  [{ automation: null }, {}, [], 'nobody has decided whether its terms let a program log in'],
  [{ rotationMode: 'manual' }, {}, [], 'a person changes passwords at the portal, and is told when'],
  [{}, {}, [paused({ kind: 'all' })], 'everything is paused: new pages'],
  [{}, open, [paused({ kind: 'portal_type', portalTypeCode: 'alpine' })], 'its portal type is paused: new pages'],
  [{}, {}, [paused({ kind: 'portal_type', portalTypeCode: 'borealis' }), paused({ kind: 'endpoint', orgId: 'o', endpointId: 'e' })], null],
  [{}, open, [], 'its portal’s breaker is open: page changed'],
  [{}, admission({ canary: { attemptId: 'a', state: 'running', day: 'd' } }), [], 'the first of the day goes ahead alone'],
  [{ underWay: 4 }, {}, [], 'as many as may be at once are under way'],
] as const)('%j with %j and %j: %s', (given, state, pauses, why) => {
  expect(whyTypeWaits({ portal: { ...portal, ...given }, admission: 'portalTypeCode' in state ? state : undefined, pauses })).toBe(why);
});
