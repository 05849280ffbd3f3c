import { type NewPlace, parseReference, placeKey } from '@rcm/credentials';
import { type EndpointRow, findEndpoint } from '@rcm/db';
import { noteMoveProved, type UnnamedSecret, unnamedSecretsOf } from '@rcm/db/migration';
import { isRcmError, RcmError } from '@rcm/telemetry';
import { type Migration, toTheEnd } from '../migration.ts';
import { askLogin, type LoginAnswer, type LoginPatience } from './ask-login.ts';
import type { Why } from './move.ts';
import { type Relocated, relocateEndpoint } from './relocate.ts';

/** `moved_back`: the login was not accepted with what lies there, so the row names again what it named. `login`: how that went; `null`: none was asked for. */
export interface ProvedMove extends Omit<Relocated, 'is'> {
  readonly is: Relocated['is'] | 'moved_back';
  readonly login: LoginAnswer | null;
}

/**
 * Moves a login's secret and has a rotator log in once with what lies in the new place, inside the ledger's budget: whether the processes reach it, and the portal accepts it.
 * Where that is not so, or nobody can say, also as a stop was asked for, it is moved back to where its earlier versions lie. A move that an earlier call left unproved, as its
 * process died, is ended in the same way: where it lies there already, the login is made now. Fails as `relocateEndpoint` does; where it could not be moved back with
 * `state_conflict`, naming why and where it lies.
 */
export async function relocateProved(
  migration: Migration,
  endpoint: EndpointRow,
  to: NewPlace,
  act: Why & { readonly patience?: LoginPatience | undefined },
): Promise<ProvedMove> {
  const { patience, ...why } = act;
  const { is, ...places } = await relocateEndpoint(migration, endpoint, to, { ...why, proof: 'awaited' });
  const owner = { endpointId: endpoint.id, orgId: endpoint.orgId };
  const left = is === 'moved' ? { place: places.from, secretArn: endpoint.secretArn } : await leftUnproved(migration, owner);
  if (left === null) return { is, ...places, login: null };
  const login = await askLogin(migration, { ...owner, ...why }, patience);
  if (is === 'already' && login.is === 'not_tried' && login.code === 'state_conflict')
    throw new RcmError(
      'state_conflict',
      `${login.words} It lies in ${places.to}, where a login is still to show that it is accepted: say it again when that was answered.`,
    );
  const moved = { from: left.place, to: places.to };
  if (login.is !== 'accepted') {
    await moveBack(migration, { ...moved, ...left, endpointId: endpoint.id, actor: why.actor, login });
    return { is: 'moved_back', ...moved, login };
  }
  await noteProved(migration, owner);
  return { is: 'moved', ...moved, login };
}

/** The same without a login: whoever says so answers for it, also where an earlier call left a move to be proved. Fails as `relocateEndpoint`. */
export async function relocateUnproved(migration: Migration, endpoint: EndpointRow, to: NewPlace, why: Why): Promise<ProvedMove> {
  const moved = await relocateEndpoint(migration, endpoint, to, why);
  await noteProved(migration, { endpointId: endpoint.id, orgId: endpoint.orgId });
  return { ...moved, login: null };
}

/** The move is done, whether that is noted or not. */
const noteProved = ({ db, patienceToTheEnd, logger }: Migration, owner: Pick<UnnamedSecret, 'endpointId' | 'orgId'>): Promise<void> =>
  patienceToTheEnd(null, () => noteMoveProved(db, owner)).catch((error: unknown) =>
    logger.warn({ err: error, ...owner }, 'that no login is to prove the move any more was not noted; the same call makes one'),
  );

/** Where the login lay before it was moved, while a login is still to show that it is accepted; `null`: none is, or what lay there is gone. */
async function leftUnproved({ db, patience }: Migration, owner: Pick<UnnamedSecret, 'endpointId' | 'orgId'>): Promise<UnnamedSecret | null> {
  const all = await patience(null, () => unnamedSecretsOf(db, owner));
  const unproved = all.filter((one) => one.unproved && one.removedAt === null);
  return unproved.toSorted((a, b) => b.since.getTime() - a.since.getTime())[0] ?? null;
}

interface Back {
  readonly endpointId: string;
  readonly from: string;
  readonly to: string;
  /** Of what the row named before. */
  readonly secretArn: string | null;
  readonly actor: string;
  readonly login: Exclude<LoginAnswer, { is: 'accepted' }>;
}

async function moveBack(migration: Migration, { endpointId, from, to, secretArn, actor, login }: Back): Promise<void> {
  const ending = toTheEnd(migration);
  const find = () => ending.patience(null, () => findEndpoint(migration.db, { endpointId }));
  try {
    const row = await find();
    if (row && secretArn !== null) await relocateEndpoint(ending, row, parseReference(secretArn), { actor, reason: `moved back: ${login.code}` });
  } catch (error) {
    const why = isRcmError(error) ? error.message : 'unexpected';
    const now = await find().catch(() => null);
    const stands = now?.secretArn ? `The row names what lies in ${placeKey(parseReference(now.secretArn))}` : 'Where the row points now is not known';
    throw new RcmError(
      'state_conflict',
      `The login was moved to ${to}, was not accepted there (${login.code}: ${login.words}), and could not be moved back to ${from}: ${why} ${stands}; the same call goes on with it.`,
      { cause: error },
    );
  }
}
