import { type CredentialPayload, withPassword } from '@rcm/credentials';
import type { Secret } from '@rcm/telemetry';

export interface OldCopy {
  /** What a person had opened; `null`: the store keeps it no more. */
  readonly base: Secret<CredentialPayload> | null;
  /** What they saved, over `newest`, which they had not seen. */
  readonly theirs: Secret<CredentialPayload>;
  /** What a rotation had made meanwhile. */
  readonly newest: Secret<CredentialPayload>;
  /** Whether the portal was ever seen to accept the password that they saved. */
  readonly wasAccepted: boolean;
}

/**
 * What a person would have saved had they opened the newest: each field as they left it where they changed it, else as the newest has it. The password is the
 * newest one, unless they changed that too.
 */
export function mergeEdit({ base, theirs, newest, wasAccepted }: OldCopy): Secret<CredentialPayload> {
  const [was, saved, now] = [base?.reveal() ?? null, theirs.reveal(), newest.reveal()];
  const merged: Record<string, unknown> = {};
  for (const field of new Set([...Object.keys(saved), ...Object.keys(now)])) {
    const value = isUntouched(was, saved, field) ? now[field] : saved[field];
    if (value !== undefined) merged[field] = value;
  }
  // What they had opened was current and had been accepted: where nobody knows it any more, what never was is a password of their own.
  const changesPassword = was === null ? !wasAccepted : saved.password !== was.password;
  const { rotation_attempt_id: attemptId, rotation_counter: counter, last_rotated: at } = now.metadata ?? {};
  return withPassword(
    theirs.map(() => merged as CredentialPayload),
    {
      password: (changesPassword ? theirs : newest).map(({ password }) => password),
      attemptId: attemptId ?? '',
      counter: counter ?? 0,
      now: new Date(at ?? 0),
    },
  );
}

/** Without a base, what they saved stands wherever it says something. */
function isUntouched(was: CredentialPayload | null, saved: CredentialPayload, field: string): boolean {
  if (was === null) return saved[field] === undefined;
  return JSON.stringify(saved[field]) === JSON.stringify(was[field]);
}
