import type { Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { parseJsonExactly } from './exact-json.ts';
import { invalidPayload, type PayloadReason } from './refusal.ts';

const optionalText = z.string().nullish();

/** Of characters, without the blanks around them: shorter ones can be guessed, longer ones are none. */
const CODE_LENGTH = { min: 4, max: 64 } as const;
const MOST_CODES = 100;

const metadataSchema = z
  .looseObject({
    portal_type: optionalText.describe('Kind of payer portal, for people.'),
    portal_name: optionalText.describe('Name of the payer portal, for people.'),
    last_rotated: optionalText.describe('When the password was last changed: ISO 8601 in UTC.'),
    rotation_method: optionalText.describe('How it was last changed: manual or automatic.'),
    rotation_attempt_id: optionalText.describe('The rotation attempt that made this payload. Written by the platform.'),
    rotation_counter: z.number().int().nonnegative().nullish().describe('How many rotations the credential has seen. Written by the platform.'),
  })
  .describe('What is known about the credential; nothing here is typed into a portal.');

/** One portal login as a store holds it (original design 4.1). Unknown fields are kept at every level. */
export const payloadSchema = z
  .looseObject({
    username: z.string().min(1).describe('What is typed as the user name.'),
    password: z.string().min(1).describe('What is typed as the password.'),
    mfa_seed: optionalText.describe('Base32 seed of the one-time codes (RFC 6238), where the portal asks for them.'),
    mfa_digits: z.number().int().min(6).max(8).nullish().describe('How long its codes are, where not 6 digits.'),
    mfa_algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']).nullish().describe('What its codes are made with, where not SHA1.'),
    backup_codes: z
      .array(z.string().trim().min(CODE_LENGTH.min).max(CODE_LENGTH.max))
      .max(MOST_CODES)
      .nullish()
      .describe('Backup codes of the portal, each good once: typed in this order where it asks for a code and there is no seed.'),
    second_factors: z
      .array(z.enum(['totp', 'backup_codes', 'person']))
      .min(1)
      .max(3)
      .nullish()
      .describe(
        'Where its one-time codes come from, the first that has one gives it: totp (its seed), backup_codes, person (somebody is asked). Absent: its seed, else its backup codes.',
      ),
    codes_to: z
      .string()
      .trim()
      .min(3)
      .max(254)
      .nullish()
      .describe('Where the portal sends its codes, if messages there reach the platform: a telephone number as +15551230100, or a mail address.'),
    oauth_client_id: optionalText.describe('OAuth client, where the portal has an API beside its pages.'),
    oauth_client_secret: optionalText.describe('Secret of that client.'),
    custom_fields: z.record(z.string(), z.unknown()).nullish().describe('Whatever else a portal asks for. A recipe can type the text ones by name.'),
    metadata: metadataSchema.nullish(),
    legacy_form: z.unknown().optional().describe('How the login was written in the database that it came from. Written by the migrator, for the way back.'),
  })
  .describe('A payer portal login.');

export type CredentialPayload = z.infer<typeof payloadSchema>;

/**
 * JSON Schema (2020-12) of a payload, for editors and for other languages.
 *
 * @example
 * ```ts
 * const schema = payloadJsonSchema();
 * const text = `${JSON.stringify(schema, null, 2)}\n`;
 * ```
 */
export const payloadJsonSchema = (): z.core.JSONSchema.BaseSchema => z.toJSONSchema(payloadSchema);

/**
 * Reads a stored text. What comes back is the text's own JSON, checked but not rewritten: unknown fields, their order and every
 * digit of a long number survive a round trip. Fails with `payload_invalid`, naming fields and never values; `details` hold
 * the reason, and the first field that is wrong.
 *
 * @example
 * ```ts
 * const text = new Secret('{"username":"billing","password":"only-an-example","account_number":12345678901234567890}');
 * const payload = parsePayload(text);
 * String(payload); // [secret]
 * ```
 */
export function parsePayload(text: Secret<string>): Secret<CredentialPayload> {
  return text.map((json) => {
    const value = readJson(json);
    const parsed = payloadSchema.safeParse(value);
    if (parsed.success) return value as CredentialPayload;
    const { issues } = parsed.error;
    const problems = issues.map((issue) => `${knownPath(issue.path)}: ${issue.code === 'invalid_type' ? `expected ${issue.expected}` : 'not usable'}`);
    const [first] = issues;
    throw invalidPayload(
      first ? reasonOf(first, value) : 'field_value',
      `The credential payload is not usable: ${problems.join('; ')}.`,
      knownPath(first?.path ?? []),
    );
  });
}

/**
 * The text that a store holds. Two opening braces never stand side by side in it: SSM reads `{{…}}` in a value as the name of
 * another parameter and refuses it (AWS Systems Manager API, PutParameter). In JSON they can only be part of a string, where a
 * brace may as well be written by its number.
 *
 * @example
 * ```ts
 * const payload = new Secret({ username: 'billing', password: 'only-an-example', metadata: { portal_type: 'alpine' } });
 * const text = serializePayload(payload);
 * ```
 */
export const serializePayload = (payload: Secret<CredentialPayload>): Secret<string> => payload.map(jsonText);

/** JSON without two opening braces side by side. */
export const jsonText = (value: unknown): string => JSON.stringify(value).replace(/\{(?=\{)/g, '\\u007b');

export interface PasswordChange {
  readonly password: Secret<string>;
  readonly attemptId: string;
  /** Rotations the credential has seen, this one included. */
  readonly counter: number;
  readonly now: Date;
}

/**
 * A new payload with the new password and what the platform notes about it; everything else is as it was.
 *
 * @example
 * ```ts
 * const text = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * const password = generatePassword(parsePasswordRules('minlength: 12; maxlength: 20; required: letter; required: digit'));
 * const change = { password, attemptId: crypto.randomUUID(), counter: rotationOf(text).counter + 1, now: new Date() };
 * const next = serializePayload(withPassword(parsePayload(text), change));
 * ```
 */
export function withPassword(payload: Secret<CredentialPayload>, { password, attemptId, counter, now }: PasswordChange): Secret<CredentialPayload> {
  return payload.map((value) => ({
    ...value,
    password: password.reveal(),
    metadata: { ...value.metadata, last_rotated: now.toISOString(), rotation_method: 'automatic', rotation_attempt_id: attemptId, rotation_counter: counter },
  }));
}

/**
 * Which rotation made a stored text; none, where it is no payload of ours.
 *
 * @example
 * ```ts
 * const text = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * const { attemptId, counter } = rotationOf(text); // null and 0: no rotation made it
 * ```
 */
export function rotationOf(text: Secret<string>): { readonly attemptId: string | null; readonly counter: number } {
  try {
    const { metadata } = parsePayload(text).reveal();
    return { attemptId: metadata?.rotation_attempt_id ?? null, counter: metadata?.rotation_counter ?? 0 };
  } catch {
    return { attemptId: null, counter: 0 };
  }
}

function readJson(json: string): unknown {
  try {
    return parseJsonExactly(json);
  } catch {
    // Without the cause: a SyntaxError quotes what it could not read.
    throw invalidPayload('not_json', 'The credential payload is not JSON.');
  }
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): PayloadReason {
  if (issue.path.length === 0) return 'not_an_object';
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) return 'field_empty';
  if (issue.code !== 'invalid_type') return 'field_value';
  const found = issue.path.reduce<unknown>((inside, name) => (inside as Readonly<Record<PropertyKey, unknown>>)[name], value);
  return found === undefined ? 'field_missing' : 'field_type';
}

/** Field names of the schema only: the name of a custom field is the customer's and stays out of messages. */
const knownPath = (path: readonly PropertyKey[]): string => (path[0] === 'custom_fields' ? 'custom_fields' : path.map(String).join('.')) || 'payload';
