import { isId, RcmError, Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { serializePayload } from './payload.ts';
import type { PayloadReason, ReferenceReason } from './refusal.ts';
import { referenceKey, type SecretReference } from './reference.ts';
import type { SecretStore, SecretTags } from './stores/store.ts';

export const tags: SecretTags = { TenantId: 'org-a', Environment: 'test', PortalType: 'alpine' };
const text = serializePayload(new Secret({ username: 'u', password: 'p' }));

/** Everything that is asked of a store, by its name. */
export const METHODS: Readonly<Record<string, (store: SecretStore, reference: SecretReference, attemptId?: string) => Promise<unknown>>> = {
  read: (store, reference) => store.read(reference),
  async readMany(store, reference) {
    const answer = (await store.readMany([reference])).get(referenceKey(reference));
    if (answer instanceof RcmError) throw answer;
  },
  readVersion: (store, reference) =>
    store.readVersion(reference, 'f0f0f0f0-0000-4000-8000-000000000000'.slice(0, reference.store === 'secrets-manager' ? 36 : 0) || '1'),
  readBefore: (store, reference) => store.readBefore(reference, '2'),
  create: (store, reference) => store.create(reference, text, tags),
  replace: (store, reference) => store.replace(reference, text, '1'),
  stage: (store, current, attemptId = 'x') => store.stage({ current, attemptId, tags }, text),
  listStaged: (store, reference) => store.listStaged(reference),
  readStaged: (store, current, attemptId = 'x') => store.readStaged({ current, attemptId, tags }),
  rehearse: (store, current, attemptId = 'x') => store.rehearse({ current, attemptId, tags }, '1'),
  promote: (store, current, attemptId = 'x') => store.promote({ current, attemptId, tags }, '1'),
  discard: (store, current, attemptId = 'x') => store.discard({ current, attemptId, tags }),
};

/** What could leave a path, a tag or a policy, and whatever else is no id. */
const ESCAPES = [
  '..',
  '.',
  '',
  '/',
  'a/b',
  '*',
  'a*',
  '?',
  '$',
  '${aws:PrincipalTag/tenant_id}',
  '-a',
  'A',
  'о',
  'ａ',
  'é',
  'a b',
  'a\n',
  'a:1',
  'a%2f',
  '_',
  'x'.repeat(64),
  '\u0000',
  '\u202e',
];
export const noId = fc.oneof(fc.constantFrom(...ESCAPES), fc.string(), fc.string({ unit: 'binary' })).filter((candidate) => !isId(candidate));
/** The parts of a reference, and how a refusal names them. */
export const PARTS: Readonly<Record<string, ReferenceReason>> = {
  environment: 'environment',
  organizationId: 'organization',
  endpointId: 'endpoint',
  portalAccountId: 'account',
};
export const part = fc.constantFrom(...Object.keys(PARTS));

export const notPayloads = fc.oneof(
  fc.string(),
  fc.json().filter((json) => !json.includes('"username"')),
  fc.constantFrom(
    'null',
    '[]',
    '""',
    '{',
    '{"username":"u"}',
    '{"username":"","password":"p"}',
    '{"username":"u","password":7}',
    '{"username":"u","password":null}',
  ),
  fc
    .record({ username: fc.string({ minLength: 1 }), password: fc.oneof(fc.integer(), fc.constant(''), fc.constant(null)) })
    .map((value) => JSON.stringify(value)),
  fc.record({ username: fc.constant('u'), password: fc.constant('canary-p'), mfa_seed: fc.integer() }).map((value) => JSON.stringify(value)),
  fc
    .record({ username: fc.constant('u'), password: fc.constant('canary-p'), metadata: fc.oneof(fc.string(), fc.integer()) })
    .map((value) => JSON.stringify(value)),
  fc.integer({ max: -1 }).map((rotation_counter) => JSON.stringify({ username: 'u', password: 'canary-p', metadata: { rotation_counter } })),
);

/** What is wrong with a text that is no payload, read off the design's schema and not off the code. */
export function wrongWith(text: string): { readonly reason: PayloadReason; readonly field?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not_json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { reason: 'not_an_object', field: 'payload' };
  const fields = value as Readonly<Record<string, unknown>>;
  for (const field of ['username', 'password']) {
    if (!Object.hasOwn(fields, field)) return { reason: 'field_missing', field };
    if (typeof fields[field] !== 'string') return { reason: 'field_type', field };
    if (fields[field] === '') return { reason: 'field_empty', field };
  }
  if (typeof fields.mfa_seed === 'number') return { reason: 'field_type', field: 'mfa_seed' };
  if (typeof fields.metadata !== 'object') return { reason: 'field_type', field: 'metadata' };
  return { reason: 'field_value', field: 'metadata.rotation_counter' };
}
