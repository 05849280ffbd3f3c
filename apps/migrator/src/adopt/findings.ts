import type { Migration } from '../migration.ts';
import type { Report } from '../report.ts';

/** Why a row is not taken over, in words. */
export const REFUSALS = {
  id_missing: 'it has no id',
  id_unusable: 'its id is too long, or holds what cannot be seen',
  id_twice: 'a row before it has the same id',
  id_taken: 'its id would be one that another endpoint has: give `endpoint` another prefix',
  account_missing: 'it has no account',
  account_twice: 'a row before it has the same account of the same organization at the same portal',
  account_taken: 'its organization has an endpoint with this account at this portal, which does not come from this row',
  organization_missing: 'it names neither hospital nor firm',
  organization_unusable: 'what it calls its hospital or firm is too long, or holds what cannot be seen',
  organization_taken: 'an organization by this id is there, and nobody has said that it is this one: name it in `ids`, or give a prefix',
  organization_unknown: 'the mapping names an organization that is not there',
  base_url: 'it is no http(s) address, or has a user in it',
  portal_unknown: 'nobody has said which portal type this address is: name it in `portal_types`',
  portal_type_missing: 'the mapping names a portal type that is not there',
  host_not_declared: 'its portal type does not declare this host',
  too_long: 'it is longer than 65,536 characters',
  not_text: 'it holds NUL or half of a character',
  not_json: 'there is no JSON, or no object where the path leads through',
  number_form: 'it holds a number with an exponent',
  database_refused: 'the database refused it',
} as const;
export type Refusal = keyof typeof REFUSALS;

/** Why an endpoint does not follow its row, in words. */
export const LEFT = {
  moved: 'the row has changed, and the login lies in the store, which may have a newer password',
  rolled_back: 'the row has changed, and the login came back from the store, maybe with a newer password',
  edited: 'the row has changed, and what lies here has, too, differently',
  claimed: 'the row has changed, and a migrator is moving the login at this moment: run it again',
  elsewhere: 'the row is of another organization, portal type or account than before (`--anew ID` makes it a new endpoint)',
  unknown: 'whether the row has changed cannot be said: what was recorded of it was made with a key that is not known any more',
} as const;
export type Left = keyof typeof LEFT;

/** Of each kind, named at most; all are counted. */
const NAMED = 10_000;
const SHOWN = 8;

export interface Named {
  /** The row's number or line, and its id where that can be shown. */
  readonly row: number;
  readonly id: string | null;
}
export type RefusedRow = Named & { readonly code: Refusal; readonly column: string | null };
export type LeftRow = Named & { readonly code: Left; readonly endpointId: string };

/** How a row ends that is neither refused nor left. */
export type Settled = 'new' | 'changed' | 'unchanged' | 'not_compared';

class Bounded<T> {
  readonly named: T[] = [];
  count = 0;
  add(entry: T): void {
    this.count += 1;
    if (this.named.length < NAMED) this.named.push(entry);
  }
}

/** What was run over, and how it ended. */
interface AdoptRun {
  readonly source: string;
  readonly dryRun: boolean;
  readonly rows: number;
  /** What a row without an id is called by. */
  readonly counts: 'row' | 'line';
  /** Why it ended before the last row, in words; `null`: it did not. */
  readonly stopped: string | null;
  /** What `--anew` names and no row was. */
  readonly unseen: readonly string[];
}

/** What a run found, counted and named, in memory that does not grow with the rows. */
export class Findings {
  readonly count = { new: 0, changed: 0, unchanged: 0, not_compared: 0, not_wanted: 0, without_login: 0 };
  readonly organizations = { new: 0, known: 0 };
  readonly #refused = new Bounded<RefusedRow>();
  readonly #left = new Bounded<LeftRow>();
  readonly #anew = new Bounded<Named & { readonly endpointId: string; readonly was: string }>();
  readonly #vanished = new Bounded<{ readonly id: string; readonly endpointId: string }>();
  readonly #changedOrganizations = new Bounded<{ readonly id: string; readonly orgId: string }>();
  readonly #origins = new Map<string, number>();
  readonly #told: Migration['onEnd'];

  constructor(told: Migration['onEnd']) {
    this.#told = told;
  }

