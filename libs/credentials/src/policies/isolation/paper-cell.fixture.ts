import type { AuthorizationRequest, Authorize, Principal } from '@rcm/local-aws';
import { ACCOUNT, DEDICATED, ENVIRONMENT, REGION } from './account.fixture.ts';
import type { Cell } from './matrix.fixture.ts';

type Asked = Pick<AuthorizationRequest, 'action' | 'conditions'> & { readonly principal: Principal; readonly resource: string };

export const paperCell = (own: Authorize, title: string, expected: Cell['expected'], { principal, action, resource, conditions }: Asked): Cell => ({
  title: `on paper: ${title}`,
  expected,
  standsForOthers: true,
  run(by = own) {
    const request = {
      principal,
      action,
      resources: [resource],
      conditions,
      now: new Date(0),
      account: { tagsOf: () => ({}), aliasesOf: () => ['alias/rcm-credentials'] },
    };
    return Promise.resolve({ outcome: by(request) === null ? 'allowed' : 'denied', asked: [request] });
  },
});

export const tags = { env: ENVIRONMENT, tenant_id: DEDICATED.orgId };
export const session = (role: string): Principal => ({
  ...{ kind: 'session', accessKeyId: 'ASIA', userId: 'AROA:paper', sessionName: 'paper', transitiveTagKeys: [], expiresAt: new Date(0), tags },
  role: { name: role, tags: {}, maxSessionSeconds: 3_600 },
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/paper`,
});
export const user = (arn: string): Principal => ({ kind: 'user', accessKeyId: 'AKIA', userId: 'AIDA', arn });

export const ADMINISTRATOR = user(`arn:aws:iam::${ACCOUNT}:user/local-admin`);

export const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
