import { CHANGE_ANSWERS, type ChangeAnswer } from '../portal/habits.ts';
import type { Random } from '../time/random.ts';
import { afterRotation, inRotation, type Instant } from './instant.ts';
import type { LoginPlan } from './login-plan.ts';
import type { PortalPlan } from './portal-plan.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What happens to the environment, or what somebody does, that no process of ours decides. */
export type Happening = { readonly at: number } & (
  | { readonly kind: 'the portal is ill'; readonly realm: string; readonly forMs: number; readonly counts: boolean }
  | { readonly kind: 'the portal is closed'; readonly realm: string; readonly forMs: number }
  | { readonly kind: 'the portal asks for a picture puzzle'; readonly realm: string; readonly forMs: number }
  | { readonly kind: 'the next change is answered'; readonly realm: string; readonly answer: ChangeAnswer }
  | { readonly kind: 'the store is down'; readonly store: LoginPlan['store']; readonly forMs: number }
  | { readonly kind: 'the store throttles'; readonly store: LoginPlan['store']; readonly forMs: number }
  | { readonly kind: 'the store denies writes'; readonly store: LoginPlan['store']; readonly forMs: number }
  | { readonly kind: 'the database fails over'; readonly lostMs: number; readonly downMs: number }
  | { readonly kind: "the database's clock is set"; readonly offMs: number }
  | { readonly kind: 'a process is killed'; readonly which: number }
  | { readonly kind: 'a person edits a note'; readonly login: string; readonly saves: Instant }
  | { readonly kind: 'a person sets up a new authenticator'; readonly login: string; readonly begins: Instant; readonly gapMs: number }
  | {
      readonly kind: 'a person changes the password';
      readonly login: string;
      readonly begins: Instant;
      readonly first: 'portal' | 'store';
      readonly gapMs: number;
    }
  | { readonly kind: 'a person changes the password at the portal only'; readonly login: string }
  | { readonly kind: 'a person mistypes'; readonly login: string; readonly times: number }
  | { readonly kind: 'a person locks the account'; readonly login: string; readonly callMs: number; readonly tells: boolean }
  | { readonly kind: 'a person makes the secret anew'; readonly login: string; readonly begins: Instant }
  | {
      readonly kind: 'a person puts in another account';
      readonly login: string;
      readonly begins: Instant;
      readonly whose: 'nobody has it yet' | 'of another login';
    }
  | { readonly kind: 'a person retries'; readonly login: string; readonly begins: Instant }
  | { readonly kind: 'a person rotates'; readonly login: string; readonly begins: Instant; readonly why: 'demand' | 'compromise' }
  | { readonly kind: 'a person rolls back'; readonly login: string; readonly begins: Instant }
  | { readonly kind: 'a person pauses'; readonly login: string; readonly scope: 'all' | 'portal_type' | 'endpoint'; readonly forMs: number }
);

export interface Stage {
  readonly troubleMs: number;
  readonly portals: readonly PortalPlan[];
  readonly logins: readonly LoginPlan[];
}

export const CLOCK = "the database's clock is set";
const WEIGHTS: Readonly<Record<Exclude<Happening['kind'], typeof CLOCK>, number>> = {
  'the portal is ill': 5,
  'the portal is closed': 2,
  'the portal asks for a picture puzzle': 1,
  'the next change is answered': 6,
  'the store is down': 2,
  'the store throttles': 1,
  'the store denies writes': 1,
  'the database fails over': 3,
  'a process is killed': 3,
  'a person edits a note': 5,
  'a person sets up a new authenticator': 2,
  'a person changes the password': 4,
  'a person changes the password at the portal only': 1,
  'a person mistypes': 3,
  'a person locks the account': 2,
  'a person makes the secret anew': 1.5,
  'a person puts in another account': 2,
  'a person retries': 2,
  'a person rotates': 3,
  'a person rolls back': 1,
  'a person pauses': 1,
};

