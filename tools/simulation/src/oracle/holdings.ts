import { type Account, cut, isSame } from '../portal/account.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';

/** The passwords that lie in a login's store, by where they lie. */
export interface Holdings {
  readonly current: string | null;
  /** In current. */
  readonly mfaSeed: string | null;
  readonly staged: readonly string[];
  readonly earlier: readonly string[];
}

export function holdingsOf(environment: SimulatedEnvironment, login: SimLogin): Holdings {
  const { current, staged, earlier } = environment.stores.contentsOf(login.reference);
  const fields = current === null ? null : fieldsIn(current);
  return {
    current: fields?.password ?? null,
    mfaSeed: fields?.mfa_seed ?? null,
    staged: [...staged.flatMap(passwordsIn), ...copiesElsewhere(environment, login, 'its organization')],
    earlier: earlier.flatMap(passwordsIn),
  };
}

/** Of copies beside other secrets, those that name this account: a person may have moved it from one secret to another. */
export function copiesElsewhere({ logins, stores }: SimulatedEnvironment, login: SimLogin, within: 'its organization' | 'any organization'): readonly string[] {
  return [...logins.values()]
    .filter(({ plan, portal }) => plan.endpointId !== login.plan.endpointId && portal === login.portal)
    .filter(({ plan }) => within === 'any organization' || plan.orgId === login.plan.orgId)
    .flatMap(({ reference }) => stores.contentsOf(reference).staged)
    .filter((text) => fieldsIn(text).username === login.username)
    .flatMap(passwordsIn);
}

/** What lies in several secrets: anything that is current in one of them is there. */
export function together(holdings: readonly Holdings[]): Holdings {
  const [first = { current: null, mfaSeed: null, staged: [], earlier: [] }, ...others] = holdings;
  const current = others.flatMap((other) => other.current ?? []);
  return { ...first, staged: [...holdings.flatMap(({ staged }) => staged), ...current], earlier: holdings.flatMap(({ earlier }) => earlier) };
}

/** Whether a stored password is what the portal accepts, as it is or as the portal would have cut it. */
export const isAccepted = ({ portal }: SimLogin, account: Account, stored: string): boolean =>
  isSame(portal.habits, cut(portal.habits, stored), account.password) || isSame(portal.habits, stored, account.password);

/** Whether typing it, as it is, lets somebody in. */
export const opens = ({ portal }: SimLogin, account: Account, stored: string): boolean => isSame(portal.habits, stored, account.password);

interface Fields {
  readonly username: string | null;
  readonly password: string | null;
  readonly mfa_seed: string | null;
}

/** Every look reads the same few texts again. */
const READ = new Map<string, Fields>();
const MOST_READ = 2_000;

function fieldsIn(text: string): Fields {
  const known = READ.get(text);
  if (known) return known;
  if (READ.size >= MOST_READ) READ.clear();
  const read = parse(text);
  const field = (name: keyof Fields): string | null => (typeof read[name] === 'string' ? read[name] : null);
  const fields = { username: field('username'), password: field('password'), mfa_seed: field('mfa_seed') };
  READ.set(text, fields);
  return fields;
}

function parse(text: string): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Partial<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** Of a stored text; `undefined`: it is none of ours. */
export const fieldOf = (text: string, name: string): unknown => parse(text)[name];

function passwordsIn(text: string): readonly string[] {
  const { password } = fieldsIn(text);
  return password === null ? [] : [password];
}
