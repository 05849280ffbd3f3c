import pg from 'pg';

/** What a transaction starts with (enter-scope.ts), as Prisma sends it. */
export const ENTER_SCOPE =
  `SELECT set_config('app.tenant_id', $1, true), set_config('jit', 'off', true), ` +
  `set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true), ` +
  `set_config('app.asker_ahead_ms', greatest(-86400000, least(86400000, $2::float8 - extract(epoch FROM clock_timestamp()) * 1000))::integer::text, true)`;

/** As the clients of the database ask for one; anything else of `pg.Client.query` is not held back. */
interface Asked {
  readonly text: string;
  readonly values?: readonly unknown[];
}

type Answered = Pick<pg.QueryResult, 'rowCount' | 'rows' | 'fields'>;

const NOTHING: Answered = { rowCount: 0, rows: [], fields: [] };

/**
 * A connection that begins a transaction, and enters its scope, in one message instead of three (BEGIN, its isolation, the scope): most transactions here ask one thing, and
 * each message costs both sides a turn. So BEGIN is held back until something follows; what has not been sent by then is forgotten when the connection is lent again.
 */
export class BeginningClient extends pg.Client {
  #toBegin = false;
  #onlyReads = false;

  /** Called each time that the server answers and says that it has no room to write, or may not. */
  onRefusal: () => void = () => undefined;

  /** A connection that somebody else used: what they meant to begin, they did not. */
  forget(): void {
    this.#toBegin = false;
  }

  /**
   * Ends a connection to a server that refused to write, when it is given back: another server has taken over, or will, and whoever holds on to this one never learns of it,
   * however often they ask. Whoever connects anew is led to the one that writes.
   */
  leaveWhereNothingIsWritten(): void {
    if (this.#onlyReads) void this.end();
  }

  /** As `pg.Client.query`, whose many forms its types are of; what it answers is whatever was asked for. */
  override query(...args: readonly unknown[]): never {
    return this.#ask(args) as never;
  }

  #ask(args: readonly unknown[]): unknown {
    const asked = askedOf(args);
    if (asked?.text === 'BEGIN') {
      this.#toBegin = true;
      return Promise.resolve(NOTHING);
    }
    if (!this.#toBegin) return this.#send(args);
    this.#toBegin = false;
    return asked?.text === ENTER_SCOPE ? this.#beginWith(asked) : this.#beginBefore(args);
  }

  #send(args: readonly unknown[]): Promise<Answered> {
    const sent = Reflect.apply(pg.Client.prototype.query, this, args) as Promise<Answered> | undefined;
    // Nothing is answered where it was asked with a callback.
    sent?.catch((error: unknown) => this.#note((error as { readonly code?: unknown }).code));
    return sent as Promise<Answered>;
  }

  #note(code: unknown): void {
    this.#onlyReads ||= code === READ_ONLY;
    if (REFUSALS.has(code)) this.onRefusal();
  }

  async #beginWith({ values = [] }: Asked): Promise<Answered> {
    // A message of several statements has no parameters.
    const text = ENTER_SCOPE.replace(/\$(\d)/g, (_, nth) => this.escapeLiteral(String(values[Number(nth) - 1])));
    const answers = (await this.#send([`${BEGIN}; ${text}`])) as unknown as readonly Answered[];
    return answers.at(-1) ?? NOTHING;
  }

  async #beginBefore(args: readonly unknown[]): Promise<Answered> {
    await this.#send([BEGIN]);
    return this.#send(args);
  }
}

/** SQLSTATE of what cannot be done where nothing is written. */
const READ_ONLY = '25006';
/** That, and what cannot be done without room on its disk or in its memory. */
const REFUSALS: ReadonlySet<unknown> = new Set([READ_ONLY, '53100', '53200']);

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** `null`: asked with a callback, as the pool itself does. */
function askedOf([first, ...others]: readonly unknown[]): Asked | null {
  if (others.some((other) => typeof other === 'function')) return null;
  if (typeof first === 'string') return { text: first };
  return typeof first === 'object' && first !== null && 'text' in first && typeof first.text === 'string' ? (first as Asked) : null;
}
