import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { ENVIRONMENT, type JudgedAccount } from './account.fixture.ts';
import type { Action, ActionCall } from './action.fixture.ts';
import { type Clients, clientsOf, closeClients } from './clients.fixture.ts';
import { allowedOnOwnByGuardrail } from './expected.fixture.ts';
import { keyActions } from './key-actions.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
import { parameterActions } from './parameter-actions.fixture.ts';
import { secretActions } from './secret-actions.fixture.ts';
import type { Target } from './targets.fixture.ts';

/** The account's administrator may do everything that IAM can give, and so looks after the key; a password it does not get to see, nor to delete. */
export function administratorCells(account: JudgedAccount, targets: readonly Target[]): { readonly cells: Cell[]; close(): void } {
  const clients = clientsOf(account.aws, account.aws.credentials);
  const cell = (title: string, expected: Cell['expected'], run: (clients: Clients) => Promise<unknown>): Cell => ({
    title: `administrator: ${title}`,
    expected,
    standsForOthers: true,
    run: (by) => account.judge(() => run(clients), by),
  });
  const refused = (action: Action, call: ActionCall): Cell => ({
    title: `administrator: ${action.name} of ${call.at.root}`,
    expected: 'denied',
    standsForOthers: true,
    async run(by) {
      await account.unguarded(async () => action.prepare?.(call));
      const judged = await account.judge(() => action.run(call), by);
      if (judged.outcome === 'allowed') await account.unguarded(async () => action.restore?.(call));
      return judged;
    },
  });
  const takingAway = [...parameterActions, ...secretActions].filter(({ name }) => name in allowedOnOwnByGuardrail);
  const ofTarget = (at: Target, other: Target): Cell[] => {
    const name = `${at.root}/endpoints/e1/a1`;
    return [
      cell(`GetParameter ${name}`, 'denied', ({ ssm }) => ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))),
      cell(`GetParameter ${name}, as ciphertext`, 'allowed', ({ ssm }) => ssm.send(new GetParameterCommand({ Name: name, WithDecryption: false }))),
      cell(`GetSecretValue ${name}`, 'denied', ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: name.slice(1) }))),
      cell(`kms DescribeKey`, 'allowed', ({ kms }) => kms.send(new DescribeKeyCommand({ KeyId: at.keyId }))),
      ...[
        ...(at.place.environment === ENVIRONMENT ? takingAway : []),
        ...keyActions.filter((action) => /crypt|DataKey|DisableKey|ScheduleKeyDeletion/.test(action.name)),
      ].map((action) => refused(action, { clients, at, other, own: 'administrator', caller: at.place })),
    ];
  };
  return { cells: targets.flatMap((at, index) => ofTarget(at, targets[(index + 1) % targets.length] ?? at)), close: () => closeClients(clients) };
}
