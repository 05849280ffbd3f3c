import type { EndpointRow } from '@rcm/db';

/** Logins that several endpoints use: moved, but never rotated automatically until a person has made them one. */
export interface SharedLogin {
  readonly endpointIds: readonly string[];
  readonly organizations: number;
}

/** An endpoint and its organization in one text: every one is held until the last has been seen. */
const packed = ({ id, orgId }: EndpointRow): string => whole(`${id} ${orgId}`);

/** A text of its own: one that was put together holds on to its pieces, which take twice as much, and to the row that they came with. */
const whole = (text: string): string => Buffer.from(text).toString();

/** Who uses which login. Of one that a single endpoint uses, two short texts are kept. */
export class Users {
  readonly #first = new Map<string, string>();
  readonly #others = new Map<string, string[]>();

  knows(loginIdentity: string): boolean {
    return this.#first.has(loginIdentity);
  }

  note(loginIdentity: string, endpoint: EndpointRow): void {
    if (!this.#first.has(loginIdentity)) return void this.#first.set(whole(loginIdentity), packed(endpoint));
    const others = this.#others.get(loginIdentity) ?? [];
    others.push(packed(endpoint));
    this.#others.set(loginIdentity, others);
  }

  get shared(): SharedLogin[] {
    return [...this.#others].map(([loginIdentity, others]) => {
      const rows = [this.#first.get(loginIdentity) ?? '', ...others].map((row) => row.split(' '));
      return { endpointIds: rows.map(([id = '']) => id).sort(), organizations: new Set(rows.map(([, orgId]) => orgId)).size };
    });
  }
}
