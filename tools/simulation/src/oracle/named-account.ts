import type { Account } from '../portal/account.ts';
import type { SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import type { Watched } from './watched.ts';

export const accountOf = ({ portal, username }: SimLogin): Account | undefined => portal.accounts.get(username);

export const isSameAccount = (one: SimLogin, other: SimLogin): boolean => one.portal === other.portal && one.username === other.username;

/** Whom the secret names now is who is to get in: of two people who saved one after the other, the last has the word. */
export function namedLogin({ stores }: SimulatedEnvironment, login: SimLogin): SimLogin {
  const text = stores.personReads(login.reference);
  const username = text === null ? login.username : String((JSON.parse(text) as { readonly username?: unknown }).username);
  return login.portal.accounts.has(username) ? { ...login, username } : login;
}

/** An account that lies in two secrets is not rotated, and people were told. */
export const liesTwice = (all: readonly Watched[], login: SimLogin, watched: SimLogin): boolean =>
  all.some(({ login: other }) => other !== watched && isSameAccount(login, other));
