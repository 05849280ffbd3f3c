import { type PersonRole, platformPolicies, type PlatformPoliciesOptions, storeAccountPolicies, type TenantApp } from '@rcm/credentials/policies';
import { RcmError } from '@rcm/telemetry';
import { terraform } from '../policies/terraform.ts';
import { SHAPE } from '@rcm/telemetry/json-shape';

export interface PoliciesOptions {
  readonly account: string;
  readonly region: readonly string[];
  readonly environment: string;
  readonly partition?: string;
  readonly dedicated?: readonly string[];
  readonly headsBucket?: string;
  readonly headsPrefix?: string;
  readonly headsKey?: string;
  readonly people?: readonly PersonRole[];
  readonly storeAccount?: readonly string[];
  /** Set: the account holds secrets and runs nothing; the tasks are in this one. */
  readonly tasksAccount?: string;
  readonly format: 'json' | 'terraform';
}

/** Everything that `platformPolicies` says, as one JSON object or as Terraform's resources. Fails with `config_invalid`, `input_invalid`. */
export function awsPolicies(options: PoliciesOptions): string {
  const policies = options.tasksAccount === undefined ? platformPolicies(placeOf(options)) : storeOf(options, options.tasksAccount);
  return options.format === 'terraform' ? terraform(policies) : `${JSON.stringify({ version: SHAPE, ...policies }, null, 2)}\n`;
}

function storeOf(options: PoliciesOptions, tasksAccountId: string) {
  const { account, region, environment, partition, people = [], dedicated, headsBucket, storeAccount } = options;
  if ((dedicated ?? headsBucket ?? storeAccount) !== undefined)
    throw new RcmError(
      'input_invalid',
      '--dedicated, --heads-bucket and --store-account are of the account of the tasks, not of one with --tasks-account. Nothing was printed.',
    );
  return storeAccountPolicies({ accountId: account, regions: region, environment, ...(partition === undefined ? {} : { partition }), people, tasksAccountId });
}

function placeOf({
  account,
  region,
  environment,
  partition,
  dedicated = [],
  headsBucket,
  headsPrefix,
  headsKey,
  people,
  storeAccount,
}: PoliciesOptions): PlatformPoliciesOptions {
  if (headsBucket === undefined && (headsPrefix !== undefined || headsKey !== undefined))
    throw new RcmError('input_invalid', '--heads-prefix and --heads-key need --heads-bucket. Nothing was printed.');
  return {
    accountId: account,
    regions: region,
    environment,
    ...(partition === undefined ? {} : { partition }),
    dedicated: dedicated.map(dedicatedOf),
    ...(people === undefined ? {} : { people }),
    ...(storeAccount === undefined ? {} : { storeAccounts: storeAccount }),
    ...(headsBucket === undefined
      ? {}
      : {
          auditHeads: {
            bucket: headsBucket,
            ...(headsPrefix === undefined ? {} : { prefix: headsPrefix }),
            ...(headsKey === undefined ? {} : { signingKeyArn: headsKey }),
          },
        }),
  };
}

const APPS: readonly TenantApp[] = ['agent', 'rotator', 'migrator'];

function dedicatedOf(text: string): { readonly app: TenantApp; readonly orgId: string } {
  const [name = '', orgId = ''] = text.split(':', 2);
  const app = APPS.find((one) => one === name);
  if (!app || orgId === '') throw new RcmError('input_invalid', `--dedicated is APP:ORGANIZATION with an app of ${APPS.join(', ')}. Nothing was printed.`);
  return { app, orgId };
}
