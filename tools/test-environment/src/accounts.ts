import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platformPolicies } from '@rcm/credentials/policies';
import { type LocalAws, type LocalAwsOptions, Regions, startLocalAws } from '@rcm/local-aws';
import { ENVIRONMENT } from './names.ts';

const ACCOUNT = '123456789012';
const REGIONS = ['us-east-1', 'us-west-2'] as const;

/** The platform's account, the same one in a second region, and what else holds secrets. */
export interface Accounts {
  readonly aws: LocalAws;
  readonly replica: LocalAws | null;
  readonly further: readonly LocalAws[];
}

export interface AccountsWanted {
  /** Whether the account has a second region, empty at first, whose copies every app is told to keep. Default: `false`. */
  readonly secondRegion?: boolean;
  /** Further AWS accounts that hold secrets, empty at first, by their ids. Default: none. */
  readonly furtherAccounts?: readonly string[];
}

/** Keys are an account's, whatever the region, and a process has one pair of them: so all are made of one root. */
export async function startAccounts(folder: string, { secondRegion = false, furtherAccounts = [] }: AccountsWanted): Promise<Accounts> {
  const [first, second] = REGIONS;
  const regions = secondRegion ? [...REGIONS] : [first];
  const policiesOf = (accountId: string) => platformPolicies({ accountId, regions, environment: ENVIRONMENT });
  if (!secondRegion && furtherAccounts.length === 0) return { aws: await startLocalAws({ enforce: policiesOf(ACCOUNT) }), replica: null, further: [] };
  const root = join(folder, `${first}.sqlite`);
  const replicating = new Regions();
  const aws = await startLocalAws({ enforce: policiesOf(ACCOUNT), dataFile: root, regions: replicating });
  const another = async (accountId: string, region: string, options: LocalAwsOptions = {}): Promise<LocalAws> => {
    const dataFile = join(folder, `${accountId}-${region}.sqlite`);
    await copyFile(`${root}.hsm`, `${dataFile}.hsm`);
    return startLocalAws({ ...options, enforce: policiesOf(accountId), dataFile, accountId, region });
  };
  const replica = secondRegion ? await another(ACCOUNT, second, { regions: replicating }) : null;
  return { aws, replica, further: await Promise.all(furtherAccounts.map((accountId) => another(accountId, first))) };
}

/** What a further account's key goes by. */
export const ALIAS = 'alias/rcm-credentials';
