import { type Account, isSame } from '../portal/account.ts';
import type { PortalEntry } from '../portal/record.ts';
import type { SimLogin } from '../environment/sim-login.ts';

type At = Pick<SimLogin, 'door' | 'portal'>;

/** Behind the password, whatever came then. */
const RIGHT: ReadonlySet<PortalEntry['ended']> = new Set(['accepted', 'must change', 'wrong code', 'no code']);

/**
 * Whether the portal has lied to us by its parts: not all of them know its newest password yet, though the time is over that we were told to give it; one has refused it to somebody of
 * ours, and since that time one has let us in with another. Nobody can know then which of the two is the newer.
 */
export function isRefusedStill(login: At, account: Account, now: number): boolean {
  const toldEnd = account.passwordAt + toldMs(login);
  if (now >= account.propagatedAt || now < toldEnd) return false;
  const ours = triesOf(login, account);
  return (
    ours.some((entry) => entry.ended === 'wrong' && isNewest(login, account, entry)) &&
    ours.some((entry) => entry.at >= toldEnd && RIGHT.has(entry.ended) && !isNewest(login, account, entry))
  );
}

/**
 * Whether a part of a slow portal refused its newest password, which it did not know yet, and nobody has got in with it since: to anybody outside it is a wrong one. It may have been
 * refused again later, as by a portal that is ill.
 */
export function wasRefusedBySlowParts(login: At, account: Account): boolean {
  if (login.portal.habits.propagationDelayMs <= toldMs(login)) return false;
  const withIt = triesOf(login, account).filter((entry) => isNewest(login, account, entry));
  const since = withIt.slice(withIt.findLastIndex(({ ended }) => RIGHT.has(ended)) + 1);
  return since.some(({ ended, at }) => ended === 'wrong' && at < account.propagatedAt);
}

/** Logins of ours since the portal has its newest password. */
const triesOf = ({ portal }: At, { username, passwordAt }: Account): readonly PortalEntry[] =>
  portal.record.filter((entry) => entry.act === 'login' && entry.username === username && entry.by !== 'person' && entry.at >= passwordAt);

const isNewest = ({ portal }: At, account: Account, { password }: PortalEntry): boolean =>
  password !== null && isSame(portal.habits, password, account.password);

const toldMs = ({ door }: At): number => door.type.propagationDelayMs ?? 0;
