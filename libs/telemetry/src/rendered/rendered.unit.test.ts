import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alarm, type AlarmName, alarmNames, CLOUDWATCH_METRICS } from '../alarms/alarms.ts';
import { QUOTAS } from '../alarms/quotas.ts';
import { metric, metricNames } from '../metrics/catalogue.ts';
import { dashboard } from './dashboard.fixture.ts';
import { metricsPage } from './metrics-page.fixture.ts';
import { FEW_READS, RULES, rulesFile } from './prometheus-rules.fixture.ts';
import { hasPromtool, promtool } from './promtool.fixture.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const MADE = {
  'docs/metrics.md': metricsPage(CLOUDWATCH_METRICS),
  'docker/prometheus/rules.yml': rulesFile(),
  'docker/grafana/dashboards/rcm.json': dashboard(),
};

describe('what is made of the definitions', () => {
  it.each(Object.entries(MADE))('%s is as they have it (RCM_WRITE_MONITORING=yes writes it)', (path, text) => {
    if (process.env.RCM_WRITE_MONITORING === 'yes') writeFileSync(join(root, path), text);
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  it('the dashboard shows every metric, and asks for no other', () => {
    const { panels } = JSON.parse(MADE['docker/grafana/dashboards/rcm.json']) as { panels: { title: string; targets: { expr: string }[] }[] };
    expect(panels.map(({ title }) => title).sort()).toEqual([...metricNames].sort());
    const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/rcm_[a-z_]+/g) ?? [])).map((name) => name.replace(/_bucket$/, ''));
    expect(asked.filter((name) => !(metricNames as readonly string[]).includes(name))).toEqual([]);
  });
});

/** An alarm's metric, minute by minute, on two processes; `x` is what it comes to at the end. */
function series(name: AlarmName, x: number, minutes: number) {
  const { metric: of } = alarm(name);
  const isCounter = metric(of).kind === 'counter';
  const steady = (value: number) => Array.from({ length: minutes + 1 }, () => value);
  const quiet = { series: `${of}{instance="a"}`, values: steady(0).join(' ') };
  const rising = isCounter ? [...steady(0).slice(0, -1), x] : steady(x);
  return [quiet, { series: `${of}{instance="b"}`, values: rising.join(' ') }];
}

const WINDOW_EDGE = 2;

