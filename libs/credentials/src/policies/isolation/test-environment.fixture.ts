import { deployed, ENVIRONMENT, type JudgedAccount, type Layers, openJudgedAccount } from './account.fixture.ts';
import { administratorCells } from './administrator.fixture.ts';
import { closeClients } from './clients.fixture.ts';
import { allowedOnOwn, allowedOnOwnByGuardrail, allowedOnOwnByKeyPolicy, allowedToGuardian } from './expected.fixture.ts';
import { forgeries } from './forgeries.fixture.ts';
import { keyActions } from './key-actions.fixture.ts';
import { type Cell, matrixOf } from './matrix.fixture.ts';
import { guardianOnPaper } from './guardian-on-paper.fixture.ts';
import { onPaper, otherSessions } from './on-paper.fixture.ts';
import { parameterActions } from './parameter-actions.fixture.ts';
import { secretActions } from './secret-actions.fixture.ts';
import { openForgedSessions, openSessions, type Session } from './sessions.fixture.ts';
import { makeTargets } from './targets.fixture.ts';

/** Combinations that are judged with the same layers standing. */
export interface CellGroup {
  readonly name: string;
  readonly layers: Layers;
  readonly cells: readonly Cell[];
}

export interface IsolationEnvironment {
  readonly account: JudgedAccount;
  readonly groups: readonly CellGroup[];
  close(): Promise<void>;
}

/** An account under the platform's own policies, with every tenant's secrets, every session, and everything they may try. */
export async function openIsolationEnvironment(): Promise<IsolationEnvironment> {
  const account = await openJudgedAccount();
  const targets = await makeTargets(account);
  const [sessions, forged] = [await openSessions(account.aws), openForgedSessions(account.aws)];
  const actions = [...parameterActions, ...secretActions, ...keyActions];
  const keyTaking = actions.filter(({ name }) => name in allowedOnOwnByKeyPolicy);
  // The tenant that tags are forged for, and its namesake in another environment.
  const forgedFor = targets.filter(({ place }) => place.tenant === 'mercy');
  const takingAway = actions.filter(({ name }) => name in allowedOnOwnByGuardrail);
  const ofEnvironment = targets.filter(({ place }) => place.environment === ENVIRONMENT);
  const all = { account, sessions, targets, actions, allowedOnOwn, allowedToGuardian };
  const byKeyPolicy = { ...all, actions: keyTaking, allowedOnOwn: allowedOnOwnByKeyPolicy };
  const byGuardrail = { ...all, actions: takingAway, allowedOnOwn: allowedOnOwnByGuardrail };
  const isRotator = ({ name }: Session): boolean => /^rotator (of|with) /.test(name);
  const parts = {
    matrix: matrixOf(all),
    forgedTags: matrixOf({ ...all, sessions: forged, targets: forgedFor }),
    identity: matrixOf({ ...all, actions: [...keyTaking.filter((action) => !keyActions.includes(action)), ...takingAway] }),
    key: matrixOf(byKeyPolicy),
    keyForged: matrixOf({ ...byKeyPolicy, sessions: forged, targets: forgedFor }),
    guardrail: matrixOf({ ...byGuardrail, sessions: [...sessions, ...forged.filter(isRotator)], targets: ofEnvironment }),
    // A rotator is kept to its tenant's staged copies wherever else it looks.
    guardrailElsewhere: matrixOf({
      ...byGuardrail,
      sessions: sessions.filter(isRotator),
      targets: targets.filter((target) => !ofEnvironment.includes(target)),
      actions: takingAway.filter(({ name }) => name.startsWith('DeleteParameter')),
    }),
    forgeries: forgeries(account),
    administrator: administratorCells(account, targets),
  };
  const own = await account.decider(deployed());
  const group = (name: string, cells: readonly Cell[], layers: Layers = 'all'): CellGroup => ({ name, cells, layers });
  return {
    account,
    groups: [
      group('session × tenant × action', parts.matrix.cells),
      group('session with forged tags × tenant × action', parts.forgedTags.cells),
      group('becoming a tenant', parts.forgeries.cells),
      group('administrator', parts.administrator.cells),
      group('on paper', onPaper(own)),
      group('session × tenant × action', parts.identity.cells, 'identity policies alone'),
      group('becoming a tenant', [...parts.forgeries.byIdentity, ...otherSessions(own)], 'identity policies alone'),
      group('becoming a tenant', [...parts.forgeries.byTrust, ...otherSessions(own)], 'trust policies alone'),
      group('session × tenant × action', [...parts.key.cells, ...parts.keyForged.cells], 'key policy alone'),
      group('session × tenant × what takes away', [...parts.guardrail.cells, ...parts.guardrailElsewhere.cells, ...guardianOnPaper(own)], 'guardrail alone'),
    ],
    async close() {
      for (const part of Object.values(parts)) part.close();
      for (const { clients } of [...sessions, ...forged]) closeClients(clients);
      await account.close();
    },
  };
}
