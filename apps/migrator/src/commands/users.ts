import { hash } from 'node:crypto';
import type { EndpointRow } from '@rcm/db';

/** Logins that several endpoints use: moved, but never rotated automatically until a person has made them one. */
export interface SharedLogin {
  readonly endpointIds: readonly string[];
  readonly organizations: number;
}

/** An endpoint and its organization in one text, which is a text of its own: one that was put together holds on to its pieces, and these to the row that they came with. */
const packed = ({ id, orgId }: EndpointRow): string => Buffer.from(`${id} ${orgId}`).toString();

/** By what a login is known here: sixteen characters instead of its id's sixty-four. Two logins do not come to the same by chance. */
const keyOf = (loginIdentity: string): string => hash('sha256', loginIdentity, 'buffer').toString('latin1', 0, 16);

/** Who uses which login. Of one that a single endpoint uses, two short texts are kept until the last endpoint has been seen. */
export class Users {
  readonly #first = new Map<string, string>();
  readonly #others = new Map<string, string[]>();

  knows(loginIdentity: string): boolean {
    return this.#first.has(keyOf(loginIdentity));
  }

  note(loginIdentity: string, endpoint: EndpointRow): void {
    const key = keyOf(loginIdentity);
    if (!this.#first.has(key)) return void this.#first.set(key, packed(endpoint));
    const others = this.#others.get(key) ?? [];
    others.push(packed(endpoint));
    this.#others.set(key, others);
  }

  get shared(): SharedLogin[] {
    return [...this.#others].map(([key, others]) => {
      const rows = [this.#first.get(key) ?? '', ...others].map((row) => row.split(' '));
      return { endpointIds: rows.map(([id = '']) => id).sort(), organizations: new Set(rows.map(([, orgId]) => orgId)).size };
    });
  }
}
