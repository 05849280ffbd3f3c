import { type EndpointRow, findEndpoint } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { askLogin, type LoginAnswer, type LoginPatience } from '../credential/ask-login.ts';
import { mustBeToDecide, type Resolved, resolveEndpoint, type Take } from '../credential/resolve.ts';
import { isOne, lookAtBoth } from '../credential/row-and-secret.ts';
import { endedAs, type Migration } from '../migration.ts';
import type { Report } from '../report.ts';
import type { PersonalAct } from './rollback.ts';

export interface ResolveCall extends PersonalAct {
  readonly endpointId: string;
  readonly take: Take;
  /** The version of the secret that the person has looked at. */
  readonly seen: string;
  /** `login`: one login says whether the choice is right. */
  readonly proof: 'login' | 'none';
  readonly patience?: LoginPatience;
}

/** Fails with `input_invalid`. */
export function takeOf(take: string | undefined): Take {
  if (take === 'row' || take === 'store') return take;
  throw new RcmError('input_invalid', 'Say which of the two the portal accepts: --take row, or --take store. Nothing was changed.');
}

/** Fails with `input_invalid`. */
export function seenOf(seen: string | undefined): string {
  if (seen !== undefined) return seen;
  throw new RcmError('input_invalid', 'Say which version of the secret you have looked at: --seen VERSION, as --dry-run tells it. Nothing was changed.');
}

/** For a person who is to say which of the two is right: which version the secret has, and whether they differ. Changes nothing, and shows no value. */
export async function lookBeforeResolving(migration: Migration, endpointId: string): Promise<Report> {
  const { legacy, stored } = await lookAtBoth(migration, await known(migration, endpointId));
  const same = isOne(migration, { legacy, stored });
  const { version: secretVersion } = stored;
  return {
    json: { endpointId, dryRun: true, secretVersion, same },
    lines: [
      `${endpointId}: the secret has version ${secretVersion}, and row and store ${same ? 'hold the same login' : 'hold two logins'}. Nothing was changed.`,
      ...(same ? [] : [`  Once you know which of them the portal accepts: --take row|store --seen ${secretVersion}`]),
    ],
    complete: true,
  };
}

async function known({ db }: Migration, endpointId: string): Promise<EndpointRow> {
  const endpoint = await findEndpoint(db, { endpointId });
  if (!endpoint) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was changed.`);
  return endpoint;
}

/**
 * One endpoint whose row and secret differ becomes one again, as a person says (`resolveEndpoint`). What the store holds already is tried before the row is touched, where nothing else stands in the way;
 * what the row holds can only be tried once the store has it. Fails with `login_rejected` and nothing changed where the portal refuses what the store holds,
 * with `login_not_allowed` where nobody made that login.
 */
export async function resolve(migration: Migration, { endpointId, take, seen, proof, patience, ...act }: ResolveCall): Promise<Report> {
  const endpoint = await known(migration, endpointId);
  const first = proof === 'login' && take === 'store' && endpoint.secretArn !== null;
  const ask = () => askLogin(migration, { endpointId, orgId: endpoint.orgId, ...act }, patience);
  if (first) await mustBeToDecide(migration, endpoint, { seen });
  const before = first ? await ask() : null;
  if (before && before.is !== 'accepted') throw notProved(before);
  const { version, kept } = await resolveEndpoint(migration, endpoint, { take, seen, ...act });
  migration.onEnd(endedAs(endpoint, 'resolved'));
  const login = before ?? (proof === 'login' ? await ask() : null);
  return reportOf({ endpointId, take, version, kept, login });
}

interface Told extends Resolved, Pick<ResolveCall, 'endpointId' | 'take'> {
  /** `null`: nobody asked for one. */
  readonly login: LoginAnswer | null;
}

function reportOf({ endpointId, take, version, kept, login }: Told): Report {
  return {
    json: {
      endpointId,
      taken: take,
      secretVersion: version,
      kept,
      login: login && (login.is === 'accepted' ? { is: login.is } : { is: login.is, code: login.code }),
    },
    lines: [
      `${endpointId}: row and store hold the ${take}’s login now (version ${version}).`,
      kept === null ? '  They were one already.' : `  What was not taken is kept as ${kept}`,
      ...(login === null ? [] : [saidOf(login)]),
    ],
    complete: login === null || login.is === 'accepted',
  };
}

function saidOf(login: LoginAnswer): string {
  if (login.is === 'accepted') return '  The portal accepts it.';
  return `  ${login.is === 'refused' ? 'The portal refuses it' : 'No login proved it'}: ${login.code}: ${login.words}`;
}

function notProved({ is, code, words }: Exclude<LoginAnswer, { is: 'accepted' }>): RcmError {
  if (is === 'refused') return new RcmError('login_rejected', `The portal does not take what the store holds (${code}). Nothing was changed. ${words}`);
  return new RcmError('login_not_allowed', `No login proved it (${code}), so nothing was changed; without --login it is your word. ${words}`);
}
