import { type AlarmName, createMetrics } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { expect, it } from 'vitest';
import { countAttempts } from './quota-counts.ts';

const READS = ['GetParameterCommand', 'GetParametersCommand', 'GetParametersByPathCommand', 'GetParameterHistoryCommand'];
const THREE_MINUTES = 180;

it.each([
  { name: 'rcm-ssm-reads-quota', commands: READS, perSecond: 40 },
  { name: 'rcm-ssm-writes-quota', commands: ['PutParameterCommand'], perSecond: 3 },
  { name: 'rcm-sts-quota', commands: ['AssumeRoleCommand'], perSecond: 600 },
] satisfies { name: AlarmName; commands: string[]; perSecond: number }[])(
  '$name is told of above 80 % of $perSecond attempts a second for three minutes, and not at it',
  async ({ name, commands, perSecond }) => {
    const metrics = createMetrics();
    const attempted = countAttempts(metrics);
    const allowed = 0.8 * perSecond * THREE_MINUTES;
    for (let n = 0; n < Math.round(allowed); n += 1) attempted(commands[n % commands.length] ?? '');
    expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: [], cloudWatch: [] });
    attempted(commands[0] ?? '');
    expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: [name], cloudWatch: [name] });
  },
);

it('what comes off none of these quotas is not counted', async () => {
  const metrics = createMetrics();
  const attempted = countAttempts(metrics);
  for (const command of ['DeleteParameterCommand', 'GetSecretValueCommand', '']) attempted(command);
  expect((await metrics.values()).map(({ name, labels, value }) => ({ name, labels, value }))).toEqual(
    ['rcm_ssm_reads_total', 'rcm_ssm_writes_total', 'rcm_sts_calls_total'].map((name) => ({ name, labels: {}, value: 0 })),
  );
});
