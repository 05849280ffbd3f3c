import { RcmError, type Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { SEALING_ADDS, type SealedFor, sealOnce } from '../sealing/one-time-key.ts';

/** What a person types of a login: at a terminal, and on a page of the console. */
export const typedLoginSchema = z.strictObject({
  password: z.string().min(1).max(1_000),
  /** The seed of one-time codes, in base32. */
  mfa_seed: z
    .string()
    .regex(/^[A-Za-z2-7 ]{16,256}=*$/)
    .max(300)
    .optional(),
});

/** Of what is sealed, filled up with blanks: a length would tell how long a password is. More than what is allowed to be typed, in JSON, comes to. */
const SEALED_BYTES = 8_192;
/** As the table has it. */
export const TYPED_BYTES = SEALED_BYTES + SEALING_ADDS;

/** Whose login it is, which request, and who has asked: what was typed opens for these alone. */
export interface TypingOf {
  readonly requestId: string;
  readonly orgId: string;
  readonly endpointId: string;
  /** As the request names who asked. */
  readonly actor: string;
}

/** By what a key that waits for what is typed is bound. */
export const sealedForTyping = ({ requestId, orgId, endpointId, actor }: TypingOf): SealedFor => ({
  use: `login set ${requestId}`,
  bound: [orgId, endpointId, actor],
});

/** What a person typed, sealed for the rotator that waits for it. `seed`: empty where it stays as it is. Fails with `input_invalid`, naming the field and never its value. */
export function sealTypedLogin(
  publicKey: Uint8Array,
  of: TypingOf,
  { password, seed }: { readonly password: Secret<string>; readonly seed: Secret<string> },
): Uint8Array {
  const text = password.map((typed) => {
    const parsed = typedLoginSchema.safeParse({ password: typed, ...(seed.reveal() === '' ? {} : { mfa_seed: seed.reveal() }) });
    if (parsed.success) return filledUp(JSON.stringify(parsed.data));
    const fields = [...new Set(parsed.error.issues.map(({ path }) => (path[0] === 'mfa_seed' ? SEED : PASSWORD)))];
    throw new RcmError('input_invalid', `${fields.join(' ')} Nothing was sent; type it again.`);
  });
  return sealOnce(publicKey, sealedForTyping(of), text);
}

const PASSWORD = 'A password has 1 to 1,000 characters.';
const SEED = 'A seed of one-time codes is base32: at least 16 letters and digits from 2 to 7.';

function filledUp(json: string): string {
  const left = SEALED_BYTES - Buffer.byteLength(json, 'utf8');
  if (left < 0) throw new RcmError('input_invalid', `${PASSWORD} Nothing was sent; type it again.`);
  return json + ' '.repeat(left);
}
