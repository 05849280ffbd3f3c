import type { Database } from '@rcm/db';

/**
 * People who edit logins in rows by hand, and who say which is right where row and secret differ. The book of what they typed and said is the truth: the portal accepts
 * whatever was typed last, or what the store held when they said that it is the store's.
 */
export class People {
  readonly #db: Database;
  readonly #random: () => number;
  readonly #typed: Map<string, string[]>;
  readonly #ofStore = new Map<string, string>();
  readonly #said = new Map<string, 'row' | 'store'>();
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

  /** What the portal accepts. */
  rightOf(id: string): string | undefined {
    return this.#ofStore.get(id) ?? this.typedOf(id).at(-1);
  }

  /** Which of the two is right, by the toss of a coin and for good; `inStore`: what lies there now, if anything does. */
  choose(id: string, inStore: string | undefined): 'row' | 'store' {
    const said = this.#said.get(id) ?? (inStore !== undefined && this.#random() < 0.5 ? 'store' : 'row');
    if (said === 'store' && inStore !== undefined && !this.#said.has(id)) this.#ofStore.set(id, inStore);
    this.#said.set(id, said);
    return said;
  }

  /** How many logins they said it of, by what they said. */
  chosen(which: 'row' | 'store'): number {
    return [...this.#said.values()].filter((said) => said === which).length;
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
