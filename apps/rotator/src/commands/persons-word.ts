import { notePersonsWord, type PersonsWord } from '@rcm/db/rotation';
import { knownEndpoint } from './clear-login.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

export interface WordOptions extends PersonalAct {
  readonly endpointId: string;
  readonly kind: PersonsWord['kind'];
  /** When; `null`: now. */
  readonly at: Date | null;
  readonly dryRun: boolean;
}

const NOTED: Readonly<Record<PersonsWord['kind'], string>> = {
  logged_in: 'a person logged in at the portal; the time until it is disabled counts from there',
  recertified: 'a person recertified it at the portal; the time until the next counts from there',
};

/** `logged-in` and `recertified`: what a person did at the portal. Fails as `notePersonsWord`. */
export async function personsWordCommand(context: CommandContext, { kind, dryRun, ...options }: WordOptions): Promise<number> {
  const { db } = context.opened;
  const { orgId, id: endpointId } = await knownEndpoint(db, options.endpointId);
  const at = options.at ?? context.opened.rotator.clock.now();
  if (!dryRun) await notePersonsWord(db, { orgId, endpointId, kind, at, actor: options.actor, reason: options.reason });
  print(context, { endpointId, kind, at, dryRun }, [`${endpointId}  ${dryRun ? 'would note' : 'noted'}: ${NOTED[kind]} (${at.toISOString()})`]);
  return 0;
}
