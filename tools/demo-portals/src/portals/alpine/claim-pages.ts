import type { Claim } from '../../claims/claims.ts';
import type { Telling } from '../../records/list-habits.ts';

const PAGE_SIZE = 10;

interface Place {
  /** From 1. */
  readonly page: number;
  /** Nothing leads further. */
  readonly isLast: boolean;
  /** How many claims it says there are. */
  readonly total: number;
}

/** What a list makes of the truth. */
const TOLD: Readonly<Record<Telling, (place: Place) => Place>> = {
  truth: (place) => place,
  /** What leads to the next page shows the first again. */
  stuck: (place) => ({ ...place, page: 1, isLast: false }),
  ends_early: (place) => ({ ...place, isLast: place.isLast || place.page === 2 }),
  too_many: (place) => ({ ...place, total: place.total + 6 }),
  too_few: (place) => ({ ...place, total: place.total - 3 }),
};

/** A page of claims as the list shows it. */
export interface ClaimsShown {
  readonly claims: readonly Claim[];
  readonly page: number;
  readonly pages: number;
  readonly isLast: boolean;
  /** `11 to 20 of 24 claims` */
  readonly range: string;
}

export function claimsShown(found: readonly Claim[], asked: number, telling: Telling): ClaimsShown {
  const pages = Math.ceil(found.length / PAGE_SIZE);
  const page = Math.min(asked, pages);
  const told = TOLD[telling]({ page, isLast: page === pages, total: found.length });
  const from = (told.page - 1) * PAGE_SIZE;
  const claims = found.slice(from, from + PAGE_SIZE);
  return { claims, page: told.page, pages, isLast: told.isLast, range: `${from + 1} to ${from + claims.length} of ${told.total} claims` };
}
