import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CredentialPayload } from '@rcm/credentials';
import { RcmError, type Secret } from '@rcm/telemetry';

/** How far the change is as far as the file knows. */
export type KeptState = 'nothing submitted' | 'submitting' | 'applied' | 'applied and verified' | 'refused' | 'unknown';

export interface KeptOptions {
  readonly path: string;
  readonly recipe: string;
  readonly baseUrl: string;
  readonly old: Secret<CredentialPayload>;
  readonly fresh: Secret<CredentialPayload>;
}

/**
 * The file that holds both passwords from before the change is submitted. Whenever the process dies, one of the two is the
 * portal's: at every instant the path holds a whole file, with both. Mode 600.
 */
export interface KeptPasswords {
  readonly path: string;
  /** Writes down how far the change is; on the disk when it returns. Fails with `input_invalid`, and the file stays as it was. */
  note(state: KeptState): Promise<void>;
  /** Removes the file: only where nothing was submitted. */
  remove(): Promise<void>;
}

/** Creates the file. Fails with `input_invalid` where it exists already (nothing is overwritten) or cannot be written. */
export async function keepPasswords({ path, recipe, baseUrl, old, fresh }: KeptOptions): Promise<KeptPasswords> {
  const text = (state: KeptState): string => {
    const kept = { state, portal: { recipe, base_url: baseUrl }, new: fresh.reveal(), old: old.reveal() };
    return `${JSON.stringify(kept, null, 2)}\n`;
  };
  await written(path, text('nothing submitted'));
  return {
    path,
    async note(state) {
      const next = `${path}.next`;
      await written(next, text(state));
      await rename(next, path).catch((cause: unknown) => fail(path, cause));
      await syncFolder(path);
    },
    remove: () => unlink(path).catch(() => undefined),
  };
}

/** Creates a file that was not there, readable by its owner alone, and has it on the disk with its name; or leaves none. */
async function written(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => fail(path, cause));
  try {
    await file.writeFile(text);
    await file.sync();
    await syncFolder(path);
  } catch (cause) {
    await unlink(path).catch(() => undefined);
    fail(path, cause);
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fail(path: string, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? 'error';
  const why = code === 'EEXIST' ? 'it exists already, and nothing is overwritten' : code;
  throw new RcmError('input_invalid', `The passwords cannot be kept in ${path} (${why}).`, { cause });
}
