import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { codeInboxes, codePrints, messagePrints, ownCodePrints } from './code-inbox.ts';

const key = (id: string, text: string) => ({ id, key: new Secret(text.repeat(32)) });
const KEYS = { current: key('2', 'b'), previous: key('1', 'a') };

describe('an inbox', () => {
  it.each([
    ['+15551230100', ' +1 (555) 123-0100 '],
    ['codes@north.example', ' Codes@North.example'],
  ])('%s is the same as %j', (one, other) => {
    expect(codeInboxes(KEYS, one)).toEqual(codeInboxes(KEYS, other));
  });

  it('is known under both keys while one is changed, and another is another', () => {
    const inboxes = codeInboxes(KEYS, '+15551230100');
    expect(inboxes).toEqual([expect.stringMatching(/^2:[0-9a-f]{64}$/), expect.stringMatching(/^1:[0-9a-f]{64}$/)]);
    expect(codeInboxes({ current: KEYS.previous }, '+15551230100')).toEqual(inboxes.slice(1));
    expect(codeInboxes(KEYS, '+15551230101').filter((print) => inboxes.includes(print))).toEqual([]);
  });

  it('is told from a message and from a code, whatever they are called', () => {
    const prints = [...codeInboxes(KEYS, 'a'), ...messagePrints(KEYS, { gateway: 'a', id: 'b' }), ...codePrints(KEYS, { address: 'a', code: 'b' })];
    const own = ['c', 'd'].flatMap((endpointId) => ownCodePrints(KEYS, { address: 'a', code: 'b', orgId: 'o', endpointId }));
    expect(new Set([...prints, ...own]).size).toBe(prints.length + own.length);
  });
});
