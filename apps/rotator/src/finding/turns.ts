import { passwordTries } from '@rcm/db/ledger';
import { accountOf } from '@rcm/portal-access';
import { againIn, type Known, type Search } from './search.ts';

const DAY_MS = 86_400_000;

/**
 * Two rows that take turns. `again`: what was stored whole and refused since the account was last seen to accept anything, the longest time ago first. `others`: what was not, in its
 * order, and then what a portal may have cut that was refused, the longest time ago first. So nothing is asked for ever, and everything some time, however little the portal forgives.
 */
export function inTurn(all: readonly Known[]): { readonly again: Known[]; readonly others: Known[] } {
  const acceptedAt = acceptedLastAt(all).getTime();
  const refusedAt = ({ tries: { refusedLastAt } }: Known): number => (refusedLastAt && refusedLastAt.getTime() > acceptedAt ? refusedLastAt.getTime() : 0);
  const byAge = all.toSorted((one, other) => refusedAt(one) - refusedAt(other));
  const isAgain = (each: Known): boolean => each.candidate.name.first === undefined && refusedAt(each) > 0;
  return { again: byAge.filter(isAgain), others: byAge.filter((each) => !isAgain(each)) };
}

/**
 * Whether the last turn was `again`'s: a search may have one login for a day, and the next one goes on with the other row. As the ledger has it, the last that was refused had been
 * refused before, since the account accepted anything.
 */
export async function wasAgain({ services, login }: Search, all: readonly Known[]): Promise<boolean> {
  const refusedAt = ({ tries: { refusedLastAt } }: Known): number => refusedLastAt?.getTime() ?? 0;
  const [last] = all.toSorted((one, other) => refusedAt(other) - refusedAt(one));
  if (last === undefined || refusedAt(last) === 0 || last.candidate.name.first !== undefined) return false;
  const { orgId, loginIdentity } = login.endpoint;
  const { fingerprints } = accountOf(services.keys, login.endpoint, last.candidate.payload);
  const { refusedSince } = await passwordTries(services.db, { orgId, loginIdentity, fingerprints, since: acceptedLastAt(all) });
  return refusedSince > 1;
}

const acceptedLastAt = (all: readonly Known[]): Date => new Date(Math.max(0, ...all.map(({ tries }) => tries.provedAt?.getTime() ?? 0)));

/**
 * What is asked once more while a search after a change waits: what an ill portal may have refused a day ago, the longest time ago first, and then in each window what the change was to make
 * the portal accept, and what it accepted before. These two last, or they would take what each window has to spare, and the rest of it would never be asked again (seed 9795 of the
 * simulation). Where no time makes the portal forget failures, what is left of the budget is all there will be.
 */
export function onceMore(search: Search, exhausted: readonly Known[]): readonly Known[] {
  const { asksTwice, attemptId, login } = search;
  if (asksTwice !== 'everything' || login.endpoint.portalType.lockoutWindowSeconds === null) return [];
  const isLikeliest = ({ candidate: { name } }: Known): boolean =>
    name.first === undefined && (name.kind === 'current' || (name.kind === 'copy' && name.of === attemptId));
  const age = ({ tries: { refusedLastAt, now } }: Known): number => now.getTime() - (refusedLastAt?.getTime() ?? 0);
  const others = exhausted.filter((known) => !isLikeliest(known) && age(known) >= DAY_MS);
  return [...others.toSorted((one, other) => age(other) - age(one)), ...exhausted.filter((known) => isLikeliest(known) && againIn(search, known.tries) === 0)];
}
