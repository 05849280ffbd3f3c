import type { PersonalAct } from './command.ts';

export const ACCEPTABLE = ['current', 'staged', 'typed', 'found'] as const;

export interface ResolveOptions extends PersonalAct {
  readonly endpointId: string;
  /** Which password the portal accepts now, as the person says; `found`: whichever stored one a search finds. */
  readonly accept: (typeof ACCEPTABLE)[number];
  /** The person answers for it where no login may be spent on the proof. */
  readonly proof: 'login' | 'unverified';
  /** The version of the secret that the person has looked at; `null`: they do not say. Their word for `current` is of that one alone. */
  readonly seen: string | null;
  readonly dryRun: boolean;
}
