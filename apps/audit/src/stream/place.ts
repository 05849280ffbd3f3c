import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { idSchema, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import { notWritten } from './not-written.ts';

/** How far a chain was sent: its last event's number and hash. */
export interface Reached {
  readonly seq: number;
  readonly hash: string;
}

const placeSchema = z.strictObject({
  v: z.literal('rcm-audit-stream/1'),
  to: z.string(),
  chains: z.record(idSchema, z.strictObject({ seq: z.int(), hash: z.string().max(100) })),
});

/** How far a stream is, in a file that is whole or as it was: written beside, synced, and moved over. */
export class KeptPlace {
  readonly #file: string;
  readonly #to: string;
  readonly #chains: Map<string, Reached>;

  private constructor(file: string, to: string, chains: ReadonlyMap<string, Reached>) {
    [this.#file, this.#to, this.#chains] = [file, to, new Map(chains)];
  }

  /** A file that is not there is a stream that begins. Fails with `config_invalid` for one that cannot be read, or is another stream's. */
  static read(file: string, to: string): KeptPlace {
    const text = textOf(file);
    if (text === null) return new KeptPlace(file, to, new Map());
    const place = placeSchema.safeParse(jsonOf(text));
    if (!place.success) throw new RcmError('config_invalid', `${file} is no place of a stream, or is damaged. Nothing was sent, and the file is as it was.`);
    if (place.data.to !== to)
      throw new RcmError(
        'config_invalid',
        `${file} is the place of the stream to ${place.data.to}; each destination has a place of its own. Nothing was sent.`,
      );
    return new KeptPlace(file, to, new Map(Object.entries(place.data.chains)));
  }

  /** `null`: nothing of the chain was sent yet. */
  of(orgId: string): Reached | null {
    return this.#chains.get(orgId) ?? null;
  }

  get all(): readonly (Reached & { readonly orgId: string })[] {
    return [...this.#chains].map(([orgId, reached]) => ({ orgId, ...reached }));
  }

  /** Resolves once a crash would find it. Fails with `audit_unavailable` where that can pass, else with `config_invalid`. */
  async keep(orgId: string, reached: Reached): Promise<void> {
    this.#chains.set(orgId, reached);
    const part = `${this.#file}.part`;
    try {
      {
        await using written = await open(part, 'w', 0o600);
        await written.writeFile(`${JSON.stringify({ v: 'rcm-audit-stream/1', to: this.#to, chains: Object.fromEntries(this.#chains) })}\n`);
        await written.sync();
      }
      await rename(part, this.#file);
    } catch (cause) {
      throw notWritten(`The place of the stream cannot be kept in ${this.#file}`, cause);
    }
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new RcmError('config_invalid', `${file} cannot be read (${code ?? 'error'}).`, { cause });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
