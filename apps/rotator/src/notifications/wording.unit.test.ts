import type { NotificationKind } from '@rcm/db/notifications';
import { describe, expect, it } from 'vitest';
import { notificationText } from './wording.ts';

const kinds: readonly NotificationKind[] = [
  'blocked',
  'failed',
  'locked',
  'manual_due',
  'manual_refused',
  'breaker_open',
  'waiting_long',
  'left_previous',
  'refused',
  'found',
  'unblocked',
  'other_account',
  'undecided',
  'lapsing',
  'approval_waiting',
  'row_and_store_differ',
  'backup_codes_low',
  'code_wanted',
  'secret_read',
  'request_not_done',
  'person_wanted',
];

describe('the words of a notification', () => {
  it.each(kinds)('%s: says what happened, what is safe and what to do, and names the login or portal', (kind) => {
    const text = notificationText({ kind, endpointId: 'north-7', portalTypeCode: 'alpine', detail: 'the reason why' });
    expect(text.title).toMatch(/north-7|alpine/);
    expect(text.happened).toMatch(/north-7|alpine/);
    expect(text.safe).not.toBe('');
    expect(text.todo.length).toBeGreaterThan(0);
    if (!['locked', 'undecided', 'row_and_store_differ'].includes(kind)) expect(text.happened).toContain('the reason why');
  });

  it.each(kinds)('%s: tells people the commands that they have, rcm’s, and each act with the reason that it wants', (kind) => {
    const { todo } = notificationText({ kind, endpointId: 'north-7', portalTypeCode: 'alpine', detail: 'the reason why' });
    expect(todo.join('\n')).not.toMatch(/\brotator [a-z]+|--endpoint north-7(?! --take)/);
    for (const [act] of todo.join('\n').matchAll(/rcm (?:login (?!show)|resume|migrate|portal-type decide)[^;]*/g)) expect(act).toContain('--reason');
  });

  it.each(kinds)('%s: can be said of what has no endpoint, portal type or reason', (kind) => {
    const text = notificationText({ kind, endpointId: null, portalTypeCode: null, detail: null });
    expect(JSON.stringify(text)).not.toMatch(/null|undefined/);
  });

  it('that a change of a portal type waits says which, whether it is there yet or not, and how one decides on it', () => {
    const detail = 'portal type borealis, request 4f0f';
    for (const portalTypeCode of ['borealis', null]) {
      const text = notificationText({ kind: 'approval_waiting', endpointId: null, portalTypeCode, detail });
      expect(text).toMatchObject({
        title: 'Waits for a second person: a change of portal type borealis',
        todo: [expect.stringContaining('proposed 4f0f'), expect.anything()],
      });
      expect(text.safe).not.toContain('an hour');
    }
  });

  it.each(['portal type borealis, request 4f0f', 'rollback'])(
    'of what waited and does not any more (%s), says so, and does not say that somebody is to decide',
    (detail) => {
      const text = notificationText({ kind: 'approval_waiting', endpointId: 'north-7', portalTypeCode: null, detail, endedAt: new Date() });
      expect([text.title, text.happened]).toEqual([
        expect.stringMatching(/^Has waited/),
        expect.stringContaining('By now it was decided on, withdrawn, or is over'),
      ]);
      expect(text.todo.join(' ')).not.toMatch(/approves or declines|approve\|decline/);
    },
  );

  it('that a password is read is said of a terminal and of a page alike: nobody has written down which of them it is', () => {
    const { happened } = notificationText({ kind: 'secret_read', endpointId: 'north-7', portalTypeCode: null, detail: 'request 4f0f' });
    expect(happened).toMatch(/at a terminal or on the console’s page/);
  });

  it('names what was found as a person would', () => {
    const { happened } = notificationText({ kind: 'found', endpointId: 'north-7', portalTypeCode: 'alpine', detail: 'it accepts elsewhere:north-8' });
    expect(happened).toMatch(/it accepts what the secret of north-8 holds\.$/);
  });

  it('of a kind that a later version made says that, and is sent all the same', () => {
    const text = notificationText({ kind: 'made_later' as NotificationKind, endpointId: 'north-7', portalTypeCode: null, detail: 'why' });
    expect(text).toMatchObject({ title: 'made_later: north-7', happened: expect.stringMatching(/made_later.*north-7: why.*does not know/) as string });
  });
});
