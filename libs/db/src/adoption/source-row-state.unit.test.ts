import { expect, test } from 'vitest';
import { type FoundEndpoint, type SourceRowState, sourceRowState } from './source-row-state.ts';

const PLACE = { orgId: 'o', portalTypeCode: 'p', accountId: 'a' };
/** Of three contents, by key 2 and, while the key is changed, by key 1. */
const print = (content: string, key = '2') => `${key}:${content}`;
const found = (change: Partial<FoundEndpoint> = {}): FoundEndpoint => ({
  ...{ ...PLACE, endpointId: 'e', recorded: print('was'), sourceChanged: 'monday', now: [print('was'), print('was', '1')], moved: false, everMoved: false },
  ...change,
});
const row = (content: string, change: object = {}) => ({ ...PLACE, prints: [print(content), print(content, '1')], sourceChanged: 'monday', ...change });
const IN_STORE = { moved: true, everMoved: true };
const CAME_BACK = { moved: false, everMoved: true };
const EDITED = { now: [print('typed'), print('typed', '1')] };

/** Each state of an endpoint, against a row that is as it was and one that is not. */
const TABLE: readonly (readonly [string, Partial<FoundEndpoint>, ReturnType<typeof row>, SourceRowState])[] = [
  ['as it was, its row too', {}, row('was'), 'unchanged'],
  ['as it was, its row not', {}, row('new'), 'take'],
  ['edited, its row as it was', EDITED, row('was'), 'unchanged'],
  ['edited, its row otherwise', EDITED, row('new'), 'edited'],
  ['edited, its row likewise', EDITED, row('typed'), 'note'],
  ['in the store, its row as it was', IN_STORE, row('was'), 'unchanged'],
  ['in the store, its row not', IN_STORE, row('new'), 'moved'],
  ['in the store, its row as what it holds now', { ...IN_STORE, ...EDITED }, row('typed'), 'moved'],
  ['come back from the store, its row as it was', CAME_BACK, row('was'), 'unchanged'],
  ['come back from the store, its row not', CAME_BACK, row('new'), 'rolled_back'],
  ['scrubbed, its row silent', { ...IN_STORE, recorded: null, sourceChanged: null }, row('new', { sourceChanged: null }), 'not_compared'],
  ['scrubbed, its row silent by now', { ...IN_STORE, recorded: null }, row('new', { sourceChanged: null }), 'not_compared'],
  ['scrubbed, its row not changed since', { ...IN_STORE, recorded: null }, row('was'), 'unchanged'],
  ['scrubbed, its row changed since', { ...IN_STORE, recorded: null }, row('was', { sourceChanged: 'tuesday' }), 'moved'],
  ['recorded by the key before, its row as it was', { recorded: print('was', '1') }, row('was'), 'note'],
  ['recorded by the key before, its row not', { recorded: print('was', '1') }, row('new'), 'take'],
  ['recorded by a key that is gone, both the same', { recorded: print('was', '0') }, row('was'), 'note'],
  ['recorded by a key that is gone, its row not', { recorded: print('was', '0') }, row('new'), 'unknown'],
  ['of another organization', {}, row('new', { orgId: 'other' }), 'elsewhere'],
  ['at another portal', {}, row('was', { portalTypeCode: 'other' }), 'elsewhere'],
  ['of another account, in the store', IN_STORE, row('new', { accountId: 'other' }), 'elsewhere'],
];

test.each(TABLE)('an endpoint that is %s', (_, change, wanted, state) => expect(sourceRowState(found(change), wanted)).toBe(state));
