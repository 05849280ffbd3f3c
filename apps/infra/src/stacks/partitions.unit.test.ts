import { describe, expect, it } from 'vitest';
import { platformPolicies } from '@rcm/credentials/policies';
import type { Environment } from '../configuration/read-configuration.ts';
import { backupsElsewhere, ELSEWHERE, type Synthesised, synthesised } from './synthesised.fixture.ts';

/** Partitions beside AWS's own, with two regions of each; nothing of one reaches into another. */
const PARTITIONS = [
  { partition: 'aws-us-gov', regions: ['us-gov-west-1', 'us-gov-east-1'], suffix: 'amazonaws.com' },
  { partition: 'aws-cn', regions: ['cn-north-1', 'cn-northwest-1'], suffix: 'amazonaws.com.cn' },
] as const;

type Partition = (typeof PARTITIONS)[number];

/** The example as it would be written there: every region, ARN and registry that it names. */
const movedTo =
  ({ partition, regions: [first, second], suffix }: Partition) =>
  (all: readonly Environment[]): readonly Environment[] =>
    backupsElsewhere(all).map((each) => {
      const text = JSON.stringify(each)
        .replaceAll('us-east-1', first)
        .replaceAll('us-west-2', second)
        .replaceAll(ELSEWHERE.region, second)
        .replaceAll('.amazonaws.com/', `.${suffix}/`)
        .replaceAll('arn:aws:', `arn:${partition}:`);
      return { ...(JSON.parse(text) as Environment), partition };
    });

const everyTemplate = (made: Synthesised): string => JSON.stringify([...made.templates]);
const partitionsIn = (text: string): readonly string[] => [...new Set([...text.matchAll(/\barn:(aws[a-z-]*):/g)].map(([, partition]) => partition ?? ''))];

describe.each(PARTITIONS)('an environment in $partition', ({ partition, regions, suffix }) => {
  const made = synthesised({ change: movedTo({ partition, regions, suffix } as Partition) });

  it('has no ARN of another partition in any template, and every stack that the example has', () => {
    const text = everyTemplate(made);
    expect(partitionsIn(text)).toEqual([partition]);
    expect(made.templates.size).toBe(synthesised({ change: backupsElsewhere }).templates.size);
  });

  it('names no region of another partition', () => {
    const named = [...new Set(everyTemplate(made).match(/\b(us|cn|eu|ap)(-[a-z]+)+-\d\b/g))].sort();
    expect(named).toEqual([...regions].sort());
  });

  it('lets names of its own endpoints be resolved, and no others of AWS', () => {
    const lists = made.ofType('AWS::Route53Resolver::FirewallDomainList').flatMap(({ Properties }) => Properties.Domains as unknown as string[]);
    const ofAws = lists.filter((name) => name.includes('amazonaws'));
    expect(ofAws.length).toBeGreaterThan(10);
    expect(ofAws.filter((name) => !regions.some((region) => name.endsWith(`.${region}.${suffix}`) || name.endsWith(`.${region}.rds.${suffix}`)))).toEqual([]);
  });

  it('has policies of that partition alone, as rcm prints them too', () => {
    const policies = platformPolicies({
      ...{ partition, regions: [...regions], accountId: '222222222222', environment: 'prod', storeAccounts: ['444444444444'] },
      ...{ people: ['breakGlass', 'auditor', 'devAdmin'], dedicated: [{ app: 'agent', orgId: 'north' }], auditHeads: { bucket: 'heads' } },
    });
    expect(partitionsIn(JSON.stringify(policies))).toEqual([partition]);
  });
});
