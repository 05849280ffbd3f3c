import { alarm, alarmNames } from '../alarms/alarms.ts';
import { metric, type MetricName, metricNames } from '../metrics/catalogue.ts';

const SOURCE = { type: 'prometheus', uid: 'rcm-prometheus' };
const UNITS = { count: 'short', seconds: 's', bytes: 'bytes', percent: 'percent', 'unix time': 'dateTimeFromNow', 'yes or no': 'short' } as const;
const [WIDTH, HEIGHT, ACROSS] = [8, 7, 3];

interface Query {
  readonly expr: string;
  readonly legend: string;
}

function queriesOf(name: MetricName): readonly Query[] {
  const { kind, labels = {} } = metric(name);
  const by = Object.keys(labels);
  const legend = by.map((label) => `{{${label}}}`).join(' ') || name;
  if (kind === 'counter') return [{ expr: `sum${by.length > 0 ? ` by (${by.join(', ')})` : ''} (rate(${name}[5m]))`, legend }];
  if (kind === 'gauge') return [{ expr: `max${by.length > 0 ? ` by (${by.join(', ')})` : ''} (${name})`, legend }];
  return [0.5, 0.95].map((share) => ({ expr: `histogram_quantile(${share}, sum by (le) (rate(${name}_bucket[5m])))`, legend: `p${share * 100}` }));
}

/** Where a panel turns red. */
function limitOf(name: MetricName): number | null {
  const limits = alarmNames.map(alarm).filter((each) => each.metric === name && metric(name).kind === 'gauge');
  const numbers = limits.flatMap(({ above }) => (above === 'its band' ? [] : [above]));
  return numbers.length > 0 ? Math.min(...numbers) : null;
}

function panel(name: MetricName, place: number) {
  const { meaning, unit, kind } = metric(name);
  const limit = limitOf(name);
  const steps = [
    { color: 'green', value: null },
    ...(limit === null ? [] : [{ color: 'red', value: limit + (Number.isInteger(limit) && limit === 0 ? 1 : 0) }]),
  ];
  return {
    ...{ id: place + 1, type: 'timeseries', title: name, description: meaning, datasource: SOURCE },
    gridPos: { x: (place % ACROSS) * WIDTH, y: Math.floor(place / ACROSS) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit: kind === 'counter' ? 'ops' : UNITS[unit], min: 0, thresholds: { mode: 'absolute', steps } }, overrides: [] },
    targets: queriesOf(name).map(({ expr, legend }, i) => ({ refId: 'ABC'[i], datasource: SOURCE, expr, legendFormat: legend })),
  };
}

/** The dashboard as Grafana takes it from a file: what an alarm looks at first, then everything else. */
export function dashboard(): string {
  const alarmed = new Set<MetricName>(alarmNames.map((name) => alarm(name).metric));
  const order = [...alarmed, ...metricNames.filter((name) => !alarmed.has(name))];
  const made = {
    ...{ uid: 'rcm', title: 'Portal credentials', tags: ['rcm'], timezone: 'utc', schemaVersion: 39, version: 1, refresh: '30s', editable: false },
    ...{ time: { from: 'now-6h', to: 'now' }, panels: order.map(panel) },
  };
  return `${JSON.stringify(made, null, 2)}\n`;
}
