import type { PersonalChange } from '@rcm/db/admin';
import { adoptOrganization, organizationState } from '@rcm/db/migration';
import type { Migration } from '../migration.ts';
import type { Findings, Refusal } from './findings.ts';
import type { Role } from './mapping.ts';
import type { NamedOrganization, ReadRow } from './read-row.ts';

/** Where an organization stands after a look at it; `null`: it can be used. */
type Trouble = { readonly code: Refusal; readonly role: Role } | null;

export interface OrganizationsRun {
  readonly migration: Migration;
  readonly source: string;
  readonly findings: Findings;
  /** Who makes new ones; `null`: nobody, it is a plan. */
  readonly act: PersonalChange | null;
}

/** Each organization of a source once: looked at, and made where it is not there (not by a plan). */
export class Organizations {
  readonly #settled = new Map<string, { readonly parentId: string | null; readonly trouble: Trouble }>();
  readonly #run: OrganizationsRun;

  constructor(run: OrganizationsRun) {
    this.#run = run;
  }

  /** What is in the way of a row's organizations. */
  async trouble({ organization, above }: ReadRow): Promise<Trouble> {
    if ('is' in organization) return this.#once(`is ${organization.is}`, null, async () => this.#said(organization.is));
    const firm = above === null ? null : await this.#once(keyOf(above), null, () => this.#settle(above, null));
    return firm ?? (await this.#once(keyOf(organization), above?.orgId ?? null, () => this.#settle(organization, above?.orgId ?? null), organization));
  }

  async #once(key: string, parentId: string | null, settle: () => Promise<Trouble>, named?: NamedOrganization): Promise<Trouble> {
    const before = this.#settled.get(key);
    if (before) {
      // Two rows that do not agree on the firm above it.
      if (named && before.parentId !== parentId && before.trouble === null) this.#run.findings.organizationChanged(named.sourceId, named.orgId);
      return before.trouble;
    }
    const trouble = await settle();
    this.#settled.set(key, { parentId, trouble });
    return trouble;
  }

  async #said(orgId: string): Promise<Trouble> {
    const state = await this.#state({ kind: 'hospital', sourceId: '-', orgId, said: true, name: null }, null);
    if (state !== 'missing') this.#run.findings.organizations.known += 1;
    return state === 'missing' ? { code: 'organization_unknown', role: 'hospital.id' } : null;
  }

  async #settle(named: NamedOrganization, parentId: string | null): Promise<Trouble> {
    const role: Role = `${named.kind}.id`;
    const state = await this.#state(named, parentId);
    if (state === 'missing') return { code: 'organization_unknown', role };
    if (state === 'taken') return { code: 'organization_taken', role };
    if (state === 'changed') this.#run.findings.organizationChanged(named.sourceId, named.orgId);
    this.#run.findings.organizations[state === 'new' ? 'new' : 'known'] += 1;
    const { migration, source, act } = this.#run;
    if (act === null || state === 'changed') return null;
    const adopted = await migration.patience(null, () => adoptOrganization(migration.db, { ...named, source, parentId }, act));
    return adopted === 'taken' ? { code: 'organization_taken', role } : null;
  }

  #state(named: NamedOrganization, parentId: string | null) {
    const { migration, source } = this.#run;
    return migration.patience(null, () => organizationState(migration.db, { ...named, source, parentId }));
  }
}

const keyOf = ({ kind, sourceId }: NamedOrganization): string => `${kind} ${sourceId}`;
