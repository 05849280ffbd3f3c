import { type Account, cut, isSame } from '../portal/account.ts';
import type { SimLogin, World } from '../world/world.ts';

/** The passwords that lie in a login's store, by where they lie. */
export interface Holdings {
  readonly current: string | null;
  /** In current. */
  readonly mfaSeed: string | null;
  readonly staged: readonly string[];
  readonly earlier: readonly string[];
}

export function holdingsOf({ stores }: World, { reference }: SimLogin): Holdings {
  const { current, staged, earlier } = stores.contentsOf(reference);
  return {
    current: current === null ? null : fieldIn(current, 'password'),
    mfaSeed: current === null ? null : fieldIn(current, 'mfa_seed'),
    staged: staged.flatMap(passwordsIn),
    earlier: earlier.flatMap(passwordsIn),
  };
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

function fieldIn(text: string, field: 'password' | 'mfa_seed'): string | null {
  try {
    const value = (JSON.parse(text) as Partial<Record<string, unknown>>)[field];
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function passwordsIn(text: string): readonly string[] {
  const password = fieldIn(text, 'password');
  return password === null ? [] : [password];
}
