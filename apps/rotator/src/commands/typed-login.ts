import { typedLoginSchema } from '@rcm/db/acts';
import { RcmError, type Secret } from '@rcm/telemetry';
import { readTypedPassword } from './typed-password.ts';

/** What a person typed of a login. */
export interface TypedLogin {
  readonly password: Secret<string>;
  /** Of one-time codes; `null`: it stays as it is. */
  readonly seed: Secret<string> | null;
}

/**
 * At a terminal by prompts that show nothing; else from stdin: one line of JSON (`{"password": "…", "mfa_seed": "…"}`), or the password alone. Never from argv. Fails with
 * `input_invalid`, naming the field and never its value.
 */
export async function readTypedLogin(endpointId: string, asks: 'password' | 'both', signal: AbortSignal): Promise<TypedLogin> {
  const isTerminal = process.stdin.isTTY;
  const first = await readTypedPassword(`Password that the portal accepts for ${endpointId}: `, signal);
  if (!isTerminal && first.map((text) => text.startsWith('{')).reveal()) return typedLoginOf(first);
  if (asks === 'password') return { password: first, seed: null };
  if (!isTerminal) throw new RcmError('input_invalid', 'Give password and seed as one line of JSON: {"password": "…", "mfa_seed": "…"}. Nothing was changed.');
  const seed = await readTypedPassword(`Seed of its one-time codes (base32): `, signal);
  if (!seed.map((text) => typedLoginSchema.shape.mfa_seed.safeParse(text).success).reveal())
    throw new RcmError('input_invalid', 'mfa_seed is no base32 seed. Nothing was changed.');
  return { password: first, seed };
}

/** Of one line of JSON, as a program or the console gives it. Fails with `input_invalid`, naming the field and never its value. */
export function typedLoginOf(line: Secret<string>): TypedLogin {
  const typed = line.map((text) => {
    const parsed = typedLoginSchema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'the object'))].join(', ');
    throw new RcmError('input_invalid', `Not usable in what was given: ${fields} (password, and mfa_seed where it has one). Nothing was changed.`);
  });
  const hasSeed = typed.map(({ mfa_seed }) => mfa_seed !== undefined).reveal();
  return { password: typed.map(({ password }) => password), seed: hasSeed ? typed.map(({ mfa_seed }) => mfa_seed ?? '') : null };
}

/** Without the cause: a SyntaxError quotes what it could not read. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RcmError('input_invalid', 'What was given begins like JSON and is none. Nothing was changed.');
  }
}
