import type { Save, SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import type { Findings } from './findings.ts';
import { fieldOf } from './holdings.ts';
import type { Watched } from './watched.ts';

/** How people are told of a version whose writer was not heard; what of it was lost is in that version, and in no other. */
const WRITTEN_OVER = /^version (\S+) was written over /;
/** Whoever finds that they wrote over an edit has put it back by then: some calls, each with its deadline. */
const PUT_BACK_MS = 60_000;

/** What people wrote into a secret besides its password. */
export class OwnFields {
  readonly #environment: SimulatedEnvironment;
  readonly #watched: readonly Watched[];
  readonly #findings: Findings;

  constructor(environment: SimulatedEnvironment, watched: readonly Watched[], findings: Findings) {
    this.#environment = environment;
    this.#watched = watched;
    this.#findings = findings;
  }

  /** A person's own fields: what they changed must stand; what they saved unchanged from an old copy may be either. */
  saved(login: SimLogin, { opened, found, saved }: Save): void {
    const watched = this.#watched.find((known) => known.login === login);
    for (const field of ['note', 'mfa_seed', 'username'] as const) {
      const before = found?.[field];
      const isTouched = saved[field] !== opened[field];
      watched?.fields.set(field, isTouched || before === saved[field] ? [saved[field]] : [saved[field], before]);
    }
  }

  judge({ login, fields }: Watched): void {
    const text = this.#environment.stores.personReads(login.reference);
    const stored = text === null ? null : (JSON.parse(text) as Readonly<Record<string, unknown>>);
    for (const [field, values] of fields)
      if (stored === null || !values.includes(stored[field]))
        this.#findings.add(
          'stale win',
          `${login.plan.endpointId} ${field}`,
          `a person wrote ${JSON.stringify(values)}, and ${JSON.stringify(stored?.[field])} is left`,
          this.#wasToldOf(login, field, values) ? 'people were told which version was written over, and it is in the history with what they wrote' : undefined,
        );
  }

  /** Whoever wrote over it and lives puts it back. */
  #wasOverwrittenByTheDying(text: string): boolean {
    const { storeRecord, deaths } = this.#environment;
    const written = storeRecord.findIndex((entry) => entry.act === 'current' && entry.text === text);
    const path = storeRecord[written]?.path;
    const over = storeRecord.slice(written + 1).find((entry) => entry.act === 'current' && entry.path === path);
    return over !== undefined && (deaths.get(over.process) ?? Number.POSITIVE_INFINITY) - over.at <= PUT_BACK_MS;
  }

  /** A writer that stood still wrote over it and died at once: whoever comes next can tell people, and only they know what they meant. */
  #wasToldOf({ plan, reference }: SimLogin, field: string, values: readonly unknown[]): boolean {
    const { stores, database } = this.#environment;
    const told = database.tables.notifications
      .all()
      .flatMap(({ endpointId, detail }) => (endpointId === plan.endpointId && detail ? [WRITTEN_OVER.exec(detail)?.[1]] : []));
    return told.some((version) => {
      const text = version === undefined ? null : stores.textOf(reference, version);
      return text !== null && values.includes(fieldOf(text, field)) && this.#wasOverwrittenByTheDying(text);
    });
  }
}