describe.skipIf(!hasPromtool())('Prometheus', () => {
  it('takes the rules, and the example of a configuration', () => {
    const rules = rulesFile();
    const checked = promtool(['check', 'config', '--lint=all', 'prometheus.yml'], {
      'prometheus.yml': readFileSync(join(root, 'docker/prometheus/prometheus.yml'), 'utf8'),
      'rules.yml': rules,
    });
    expect([checked.code, checked.output]).toEqual([0, expect.stringContaining(`${RULES.length} rules found`)]);
  });

  it('takes each question of the dashboard', () => {
    const { panels } = JSON.parse(dashboard()) as { panels: { targets: { expr: string }[] }[] };
    const rules = panels.flatMap(({ targets }) => targets).map(({ expr }, i) => ({ record: `asked:${i}`, expr }));
    const checked = promtool(['check', 'rules', 'rules.yml'], { 'rules.yml': JSON.stringify({ groups: [{ name: 'dashboard', rules }] }) });
    expect([checked.code, checked.output]).toEqual([0, expect.stringContaining(`${rules.length} rules found`)]);
  });

  const plain = alarmNames.filter((name) => alarm(name).above !== 'its band');
  it.each(plain)('%s is told of above its threshold, and not at it', (name) => {
    const { seconds } = alarm(name);
    const above = Number(alarm(name).above);
    const minutes = Math.ceil(seconds / 60) + WINDOW_EDGE;
    const rule = RULES.find((each) => each.alert === name);
    const test = (x: number, told: boolean) => ({
      ...{ interval: '1m', input_series: series(name, x, minutes) },
      alert_rule_test: [
        { eval_time: `${minutes}m`, alertname: name, exp_alerts: told ? [{ exp_labels: rule?.labels, exp_annotations: rule?.annotations }] : [] },
      ],
    });
    const isCounter = metric(alarm(name).metric).kind === 'counter';
    // A counter's increase is estimated from its ends: half of what is allowed is surely not too much, and twice as much is.
    const [low, high] = isCounter ? [Math.floor(above / 2), above * 2 + 2] : [above, above + 1];
    const ended = promtool(['test', 'rules', 'test.yml'], {
      'rules.yml': rulesFile(),
      'test.yml': JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests: [test(high, true), test(low, false)] }),
    });
    expect([ended.code, ended.output]).toEqual([0, expect.any(String)]);
  });

  const ofQuotas = alarmNames.flatMap((name) => {
    const { quota } = alarm(name);
    return quota === undefined ? [] : [{ name, perSecond: QUOTAS[quota] }];
  });
  it.each(ofQuotas)('$name is told of where two processes together send more than 80 % of $perSecond a second, and not at less', ({ name, perSecond }) => {
    const rule = RULES.find((each) => each.alert === name);
    /** Each of two processes uses so much of the quota. */
    const test = (percentEach: number, told: boolean) => ({
      interval: '1m',
      input_series: ['web-agent', 'rotator'].map((job) => ({
        series: `${alarm(name).metric}{job="${job}"}`,
        values: `0+${(perSecond * 60 * percentEach) / 100}x6`,
      })),
      alert_rule_test: [{ eval_time: '6m', alertname: name, exp_alerts: told ? [{ exp_labels: rule?.labels, exp_annotations: rule?.annotations }] : [] }],
    });
    const ended = promtool(['test', 'rules', 'test.yml'], {
      'rules.yml': rulesFile(),
      'test.yml': JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests: [test(41, true), test(39, false)] }),
    });
    expect([ended.code, ended.output]).toEqual([0, expect.any(String)]);
  });

  it('reads are unusual against their own week, and few are not', () => {
    const name = 'rcm-reads-unusual';
    const rule = RULES.find((each) => each.alert === name);
    const read = (perHour: number, last: number) => ({
      interval: '1h',
      input_series: [{ series: 'rcm:rcm_credential_misses_total:increase1h', values: `${perHour}+0x170 ${last}` }],
      alert_rule_test: [
        {
          ...{ eval_time: '171h', alertname: name },
          exp_alerts: last > FEW_READS && last > perHour ? [{ exp_labels: rule?.labels, exp_annotations: rule?.annotations }] : [],
        },
      ],
    });
    const ended = promtool(['test', 'rules', 'test.yml'], {
      'rules.yml': JSON.stringify({ groups: [{ name: 'rcm', rules: [rule] }] }),
      'test.yml': JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1h', tests: [read(200, 200), read(200, 900), read(10, 90)] }),
    });
    expect([ended.code, ended.output]).toEqual([0, expect.any(String)]);
  });

  it.each(['web-agent', 'rotator', 'audit-heads', 'console'])('a %s that answers no more is told of, one of two is not', (job) => {
    const name = `rcm-no-${job}`;
    const rule = RULES.find((each) => each.alert === name);
    const up = (...values: string[]) => ({
      ...{ interval: '1m', input_series: values.map((each, i) => ({ series: `up{job="${job}",instance="${i}"}`, values: each })) },
      alert_rule_test: [
        {
          ...{ eval_time: '6m', alertname: name },
          exp_alerts: values.every((each) => each.startsWith('0')) ? [{ exp_labels: rule?.labels, exp_annotations: rule?.annotations }] : [],
        },
      ],
    });
    const ended = promtool(['test', 'rules', 'test.yml'], {
      'rules.yml': rulesFile(),
      'test.yml': JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests: [up('0x6', '0x6'), up('0x6', '1x6')] }),
    });
    expect([ended.code, ended.output]).toEqual([0, expect.any(String)]);
  });
});
