import { type Database, recordAuditEvent } from '@rcm/db';
import { type LookFinding, type LookPicture, recordPortalLook } from '@rcm/db/acts';
import { automationRefusal } from '@rcm/portal-access';
import type { Rotator } from '../rotator.ts';
import { knownEndpoint } from './clear-login.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

/** For the pages of one portal. */
const LOOK_MS = 60_000;
const STATES: readonly LookFinding['state'][] = ['there', 'absent', 'unseen', 'missing', 'unexpected'];
const WRONG: readonly LookFinding['state'][] = ['missing', 'unexpected'];

interface Looking {
  readonly rotator: Pick<Rotator, 'drivers'>;
  readonly db: Database;
}

export interface LookOptions extends PersonalAct {
  readonly endpointId: string;
}

/** What was seen, and whether it is as the recipe says. */
export interface Looked {
  readonly findings: readonly LookFinding[];
  readonly pictures: readonly LookPicture[];
  readonly asExpected: boolean;
}

/** `look`: opens the pages of a login's portal without logging in, compares them with the recipe, and keeps what was seen. Exit code 1 where something is not as the recipe says. */
export async function lookCommand(context: CommandContext, options: LookOptions): Promise<number> {
  const { findings, pictures, asExpected } = await lookAtPortal(context.opened, options, context.signal);
  print(context, { endpointId: options.endpointId, asExpected, counts: countsOf(findings), pictures: pictures.map(({ part }) => part), findings }, [
    `${options.endpointId}  ${inWords(findings)}`,
    ...findings
      .filter(({ state }) => WRONG.includes(state))
      .map(({ part, what, state, detail }) => `  ${state}: ${part}: ${what}${detail === null ? '' : ` (${detail})`}`),
  ]);
  return asExpected ? 0 : 1;
}

/**
 * The same for whoever shows it in another way. No credential is read, nothing is typed and no lease is taken: it costs no login. Fails with `endpoint_unknown`, `automation_forbidden` and `automation_undecided`
 * as a login would, and as `Drivers.inspect`; a portal that does not answer is a finding.
 */
export async function lookAtPortal({ rotator, db }: Looking, { endpointId, actor, reason }: LookOptions, signal: AbortSignal): Promise<Looked> {
  const { orgId, baseUrl, portalType } = await knownEndpoint(db, endpointId);
  const refusal = automationRefusal(portalType);
  if (refusal) throw refusal;
  await recordAuditEvent(db, { orgId, actor, action: 'portal.look', subject: endpointId, reason });
  const pictures: LookPicture[] = [];
  const findings = await rotator.drivers.inspect(portalType, { baseUrl, deadlineMs: LOOK_MS, signal, onPicture: (picture) => void pictures.push(picture) });
  await recordPortalLook(db, { orgId, endpointId, portalTypeCode: portalType.code, actor, findings, pictures });
  return { findings, pictures, asExpected: !findings.some(({ state }) => WRONG.includes(state)) };
}

/** For people: `5 as the recipe says, 1 missing, 3 not looked at, as only a login gets there`. */
export function inWords(findings: readonly LookFinding[]): string {
  const counts = countsOf(findings);
  const words = {
    there: 'as the recipe says',
    absent: 'not needed now',
    missing: 'missing',
    unexpected: 'unexpected',
    unseen: 'not looked at, as only a login gets there',
  };
  return Object.entries(words)
    .map(([state, said]) => ({ count: counts[state as LookFinding['state']], said }))
    .filter(({ count }, index) => count > 0 || index === 0)
    .map(({ count, said }) => `${count} ${said}`)
    .join(', ');
}

const countsOf = (findings: readonly LookFinding[]): Readonly<Record<LookFinding['state'], number>> =>
  Object.fromEntries(STATES.map((state) => [state, findings.filter((finding) => finding.state === state).length])) as Record<LookFinding['state'], number>;
