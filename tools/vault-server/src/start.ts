import { rootToken } from './auth/tokens.ts';
import { type Clock, openLocked, StartError, systemClock } from '@rcm/local-aws/kit';
import { createFaults, type Fault, faultSchema } from './faults.ts';
import { startServer } from './http/server.ts';
import { lockDataFile, openDatabase } from './storage/database.ts';
import { openRootKey } from './storage/root-key.ts';

export interface VaultServerOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Where everything is kept, beside `<dataFile>.key` and `<dataFile>.lock`. Default: in memory. */
  readonly dataFile?: string | undefined;
  /** KV v2 mounts, in every namespace. Default `['kv']`. */
  readonly mounts?: readonly string[];
  /** Namespaces beside the root one, without slashes at their ends. Default none. */
  readonly namespaces?: readonly string[];
  /** Time for token lifetimes; default: the system's. */
  readonly clock?: Clock;
  /** Told about defects and storage that fails while running; default: ignored, the caller sees a 500. */
  readonly onInternalError?: (error: unknown) => void;
}

export interface VaultServer {
  /** `http://host:port`. */
  readonly address: string;
  readonly mounts: readonly string[];
  /** May do everything in every namespace. The same one for the same data file. */
  readonly rootToken: string;
  /** Replaces all faults; none ends them. */
  setFaults(...faults: readonly Fault[]): void;
  /** Finishes requests in hand and lets go of the data file. */
  close(): Promise<void>;
}

const MOUNT = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Starts the server. Fails with StartError (options, port, data file). */
export async function startVaultServer(options: VaultServerOptions = {}): Promise<VaultServer> {
  const { port = 0, host = '127.0.0.1', dataFile = null, mounts = ['kv'], namespaces = [], clock = systemClock } = options;
  const { onInternalError = () => {} } = options;
  if (!mounts.every((mount) => MOUNT.test(mount))) throw new StartError('options_invalid', 'A mount is lower-case letters, digits and dashes.');
  const lock = dataFile === null ? null : lockDataFile(dataFile);
  const { database, root, release } = openLocked(lock, () => ({ root: openRootKey(dataFile), database: openDatabase(dataFile) }));
  const faults = createFaults();
  const vault = { database, root, clock, mounts };
  try {
    const server = await startServer({ host, port, vault, namespaces, faults, onInternalError });
    let closing: Promise<void> | null = null;
    return {
      address: `http://${host}:${server.port}`,
      mounts,
      rootToken: rootToken(vault),
      setFaults: (...given) => faults.set(given.map((fault) => faultSchema.parse(fault))),
      close: () => (closing ??= server.close().finally(release)),
    };
  } catch (error) {
    release();
    throw error;
  }
}
