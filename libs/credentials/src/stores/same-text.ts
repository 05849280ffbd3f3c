import { isDeepStrictEqual } from 'node:util';
import type { Secret } from '@rcm/telemetry';
import { type CredentialPayload, parsePayload, rotationOf } from '../payload.ts';

/**
 * Whether two stored texts are the same, byte for byte: then a create or replace that is repeated has nothing left to do.
 *
 * @example
 * ```ts
 * const store = createMemorySsm().open();
 * const reference = parseReference('arn:aws:ssm:us-east-1:123456789012:parameter/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const text = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * const found = await store.read(reference);
 * const isThereAlready = found !== null && isSameText(found.text, text);
 * ```
 */
export const isSameText = (one: Secret<string>, other: Secret<string>): boolean => one.reveal() === other.reveal();

/**
 * Whether two stored texts have the same password, whatever else differs. Of a text that is no payload no password is known, and the answer is no.
 *
 * @example
 * ```ts
 * const before = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * const edited = serializePayload(parsePayload(before).map((payload) => ({ ...payload, metadata: { portal_type: 'alpine' } })));
 * const wasRotated = !isSamePassword(before, edited);
 * ```
 */
export function isSamePassword(one: Secret<string>, other: Secret<string>): boolean {
  const password = passwordOf(one);
  return password !== null && password === passwordOf(other);
}

/**
 * Whether a stored text is what an attempt made current: it names the attempt, and has the password of its staged copy. An edit of
 * another field leaves it so, another password does not. Where the copy is gone (`null`), the name decides.
 */
export function isPromoted(text: Secret<string>, attemptId: string, staged: Secret<string> | null): boolean {
  if (rotationOf(text).attemptId !== attemptId) return false;
  return staged === null || isSameText(text, staged) || passwordOf(text) === passwordOf(staged);
}

/**
 * Whether a rotated text has all that `base` has but the password and what the platform notes about rotations. A rotation changes
 * nothing else (`withPassword`), so a text without it was made from another payload, and would undo somebody's work. Of a
 * text that is no payload nothing is known, and nothing is said.
 *
 * @example
 * ```ts
 * const base = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * const change = { password: new Secret('another-example'), attemptId: crypto.randomUUID(), counter: 1, now: new Date() };
 * const staged = serializePayload(withPassword(parsePayload(base), change));
 * if (!keepsFieldsOf(staged, base)) throw new RcmError('store_conflict', 'The copy was made from another secret. Nothing was changed.');
 * ```
 */
export function keepsFieldsOf(text: Secret<string>, base: Secret<string>): boolean {
  const [mine, theirs] = [payloadOf(text), payloadOf(base)];
  return mine === null || theirs === null || isDeepStrictEqual(withoutRotation(mine), withoutRotation(theirs));
}

const ROTATION_FIELDS = new Set(['last_rotated', 'rotation_method', 'rotation_attempt_id', 'rotation_counter']);

function withoutRotation({ password: _, metadata, ...rest }: CredentialPayload): object {
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata ?? {}).filter(([name]) => !ROTATION_FIELDS.has(name))) };
}

const passwordOf = (text: Secret<string>): string | null => payloadOf(text)?.password ?? null;

function payloadOf(text: Secret<string>): CredentialPayload | null {
  try {
    return parsePayload(text).reveal();
  } catch {
    return null;
  }
}
