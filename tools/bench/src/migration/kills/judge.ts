import { GetParameterHistoryCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Database } from '@rcm/db';
import type { People } from './people.ts';

/** What a migration must never do, whatever became of its processes. Knows rows' bytes, the store and what people typed, and nothing of the migrator's own state. */
export interface Verdict {
  /** Logins whose right password is neither in the row nor in the store, or whose last typed one is not even kept beside. */
  readonly lost: readonly string[];
  /** Logins of which the store got an older password after a newer one, or one that nobody typed; at the end also those of which it does not hold the right one. */
  readonly stale: readonly string[];
  /** Logins of which the store got one password twice. */
  readonly twice: readonly string[];
  /** At the end: logins whose row still holds plaintext, names no secret, or is not as it was beside it. */
  readonly left: readonly string[];
}

interface Row {
  readonly id: string;
  readonly arn: string | null;
  readonly password: string | null;
  /** What `config` holds beside the login. */
  readonly beside: string;
}

export class Judge {
  readonly #db: Database;
  readonly #people: People;
  readonly #client: SSMClient;

  constructor(
    db: Database,
    people: People,
    store: { readonly endpoint: string; readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } },
  ) {
    this.#db = db;
    this.#people = people;
    this.#client = new SSMClient({ region: 'us-east-1', ...store });
  }

  async look(at: 'a death' | 'the end'): Promise<Verdict> {
    await this.#quiet();
    const rows = new Map((await this.#rows()).map((row) => [row.id, row]));
    const { versions: stored, kept } = await this.#stored();
    const found = { lost: [] as string[], stale: [] as string[], twice: [] as string[], left: [] as string[] };
    for (const id of this.#people.logins) {
      const typed = this.#people.typedOf(id);
      const [right, last, row, versions] = [this.#people.rightOf(id), typed.at(-1), rows.get(id), stored.get(id) ?? []];
      const current = versions.at(-1);
      const somewhere = [row?.password, ...versions, ...(kept.get(id) ?? [])];
      if ((row?.password !== right && current !== right) || !somewhere.includes(last)) found.lost.push(id);
      const order = versions.map((password) => typed.indexOf(password));
      if (order.some((place, n) => place === -1 || place < (order[n - 1] ?? 0))) found.stale.push(id);
      if (new Set(versions).size < versions.length) found.twice.push(id);
      if (at !== 'the end') continue;
      if (current !== right && !found.stale.includes(id)) found.stale.push(id);
      if (row?.arn === null || row?.password !== null || row.beside !== '{"note": "left alone"}') found.left.push(id);
    }
    return found;
  }

  /** The password that the store holds of a login now, and of which version that is. */
  async inStore(id: string): Promise<{ readonly version: string; readonly password: string | undefined }> {
    const versions = (await this.#stored()).versions.get(id) ?? [];
    return { version: String(versions.length), password: versions.at(-1) };
  }

  close(): void {
    this.#client.destroy();
  }

  /** What a dead process had begun in Postgres is over. */
  async #quiet(): Promise<void> {
    for (;;) {
      const [seen] = await this.#db.transaction(
        'no tenant',
        (tx) => tx.$queryRaw<{ busy: number }[]>`SELECT count(*)::int AS busy FROM pg_stat_activity WHERE application_name = 'rcm-migrator'`,
      );
      if (seen?.busy === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #rows(): Promise<Row[]> {
    return this.#db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<Row[]>`
        SELECT id, secret_arn AS arn, config->'credentials'->>'password' AS password, (config - 'credentials')::text AS beside FROM integration_endpoint`,
    );
  }

  /** Passwords of each login's secret, the oldest version first, and those that are kept beside it, which nobody logs in with. */
  async #stored(): Promise<{ readonly versions: Map<string, string[]>; readonly kept: Map<string, string[]> }> {
    const [versions, kept] = [new Map<string, string[]>(), new Map<string, string[]>()];
    for (let NextToken: string | undefined; ;) {
      const page = await this.#client.send(new GetParametersByPathCommand({ Path: '/rcm', Recursive: true, WithDecryption: true, MaxResults: 10, NextToken }));
      for (const { Name = '', Value = '', Version = 1 } of page.Parameters ?? []) {
        const [, id = '', account = ''] = /\/endpoints\/([^/]+)\/([^/]+)$/.exec(Name) ?? [];
        if (account.startsWith('kept-')) kept.set(id, [...(kept.get(id) ?? []), passwordIn(Value)]);
        else versions.set(id, Version === 1 ? [passwordIn(Value)] : await this.#history(Name));
      }
      NextToken = page.NextToken;
      if (NextToken === undefined) return { versions, kept };
    }
  }

  async #history(Name: string): Promise<string[]> {
    const { Parameters = [] } = await this.#client.send(new GetParameterHistoryCommand({ Name, WithDecryption: true, MaxResults: 50 }));
    return Parameters.map(({ Value = '' }) => passwordIn(Value));
  }
}

const passwordIn = (payload: string): string => String((JSON.parse(payload) as { password?: unknown }).password);
