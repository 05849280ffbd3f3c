import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { DeleteSecretCommand, GetSecretValueCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, GetParameterCommand, RemoveTagsFromResourceCommand } from '@aws-sdk/client-ssm';
import { ENVIRONMENT, type JudgedAccount } from './account.fixture.ts';
import { type Clients, clientsOf, closeClients } from './clients.fixture.ts';
import { keyActions } from './key-actions.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
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
  const ofTarget = (at: Target, other: Target): Cell[] => {
    const name = `${at.root}/endpoints/e1/a1`;
    return [
      cell(`GetParameter ${name}`, 'denied', ({ ssm }) => ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))),
      cell(`GetParameter ${name}, as ciphertext`, 'allowed', ({ ssm }) => ssm.send(new GetParameterCommand({ Name: name, WithDecryption: false }))),
      cell(`GetSecretValue ${name}`, 'denied', ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: name.slice(1) }))),
      cell(`kms DescribeKey`, 'allowed', ({ kms }) => kms.send(new DescribeKeyCommand({ KeyId: at.keyId }))),
      ...(at.place.environment === ENVIRONMENT ? takingAway(name) : []),
      ...keyActions
        .filter((action) => /crypt|DataKey|DisableKey|ScheduleKeyDeletion/.test(action.name))
        .map((action) => cell(`${action.name} ${name}`, 'denied', () => action.run({ clients, at, other, own: 'administrator', caller: at.place }))),
    ];
  };
  const takingAway = (name: string): Cell[] => [
    cell(`DeleteParameter ${name}`, 'denied', ({ ssm }) => ssm.send(new DeleteParameterCommand({ Name: name }))),
    cell(`RemoveTagsFromResource ${name}`, 'denied', ({ ssm }) =>
      ssm.send(new RemoveTagsFromResourceCommand({ ResourceType: 'Parameter', ResourceId: name, TagKeys: ['TenantId'] })),
    ),
    cell(`DeleteSecret ${name}`, 'denied', ({ secrets }) => secrets.send(new DeleteSecretCommand({ SecretId: name.slice(1) }))),
    cell(`UntagResource ${name}`, 'denied', ({ secrets }) => secrets.send(new UntagResourceCommand({ SecretId: name.slice(1), TagKeys: ['TenantId'] }))),
  ];
  return { cells: targets.flatMap((at, index) => ofTarget(at, targets[(index + 1) % targets.length] ?? at)), close: () => closeClients(clients) };
}
