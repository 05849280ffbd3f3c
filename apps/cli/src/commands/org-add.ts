import { addOrganization } from '@rcm/db/fleet';
import type { Person } from '../onboarding/add.ts';
import { asOperator } from '../operator.ts';
import type { Report } from '../report.ts';

export interface OrgAddOptions {
  readonly name: string;
  readonly parent?: string;
}

/** Registers an organization. */
export async function orgAdd(environment: NodeJS.ProcessEnv, id: string, { name, parent }: OrgAddOptions, person: Person): Promise<Report> {
  await asOperator(environment, (db) => addOrganization(db, { id, name, parentId: parent ?? null }, person));
  return { json: { organization: id, added: true }, lines: () => [`${id}  added`], well: true };
}
