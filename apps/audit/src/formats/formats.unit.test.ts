import type { AuditedEvent } from '@rcm/db/audit';
import { describe, expect, test } from 'vitest';
import { FORMATS } from './formats.ts';
import { ocsfOf } from './ocsf.ts';

const event = (more: Partial<AuditedEvent> = {}): AuditedEvent => ({
  ...{
    org_id: 'hospital-1',
    seq: 7,
    at: '2026-03-01T10:20:30.123456Z',
    actor: 'web-agent@host-1:99',
    action: 'login.used',
    subject: 'alpine-1',
    reason: 'task',
  },
  ...{ details: '{"taskId": "t"}', previous_hash: 'a'.repeat(64), hash: 'b'.repeat(64) },
  ...more,
});

describe('OCSF', () => {
  // Required by the class API Activity and the base event of 1.3.0 (schema.ocsf.io).
  const REQUIRED = ['activity_id', 'actor', 'api', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'src_endpoint', 'time', 'type_uid'];

  test.each(['login.used', 'secret.shown', 'approval.asked', 'constructor.toString', 'odd'])('%s has what its class must have', (action) => {
    const made = ocsfOf(event({ action }));
    for (const name of REQUIRED) expect(made, name).toHaveProperty(name);
    expect(made.type_uid).toBe(Number(made.class_uid) * 100 + Number(made.activity_id));
    expect([0, 1, 2, 3, 4, 99]).toContain(made.activity_id);
    expect(made).toMatchObject({ metadata: { version: '1.3.0', product: { vendor_name: 'rcm' } }, api: { operation: action } });
  });

  test('has everything that the event has', () => {
    expect(ocsfOf(event())).toMatchObject({
      ...{ activity_id: 2, activity_name: 'login.used', time: Date.parse('2026-03-01T10:20:30.123Z'), message: 'task', severity_id: 1 },
      metadata: { uid: 'hospital-1/7', tenant_uid: 'hospital-1', sequence: 7, original_time: '2026-03-01T10:20:30.123456Z' },
      ...{ actor: { app_name: 'web-agent@host-1:99' }, src_endpoint: { name: 'host-1' }, resources: [{ uid: 'alpine-1', type: 'login' }] },
      unmapped: { details: { taskId: 't' }, previous_hash: 'a'.repeat(64), hash: 'b'.repeat(64) },
    });
  });

  test.each<[string, string, object, object]>([
    [
      'a person',
      'person:oidc:https://id.example#jane says Jane',
      { user: { uid: 'person:oidc:https://id.example#jane says Jane', type_id: 1 } },
      { ip: '10.0.0.7' },
    ],
    ['a token', 'token:claims', { user: { uid: 'token:claims', type_id: 3 } }, { ip: '10.0.0.7' }],
  ])('names %s as a user, and where Postgres saw them', (_, actor, who, where) => {
    const details = '{"signedIn": {"login": "x", "address": "10.0.0.7"}}';
    expect(ocsfOf(event({ actor, action: 'secret.shown', details }))).toMatchObject({ actor: who, src_endpoint: where, severity_id: 4 });
  });

  test('whom nobody saw anywhere has no invented place', () => {
    expect(ocsfOf(event({ actor: 'migrator' }))).toMatchObject({ src_endpoint: { name: 'unknown' } });
  });
});

test('CSV has a head and the columns of a line of JSON, and nothing in it is reckoned', () => {
  const { head, text } = FORMATS.csv;
  expect(
    head
      .trim()
      .split(',')
      .map((cell) => cell.replaceAll('"', '')),
  ).toEqual(Object.keys(event()));
  expect(text(event({ reason: '=1+1, "x"' }))).toContain(`"'=1+1, ""x"""`);
});

test('a line of JSON is the event as it is: what the verifier checks', () => {
  expect(FORMATS.ndjson.text(event())).toBe(`${JSON.stringify(event())}\n`);
});
