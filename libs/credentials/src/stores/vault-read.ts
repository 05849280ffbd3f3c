import type { CallOptions, StoredSecret } from './store.ts';
import type { VaultCalls } from './vault-calls.ts';

/** What lies at a path, in its latest version or the one named; `null` where nothing is there, or that version is deleted. */
export async function readSecret(calls: VaultCalls, path: string, options?: CallOptions, version?: number): Promise<StoredSecret | null> {
  const found = await calls.get(path, options, version);
  return found.text === null ? null : { text: found.text, version: String(found.version) };
}
