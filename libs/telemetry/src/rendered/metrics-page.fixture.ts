import { alarm, alarmNames } from '../alarms/alarms.ts';
import { QUOTA_PERCENT, QUOTAS } from '../alarms/quotas.ts';
import { metric, metricNames } from '../metrics/catalogue.ts';

const HEAD = `# Metrics and alarms
Each metric is defined once, in \`libs/telemetry/src/metrics\`, and each alarm in \`libs/telemetry/src/alarms\`. This page, the alarms of CloudWatch, the rules of Prometheus
and the dashboard of Grafana are made of these definitions, and tests hold them to it (\`RCM_WRITE_MONITORING=yes npx vitest run --project=unit src/rendered\` in \`libs/telemetry\` writes them anew).
No label names an organization, an endpoint, an account or a person.

## Where they are
| | |
| --- | --- |
| Prometheus | \`/metrics\` of each process ([configuration](configuration.md#every-app), \`RCM_HEALTH_PORT\`). \`docker/prometheus\`: rules and an example of a configuration, whose jobs must be called \`web-agent\`, \`rotator\`, \`audit-heads\` and \`console\` |
| Grafana | \`docker/grafana\`: data source and dashboard, to be provisioned |
| CloudWatch | with \`RCM_EMBEDDED_METRICS_MS\` a process writes lines of the embedded metric format to stdout: namespace \`RCM\`, one dimension, \`service\`. Only what an alarm or the scaling looks at, marked ☁ below, because each costs by the month: of a counter what came since the line before, over all labels, of a gauge its highest. Histograms are not in it |

\`docker compose --profile apps --profile monitoring up\` starts Prometheus on port 9090 and Grafana on port 3000 of this machine beside the apps.

Several rotators count the same books, each once a minute: the highest is taken. Of logins that are refused (known bad, locked), overdue or, of each portal type, expiring, 1,000 at most are counted. A figure of the books stays as it was while the database is away, and
\`rcm_books_age_seconds\` grows.
`;

const escaped = (text: string): string => text.replaceAll('|', '\\|');
const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;

function condition(name: (typeof alarmNames)[number]): string {
  const { metric: of, above, seconds, quota } = alarm(name);
  const time = seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds / 60} min`;
  if (above === 'its band') return `\`${of}\`: more within ${time} than it usually is`;
  const share = quota === undefined ? '' : ` (${QUOTA_PERCENT} % of ${QUOTAS[quota]} a second)`;
  return metric(of).kind === 'counter' ? `\`${of}\`: more than ${above} within ${time}${share}` : `\`${of}\` above ${above} for ${time}`;
}

/** docs/metrics.md. */
export function metricsPage(cloudWatch: ReadonlySet<string>): string {
  const metrics = metricNames.map((name) => {
    const { kind, unit, by, meaning, source, labels = {} } = metric(name);
    const marked = Object.keys(labels).map((label) => `\`${label}\``);
    return row([`\`${name}\`${cloudWatch.has(name) ? ' ☁' : ''}`, `${kind}, ${unit}`, by.join(', '), meaning, source, marked.join(' ')]);
  });
  const alarms = alarmNames.map((name) => {
    const { urgency, says, runbook } = alarm(name);
    return row([`\`${name}\``, condition(name), urgency, says, `[${runbook}](runbooks/${runbook}.md)`]);
  });
  return [
    HEAD,
    '## Alarms',
    'In CloudWatch and in Prometheus under the same name. `now`: somebody is woken (severity `page`, in CloudWatch a description that begins with `Now: `); `today`: it is looked at in the day (`ticket`, `Today: `).',
    '',
    row(['alarm', 'where', 'when', 'what it means', 'what to do']),
    '| --- | --- | --- | --- | --- |',
    ...alarms,
    '',
    'AWS documents no metric of how much of a quota of SSM or STS is used, so processes count what they send. CloudWatch’s alarms are made of `quotas` in `infra.yaml`',
    '([credential infrastructure](credential-infrastructure.md#infrayaml)), Prometheus’s rules of AWS’s defaults: where an account may do more, change `QUOTAS` in',
    '`libs/telemetry/src/alarms/quotas.ts` and write the rules anew. Two things are not counted: the second region, which has quotas of its own, and what runs once (a migrator, a backup,',
    '`rcm`). A migrator takes nearly all of the quota of writes on purpose and slows down by itself when it is refused, so that counting it would raise the alarm at every migration.',
    '',
    'Prometheus also has `rcm-no-web-agent`, `rcm-no-rotator`, `rcm-no-audit-heads` and, where there is a job of that name, `rcm-no-console`, where none of them answers for 3 minutes. What only AWS can tell of (break-glass, keys, reads outside of the',
    'platform, the quota of KMS, deployments) is in the stack ([credential infrastructure](credential-infrastructure.md)); each of those has a [runbook](runbooks/README.md) too.',
    '',
    '## Metrics',
    row(['metric', 'kind and unit', 'measured by', 'meaning', 'source', 'labels']),
    '| --- | --- | --- | --- | --- | --- |',
    ...metrics,
    '',
  ].join('\n');
}
