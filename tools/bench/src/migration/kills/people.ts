import type { Database } from '@rcm/db';

/** People who edit logins in rows by hand, and the book of what they typed, which is the truth: whatever is typed last is what the portal accepts. */
export class People {
  readonly #db: Database;
  readonly #random: () => number;
  readonly #typed: Map<string, string[]>;
  #editing: Promise<void> = Promise.resolve();

  constructor(db: Database, { typed, random }: { readonly typed: ReadonlyMap<string, string>; readonly random: () => number }) {
    this.#db = db;
    this.#random = random;
    this.#typed = new Map([...typed].map(([id, password]) => [id, [password]]));
  }

  /** Every password of a login, in the order in which they were typed. */
  typedOf(id: string): readonly string[] {
    return this.#typed.get(id) ?? [];
  }

  get logins(): readonly string[] {
    return [...this.#typed.keys()];
  }

  get edits(): number {
    return [...this.#typed.values()].reduce((sum, typed) => sum + typed.length - 1, 0);
  }

  /** Somebody types another password into a row, whatever a migrator is doing to it. One after the other, so that their order is known. */
  edit(): void {
    const ids = this.logins;
    const id = ids[Math.floor(this.#random() * ids.length)] ?? '';
    const typed = this.#typed.get(id) ?? [];
    const password = `Typed-${id}-${typed.length}`;
    this.#editing = this.#editing.then(async () => {
      await this.#db.transaction(
        'every tenant',
        (tx) => tx.$executeRaw`
          UPDATE integration_endpoint
             SET config = jsonb_set(config, '{credentials}', jsonb_build_object('username', replace(account_id, 'account-', 'user-'), 'password', ${password}::text))
           WHERE id = ${id}`,
      );
      typed.push(password);
    });
  }

  /** All that was begun is committed. */
  done(): Promise<void> {
    return this.#editing;
  }
}
