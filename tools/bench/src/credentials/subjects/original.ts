import { type OriginalPayload, OriginalCredentialManager } from './original-manager.ts';
import { readEach, type Subject, type SubjectOptions } from './subject.ts';

/** One client for all tenants, as it is written. */
export function original({ account, ttlMs }: SubjectOptions): Subject {
  const { region, endpoint, credentials } = account;
  const manager = new OriginalCredentialManager({ region, endpoint, credentials }, ttlMs / 60_000);
  const subject = { read: (secret: Parameters<Subject['read']>[0]) => manager.getCredentials(secret.arn) };
  return {
    ...subject,
    readMany: (secrets) => readEach(subject, secrets),
    counterOf: (answer) => (answer as OriginalPayload & { readonly metadata: { readonly rotation_counter: number } }).metadata.rotation_counter,
    close: async () => manager.close(),
  };
}