export function happenings(random: Random, stage: Stage): Happening[] {
  const count = random.between(2, 14);
  const list = Array.from({ length: count }, (_, at) => happening(random.of(at), stage));
  return [...list, ...clockIsSet(random.of('clock'), stage)].sort((a, b) => a.at - b.at);
}

/** In every second environment somebody sets the clock of Postgres's machine, ahead or back, and later right. */
function clockIsSet(random: Random, { troubleMs }: Stage): Happening[] {
  if (!random.chance(0.5)) return [];
  const at = random.between(0, Math.floor(troubleMs * 0.9));
  const offMs = random.span(30_000, 30 * HOUR_MS) * (random.chance(0.7) ? 1 : -1);
  return [
    { at, kind: CLOCK, offMs },
    { at: at + random.span(5 * MINUTE_MS, 20 * HOUR_MS), kind: CLOCK, offMs: 0 },
  ];
}

function happening(random: Random, { troubleMs, portals, logins }: Stage): Happening {
  const at = random.between(0, Math.floor(troubleMs * 0.9));
  const { realm } = random.pick(portals);
  const { endpointId: login, store } = random.pick(logins);
  const forMs = random.span(2 * MINUTE_MS, 20 * HOUR_MS);
  const begins: Instant = random.chance(0.4) ? inRotation(random) : { when: 'after', ms: 0 };
  const gapMs = random.span(5_000, 6 * HOUR_MS);
  const kind = random.weighted(WEIGHTS);
  switch (kind) {
    case 'the portal is ill':
      // Now and then over a long weekend.
      return { at, kind, realm, forMs: random.chance(0.2) ? random.span(20 * HOUR_MS, 70 * HOUR_MS) : forMs, counts: random.chance(0.3) };
    case 'the portal is closed':
    case 'the portal asks for a picture puzzle':
      return { at, kind, realm, forMs };
    case 'the next change is answered':
      return { at, kind, realm, answer: random.pick(CHANGE_ANSWERS) };
    case 'the store is down':
    case 'the store throttles':
    case 'the store denies writes':
      return { at, kind, store, forMs };
    case 'the database fails over':
      return { at, kind, lostMs: random.span(10, 20_000), downMs: random.span(1_000, 120_000) };
    case 'a process is killed':
      return { at, kind, which: random.between(0, 9) };
    case 'a person edits a note':
      // Opened now, saved then; meanwhile a rotation may have come and gone.
      return { at, kind, login, saves: saves(random) };
    case 'a person sets up a new authenticator':
      return { at, kind, login, begins, gapMs };
    case 'a person changes the password':
      return { at, kind, login, begins, first: random.pick(['portal', 'portal', 'store']), gapMs };
    case 'a person mistypes':
      return { at, kind, login, times: random.between(1, 2) };
    case 'a person locks the account':
      return { at, kind, login, callMs: random.span(10 * MINUTE_MS, 20 * HOUR_MS), tells: random.chance(0.8) };
    case 'a person puts in another account':
      return { at, kind, login, begins, whose: random.pick(['nobody has it yet', 'of another login']) };
    case 'a person makes the secret anew':
    case 'a person retries':
    case 'a person rolls back':
      return { at, kind, login, begins };
    case 'a person changes the password at the portal only':
      return { at, kind, login };
    case 'a person rotates':
      return { at, kind, login, begins, why: random.pick(['demand', 'compromise']) };
    case 'a person pauses':
      return { at, kind, login, scope: random.pick(['all', 'portal_type', 'endpoint']), forMs };
  }
}

function saves(random: Random): Instant {
  const when = random.weighted({ soon: 3, late: 3, 'in the next rotation': 3, 'after the next rotation': 3 });
  if (when === 'in the next rotation') return inRotation(random);
  if (when === 'after the next rotation') return afterRotation(random);
  return { when: 'after', ms: when === 'soon' ? random.span(5_000, 5 * MINUTE_MS) : random.span(HOUR_MS, 60 * HOUR_MS) };
}