  refuse(row: Named, code: Refusal, column: string | null): void {
    this.#refused.add({ ...row, code, column });
    this.#told({ ...row, outcome: 'refused', code, column });
  }
  /** One that is here, and how it stands with it now. */
  settle(row: Named, outcome: Settled, { withLogin, ...endpoint }: { readonly endpointId: string; readonly orgId: string; readonly withLogin: boolean }): void {
    this.count[outcome] += 1;
    if (!withLogin) this.count.without_login += 1;
    this.#told({ ...row, outcome, ...endpoint });
  }
  pass(row: Named): void {
    this.count.not_wanted += 1;
    this.#told({ ...row, outcome: 'not_wanted' });
  }
  leave(row: Named, code: Left, endpointId: string, orgId: string): void {
    this.#left.add({ ...row, code, endpointId });
    this.#told({ ...row, outcome: 'left', endpointId, orgId, code });
  }
  /** The endpoint that a row was stays as it is, and the row is a new one. */
  letGo({ row, id }: Named, { endpointId, was }: { readonly endpointId: string; readonly was: string }): void {
    this.#anew.add({ row, id, endpointId, was });
  }
  vanish(id: string, endpointId: string): void {
    this.#vanished.add({ id, endpointId });
  }
  organizationChanged(id: string, orgId: string): void {
    this.#changedOrganizations.add({ id, orgId });
  }
  unknownOrigin(origin: string): void {
    if (this.#origins.size < NAMED || this.#origins.has(origin)) this.#origins.set(origin, (this.#origins.get(origin) ?? 0) + 1);
  }

  report(run: AdoptRun): Report {
    const { stopped, unseen } = run;
    return {
      json: this.#json(run),
      lines: [...this.#countLines(run), ...this.#rowLines(run)],
      complete: stopped === null && unseen.length === 0 && this.#refused.count === 0 && this.#left.count === 0,
      end: stopped === null ? 'done' : 'stopped',
    };
  }

  #json({ source, dryRun, rows, stopped }: AdoptRun): Report['json'] {
    const { new: added, changed, unchanged, not_compared: notCompared, not_wanted: notWanted, without_login: withoutLogin } = this.count;
    return {
      source,
      dryRun,
      rows,
      new: added,
      changed,
      unchanged,
      notCompared,
      notWanted,
      withoutLogin,
      organizations: { ...this.organizations, changed: this.#changedOrganizations.named },
      anew: this.#anew.named,
      left: this.#left.named,
      leftCount: this.#left.count,
      refused: this.#refused.named,
      refusedCount: this.#refused.count,
      vanished: this.#vanished.named,
      vanishedCount: this.#vanished.count,
      unknownOrigins: this.#unknownOrigins(),
      interrupted: stopped !== null,
    };
  }

  #countLines({ dryRun, stopped, unseen }: AdoptRun): string[] {
    const { new: added, changed, unchanged, not_compared: notCompared, not_wanted: notWanted, without_login: withoutLogin } = this.count;
    return [
      `${dryRun ? 'Would be new' : 'New'}: ${added}. Changed: ${changed}. Unchanged: ${unchanged}. Left as they are: ${this.#left.count}. Refused: ${this.#refused.count}.${stopped ?? ''}`,
      `  Organizations ${dryRun ? 'that would be new' : 'new'}: ${this.organizations.new}; there already: ${this.organizations.known}.`,
      ...(notCompared > 0 ? [`  In the store, and not compared with their rows any more: ${notCompared}.`] : []),
      ...(unseen.length > 0
        ? [`  Not in the source, though --anew names them: ${unseen.slice(0, SHOWN).join(', ')}${unseen.length > SHOWN ? ', …' : ''}.`]
        : []),
      ...(notWanted > 0 ? [`  Not among those that \`only\` asks for: ${notWanted}.`] : []),
      ...(withoutLogin > 0 ? [`  Without a login: ${withoutLogin}.`] : []),
    ];
  }

  /** Of what a person may have to look at, the rows. */
  #rowLines({ dryRun, counts }: AdoptRun): string[] {
    return [
      ...grouped(this.#refused.named, ({ code, column }) => `${code}${column === null ? '' : ` (column ${column})`}: ${REFUSALS[code]}`, nameOf(counts)),
      ...this.#unknownOrigins()
        .slice(0, SHOWN)
        .map(({ origin, rows }) => `  Unknown address ${origin}: ${rows} ${rows === 1 ? 'row' : 'rows'}`),
      ...grouped(
        this.#anew.named,
        () => `${dryRun ? 'would be' : 'are'} new endpoints; those that they were before stay as they are`,
        ({ was, endpointId }) => `${was} → ${endpointId}`,
      ),
      ...grouped(
        this.#left.named,
        ({ code }) => `${code}: ${LEFT[code]}`,
        ({ endpointId }) => endpointId,
      ),
      ...grouped(
        this.#changedOrganizations.named,
        () => 'named otherwise in the source than here, or under another firm; left as they are',
        ({ orgId }) => orgId,
      ),
      ...grouped(
        this.#vanished.named,
        () => 'no longer in the source; nothing was removed',
        ({ endpointId }) => endpointId,
      ),
    ];
  }

  /** The most frequent first. */
  #unknownOrigins(): readonly { readonly origin: string; readonly rows: number }[] {
    return [...this.#origins].map(([origin, rows]) => ({ origin, rows })).sort((a, b) => b.rows - a.rows);
  }
}

const nameOf =
  (counts: 'row' | 'line') =>
  ({ row, id }: Named): string =>
    id ?? `${counts} ${row}`;

const grouped = <T>(entries: readonly T[], what: (entry: T) => string, name: (entry: T) => string): string[] =>
  [...Map.groupBy(entries, what)].map(
    ([said, alike]) =>
      `  ${alike.length === 1 ? '' : `${alike.length} `}${alike.slice(0, SHOWN).map(name).join(', ')}${alike.length > SHOWN ? ', …' : ''}: ${said}`,
  );
