import { createHmac, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { Secret } from '@rcm/telemetry';
import type { Form } from './forms.ts';
import { SecretMatcher } from './matcher.ts';

export type SecretKind = 'password' | 'seed' | 'key';

export interface SoughtSecret {
  readonly kind: SecretKind;
  readonly value: Secret<string>;
}

/** Where a secret lies, in words that do not give it away: `mark` is a keyed hash with a key of this run, so that two hits can be told apart and nothing guessed. */
export interface PlaintextHit {
  readonly place: string;
  readonly offset: number;
  readonly kind: SecretKind;
  readonly form: Form;
  readonly mark: string;
}

const CHUNK_BYTES = 1 << 20;
/** Places named in the report; every hit is counted. */
const MAX_NAMED = 200;

/** Searches places for the same secrets and gathers what it finds; a place searched twice counts once. */
export class PlaintextSearch {
  readonly secretCount: number;
  readonly #secrets: readonly SoughtSecret[];
  readonly #matcher: SecretMatcher;
  readonly #markKey = randomBytes(32);
  readonly #found = new Map<string, PlaintextHit>();

  constructor(secrets: readonly SoughtSecret[]) {
    const distinct = new Map(secrets.map((secret) => [secret.value.reveal(), secret]));
    this.#secrets = [...distinct.values()];
    this.#matcher = new SecretMatcher([...distinct.keys()]);
    this.secretCount = this.#secrets.length;
  }

  get hitCount(): number {
    return this.#found.size;
  }

  /** The first hits, for the report. */
  get hits(): PlaintextHit[] {
    return [...this.#found.values()].slice(0, MAX_NAMED);
  }

  /** Searches a stream of bytes, such as a tar of a container's folder. */
  async searchStream(place: string, stream: Readable): Promise<void> {
    const search = this.#start(place);
    for await (const chunk of stream) search.push(chunk as Buffer);
    search.end();
  }

  searchText(place: string, text: string): void {
    const search = this.#start(place);
    search.push(Buffer.from(text, 'utf8'));
    search.end();
  }

  /**
   * Searches every file below `root`, names included, except below `leaveOut` (absolute paths). Links are not followed. A file
   * that vanishes meanwhile is fine (a live Postgres recycles); one that cannot be read fails, because "not looked" is not "not there".
   */
  async searchTree(root: string, leaveOut: readonly string[] = []): Promise<void> {
    await this.#walk(root, root, new Set(leaveOut), Buffer.allocUnsafe(CHUNK_BYTES));
  }

  async #walk(folder: string, root: string, leaveOut: ReadonlySet<string>, buffer: Buffer): Promise<void> {
    for (const entry of await unlessGone(readdir(folder, { withFileTypes: true }), [])) {
      const path = join(folder, entry.name);
      if (leaveOut.has(path)) continue;
      const place = relative(root, path).split(sep).join('/');
      this.searchText(`name of ${place}`, entry.name);
      if (entry.isDirectory()) await this.#walk(path, root, leaveOut, buffer);
      else if (entry.isFile()) await this.#searchFile(path, place, buffer);
    }
  }

  async #searchFile(path: string, place: string, buffer: Buffer): Promise<void> {
    const file = await unlessGone(open(path, constants.O_RDONLY | constants.O_NOFOLLOW), null);
    if (!file) return;
    try {
      const search = this.#start(place);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) break;
        search.push(buffer.subarray(0, bytesRead));
      }
      search.end();
    } finally {
      await file.close();
    }
  }

  #start(place: string) {
    return this.#matcher.search(({ secret, form, offset }) => {
      const { kind, value } = this.#secrets[secret]!;
      const mark = createHmac('sha256', this.#markKey).update(value.reveal()).digest('hex').slice(0, 8);
      this.#found.set(`${place}\n${offset}\n${secret}`, { place, offset, kind, form, mark });
    });
  }
}

async function unlessGone<T>(act: Promise<T>, instead: T): Promise<T> {
  try {
    return await act;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return instead;
    throw cause;
  }
}
