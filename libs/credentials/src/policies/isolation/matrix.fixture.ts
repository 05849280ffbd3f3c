import type { Authorize } from '@rcm/local-aws';
import { isLongForm } from '@rcm/test-services';
import { ENVIRONMENT, type Judged, type JudgedAccount } from './account.fixture.ts';
import type { Action, ActionCall } from './action.fixture.ts';
import { type Clients, clientsOf, closeClients } from './clients.fixture.ts';
import { allowedToTask } from './expected.fixture.ts';
import type { Session } from './sessions.fixture.ts';
import type { Place, Target } from './targets.fixture.ts';

/** One combination: who, what, on whose secrets, and what must come of it. */
export interface Cell {
  readonly title: string;
  readonly expected: 'allowed' | 'denied';
  /** Every tenant is like the next: changed policies are asked about one of them, and about those whose names begin like its own. */
  readonly standsForOthers: boolean;
  run(by?: Authorize): Promise<Judged>;
}

export interface MatrixOptions {
  readonly account: JudgedAccount;
  readonly sessions: readonly Session[];
  readonly targets: readonly Target[];
  readonly actions: readonly Action[];
  readonly allowedOnOwn: Readonly<Record<string, readonly string[]>>;
  readonly allowedToGuardian: ReadonlySet<string>;
}

/** Of those that another one stands for, and of callers that serve nobody, one in so many is tried in the short form. */
const ONE_IN = isLongForm() ? 1 : 7;

/** Every session × every tenant's secrets × every action; in the short form what `isAlwaysTried` says, and some of the others. */
export function matrixOf(options: MatrixOptions): { readonly cells: Cell[]; close(): void } {
  const { account, sessions, targets, actions } = options;
  const admin = clientsOf(account.aws, account.aws.credentials);
  const cellOf = (session: Session, target: number, action: Action, caller: number): Cell => {
    const [at, other] = [targets[target], targets[(target + 1) % targets.length]];
    if (!at || !other) throw new Error('There is no such target.');
    const call = (clients: Clients): ActionCall => ({ clients, at, other, own: `made-${caller}`, caller: session.serves?.place ?? at.place });
    return {
      title: `${session.name}: ${action.name} of ${at.place.tenant} in ${at.place.environment}`,
      expected: isAllowed(options, session, at, action) ? 'allowed' : 'denied',
      standsForOthers: isNamesake(at.place) && (session.serves === null || isNamesake(session.serves.place)),
      async run(by) {
        await account.unguarded(async () => action.prepare?.(call(admin)));
        const judged = await account.judge(() => action.run(call(session.clients)), by);
        if (judged.outcome === 'allowed') await account.unguarded(async () => action.restore?.(call(admin)));
        return judged;
      },
    };
  };
  return {
    cells: sessions
      .flatMap((session, caller) =>
        targets.flatMap((at, target) =>
          actions.map((action) => ({ isTried: isAlwaysTried(session, at.place), cell: cellOf(session, target, action, caller) })),
        ),
      )
      .filter(({ isTried }, place) => isTried || place % ONE_IN === 0)
      .map(({ cell }) => cell),
    close: () => closeClients(admin),
  };
}

/** One tenant's sessions on whatever is named like it, and the guardian on that tenant's own: with these each change of the policies turns a combination. */
const isAlwaysTried = ({ serves, isGuardian }: Session, at: Place): boolean =>
  isGuardian ? isOne(at) : serves !== null && isOne(serves.place) && isNamesake(at);

const isOne = ({ tenant, environment }: Place): boolean => tenant === 'mercy' && environment === ENVIRONMENT;

const isNamesake = ({ tenant }: Place): boolean => tenant.startsWith('mercy');

function isAllowed({ allowedOnOwn, allowedToGuardian }: MatrixOptions, { serves, task, isGuardian }: Session, { place }: Target, { name }: Action): boolean {
  // The key is the whole environment's, whichever tenant's secrets are looked at.
  if (isGuardian) return allowedToGuardian.has(name) && (place.environment === ENVIRONMENT || name.startsWith('kms '));
  if (task !== null) return place.environment === ENVIRONMENT && allowedToTask[name] === task;
  if (serves?.place.tenant !== place.tenant || serves.place.environment !== place.environment) return false;
  return (allowedOnOwn[name] ?? []).includes(serves.app);
}
