import { alarm, type AlarmDefinition, alarmNames } from '../alarms/alarms.ts';
import { metric } from '../metrics/catalogue.ts';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** As many reads within an hour are nobody's business, however few there were before. */
export const FEW_READS = 100;
/** Standard deviations of a week. */
const BAND = 4;

const recorded = ({ metric: name }: AlarmDefinition): string => `rcm:${name}:increase1h`;

/** Prometheus in the words of the alarm; `recorded` where a week of it has to be there. */
export function expression(definition: AlarmDefinition): string {
  const { metric: name, above, seconds } = definition;
  if (above === 'its band') {
    const usual = `${recorded(definition)}[7d] offset 1h`;
    return `${recorded(definition)} > avg_over_time(${usual}) + ${BAND} * stddev_over_time(${usual}) and ${recorded(definition)} > ${FEW_READS}`;
  }
  return metric(name).kind === 'counter' ? `sum(increase(${name}[${seconds}s])) > ${above}` : `max(${name}) > ${above}`;
}

const urgency = { now: 'page', today: 'ticket' } as const;

function alertOf(name: (typeof alarmNames)[number]): Rule {
  const definition = alarm(name);
  return {
    ...{ alert: name, expr: expression(definition) },
    ...(metric(definition.metric).kind === 'gauge' ? { for: `${definition.seconds}s` } : {}),
    labels: { severity: urgency[definition.urgency] },
    annotations: { summary: definition.says, runbook: `docs/runbooks/${definition.runbook}.md` },
  };
}

/** Not every site has a console: one that is no target is not missed. */
const noneUp = (job: string): string => (job === 'console' ? `sum(up{job="${job}"}) == 0` : `absent(up{job="${job}"} == 1)`);

const gone = (job: string): Rule => ({
  ...{ alert: `rcm-no-${job}`, expr: noneUp(job), for: '180s', labels: { severity: urgency.now } },
  annotations: { summary: `No ${job} answers.`, runbook: 'docs/runbooks/process-gone.md' },
});

export const RULES: readonly Rule[] = [
  ...alarmNames
    .map(alarm)
    .filter(({ above }) => above === 'its band')
    .map((definition) => ({ record: recorded(definition), expr: `sum(increase(${definition.metric}[1h]))` })),
  ...alarmNames.map(alertOf),
  ...['web-agent', 'rotator', 'audit-heads', 'console'].map(gone),
];

/** YAML of which every text is quoted as JSON quotes it. */
export function rulesFile(): string {
  const quoted = (value: unknown): string => JSON.stringify(value);
  const map = (values: Readonly<Record<string, string>>): string[] => Object.entries(values).map(([key, value]) => `          ${key}: ${quoted(value)}`);
  const lines = RULES.flatMap(({ labels, annotations, ...rest }) => [
    ...Object.entries(rest).map(([key, value], i) => `      ${i === 0 ? '- ' : '  '}${key}: ${quoted(value)}`),
    ...(labels ? ['        labels:', ...map(labels)] : []),
    ...(annotations ? ['        annotations:', ...map(annotations)] : []),
  ]);
  return [
    '# Made from libs/telemetry/src/alarms/alarms.ts, as the alarms of CloudWatch are; docs/metrics.md says how.',
    ...['groups:', '  - name: rcm', '    rules:', ...lines],
    '',
  ].join('\n');
}
