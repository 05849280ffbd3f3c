import type { Fault } from '../time/faults.ts';
import type { Happening } from '../environment/happening.ts';
import type { Plan } from '../environment/plan.ts';

/** What is left of a seed: which of its happenings, of the faults that it met, of its logins, and how many processes. */
export interface Reduction {
  readonly happenings: readonly number[];
  readonly faults: readonly number[];
  readonly logins: readonly number[];
  readonly rotators: number;
  readonly agents: number;
  /** Clocks are right, and reads are never behind. */
  readonly exact: boolean;
}

export const everything = (plan: Plan, faults: readonly Fault[]): Reduction => ({
  happenings: plan.happenings.map((_, at) => at),
  faults: faults.map((_, at) => at),
  logins: plan.logins.map((_, at) => at),
  rotators: plan.rotators,
  agents: plan.agents,
  exact: false,
});

/** The plan with what is left. */
export function reduced(plan: Plan, met: readonly Fault[], { happenings, faults, logins, rotators, agents, exact }: Reduction): Plan {
  const kept = logins.flatMap((at) => plan.logins[at] ?? []);
  const isKept = (happening: Happening): boolean => !('login' in happening) || kept.some(({ endpointId }) => endpointId === happening.login);
  return {
    ...plan,
    logins: kept,
    happenings: happenings.flatMap((at) => plan.happenings[at] ?? []).filter(isKept),
    onlyFaults: faults.flatMap((at) => met[at] ?? []),
    rotators,
    agents,
    ...(exact ? { clocksOffMs: 0, staleMs: 0 } : {}),
  };
}

const list = (numbers: readonly number[]): string => numbers.join('.');
const numbers = (text: string | undefined): number[] => (text ? text.split('.').map(Number) : []);

/** For the command line, and back. */
export const written = ({ happenings, faults, logins, rotators, agents, exact }: Reduction): string =>
  `h${list(happenings)}-f${list(faults)}-l${list(logins)}-r${rotators}-a${agents}-${exact ? 'exact' : 'off'}`;

const WRITTEN = /^h([0-9.]*)-f([0-9.]*)-l([0-9.]*)-r([0-9]+)-a([0-9]+)-(exact|off)$/;

/** `null`: it is none. */
export function readReduction(text: string): Reduction | null {
  const [whole, happenings, faults, logins, rotators, agents, exact] = WRITTEN.exec(text) ?? [];
  if (whole === undefined) return null;
  return {
    happenings: numbers(happenings),
    faults: numbers(faults),
    logins: numbers(logins),
    rotators: Number(rotators),
    agents: Number(agents),
    exact: exact === 'exact',
  };
}
