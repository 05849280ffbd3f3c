import { type Database, findEndpoint } from '@rcm/db';
import { insertEndpoint, type NewEndpoint } from '@rcm/db/admin';
import { findOrganizationName, findPortalType } from '@rcm/db/fleet';
import type { Onboarding } from '@rcm/migrator';
import { createLogger, explain, hasCode, isId, RcmError } from '@rcm/telemetry';
import { type NewLogin, problemOf } from './new-login.ts';

/** Who registers it, and why. */
export interface Person {
  readonly actor: string;
  readonly reason: string;
}

/**
 * `invalid`: nothing was done. `stored`: it is in the store. `already`: it was there before, and where it was to be proved, the portal accepted it before. `proved`: the portal
 * accepts it. `refused`: the portal does not.
 */
export type Outcome = 'valid' | 'invalid' | 'stored' | 'already' | 'proved' | 'refused' | 'failed';

export interface Added {
  /** Of the login; `row N` where it has none that is an id. */
  readonly id: string;
  readonly outcome: Outcome;
  /** In words, without a value. */
  readonly problem: string | null;
}

/** What can be known before anything is done, for each. */
export async function examined(db: Database, logins: readonly NewLogin[]): Promise<readonly Added[]> {
  const known: Known = {
    portalType: askedOnce((code) => findPortalType(db, { code })),
    organization: askedOnce((id) => findOrganizationName(db, id)),
    endpoint: (endpointId) => findEndpoint(db, { endpointId }),
  };
  const seen = new Set<string>();
  const answers: Added[] = [];
  for (const [i, login] of logins.entries()) {
    let problem = problemOf(login);
    if (problem === null && seen.has(login.id)) problem = 'its id is that of a row before it';
    seen.add(login.id);
    problem ??= await problemThere(known, login);
    // Where columns were mixed up, what should be an id may be a password.
    answers.push({ id: isId(login.id) ? login.id : `row ${i + 1}`, outcome: problem === null ? 'valid' : 'invalid', problem });
  }
  return answers;
}

/** What the database has of that name; `null`: nothing. */
interface Known {
  portalType(code: string): ReturnType<typeof findPortalType>;
  organization(id: string): ReturnType<typeof findOrganizationName>;
  endpoint(id: string): ReturnType<typeof findEndpoint>;
}

/** Many logins are of few organizations and portal types. */
function askedOnce<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const answers = new Map<string, T>();
  return async (name) => {
    if (!answers.has(name)) answers.set(name, await ask(name));
    return answers.get(name) as T;
  };
}

/** What the database would refuse of its row, in words without a value; `null`: nothing. */
async function problemThere(known: Known, login: NewLogin): Promise<string | null> {
  const { organization, portalType, account, baseUrl } = login;
  const type = await known.portalType(portalType);
  if (!type) return `there is no portal type ${portalType}`;
  if (!(await known.organization(organization))) return `there is no organization ${organization}`;
  if (baseUrl !== null && !type.hosts.includes(hostIn(baseUrl))) return `base_url is on no host of ${portalType}`;
  const there = await known.endpoint(login.id);
  if (!there) return null;
  if (there.orgId !== organization) return 'its id is another organization’s already';
  if (there.portalTypeCode === portalType && there.accountId === account) return null;
  return `its id is another login’s already, of ${there.portalTypeCode} and the account ${there.accountId}`;
}

/** As the row's trigger reads it (`rcm_url_host`), which is stricter than a browser. */
const hostIn = (url: string): string => /^https?:\/\/([^/?#@\\\s]+)(?:[/?#]\S*)?$/.exec(url)?.[1]?.toLowerCase() ?? '';

/** The row first, which names no secret and holds none; then the store. May be repeated: what is there already stays as it is. */
export async function added(db: Database, onboard: Onboarding['onboard'], login: NewLogin, person: Person): Promise<Added> {
  return tried(login.id, async () => {
    const type = await findPortalType(db, { code: login.portalType });
    const baseUrl = login.baseUrl ?? `https://${type?.hosts[0] ?? ''}/`;
    const row = { id: login.id, orgId: login.organization, portalTypeCode: login.portalType, accountId: login.account, baseUrl };
    const { created } = await insertEndpoint(db, row, person);
    if (!created) await mustBeThisOne(db, row);
    const moved = await onboard({ endpointId: login.id, payload: login.payload, ...person });
    return moved === 'already' ? 'already' : 'stored';
  });
}

/** An id is put together of names, and two logins may come to the same one: neither password may go to the other's portal, or nowhere. */
async function mustBeThisOne(db: Database, { id, portalTypeCode, accountId }: Pick<NewEndpoint, 'id' | 'portalTypeCode' | 'accountId'>): Promise<void> {
  const there = await findEndpoint(db, { endpointId: id });
  if (there?.portalTypeCode === portalTypeCode && there.accountId === accountId) return;
  const is = there ? `another login already, of ${there.portalTypeCode} and the account ${there.accountId}` : 'there no more';
  throw new RcmError('state_conflict', `${id} is ${is}: give this one an id of its own. Nothing was stored.`);
}

/** How it is found out whether a portal accepts what the store holds of an endpoint. */
export interface Proof {
  /** What the portal said last of the same password; `null`: nobody knows. */
  lastAnswer(endpointId: string): Promise<'accepted' | 'refused' | null>;
  /** Spends one login. Fails where it is not accepted. */
  login(endpointId: string): Promise<unknown>;
}

/** One that this call stored takes one login. Of one that was there before the portal may have spoken: then no login is spent, least of all on what it refused. */
export const proved = ({ id, outcome }: Added, proof: Proof): Promise<Added> =>
  tried(id, async () => {
    const known = outcome === 'already' ? await proof.lastAnswer(id) : null;
    if (known === 'accepted') return outcome;
    if (known === 'refused') throw new RcmError('login_rejected', REFUSED_BEFORE);
    try {
      await proof.login(id);
    } catch (error) {
      // What is stored cannot be proved where no program may log in: that is no failure of the login's.
      if (hasCode(error, 'automation_undecided', 'automation_forbidden')) return outcome;
      throw error;
    }
    return 'proved';
  });

const REFUSED_BEFORE =
  'The portal refused the stored password before, and no login was spent on it again. `rcm login set` gives it another one; `rcm login retry` tries it now.';

/** One that fails does not stop the others. */
async function tried(id: string, act: () => Promise<Outcome>): Promise<Added> {
  try {
    return { id, outcome: await act(), problem: null };
  } catch (error) {
    const { code, sentence } = explain(error, createLogger({ name: 'rcm' }));
    return { id, outcome: saysRefused(error) ? 'refused' : 'failed', problem: `${code}: ${sentence}` };
  }
}

/** Also where somebody else met it first: an agent may use a login from the moment that it is in the store. */
const saysRefused = (error: unknown): boolean =>
  hasCode(error, 'login_rejected') || (hasCode(error, 'login_not_allowed') && ['password_bad', 'password_suspect'].includes(String(error.details.reason)));
