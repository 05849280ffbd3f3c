import type { MetricName, Metrics } from '@rcm/telemetry';

/**
 * AWS counts together what is counted together here. Sources: "AWS Systems Manager endpoints and quotas" (AWS General Reference), which names no quota for
 * GetParameterHistory, so that it is taken for a read; "IAM and AWS STS quotas" (IAM User Guide).
 */
const COUNTED: Readonly<Record<string, MetricName<'counter'>>> = {
  GetParameterCommand: 'rcm_ssm_reads_total',
  GetParametersCommand: 'rcm_ssm_reads_total',
  GetParametersByPathCommand: 'rcm_ssm_reads_total',
  GetParameterHistoryCommand: 'rcm_ssm_reads_total',
  PutParameterCommand: 'rcm_ssm_writes_total',
  AssumeRoleCommand: 'rcm_sts_calls_total',
};

/** For `onAttempt` of AWS's clients: counts what comes off a quota of the account. */
export function countAttempts(metrics: Metrics): (command: string) => void {
  const counters = new Map(Object.entries(COUNTED).map(([command, name]) => [command, metrics.counter(name)]));
  return (command) => counters.get(command)?.inc();
}
