import { beforeAll, describe, expect, it } from 'vitest';
import { CLUSTER } from './names.ts';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

type At = ReturnType<Synthesised['ofType']>[number];
const stackOf = ({ at }: At): string => at.split('/')[0] ?? '';

/**
 * Logs that a service of AWS makes where nobody has: under no key of ours, and kept as it likes. Sources: "Setting up Container Insights on Amazon ECS", "Viewing OS metrics
 * using CloudWatch Logs", "Publishing Aurora PostgreSQL logs to CloudWatch Logs".
 */
function madeByServices(): readonly { readonly by: At; readonly name: string }[] {
  const clusters = made.ofType('AWS::ECS::Cluster').map((by) => ({ by, name: `/aws/ecs/containerinsights/${CLUSTER}/performance` }));
  const databases = made.ofType('AWS::RDS::DBCluster').flatMap((by) => [
    { by, name: '/aws/rds/cluster/rcm/postgresql' },
    { by, name: 'RDSOSMetrics' },
  ]);
  return [...clusters, ...databases];
}

describe('a rule of AWS Config that looks at every log of the account (cloudwatch-log-group-encrypted)', () => {
  it('is kept by logs of services too: each is made here before the service would make it', () => {
    const logs = madeByServices();
    expect(logs.length).toBeGreaterThanOrEqual(6);
    for (const { by, name } of logs) {
      const group = made.ofType('AWS::Logs::LogGroup').find((each) => stackOf(each) === stackOf(by) && String(each.Properties.LogGroupName) === name);
      expect([by.at, name, group?.Properties]).toEqual([by.at, name, expect.objectContaining({ KmsKeyId: expect.anything() })]);
      const { DependsOn = [] } = by as At & { readonly DependsOn?: string | readonly string[] };
      expect([by.at, [DependsOn].flat()]).toEqual([by.at, expect.arrayContaining([group?.at.split('/')[1]])]);
    }
  });

  it('knows every database that tells of its machine', () => {
    const watched = made.ofType('AWS::RDS::DBInstance').filter(({ Properties }) => Number(Properties.MonitoringInterval) > 0);
    const known = new Set(made.ofType('AWS::RDS::DBCluster').map(stackOf));
    expect(watched.length).toBeGreaterThan(0);
    expect(watched.map(stackOf).filter((stack) => !known.has(stack))).toEqual([]);
  });
});
