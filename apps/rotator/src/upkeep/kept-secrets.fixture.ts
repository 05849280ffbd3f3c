import { formatReference, parsePayload, type SecretReference, type SecretStore, type StagedSlot, type StoredSecret } from '@rcm/credentials';
import { RcmError, Secret } from '@rcm/telemetry';

interface Kept {
  text: Secret<string>;
  version: number;
  readonly history: Map<string, Secret<string>>;
  readonly staged: Map<string, Secret<string>>;
}

/** A store in this process, for what takes hundreds of days of thousands of logins and is not about stores: it counts versions and refuses whoever was not first. */
export class KeptSecrets implements SecretStore {
  readonly batchSize = 1;
  readonly #kept = new Map<string, Kept>();

  put(reference: SecretReference, text: string): void {
    this.#kept.set(formatReference(reference), { text: new Secret(text), version: 1, history: new Map(), staged: new Map() });
  }

  async read(reference: SecretReference): Promise<StoredSecret> {
    const { text, version } = this.#of(reference);
    return { text, version: String(version) };
  }

  async readMany(): Promise<Map<string, never>> {
    return new Map<string, never>();
  }

  async readVersion(reference: SecretReference, version: string): Promise<StoredSecret | null> {
    const { history, text, version: latest } = this.#of(reference);
    const kept = String(latest) === version ? text : history.get(version);
    return kept ? { text: kept, version } : null;
  }

  readBefore(reference: SecretReference, version: string): Promise<StoredSecret | null> {
    return this.readVersion(reference, String(Number(version) - 1));
  }

  create(): Promise<never> {
    return Promise.reject(new Error('nothing is created here'));
  }

  async replace(reference: SecretReference, text: Secret<string>, base: string): Promise<{ readonly version: string }> {
    const secret = this.#of(reference);
    if (String(secret.version) !== base) throw new RcmError('store_conflict', 'Somebody else was first.');
    secret.history.set(base, secret.text);
    Object.assign(secret, { text, version: secret.version + 1 });
    return { version: String(secret.version) };
  }

  async stage({ current, attemptId }: StagedSlot, text: Secret<string>): Promise<{ readonly text: Secret<string>; readonly adopted: boolean }> {
    const { staged } = this.#of(current);
    const before = staged.get(attemptId);
    if (!before) staged.set(attemptId, text);
    return { text: before ?? text, adopted: before !== undefined };
  }

  async readStaged({ current, attemptId }: StagedSlot): Promise<StoredSecret | null> {
    const text = this.#of(current).staged.get(attemptId);
    return text ? { text, version: '1' } : null;
  }

  async listStaged(current: SecretReference): Promise<string[]> {
    return [...this.#of(current).staged.keys()];
  }

  async rehearse(): Promise<{ readonly overwritten: null }> {
    return { overwritten: null };
  }

  async promote({ current, attemptId }: StagedSlot, base: string): Promise<{ readonly version: string }> {
    const { staged, text, version } = this.#of(current);
    const promoted = staged.get(attemptId);
    if (!promoted) throw new RcmError('secret_missing', 'Nothing is staged.');
    if (parsePayload(text).reveal().metadata?.rotation_attempt_id === attemptId) return { version: String(version) };
    return this.replace(current, promoted, base);
  }

  async discard({ current, attemptId }: StagedSlot): Promise<void> {
    this.#of(current).staged.delete(attemptId);
  }

  #of(reference: SecretReference): Kept {
    const secret = this.#kept.get(formatReference(reference));
    if (!secret) throw new RcmError('secret_missing', 'There is no such secret.');
    return secret;
  }
}
